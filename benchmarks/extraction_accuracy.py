"""Scores the built-in extraction, and the real CaImAn's, against known truth.

    python benchmarks/extraction_accuracy.py [FOLDER...] [--demo] [--caiman-python PYTHON --keep FOLDER]
                                             [--cases plain clutter ...] [--seed 7000] [--set cnmf.K=6 ...]

Each FOLDER holds movie.tif and truth.npz, as `calscope demo` writes them; CaImAn's result in FOLDER/caiman, where there
is one, is scored beside. `--demo` adds one simulated recording of each kind in `calscope.io.demo.scenes.CELL_CASES`.
With `--caiman-python` (the interpreter of an environment that has CaImAn) the real CaImAn runs on every recording, from
the same raw movie with the same parameters; `--keep` keeps what it found, so that the next time only ours is run.

Both engines are told the true frame rate and decay time of simulated recordings and else run with default parameters.
A component hits a neuron where the cosine of their footprints is at least 0.5, one to one. Neurons of under three
spikes, or barely inside the field, count neither way. `no soma` is the F1 with evaluation.use_soma off.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse
import tifffile
from compare_engines import Task, as_columns, run_and_keep
from numpy.typing import NDArray

from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.algorithms.comparison.truth_scores import Truth, found_cells
from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.engines.builtin import BuiltinEngine
from calscope.engines.engine import Context, correct_motion, with_defaults
from calscope.engines.engine_registry import get_engine
from calscope.io.demo.demo_files import write_movie
from calscope.io.demo.scenes import CELL_CASES, plain_scene, with_case
from calscope.io.demo.simulate import Simulation
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.pipeline.truth_file import read_truth

ALL_FRAMES = 10**9
DEMO_FRAMES, DEMO_SIZE_PX = 700, 160
BETTER_BY, GOOD_ENOUGH = 0.03, 0.95
"""What is asked for: an F1 so much above CaImAn's, or so high."""


class Found(NamedTuple):
    """What an engine found."""

    images: NDArray
    traces: NDArray
    accepted: NDArray


@dataclass(frozen=True)
class Recording:
    """A movie with its truth."""

    name: str
    folder: Path
    params: Parameters


def _parameters(changes: dict[str, Any]) -> Parameters:
    """Give the defaults of the built-in engine with some values changed."""
    return with_defaults(get_engine("builtin"), Parameters().replace(changes))


def extract(recording: Recording, workers: int) -> tuple[Found, NDArray, float]:
    """Run the built-in engine from the raw movie on.

    Returns
    -------
    found, accepted without the measure of being a soma, seconds of fit, refit and evaluation
    """
    engine, params = BuiltinEngine(), recording.params
    context = Context(silent, lambda name, shape, dtype: np.empty(shape, dtype), workers, Path(tempfile.gettempdir()))
    source = ArrayMovie(tifffile.imread(recording.folder / "movie.tif"))
    motion = correct_motion(engine, source, params, context)
    start = time.perf_counter()
    movie, rim_px = motion.corrected.movie, often_filled_px(motion.estimate, motion.corrected.border_px)
    first = engine.fit(movie, rim_px, params, context)
    cells = engine.refit(movie, first, rim_px, params, context)
    quality = engine.measure(movie, cells, params, context)
    seconds = time.perf_counter() - start
    limits = params.evaluation.model_dump()
    accepted = accept_components(quality, **limits).accepted
    as_caiman = accept_components(quality, **{**limits, "use_soma": False}).accepted
    images = cells.A.T.toarray().reshape(cells.n, *cells.dims[::-1]).transpose(0, 2, 1)
    return Found(images, cells.C, accepted), as_caiman, seconds


def caimans(recording: Recording, python: str, keep: Path | None, workers: int) -> Found | None:
    """CaImAn's result: kept, made now, or as it lies in the folder; None where there is none."""
    kept = keep / recording.name / "components.npz" if keep else None
    if kept is not None and kept.exists():
        return read_found(kept)
    if python:
        with tempfile.TemporaryDirectory(prefix="caiman_") as scratch:
            here = Path(scratch)
            task = Task(recording.folder, here / "stack.tif", here, recording.params, workers, "evaluation")
            made = run_and_keep(task, python, "components.npz", kept)
            return None if made is None else read_found(made)
    stored = recording.folder / "caiman"
    return read_folder(stored, recording.folder) if stored.exists() else None


def read_found(path: Path) -> Found:
    """Read what the driver of CaImAn wrote."""
    with np.load(path) as file:
        return Found(file["images"], file["traces"], file["accepted"].astype(bool))


