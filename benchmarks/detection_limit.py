"""Asks whether known cells put into a movie tell how dim a true cell would be found.

    python benchmarks/detection_limit.py [--cases plain dim crowded] [--brightness 0.08 0.16 0.32] [--size 160]
                                         [--frames 700] [--seed 7000] [--crop]

Each case is a kind of `calscope.io.demo.scenes.CELL_CASES`, simulated once for each brightness of its cells, so that
many of its cells are missed. The peak SNR of a true cell is told by the simulation: its brightest transient, in counts,
over the noise of the pixels under its true footprint. The limits from true cells are fitted over all brightnesses of a
case, as those from the known cells are. `inside` tells whether the limit from true cells lies in the interval of the
known ones, `overlap` whether both intervals do. `cost` is the CPU time of the search over that of fit and refit alone.

`--crop` also puts known cells into the 128 x 128 px with most cells, as the page Tune does.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.algorithms.comparison.agreement import match_footprints
from calscope.algorithms.comparison.truth_scores import drawn_footprints
from calscope.algorithms.crop_choice import choose_crop
from calscope.algorithms.injection.detection_limit import detection_of, limit
from calscope.algorithms.injection.known_cells import choose_known_cells
from calscope.algorithms.summary import compute_summary
from calscope.engines.engine import Context, correct_motion, with_defaults
from calscope.engines.engine_registry import get_engine
from calscope.engines.injected_search import search_for_injected
from calscope.io.demo.scenes import CELL_CASES, plain_scene, with_case
from calscope.io.demo.simulate import Simulation
from calscope.model.detection import Detection, Limit
from calscope.model.movie import ArrayMovie, FloatArray, FrameSource, Movie
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.results import ComponentQuality, Components, Evaluation
from calscope.pipeline.steps.stage_steps import evaluate_components

ENGINE = get_engine("builtin")
LEAST_PIXELS = 40
"""Brighter than half of its maximum, inside of the field: a cell that is cut more is not counted."""
FAINT = 0.1


class TrueCells(NamedTuple):
    """What became of the simulated cells, (n,) each."""

    peak_snr: NDArray
    found: NDArray
    accepted: NDArray


class SearchedMovie(NamedTuple):
    """A corrected movie, and what was found in it."""

    movie: Movie
    mean: FloatArray
    components: Components
    accepted: NDArray
    border_px: int


@dataclass(frozen=True)
class Result:
    """One recording: its true cells, the known cells put into it, and what each took, s of CPU."""

    true: TrueCells
    known: Detection
    fit_s: float
    search_s: float


def evaluate(quality: ComponentQuality) -> Evaluation:
    """Evaluate with the thresholds of the built-in engine."""
    return evaluate_components(quality, with_defaults(ENGINE, Parameters()).evaluation)


def analyse(source: FrameSource, params: Parameters) -> tuple[SearchedMovie, float]:
    """Run motion correction, fit, refit and evaluation; give what was found, and the CPU time of fit and refit."""
    context = _context()
    motion = correct_motion(ENGINE, source, params, context)
    movie, rim_px = motion.corrected.movie, often_filled_px(motion.estimate, motion.corrected.border_px)
    start = time.process_time()
    cells = ENGINE.refit(movie, ENGINE.fit(movie, rim_px, params, context), rim_px, params, context)
    seconds = time.process_time() - start
    accepted = evaluate(ENGINE.measure(movie, cells, params, context)).accepted
    mean = compute_summary(movie, silent).mean
    return SearchedMovie(movie, mean, cells, accepted, rim_px), seconds


def _context() -> Context:
    scratch = Path(tempfile.mkdtemp(prefix="detection_"))
    return Context(silent, lambda name, shape, dtype: np.empty(shape, dtype), 2, scratch)


def known_cells(searched: SearchedMovie, params: Parameters) -> tuple[Detection, float]:
    """Put known cells into a movie; give what became of them, and the CPU time."""
    start = time.process_time()
    cells = choose_known_cells(
        searched.components,
        searched.accepted,
        searched.mean,
        gSig=params.cnmf.gSig,
        fr_hz=params.dataset.fr or 0.0,
        usual_decay_s=params.dataset.decay_time,
        border_px=searched.border_px,
    )
    found = search_for_injected(
        searched.movie,
        cells,
        searched.components.A,
        border_px=searched.border_px,
        engine=ENGINE,
        params=params,
        context=_context(),
    )
    return detection_of(found, evaluate), time.process_time() - start


def true_cells(simulation: Simulation, components: Components, accepted: NDArray) -> TrueCells:
    """Tell which of the simulated cells lie in a component, and at which peak SNR."""
    height, width = components.dims
    anywhere = csc_matrix(np.ones((height * width, 1), np.float32))
    drawn = drawn_footprints(simulation.masks, components.A if components.n else anywhere)
    counted = (drawn > 0.5).sum(axis=0) > LEAST_PIXELS
    weights = np.where(drawn > FAINT, drawn, 0.0)
    noise = np.sqrt((weights**2 * components.sn[:, None].astype(np.float64) ** 2).sum(axis=0))
    noise /= np.maximum((weights**2).sum(axis=0), 1e-9)
    traces, scene = simulation.traces, simulation.scene
    peak = (traces.max(axis=1) - traces.min(axis=1)) * scene.photons * scene.gain
    found, is_accepted = np.zeros(len(traces), bool), np.zeros(len(traces), bool)
    if components.n:
        pairs = match_footprints(csc_matrix(drawn), components.A).pairs
        found[pairs[:, 0]], is_accepted[pairs[:, 0]] = True, accepted[pairs[:, 1]]
    counted &= peak > 0
    return TrueCells((peak / noise)[counted], found[counted], is_accepted[counted])


def simulated(case: str, brightness: float, wanted: argparse.Namespace) -> Simulation:
    """Give a recording of a case whose cells have that brightness."""
    seed = wanted.seed + 100 * list(CELL_CASES).index(case) + round(1000 * brightness)
    scene = plain_scene(frames=wanted.frames, height=wanted.size, width=wanted.size, seed=seed)
    return Simulation(with_case(scene, {**CELL_CASES[case], "soma_brightness": brightness}))


def one(case: str, brightness: float, wanted: argparse.Namespace) -> list[tuple[str, Result]]:
    """Run one recording as a whole, and its crop where that is asked for."""
    simulation = simulated(case, brightness, wanted)
    told = {"dataset.fr": simulation.fr, "dataset.decay_time": simulation.decay}
    params = with_defaults(ENGINE, Parameters().replace(told))
    frames = simulation.read(0, wanted.frames)
    searched, fit_s = analyse(ArrayMovie(frames), params)
    true = true_cells(simulation, searched.components, searched.accepted)
    results = [(case, Result(true, *_timed(known_cells(searched, params), fit_s)))]
    if wanted.crop:
        crop = choose_crop(ArrayMovie(frames))
        part = frames[crop.start : crop.stop, crop.top : crop.bottom, crop.left : crop.right]
        on_crop, fit_s = analyse(ArrayMovie(part), params)
        results.append((f"{case}, crop", Result(true, *_timed(known_cells(on_crop, params), fit_s))))
    return results


def _timed(searched: tuple[Detection, float], fit_s: float) -> tuple[Detection, float, float]:
    return searched[0], fit_s, searched[1]


def rows(name: str, results: Sequence[Result]) -> list[dict[str, object]]:
    """Give the rows of one case: its limits from true and from known cells, over all brightnesses."""
    true = TrueCells(*(np.concatenate(parts) for parts in zip(*(one.true for one in results), strict=True)))
    known = {
        name: np.concatenate([getattr(one.known, name) for one in results])
        for name in ("peak_snr", "found", "accepted")
    }
    cost = sum(one.search_s for one in results) / sum(one.fit_s for one in results)
    told = []
    for what in ("found", "accepted"):
        for share in (0.5, 0.9):
            ours = limit(true.peak_snr, getattr(true, what), share)
            theirs = limit(known["peak_snr"], known[what], share)
            told.append(
                {
                    "case": name,
                    "limit": f"{what} {share:.0%}",
                    "true cells": _words(ours),
                    "known cells": _words(theirs),
                    "known / true": theirs.value / ours.value if ours and theirs and ours.value else np.nan,
                    "inside": _yes(bool(ours and theirs and theirs.low <= ours.value <= theirs.high)),
                    "overlap": _yes(bool(ours and theirs and theirs.low <= ours.high and ours.low <= theirs.high)),
                    "n true": len(true.peak_snr),
                    "n known": len(known["peak_snr"]),
                    "cost": cost,
                }
            )
    return told


def _words(found: Limit | None) -> str:
    return "too few cells" if found is None else f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f})"


def _yes(fact: bool) -> str:  # noqa: FBT001 - the fact is all that is asked
    return "yes" if fact else "no"


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cases = ["plain", "dim", "crowded", "clutter", "slow indicator", "small somata"]
    parser.add_argument("--cases", nargs="+", choices=list(CELL_CASES), default=cases)
    parser.add_argument("--brightness", nargs="+", type=float, default=[0.08, 0.16, 0.32])
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--frames", type=int, default=700)
    parser.add_argument("--seed", type=int, default=7000)
    parser.add_argument("--crop", action="store_true", help="also on the crop that Tune would choose")
    return parser.parse_args()


def main() -> None:
    """Print the table, a case after the other."""
    wanted = read_arguments()
    table: list[dict[str, object]] = []
    for case in wanted.cases:
        by_name: dict[str, list[Result]] = {}
        for brightness in wanted.brightness:
            for name, result in one(case, brightness, wanted):
                by_name.setdefault(name, []).append(result)
        new = [row for name, results in by_name.items() for row in rows(name, results)]
        table += new
        with pd.option_context("display.width", 250, "display.max_columns", 20):
            print(pd.DataFrame(new).round(2).to_string(index=False), flush=True)
    inside, overlap = ([row[name] == "yes" for row in table] for name in ("inside", "overlap"))
    ratio = np.array([float(str(row["known / true"])) for row in table])
    ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
    print(
        f"\n{sum(inside)} of {len(table)} limits from true cells lie in the interval of the known ones; "
        f"{sum(overlap)} intervals overlap; median known / true {np.median(ratio):.2f}."
    )


if __name__ == "__main__":
    main()
