"""Scores the built-in motion correction, and the real CaImAn's, against known truth; judges it where there is none.

    python benchmarks/motion_accuracy.py [RECORDING...] [--demo] [--cases plain sparse_field ...] [--seed 4000]
                                         [--caiman-python PYTHON --keep FOLDER] [--set motion.strides=[32,32] ...]

A RECORDING with truth is a folder that holds movie.tif and truth.npz, as `calscope demo` writes them, or a folder of
such folders. `--demo` adds one simulated recording of each kind in `calscope.io.demo.scenes.MOTION_CASES`. With
`--caiman-python` (the interpreter of an environment that has CaImAn; the environment variables it needs are passed on)
CaImAn corrects every one of them, from the same movie with the same parameters; `--keep` keeps the shifts it found, so
that the next time only ours is run. Else CaImAn's shifts are scored where they lie in RECORDING/caiman.

The error is the same for both engines: root mean square of the distance between estimated and true displacement at the
patches' centres, px, over all frames but those taken with the shutter closed, without the constant offset that any
template may have. `rigid` is our correction with pw_rigid off, at the same centres. Times are those of all threads.

Any other RECORDING is judged by how well it holds still: raw, rigid and piecewise on the same frames and the same crop,
with 95 % bootstrap intervals.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import tifffile
from compare_engines import Task, caiman_absent, print_row, run_and_keep
from numpy.typing import NDArray

from calscope.algorithms.comparison.truth_scores import Truth, motion_error_px
from calscope.algorithms.motion_check.motion_quality import measure_motion
from calscope.engines.builtin import BuiltinEngine
from calscope.engines.engine import Context, correct_motion
from calscope.io.demo.demo_files import write_movie
from calscope.io.demo.scenes import MOTION_CASES, plain_scene, with_case
from calscope.io.demo.simulate import Simulation
from calscope.io.readers.reader_registry import open_recording
from calscope.model.movie import ArrayMovie, FrameSource
from calscope.model.note_texts.all_texts import text
from calscope.model.params import Parameters
from calscope.model.progress import Progress, silent
from calscope.model.results import Estimate, MotionCorrection, MotionEstimate
from calscope.pipeline.truth_file import read_truth

DEMO_FRAMES, DEMO_SIZE_PX = 500, 256
ASKED_RATIO, WORST_RATIO = 0.6, 1.0
"""What is asked for: so much of CaImAn's error on the mean, and nowhere more than that."""
HEAD = ("recording", "frames", "uncorrected", "rigid", "piecewise", "CaImAn", "ratio", "CPU ms a frame")
MEASURES = ("correlation", "crispness", "residual_flow_px")


@dataclass(frozen=True)
class Recording:
    """A movie with its truth."""

    name: str
    folder: Path
    dark: range = field(default_factory=lambda: range(0))
    """Frames with the shutter closed, which show no motion to be found."""


@dataclass(frozen=True)
class Found:
    """Shifts that an engine found, (T, P, 2) px, and the patches' centres, (P, 2) px."""

    shifts: NDArray
    centers: NDArray


def correct(source: FrameSource, params: Parameters, workers: int, progress: Progress = silent) -> MotionCorrection:
    """Correct a movie in memory."""
    context = Context(progress, lambda _, shape, dtype: np.empty(shape, dtype), workers, Path())
    return correct_motion(BuiltinEngine(), source, params, context)


def ours(result: MotionEstimate) -> Found:
    """Give the shifts of the patches, or of whole frames where there are none."""
    if result.shifts_els is None or result.centers_px is None:
        return Found(result.shifts_rig[:, None], np.array([result.shape[1:]]) / 2)
    return Found(result.shifts_els, result.centers_px)


