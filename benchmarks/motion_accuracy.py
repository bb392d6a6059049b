"""Scores the built-in motion correction against known truth.

    python benchmarks/motion_accuracy.py FOLDER... [--workers 2] [--set motion.strides=[32,32] ...]

Each folder holds movie.tif and truth.npz, as `calscope demo` writes them; a folder of such folders stands for all of
them. Where FOLDER/caiman/motion_patches.npz is there, CaImAn's shifts are scored beside. The error is the root mean
square of the distance between estimated and true displacement at the patches' centres, px, without constant offsets.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import tifffile
from scoring import load_truth, motion_error_px

from calscope.algorithms.normcorre import correct_movie
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters
from calscope.model.results import MotionResult


def recordings(folders: list[Path]) -> list[Path]:
    """Give the folders with a movie and its truth, among those given and directly inside them."""
    inside = [path for folder in folders for path in (folder, *sorted(folder.iterdir()))]
    return [path for path in inside if (path / "truth.npz").exists() and (path / "movie.tif").exists()]


def correct(folder: Path, params: Parameters, workers: int) -> tuple[MotionResult, float]:
    """Correct one recording; the seconds include no reading and no compilation."""
    source = ArrayMovie(tifffile.imread(folder / "movie.tif"))
    start = time.perf_counter()
    result = correct_movie(
        source, **params.motion.model_dump(), allocate=lambda _, shape, dtype: np.empty(shape, dtype), workers=workers
    )
    return result, time.perf_counter() - start


def score(folder: Path, params: Parameters, workers: int) -> str:
    """Give the line of the table for one recording."""
    truth = load_truth(folder)
    if truth is None:
        return f"{folder}: no truth"
    result, seconds = correct(folder, params, workers)
    n_frames, height, width = result.movie.shape
    centers = np.array([[height / 2, width / 2]]) if result.centers_px is None else result.centers_px
    shifts = result.shifts_rig[:, None] if result.shifts_els is None else result.shifts_els
    error, still = motion_error_px(truth, shifts, centers)
    line = f"{folder.name:20s} {error:8.3f} {still:12.3f} {1000 * seconds / n_frames:10.2f} {result.border_px:7d}"
    theirs = folder / "caiman" / "motion_patches.npz"
    if theirs.exists():
        with np.load(theirs) as file:
            line += f" {motion_error_px(truth, file['shifts'], file['centers'])[0]:8.3f}"
    return "\n".join([line, *(f"    {note}" for note in result.notes)])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON")
    arguments = parser.parse_args()
    params = Parameters().replace({n: json.loads(v) for n, v in (s.split("=", 1) for s in arguments.set)})
    found = recordings(arguments.folders)
    if not found:
        parser.error("none of the folders holds movie.tif and truth.npz")
    correct(found[0], params, arguments.workers)
    print(f"{'recording':20s} {'RMSE px':>8s} {'uncorrected':>12s} {'ms/frame':>10s} {'border':>7s} {'CaImAn':>8s}")
    for folder in found:
        print(score(folder, params, arguments.workers), flush=True)


if __name__ == "__main__":
    main()
