"""Runs every engine present on the same recordings, and prints time, memory, disk and accuracy side by side.

    python benchmarks/compare_engines.py FOLDER... [--caiman-python PYTHON] [--until motion] [--workers 2]
                                         [--repeat 10] [--limits] [--set motion.strides=[32,32] ...]

Each folder holds one recording (movie.tif, or anything that Calscope opens), and truth.npz where it is simulated. The
built-in engine always runs; CaImAn where `--caiman-python` names the interpreter of an environment that has it (the
environment variables it needs are passed on). Both get the same uncompressed stack, the same parameters and all cores:
threads for the one, as many processes for the other. Importing and compiling are not timed; each stage is, from the
stack on disk to its result. `--repeat` runs the built-in motion correction once more on each recording played that many
times over. `--limits` says how far motion correction and extraction are from what memory, FFTs and arithmetic of this
machine allow.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from machine_limits import fit_work, measure_extraction_limits, measure_limits, refit_work
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from watched_process import run_watched

from calscope.algorithms.cnmf.patches import area_px, patch_grid
from calscope.algorithms.comparison.truth_scores import found_cells, motion_error_px
from calscope.algorithms.motion.grid import make_patches
from calscope.io.readers.reader_registry import open_recording
from calscope.model.movie import chunks
from calscope.model.params import Parameters
from calscope.pipeline.truth_file import read_truth

HERE = Path(__file__).parent
STAGES = ("motion", "fit", "refit", "evaluation")
BUILTIN, CAIMAN = "builtin", "CaImAn"


@dataclass(frozen=True)
class Task:
    """One recording, and how engines are to run on it."""

    folder: Path
    stack: Path
    scratch: Path
    params: Parameters
    workers: int
    until: str


@dataclass(frozen=True)
class EngineRun:
    """How one engine did on one recording."""

    seconds: Mapping[str, float]
    """By stage."""
    own_bytes: Mapping[str, int]
    resident_bytes: Mapping[str, int]
    disk_bytes: int
    """What it leaves beside the recording."""
    scores: Mapping[str, float] = field(default_factory=dict)
    trouble: str = ""


def main() -> None:
    """Run what the command line asks for."""
    args = read_arguments()
    params = parameters(args.set)
    for folder in args.folders:
        with tempfile.TemporaryDirectory(prefix="compare_", dir=args.scratch) as scratch:
            compare(Path(folder), Path(scratch), params, args)


def compare(folder: Path, scratch: Path, params: Parameters, args: argparse.Namespace) -> None:
    """Run the engines on one recording and print what they did."""
    stack, shape = write_stack(folder, scratch)
    print(f"\n## {folder.name}: {shape[0]} frames of {shape[1]} x {shape[2]} px, {args.workers} workers\n")
    task = Task(folder, stack, scratch, params, args.workers, args.until)
    runs = {BUILTIN: run_engine(BUILTIN, sys.executable, task)}
    why_not = caiman_absent(args.caiman_python)
    if why_not:
        print(f"CaImAn is left out: {why_not}\n")
    else:
        runs[CAIMAN] = run_engine(CAIMAN, args.caiman_python, task)
    print_table(runs, stack.stat().st_size)
    if args.repeat > 1:
        long = run_engine(BUILTIN, sys.executable, replace(task, until="motion"), repeat=args.repeat)
        print_long(runs[BUILTIN], long, shape[0], args.repeat)
    if args.limits:
        print_limits(runs[BUILTIN], shape, params, args.workers)
        print_extraction_limits(runs[BUILTIN], shape, params, args.workers)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--caiman-python", default="", help="interpreter of an environment with CaImAn")
    parser.add_argument("--until", choices=("motion", "evaluation"), default="evaluation")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--scratch", help="folder for what the engines write; the system's unless given")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="parameters, by full name")
    return parser.parse_args()


def parameters(settings: Sequence[str]) -> Parameters:
    """Give the default parameters with changes; a rate that no file tells is 14.7 Hz, as that of the demo."""
    changes = {"dataset.fr": 14.7, "dataset.dxy": [1.0, 1.0]}
    for setting in settings:
        name, _, value = setting.partition("=")
        changes[name] = json.loads(value)
    return Parameters().replace(changes)


def write_stack(folder: Path, scratch: Path) -> tuple[Path, tuple[int, int, int]]:
    """Copy a recording into one uncompressed stack, so that no engine's reader is timed."""
    movie = folder / "movie.tif"
    recording = open_recording(movie if movie.exists() else folder)
    stack = scratch / "movie.tif"
    with tifffile.TiffWriter(stack, bigtiff=math.prod(recording.shape) * recording.dtype.itemsize > 2**31) as writer:
        for start, stop in chunks(recording.shape[0], 64):
            for frame in recording.read(start, stop):
                writer.write(frame, contiguous=True)
    return stack, recording.shape