def caimans(recording: Recording, wanted: argparse.Namespace, params: Parameters) -> Found | None:
    """CaImAn's shifts: kept, made now, or as they lie in the folder; None where there are none."""
    kept = wanted.keep / recording.name / "motion.npz" if wanted.keep else None
    if kept is not None and kept.exists():
        return read_shifts(kept)
    if wanted.caiman_python:
        with tempfile.TemporaryDirectory(prefix="caiman_") as scratch:
            here = Path(scratch)
            task = Task(recording.folder, here / "stack.tif", here, params, wanted.workers, "motion")
            made = run_and_keep(task, wanted.caiman_python, "motion.npz", kept)
            return None if made is None else read_shifts(made)
    stored = recording.folder / "caiman" / "motion_patches.npz"
    return read_shifts(stored) if stored.exists() else None


def read_shifts(path: Path) -> Found:
    """Read shifts as CaImAn's driver, or `calscope run`, wrote them."""
    with np.load(path) as file:
        return Found(file["shifts"], file["centers"])


def errors_px(truth: Truth, found: Found, shown: NDArray) -> tuple[float, float]:
    """Give the error of what was found and that of doing nothing, over the frames that show something."""
    seen = replace(truth, shifts=truth.shifts[shown], warp=truth.warp[shown])
    shifts = found.shifts[shown]
    return motion_error_px(seen, shifts, found.centers), motion_error_px(seen, np.zeros_like(shifts), found.centers)


def score(recording: Recording, wanted: argparse.Namespace, params: Parameters) -> tuple[list[str], float | None]:
    """Give the row of the table, and the ratio of our error to CaImAn's."""
    source = ArrayMovie(tifffile.imread(recording.folder / "movie.tif"))
    n_frames = source.shape[0]
    truth = read_truth(recording.folder, n_frames)
    if truth is None:
        raise FileNotFoundError(recording.folder / "truth.npz")
    start = time.process_time()
    piecewise = ours(correct(source, params, wanted.workers).estimate)
    seconds = time.process_time() - start
    rigid = correct(source, params.replace({"motion.pw_rigid": False}), wanted.workers).estimate
    shown = np.ones(n_frames, bool)
    shown[recording.dark.start : recording.dark.stop] = False
    error, still = errors_px(truth, piecewise, shown)
    whole, _ = errors_px(truth, Found(rigid.shifts_rig[:, None], piecewise.centers), shown)
    cells = [recording.name, str(n_frames), *(f"{value:.3f}" for value in (still, whole, error))]
    theirs = caimans(recording, wanted, params)
    ratio = None if theirs is None else error / errors_px(truth, theirs, shown)[0]
    cells += ["", ""] if theirs is None or ratio is None else [f"{error / ratio:.3f}", f"{ratio:.2f}"]
    return [*cells, f"{1000 * seconds / n_frames:.2f}"], ratio


def simulated(wanted: argparse.Namespace, scratch: Path) -> Iterator[Recording]:
    """Write each simulated recording when its turn comes, and remove it after that."""
    for case in wanted.cases or (names_of_cases() if wanted.demo else []):
        number = names_of_cases().index(case)
        plain = plain_scene(frames=wanted.frames, height=wanted.size, width=wanted.size, seed=wanted.seed + number)
        scene = with_case(plain, list(MOTION_CASES.values())[number])
        simulation = Simulation(scene)
        folder = scratch / case
        folder.mkdir()
        simulation.save_truth(folder / "truth.npz")
        write_movie(folder / "movie.tif", simulation)
        yield Recording(
            f"{case}_{scene.seed}_{wanted.size}px_{wanted.frames}", folder, range(*scene.dark_frames or (0,))
        )
        shutil.rmtree(folder)


def names_of_cases() -> list[str]:
    """Names of the simulated kinds, without spaces."""
    return [name.replace(" ", "_") for name in MOTION_CASES]


def with_truth(path: Path) -> list[Path]:
    """Give the folders with a movie and its truth: the one given, or those directly inside it."""
    inside = [path, *sorted(path.iterdir())] if path.is_dir() else []
    return [folder for folder in inside if (folder / "truth.npz").exists() and (folder / "movie.tif").exists()]


