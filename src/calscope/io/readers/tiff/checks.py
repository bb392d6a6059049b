"""What a TIFF must be to be a movie: gray, one channel, one plane, the same size and type throughout."""

import math
from collections.abc import Sequence
from pathlib import Path

from calscope.io.readers.tiff.ifd import Page
from calscope.io.readers.tiff.metadata import TiffMetadata
from calscope.io.readers.tiff.ome import sizes_of
from calscope.io.readers.tiff.pixels import pixel_type
from calscope.model.errors import RecordingError
from calscope.model.notes import Note

_MOST_CHANNELS = 7
"""ImageJ shows no more in one image; what has more is a movie, written without saying which axis is time."""

FEWEST_PX = 2
"""Rows and columns that a frame has at least."""

_SAME = 0.01
_DEINTERLEAVE = "Image > Stacks > Tools > Deinterleave"


def check_gray(path: Path, page: Page) -> None:
    """Refuse colour images and types that hold no brightness.

    Raises
    ------
    RecordingError
        With the shape that was found.
    """
    samples = page.packed("samples")
    if samples != 1:
        raise RecordingError(
            f"'{path.name}' in '{path.parent}' holds colour images ({page.height} x {page.width} px with {samples} "
            "samples a pixel, as RGB). A recording has one brightness per pixel; export the one channel with the "
            "calcium signal as a gray TIFF."
        )
    if pixel_type(page) is None:
        raise RecordingError(
            f"'{path.name}' in '{path.parent}' has pixels of {page.packed('bits')} bits of a kind that is not read. "
            "Use integers of 8, 16 or 32 bits, or floating-point numbers."
        )


def check_field(path: Path, page: Page) -> None:
    """Refuse images of so few rows or columns that there is no field in which motion could be found.

    Raises
    ------
    RecordingError
        With the size that was found.
    """
    if min(page.height, page.width) < FEWEST_PX:
        raise RecordingError(
            f"'{path.name}' in '{path.parent}' holds images of {page.height} x {page.width} px (rows x columns), as a "
            f"line scan does. A recording has frames of at least {FEWEST_PX} rows and columns, in which motion can be "
            "found; open a recording of whole frames."
        )


def check_one_channel_and_plane(path: Path, metadata: TiffMetadata, n_pages: int) -> tuple[Note, ...]:
    """Refuse several channels or a volume over time; gives a note where frames are stored as slices.

    Raises
    ------
    RecordingError
        With the shape that was found and what is expected.
    """
    sizes = {"channels": 1, "slices": 1, **dict(metadata.sizes)}
    shape = ", ".join(f"{size} {name}" for name, size in sizes.items())
    where = f"'{path.name}' in '{path.parent}'"
    expected = f"found {shape} in {n_pages} images; expected are frames of one channel and one plane, (T, Y, X)."
    beyond_one = [size for size in metadata.shape[:-2] if size > 1]
    if not metadata.sizes and len(beyond_one) > 1:
        raise RecordingError(
            f"{where} was written from an array of {' x '.join(map(str, metadata.shape))}, and does not say which axis "
            "is time, so that channels or planes may take turns in it. Save the frames of one channel and one plane, "
            "(T, Y, X), as a file of their own."
        )
    if sizes.get("regions", 1) > 1:
        raise RecordingError(
            f"{where} holds {sizes['regions']} regions of the field in every image, one below the other (ScanImage's "
            f"multi-ROI): {expected} Save each region as a recording of its own; its pixel size is not the image's."
        )
    if n_pages == 1 and not metadata.axes_are_certain:
        return ()
    if sizes.get("positions", 1) > 1:
        raise RecordingError(
            f"{where} holds images of {sizes['positions']} positions of the stage: {expected} Save each position as a "
            "recording of its own (in ImageJ, Bio-Formats opens each as a series)."
        )
    split = _DEINTERLEAVE if metadata.axes_are_certain else "Image > Color > Split Channels"
    guessed = not metadata.axes_are_certain
    if guessed and sizes["channels"] == n_pages > _MOST_CHANNELS:
        return (Note("channels_taken_as_frames", {"file": path.name, "n": n_pages}),)
    if sizes["channels"] > 1:
        raise RecordingError(
            f"{where} holds {sizes['channels']} channels: {expected} Save the channel with the calcium signal as a "
            f"file of its own (in ImageJ: {split})."
        )
    in_time = sizes.get("frames", 1) > 1 or sizes["slices"] < n_pages
    if sizes["slices"] > 1 and (in_time or metadata.axes_are_certain):
        raise RecordingError(
            f"{where} holds a volume of {sizes['slices']} planes: {expected} Save each plane as a file of its own (in "
            f"ImageJ: {_DEINTERLEAVE}) and open it as one recording."
        )
    if sizes["slices"] > 1:
        return (Note("slices_taken_as_frames", {"file": path.name, "n": n_pages}),)
    return ()


