"""Which TIFF files are a recording: one frame a file in a folder, or stacks."""

from dataclasses import replace
from pathlib import Path

from calscope.io.file_names import files_in, is_system_file, names_in
from calscope.io.readers.reader import Found, FoundRecording, OpenedFiles
from calscope.io.readers.tiff.frame_folder import open_frames
from calscope.io.readers.tiff.stacks import holds_many, is_damaged, open_stacks
from calscope.model.notes import Note

TIFF_ENDINGS = (".tif", ".tiff", ".btf", ".tf8", ".stk")
_PROJECTIONS = ("avg_", "max_", "med_", "min_", "std_", "sum_")
"""How ImageJ names the image that it makes of a stack's frames; people write it in small letters too."""


class TiffReader:
    """Reads a stack, a folder of single frames, or a folder of stacks that continue each other."""

    name = "TIFF"
    label = (
        "TIFF (.tif, .tiff, .btf, .tf8, .stk), as stacks of many frames or as folders of single-frame TIFF files with "
        "the frame's number at the end of each name"
    )
    libraries = ("tifffile", "imagecodecs")

    def find(self, folder: Path, *, as_whole: bool) -> Found:
        """See which TIFF recordings lie directly in a folder.

        Single frames throughout are one recording, which is the folder. Otherwise every stack is one, and single images
        are passed over. A damaged file counts as a stack, so that opening it says what is wrong with it. (In the folder
        of one animal, several stacks continue each other: `open` takes them as one.)
        """
        tiffs = _tiffs_in(folder)
        frames, projections = _without_projections(tiffs)
        if as_whole and frames and _are_single_frames(frames):
            return Found((FoundRecording(folder, tuple(frames)),), projections)
        is_stack = {tiff: holds_many(tiff) or is_damaged(tiff) for tiff in tiffs}
        stacks = tuple(FoundRecording(tiff, (tiff,)) for tiff in tiffs if is_stack[tiff])
        images = [tiff for tiff in tiffs if not is_stack[tiff]]
        return Found(stacks, {image: Note("single_image_passed_over", {"name": image.name}) for image in images})

    def accepts(self, path: Path) -> bool:
        """Whether the path is a TIFF file, or a folder with TIFF files directly in it."""
        if path.is_file():
            return is_tiff(path.name)
        return any(is_tiff(name) for name in names_in(path))

    def open(self, path: Path, n_frames: int | None) -> OpenedFiles:
        """Open a stack, or all TIFF files of a folder as one recording."""
        if path.is_file():
            return open_stacks([path], n_frames)
        tiffs, projections = _without_projections(_tiffs_in(path))
        are_frames = len(tiffs) > 1 and not holds_many(tiffs[0])
        opened = open_frames(tiffs, n_frames) if are_frames else open_stacks(tiffs, n_frames)
        return replace(opened, skipped=projections)


def is_tiff(name: str) -> bool:
    """Whether a file's ending is one of TIFF's."""
    return name.lower().endswith(TIFF_ENDINGS) and not is_system_file(name)


def _tiffs_in(folder: Path) -> list[Path]:
    """Give the TIFF files directly in a folder, in natural order."""
    return [file for file in files_in(folder) if is_tiff(file.name)]


def _without_projections(tiffs: list[Path]) -> tuple[list[Path], dict[Path, Note]]:
    """Part frames from averages and the like made of them, with the reason.

    Where all are such, or more than the single images beside them, they are the movie: of one animal called Max.
    """
    made = {tiff: None for tiff in tiffs if tiff.name.lower().startswith(_PROJECTIONS)}
    frames = [tiff for tiff in tiffs if tiff not in made]
    if len(made) > len(frames) and not any(holds_many(frame) for frame in frames):
        return tiffs, {}
    return frames, {tiff: Note("projection_passed_over", {"name": tiff.name}) for tiff in made}


def _are_single_frames(tiffs: list[Path]) -> bool:
    """Whether no file holds more than one image.

    The first, middle and last file stand for all, unless one of them is damaged; a folder that mixes both is refused
    when it is opened.
    """
    some = [tiffs[i] for i in (0, len(tiffs) // 2, -1)]
    return not any(holds_many(tiff) for tiff in (tiffs if any(is_damaged(tiff) for tiff in some) else some))