def caiman_absent(python: str) -> str:
    """Say why CaImAn can't run, or nothing when it can."""
    if not python:
        return "no interpreter was given (--caiman-python)."
    if shutil.which(python) is None:
        return f"there is no program {python}."
    look = "import importlib.util as u; print(bool(u.find_spec('caiman') and u.find_spec('caiman.motion_correction')))"
    found = subprocess.run([python, "-c", look], capture_output=True, text=True, check=False)
    return "" if found.stdout.strip().endswith("True") else f"{python} has no CaImAn (conda-forge's `caiman`)."


def run_engine(name: str, python: str, task: Task, *, repeat: int = 1) -> EngineRun:
    """Run one engine in a process of its own, in an empty folder that holds what it leaves on disk."""
    work, out = task.scratch / f"{name}_work_{repeat}", task.scratch / f"{name}_out_{repeat}"
    work.mkdir()
    out.mkdir()
    seen = work / "movie.tif"
    seen.symlink_to(task.stack)  # CaImAn writes beside the recording unless told otherwise
    job = {
        "movie": str(seen),
        "work": str(work),
        "out": str(out),
        "params": task.params.to_dict(),
        "workers": task.workers,
        "until": task.until,
        "repeat": repeat,
    }
    (out / "job.json").write_text(json.dumps(job))
    driver = HERE / ("drive_builtin.py" if name == BUILTIN else "drive_caiman.py")
    watched = run_watched([python, str(driver), str(out / "job.json")], out / "log.txt", environment(work))
    if watched.returncode or not (out / "stages.json").exists():
        return EngineRun({}, {}, {}, 0, trouble=watched.last_words)
    stages: dict[str, tuple[float, float]] = json.loads((out / "stages.json").read_text())
    peaks = {stage: watched.peak_bytes(*times) for stage, times in stages.items()}
    run = EngineRun(
        seconds={stage: stop - start for stage, (start, stop) in stages.items()},
        own_bytes={stage: own for stage, (own, _) in peaks.items()},
        resident_bytes={stage: resident for stage, (_, resident) in peaks.items()},
        disk_bytes=sum(path.stat().st_size for path in work.rglob("*") if path.is_file() and not path.is_symlink()),
        scores=scores(task.folder, out) if repeat == 1 else {},
    )
    shutil.rmtree(work)
    return run


def run_and_keep(task: Task, python: str, made: str, kept: Path | None) -> Path | None:
    """Run the real CaImAn on a recording's movie; give the file called `made` that it wrote, None where it failed.

    The file lies in the task's scratch folder; a copy goes to `kept`, where that is named.
    """
    tifffile.imwrite(task.stack, tifffile.imread(task.folder / "movie.tif"))
    run = run_engine(CAIMAN, python, task)
    if run.trouble:
        print(f"CaImAn failed on {task.folder.name}: {run.trouble}")
        return None
    file = task.scratch / f"{CAIMAN}_out_1" / made
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, kept)
    return file