def print_scores(found: Iterator[Recording], wanted: argparse.Namespace, params: Parameters) -> None:
    """Print the table of errors, a line a recording, then the ratios together."""
    ratios: dict[str, float] = {}
    for recording in found:
        if not ratios:
            print_head(HEAD)
        cells, ratio = score(recording, wanted, params)
        print_row(cells)
        if ratio is not None:
            ratios[recording.name] = ratio
    if ratios:
        worst = max(ratios, key=ratios.__getitem__)
        mean = fmean(ratios.values())
        print(
            f"\nRatio to CaImAn's error: {mean:.2f} on the mean (asked: at most {ASKED_RATIO}), {ratios[worst]:.2f} at"
            f" worst ({worst}; asked: at most {WORST_RATIO}), over {len(ratios)} recordings."
        )


def print_head(cells: tuple[str, ...]) -> None:
    """Print the head of a Markdown table."""
    print()
    print_row(cells)
    print_row(["---"] * len(cells))


def judge(path: Path, params: Parameters, workers: int) -> None:
    """Print the measures of a recording without truth, raw, rigid and piecewise, and the verdict on them."""
    source = open_recording(path)
    motion = correct(source, params, workers)
    limits = params.motion
    quality = measure_motion(
        source,
        motion,
        correct=lambda movie, progress: correct(movie, params, workers, progress),
        max_shifts=limits.max_shifts,
        max_deviation_rigid=limits.max_deviation_rigid,
        workers=workers,
    )
    print(f"\n{path.name}: {quality.n_evaluated} of {source.shape[0]} frames, in means of stretches")
    print_head(("version", "correlation to the mean of the others", "crispness of the mean", "residual flow, px"))
    for name, measures in quality.measures.items():
        print_row([name, *(with_interval(getattr(measures, measure)) for measure in MEASURES)])
    before, after = float(motion.estimate.corr_raw.mean()), float(motion.corrected.corr_corrected.mean())
    print(f"\nSingle frames to the template: correlation {before:.4f} raw, {after:.4f} piecewise. {text(quality.why)}")


def with_interval(measure: Estimate) -> str:
    """Give a number with its interval."""
    return f"{measure.value:.4g} ({measure.low:.4g} to {measure.high:.4g})"


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="*", type=Path)
    parser.add_argument("--demo", action="store_true", help="add simulated recordings of every kind")
    parser.add_argument("--cases", nargs="+", choices=names_of_cases(), default=[], help="only these kinds")
    parser.add_argument("--seed", type=int, default=4000)
    parser.add_argument("--frames", type=int, default=DEMO_FRAMES)
    parser.add_argument("--size", type=int, default=DEMO_SIZE_PX)
    parser.add_argument("--caiman-python", default="", help="interpreter of an environment with CaImAn")
    parser.add_argument("--keep", type=Path, help="folder for the shifts that CaImAn found")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="parameters, by full name")
    wanted = parser.parse_args()
    if not (wanted.recordings or wanted.demo or wanted.cases):
        parser.error("give recordings, --demo or --cases")
    if wanted.caiman_python and (why_not := caiman_absent(wanted.caiman_python)):
        parser.error(why_not)
    return wanted


def main() -> None:
    """Print a table of errors, then what can be said of recordings without truth."""
    wanted = read_arguments()
    settings = {name: json.loads(value) for name, value in (item.split("=", 1) for item in wanted.set)}
    params = Parameters().replace({"dataset.fr": 14.7, "dataset.dxy": [1.0, 1.0], **settings})
    # compiled, or loaded from what was compiled before, outside of what is timed
    correct(ArrayMovie(Simulation(plain_scene(frames=40, height=96, width=96)).read(0, 40)), params, wanted.workers)

    def all_of_them(scratch: Path) -> Iterator[Recording]:
        for path in wanted.recordings:
            yield from (Recording(folder.name, folder) for folder in with_truth(path))
        yield from simulated(wanted, scratch)

    with tempfile.TemporaryDirectory(prefix="accuracy_") as scratch:
        print_scores(all_of_them(Path(scratch)), wanted, params)
    for path in wanted.recordings:
        if not with_truth(path):
            judge(path, params, wanted.workers)


if __name__ == "__main__":
    main()
