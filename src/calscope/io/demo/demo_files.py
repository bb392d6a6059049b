"""The demo: recordings of simulated animals on disk, each with the truth in a file beside the movie."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from calscope.io.atomic_write import disk_trouble
from calscope.io.demo.scenes import demo_scene
from calscope.io.demo.simulate import Simulation
from calscope.io.file_names import TRUTH_FILE
from calscope.io.readers.tiff.imagej import imagej_description
from calscope.io.unfinished import unfinished
from calscope.model.errors import RecordingError
from calscope.model.movie import chunks
from calscope.model.progress import Progress, part, silent

PIXEL_UM = (300, 256)
"""Pixel size as a fraction: a field of 300 µm over 256 px."""
_MARK = ".calscope-demo"
_CHUNK = 25
_LARGEST_CLASSIC_TIFF = 4 * 2**30 - 2**24


def write_demo(
    out: Path,
    *,
    animals: int = 5,
    frames: int = 1500,
    size: int = 256,
    seed: int = 0,
    clutter: bool = False,
    progress: Progress = silent,
) -> list[Path]:
    """Write recordings with known truth: OUT/Animal_i/movie.tif and truth.npz.

    Everything is written into a folder beside OUT and moved into place at the end; stopped before, nothing is left.
    An earlier demo in OUT is replaced. `clutter` adds cells out of focus, neurites and waves of neuropil.

    Returns
    -------
    list of Path
        The animals' folders.

    Raises
    ------
    RecordingError
        When OUT holds something else than a demo, can't be written, or the numbers make no recording.
    Cancelled
        When `progress` says so.
    """
    out = Path(out).absolute()
    _check_numbers(animals, frames, size)
    _check_place(out)
    names = [f"Animal_{i + 1}" for i in range(animals)]
    with _in_words(out), unfinished(out) as new:
        for i, name in enumerate(names):
            folder = new / name
            folder.mkdir(parents=True)
            simulation = Simulation(demo_scene(i, frames=frames, size=size, seed=seed, clutter=clutter))
            _write_animal(folder, simulation, part(progress, i / animals, (i + 1) / animals))
        (new / _MARK).write_text("\n".join(names), encoding="utf-8")
        _move_into_place(new, out)
    progress(1.0, f"{animals} recordings in {out}")
    return [out / name for name in names]


@contextmanager
def _in_words(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RecordingError(
            f"Can't write the demo to '{out}': {disk_trouble(error, out)}. Free some space, or choose another folder."
        ) from error


def _check_numbers(animals: int, frames: int, size: int) -> None:
    for value, least, most, what in (
        (animals, 1, 99, "animals"),
        (frames, 1, 1_000_000, "frames"),
        (size, 32, 2048, "size (px)"),
    ):
        if not least <= value <= most:
            raise RecordingError(f"The demo's {what} can be {least} to {most}, not {value}.")


def _check_place(out: Path) -> None:
    """Refuse to touch what is not a demo."""
    if out.is_dir() and not (out / _MARK).is_file() and any(out.iterdir()):
        raise RecordingError(
            f"'{out}' holds files that are no demo; they are left alone. Choose a new or an empty folder for the demo."
        )
    if out.exists() and not out.is_dir():
        raise RecordingError(f"'{out}' is a file. Choose a folder for the demo.")


def _move_into_place(new: Path, out: Path) -> None:
    """Put the finished demo where it belongs; of an earlier one only what it wrote itself is removed."""
    if not out.exists():
        new.rename(out)
        return
    mark = out / _MARK
    if mark.is_file():
        _remove_earlier(out, mark.read_text(encoding="utf-8").splitlines())
    for path in new.iterdir():
        _put(path, out / path.name)


def _remove_earlier(out: Path, names: list[str]) -> None:
    for name in names:
        # a mark that was tampered with must not lead elsewhere
        folder = out / Path(name).name
        for file in ("movie.tif", TRUTH_FILE):
            (folder / file).unlink(missing_ok=True)
        if folder.is_dir() and folder != out and not any(folder.iterdir()):
            folder.rmdir()


def _put(new: Path, old: Path) -> None:
    """Move a file or an animal's folder, into the folder of the same name where a person kept something there."""
    if new.is_dir() and old.is_dir():
        for file in new.iterdir():
            file.replace(old / file.name)
    else:
        new.replace(old)


def _write_animal(folder: Path, simulation: Simulation, progress: Progress) -> None:
    simulation.save_truth(folder / TRUTH_FILE)
    write_movie(folder / "movie.tif", simulation, _in_frames(folder.name, simulation.shape[0], progress))


def _in_frames(name: str, n_frames: int, progress: Progress) -> Progress:
    """Give a progress that says how many frames of a recording are made."""

    def report(fraction: float, _note: str = "", /) -> None:
        progress(fraction, f"{name}: frame {round(fraction * n_frames)} of {n_frames}")

    return report


def write_movie(path: Path, simulation: Simulation, progress: Progress = silent) -> None:
    """Write a simulated recording as a TIFF stack that ImageJ opens, frame rate and pixel size in its description.

    Above 4 GB it is a BigTIFF with the same description.
    """
    n_frames, height, width = simulation.shape
    big = n_frames * height * width * 2 > _LARGEST_CLASSIC_TIFF
    um, px = PIXEL_UM
    described = (
        {"description": imagej_description(n_frames, simulation.fr, in_um=True), "metadata": None}
        if big
        else {"metadata": {"axes": "TYX", "finterval": 1.0 / simulation.fr, "unit": "um"}}
    )
    with tifffile.TiffWriter(path, bigtiff=big, imagej=not big) as tiff:
        tiff.write(
            _frames(simulation, progress),
            shape=simulation.shape,
            dtype=np.uint16,
            photometric="minisblack",
            resolution=((px, um), (px, um)),
            resolutionunit=1,
            **described,
        )


def _frames(simulation: Simulation, progress: Progress) -> Iterator[NDArray[np.uint16]]:
    """Frames in their order, made by a few threads; no more than a few chunks are held at a time."""
    n_frames = simulation.shape[0]
    workers = min(4, os.cpu_count() or 1)
    parts = chunks(n_frames, _CHUNK)
    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(parts), workers):
            progress(parts[first][0] / n_frames)
            for made in pool.map(lambda ends: simulation.read(*ends), parts[first : first + workers]):
                yield from made
    progress(1.0)