def environment(work: Path) -> dict[str, str]:
    """Give the environment of an engine; linear algebra gets one thread, as in jobs and as CaImAn's authors advise."""
    one_thread = dict.fromkeys(("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    return {**os.environ, **one_thread, "CAIMAN_TEMP": str(work)}


def scores(folder: Path, out: Path) -> dict[str, float]:
    """Score what an engine found, where the truth is known."""
    motion = np.load(out / "motion.npz")
    shifts, centers = motion["shifts"], motion["centers"]
    truth = read_truth(folder, len(shifts))
    if truth is None:
        return {}
    found = {
        "motion error, px": motion_error_px(truth, shifts, centers),
        "uncorrected, px": motion_error_px(truth, np.zeros_like(shifts), centers),
    }
    if (out / "components.npz").exists():
        cells = np.load(out / "components.npz")
        accepted = cells["accepted"].astype(bool)
        right = found_cells(truth, as_columns(cells["images"][accepted]), cells["traces"][accepted])
        found |= {"components": len(accepted), "accepted": int(accepted.sum())}
        found |= {f"{name} of accepted": getattr(right, name) for name in ("f1", "cosine", "trace_r")}
    return found


def as_columns(images: NDArray) -> csc_matrix:
    """Footprints (K, H, W) as columns in Fortran pixel order, (H*W, K)."""
    return csc_matrix(images.transpose(2, 1, 0).reshape(-1, len(images)))


def print_table(runs: Mapping[str, EngineRun], raw_bytes: int) -> None:
    """Print times, memory and disk by stage, then the scores, as Markdown."""
    for name, run in runs.items():
        if run.trouble:
            print(f"{name} failed:\n\n    " + run.trouble.replace("\n", "\n    ") + "\n")
    good = {name: run for name, run in runs.items() if not run.trouble}
    both = len(good) == len((BUILTIN, CAIMAN))
    head = ["stage", *(f"{n}, s" for n in good), *(["times as fast"] if both else [])]
    head += [f"{n}, MB (with file pages)" for n in good]
    print_row(head)
    print_row(["---"] * len(head))
    for stage in STAGES:
        if all(stage in run.seconds for run in good.values()) and good:
            print_row([stage, *_stage_cells(stage, good, both=both)])
    print(
        "\nLeft on disk: " + ", ".join(f"{n} {r.disk_bytes / raw_bytes:.2f} of the raw stack" for n, r in good.items())
    )
    names = list(dict.fromkeys(score for run in good.values() for score in run.scores))
    if names:
        print()
        print_row(["against truth", *good])
        print_row(["---"] * (1 + len(good)))
        for name in names:
            print_row([name, *(f"{run.scores[name]:.3f}".removesuffix(".000") for run in good.values())])


def _stage_cells(stage: str, good: Mapping[str, EngineRun], *, both: bool) -> list[str]:
    cells = [f"{run.seconds[stage]:.2f}" for run in good.values()]
    if both:
        cells.append(f"{good[CAIMAN].seconds[stage] / good[BUILTIN].seconds[stage]:.1f}")
    return cells + [
        f"{run.own_bytes[stage] / 1e6:.0f} ({run.resident_bytes[stage] / 1e6:.0f})" for run in good.values()
    ]


def print_row(cells: Sequence[Any]) -> None:
    """Print a row of a Markdown table."""
    print("| " + " | ".join(map(str, cells)) + " |")


def print_long(short: EngineRun, long: EngineRun, n_frames: int, times: int) -> None:
    """Say what motion correction of a longer movie takes."""
    if long.trouble:
        print(f"\nPlayed {times} times over, it failed: {long.trouble}")
        return
    print(
        f"\nMotion correction of {n_frames * times} frames (played {times} times over): {long.seconds['motion']:.1f} s,"
        f" {long.own_bytes['motion'] / 1e6:.0f} MB; of {n_frames}: {short.seconds['motion']:.1f} s,"
        f" {short.own_bytes['motion'] / 1e6:.0f} MB."
    )


def print_limits(run: EngineRun, shape: tuple[int, int, int], params: Parameters, workers: int) -> None:
    """Say how far the time of motion correction is from what the machine allows."""
    n_frames, *field_px = shape
    grid = make_patches((shape[1], shape[2]), params.motion.strides, params.motion.overlaps)
    limits = measure_limits((shape[1], shape[2]), grid.shape_px, workers)
    frame_s = run.seconds["motion"] / n_frames
    traffic, transforms = limits.traffic_s(int(np.prod(field_px))), limits.transforms_s(grid.n)
    print(
        f"\nMotion correction takes {1e3 * frame_s:.2f} ms a frame. Memory is copied at {limits.copy_gb_s:.1f} GB/s:"
        f" reading the frame twice and writing it once would take {1e3 * traffic:.3f} ms ({frame_s / traffic:.0f} times"
        f" less). The transforms alone of NoRMCorre's correlations, one of the frame and {grid.n} of patches, there and"
        f" back, take {1e3 * transforms:.2f} ms ({frame_s / transforms:.1f} times less)."
    )


def print_extraction_limits(run: EngineRun, shape: tuple[int, int, int], params: Parameters, workers: int) -> None:
    """Say how far the times of fit and refit are from what the machine allows."""
    values, wanted = float(np.prod(shape)), params.cnmf
    searched = shape[0] * float(
        sum(area_px(patch) for patch in patch_grid(shape[1], shape[2], wanted.rf, wanted.stride))
    )
    limits = measure_extraction_limits(workers)
    works = {"fit": fit_work(values, searched, params.gSiz_px[0], wanted.nb), "refit": refit_work(values, wanted.nb)}
    print(f"\nMemory is read at {limits.read_gb_s:.1f} GB/s, matrices are multiplied at {limits.gflop_s:.0f} GFLOP/s.")
    for stage, work in works.items():
        if stage in run.seconds:
            took, read, compute = run.seconds[stage], limits.read_s(work), limits.compute_s(work)
            print(
                f"The {stage} takes {took:.2f} s. Reading the movie in each of its passes would take {read:.2f} s"
                f" ({took / read:.0f} times less), its fixed arithmetic {compute:.2f} s ({took / compute:.0f} times"
                " less)."
            )


if __name__ == "__main__":
    main()