def check_files_follow_in_time(paths: Sequence[Path], metadata: TiffMetadata) -> tuple[Note, ...]:
    """Refuse files that hold one channel, position or depth each by OME-XML; gives a note where depths may be frames.

    Raises
    ------
    RecordingError
        With how many of each the files are.
    """
    planes = [plane for path in paths for plane in metadata.planes.get(path.name, ())]
    sizes = dict(sizes_of(planes)) if planes else {}
    for axis, one in (("channels", "channel"), ("positions", "position")):
        if sizes.get(axis, 1) > 1:
            raise _not_one(paths, sizes[axis], axis, one)
    slices = sizes.get("slices", 1)
    if slices > 1 and sizes["frames"] > 1:
        raise _not_one(paths, slices, "planes of a volume", "plane")
    if slices > 1 or (len(paths) > 1 and dict(metadata.sizes).get("slices") == len(paths)):
        return (Note("files_taken_as_frames", {"file": paths[0].name, "n": len(paths)}),)
    return ()


def _not_one(paths: Sequence[Path], n: int, several: str, one: str) -> RecordingError:
    return RecordingError(
        f"By the OME-XML in '{paths[0].name}' in '{paths[0].parent}', the {len(paths)} files there are of {n} "
        f"{several}, which do not follow each other in time. Keep the files of each {one} in a folder of their own."
    )


def unread_metadata(path: Path, metadata: TiffMetadata) -> tuple[Note, ...]:
    """Give a note where a file's metadata can't be read, so that channels and planes could not be looked for."""
    if not metadata.problem:
        return ()
    return (Note("metadata_unreadable", {"file": path.name, "why": metadata.problem[:200]}),)


def check_same(first: tuple[Path, Page], other: tuple[Path, Page], frame: int | None = None) -> None:
    """Refuse a frame whose size or type differs from the first one's.

    Raises
    ------
    RecordingError
        Naming both files and what each holds.
    """
    if _alike(first[1]) == _alike(other[1]):
        return
    names = [f"'{path.name}' ({_kind(page)})" for path, page in (first, other)]
    at = "" if frame is None else f" at frame {frame}"
    raise RecordingError(
        f"The frames in '{first[0].parent}' are not all alike: {names[0]} and{at} {names[1]}. A recording has frames "
        "of one size and type; take away the one that does not belong, or open the folder that holds only the frames."
    )


def check_same_scale(files: Sequence[tuple[Path, TiffMetadata]]) -> None:
    """Refuse files of one recording that say of themselves that their frame rates or pixel sizes differ.

    What a file does not say is taken to be as in the others. Differences below 1 % are a clock's, as where a microscope
    notes the rate that it measured.

    Raises
    ------
    RecordingError
        Naming two files and what each says.
    """
    for what, unit, values in (
        ("frame rates", "Hz", [(path, metadata.fr_hz and (metadata.fr_hz,)) for path, metadata in files]),
        ("pixel sizes", "µm", [(path, metadata.dxy_um) for path, metadata in files]),
    ):
        known = [(path, value) for path, value in values if value]
        for one in known[1:]:
            if not all(math.isclose(a, b, rel_tol=_SAME) for a, b in zip(known[0][1], one[1], strict=True)):
                raise _of_two_kinds(what, unit, known[0], one)


def check_same_sign(files: Sequence[tuple[Path, TiffMetadata]]) -> None:
    """Refuse files of one recording of which some hold signed numbers with 32768 added, as ImageJ writes, others not.

    Raises
    ------
    RecordingError
        Naming one file of each kind.
    """
    kinds = {metadata.signed: path for path, metadata in reversed(files)}
    if len(kinds) == 2:
        one, other = kinds[True], kinds[False]
        raise RecordingError(
            f"'{one.name}' in '{one.parent}' holds signed values with 32768 added, as ImageJ writes them, and "
            f"'{other.name}' does not, so that their brightness differs. Save all files of a recording with the same "
            "program."
        )


def _of_two_kinds(what: str, unit: str, *files: tuple[Path, tuple[float, ...]]) -> RecordingError:
    named = [f"'{path.name}' ({' x '.join(f'{number:.5g}' for number in value)} {unit})" for path, value in files]
    return RecordingError(
        f"The files in '{files[0][0].parent}' have different {what}: {' and '.join(named)}. Files that continue each "
        "other are one recording, with one frame rate and one pixel size; keep every recording in a folder of its own."
    )


def _alike(page: Page) -> tuple[object, ...]:
    """Give what must be the same in all frames; as words it would take as long as all else in opening a long stack."""
    return page.height, page.width, pixel_type(page)


def _kind(page: Page) -> str:
    return f"{page.height} x {page.width} px, {pixel_type(page)}"