def read_folder(folder: Path, recording: Path) -> Found:
    """Read a result in the layout of `calscope run`."""
    with np.load(recording / "truth.npz") as truth:
        height, width = truth["masks"].shape[1:]
    table = pd.read_parquet(folder / "components.parquet").sort_values("component")
    traces = pd.read_parquet(folder / "traces.parquet").sort_values(["component", "frame"])
    images = scipy.sparse.load_npz(folder / "footprints.npz").T.toarray()
    images = images.reshape(len(table), width, height).transpose(0, 2, 1)
    return Found(images, traces["denoised"].to_numpy().reshape(len(table), -1), table["accepted"].to_numpy(bool))


def score(truth: Truth, found: Found) -> dict[str, float]:
    """Precision, recall, F1 of the accepted; medians over the hits of footprint cosine and trace correlation."""
    right = found_cells(truth, as_columns(found.images[found.accepted]), found.traces[found.accepted])
    measures = {"precision": right.precision, "recall": right.recall, "cosine": right.cosine, "trace_r": right.trace_r}
    return {"true": right.n_true, "F1": right.f1, **measures}


def recordings(wanted: argparse.Namespace, scratch: Path) -> Iterator[Recording]:
    """Folders given, then simulated ones, which are written when their turn comes and removed after it."""
    changes = {name: json.loads(value) for name, value in (item.split("=", 1) for item in wanted.set)}
    for folder in wanted.folders:
        yield Recording(folder.name, folder, _parameters({"dataset.fr": wanted.fr, **changes}))
    cases = wanted.cases or (list(CELL_CASES) if wanted.demo else [])
    for case in cases:
        number = list(CELL_CASES).index(case)
        size = {"frames": wanted.frames, "height": wanted.size, "width": wanted.size}
        simulation = Simulation(with_case(plain_scene(**size, seed=wanted.seed + number), CELL_CASES[case]))
        folder = scratch / case.replace(" ", "_")
        folder.mkdir()
        simulation.save_truth(folder / "truth.npz")
        write_movie(folder / "movie.tif", simulation)
        told = {"dataset.fr": simulation.fr, "dataset.decay_time": simulation.decay}
        name = f"{folder.name}_{wanted.seed}_{wanted.size}px_{wanted.frames}"
        yield Recording(name, folder, _parameters({**told, **changes}))
        shutil.rmtree(folder)


def compare(recording: Recording, wanted: argparse.Namespace) -> dict[str, object]:
    """Score the engines on one recording: a row of the table."""
    truth = read_truth(recording.folder, ALL_FRAMES)
    if truth is None:
        raise FileNotFoundError(recording.folder / "truth.npz")
    found, as_caiman, seconds = extract(recording, wanted.workers)
    ours = score(truth, found)
    row: dict[str, object] = {"recording": recording.name, **ours, "s": seconds}
    row["no soma"] = score(truth, found._replace(accepted=as_caiman))["F1"]
    theirs = caimans(recording, wanted.caiman_python, wanted.keep, wanted.workers)
    if theirs is not None:
        scores = score(truth, theirs)
        row |= {f"CaImAn {name}": scores[name] for name in ("F1", "precision", "recall", "cosine", "trace_r")}
        row["difference"] = ours["F1"] - scores["F1"]
    good = ours["F1"] >= GOOD_ENOUGH or float(str(row.get("difference", 0.0))) >= BETTER_BY
    return row | {"asked": "met" if good else "missed"}


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--demo", action="store_true", help="add simulated recordings of every kind")
    parser.add_argument("--cases", nargs="+", choices=list(CELL_CASES), default=[], help="only these kinds")
    parser.add_argument("--seed", type=int, default=7000)
    parser.add_argument("--frames", type=int, default=DEMO_FRAMES)
    parser.add_argument("--size", type=int, default=DEMO_SIZE_PX)
    parser.add_argument("--fr", type=float, default=14.7, help="frame rate of the folders' recordings, Hz")
    parser.add_argument("--caiman-python", default="", help="interpreter of an environment with CaImAn")
    parser.add_argument("--keep", type=Path, help="folder for what CaImAn found")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="parameters, by full name")
    return parser.parse_args()


def main() -> None:
    """Print the table, a line a recording, and the means."""
    wanted = read_arguments()
    rows = []
    with tempfile.TemporaryDirectory(prefix="accuracy_") as scratch:
        for recording in recordings(wanted, Path(scratch)):
            rows.append(compare(recording, wanted))
            print(f"{recording.name}: F1 {rows[-1]['F1']:.3f}", flush=True)
    table = pd.DataFrame(rows)
    mean = table.mean(numeric_only=True).to_dict() | {"recording": "mean", "asked": ""}
    with pd.option_context("display.width", 300, "display.max_columns", 30):
        print(pd.concat([table, pd.DataFrame([mean])]).round(3).to_string(index=False))
    missed = (table["asked"] == "missed").sum()
    print(f"\nF1 of {GOOD_ENOUGH} or {BETTER_BY} above CaImAn's: {len(table) - missed} of {len(table)} recordings.")


if __name__ == "__main__":
    main()
