"""Asks whether the interval for the wrong verdicts among unseen components covers the truth, and how wide it is.

    python benchmarks/when_to_stop.py [--cases rings waves "dim clutter" ...] [--seeds 2] [--size 144] [--frames 600]
                                      [--keep FOLDER] [--calibrate]

Each case is a kind of `calscope.io.demo.scenes.CELL_CASES`, simulated and run once a seed. A simulated person accepts
what matches a true cell. What the page says is asked before the first decision and after a tenth, a quarter, half and
three quarters of the components, looked at in random order and the most doubtful first (estimated anew after every
fourth look; the page does it after each), with five sets of thresholds: the defaults, CaImAn's own rule, a loose and
a strict one, and one that hardly uses SNR. Further persons judge otherwise: one rejects the dimmest quarter, two
err in three and in five of a hundred, at random. A verdict is wrong where that person would change it on purpose.
The mark: the 90 % interval holds the true number in nine of ten, for persons who err in none and in three of a hundred.
`coarse` is the share where it is of little use: wider than half of what is left.

The start in `algorithms/curation/likely_start.py` comes from the kinds `START_KINDS` and seeds from 300 000 on, and
`--calibrate` prints it. Without `--cases` the coverage is told on the other kinds alone, from seeds of their own.

`--keep` keeps the measures of each recording in a folder, so that the next time is quick.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.algorithms.comparison.agreement import match_footprints
from calscope.algorithms.comparison.truth_scores import drawn_footprints
from calscope.algorithms.curation.likely_start import Start
from calscope.algorithms.curation.likely_wrong import features, what_is_left
from calscope.algorithms.curation.slipping_regression import Grid, posterior
from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.engines.engine import Context, correct_motion, with_defaults
from calscope.engines.engine_registry import get_engine
from calscope.io.demo.scenes import CELL_CASES, plain_scene, with_case
from calscope.io.demo.simulate import Simulation
from calscope.model.curation.what_is_left import WhatIsLeft
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.results import ComponentQuality

CALIBRATION_SEED, TEST_SEED = 300_000, 301_000
STAGES = (0.0, 0.1, 0.25, 0.5, 0.75)
ORDERS = ("random", "doubtful first")
PERSONS = ("truth", "bright ones", "errs in 3 %", "errs in 5 %")
START_KINDS = (
    *("plain", "crowded", "few", "dim", "faint cells", "restless neuropil"),
    *("small somata", "large somata", "fast", "quiet", "oval somata", "clutter"),
)
"""Kinds of recordings from which the start comes; the others tell how good it is."""
THRESHOLDS: Mapping[str, Mapping[str, object]] = {
    "default": {},
    "CaImAn's rule": {"use_soma": False},
    "loose": {"min_soma": 0.3},
    "strict": {"min_SNR": 4.0, "rval_thr": 0.9, "min_soma": 0.65},
    "r counts": {"min_SNR": 5.0, "rval_thr": 0.95, "use_soma": False},
}
BASE = {"min_SNR": 2.0, "rval_thr": 0.85, "SNR_lowest": 0.5, "rval_lowest": -1.0, "use_soma": True, "min_soma": 0.5}
CNN_OFF = {"use_cnn": False, "min_cnn_thr": 0.99, "cnn_lowest": 0.1}


@dataclass(frozen=True)
class Found:
    """The components of one recording, and which of them are true cells."""

    quality: ComponentQuality
    area_px: NDArray
    true: NDArray[np.bool_]


def found_in(case: str, seed: int, wanted: argparse.Namespace) -> Found:
    """Give the components of a recording, from the folder of those kept where they are there."""
    kept = wanted.keep and wanted.keep / f"{case.replace(' ', '_')}_{seed}_{wanted.size}_{wanted.frames}.npz"
    if not kept:
        return _run(case, seed, wanted)
    if not kept.is_file():
        found = _run(case, seed, wanted)
        quality = found.quality
        parts = np.asarray(quality.soma_parts)
        both = {"area_px": found.area_px, "true": found.true}
        np.savez(kept, allow_pickle=False, snr=quality.snr, r_value=quality.r_value, soma_parts=parts, **both)
    with np.load(kept) as of:
        nothing = np.full(len(of["snr"]), np.nan, np.float32)
        return Found(ComponentQuality(of["snr"], of["r_value"], nothing, of["soma_parts"]), of["area_px"], of["true"])


def _run(case: str, seed: int, wanted: argparse.Namespace) -> Found:
    engine, scene = (
        get_engine("builtin"),
        plain_scene(
            frames=wanted.frames, height=wanted.size, width=wanted.size, seed=seed + list(CELL_CASES).index(case)
        ),
    )
    made = Simulation(with_case(scene, CELL_CASES[case]))
    params = with_defaults(engine, Parameters().replace({"dataset.fr": made.fr, "dataset.decay_time": made.decay}))
    context = Context(silent, lambda _, shape, dtype: np.empty(shape, dtype), 1, Path(tempfile.gettempdir()))
    motion = correct_motion(engine, ArrayMovie(made.read(0, wanted.frames)), params, context)
    corrected, rim_px = motion.corrected.movie, often_filled_px(motion.estimate, motion.corrected.border_px)
    cells = engine.refit(corrected, engine.fit(corrected, rim_px, params, context), rim_px, params, context)
    matches = match_footprints(csc_matrix(drawn_footprints(made.masks, cells.A)), cells.A)
    true = np.zeros(cells.n, bool)
    true[matches.pairs[:, 1]] = True
    return Found(engine.measure(corrected, cells, params, context), np.diff(cells.A.indptr), true)


def meant_by(person: str, found: Found) -> NDArray[np.bool_]:
    """Give what a simulated person means to accept."""
    if person == "bright ones":
        return found.true & (found.quality.snr > np.quantile(found.quality.snr, 0.25))
    return found.true


def decisions_of(person: str, found: Found) -> NDArray[np.bool_]:
    """Give what a simulated person decides of every component once it is looked at: what is meant, but for errors."""
    share = float(person.split()[2]) / 100 if person.startswith("errs") else 0.0
    errs = np.random.default_rng(len(found.true)).random(len(found.true)) < share
    return meant_by(person, found) ^ errs


def thresholds_of(name: str) -> dict[str, object]:
    """Give all values of one set of thresholds."""
    return {**BASE, **CNN_OFF, **THRESHOLDS[name]}


def looked_at(found: Found, thresholds: str, person: str, order: str) -> Iterator[tuple[float, int, WhatIsLeft]]:
    """Judge one recording; give the stage, the true number of wrong verdicts left, and what the page says."""
    values, decisions = thresholds_of(thresholds), decisions_of(person, found)
    accepted = accept_components(found.quality, **values).accepted  # type: ignore[arg-type]
    is_wrong = accepted != meant_by(person, found)
    n = len(decisions)
    stages = {int(stage * n): stage for stage in STAGES}
    shuffled = np.random.default_rng(n).permutation(n)
    seen = np.zeros(n, bool)
    wrong = np.zeros(n)
    for k in range(max(stages) + 1):
        if k in stages or (order == "doubtful first" and k % 4 == 0):
            decided = np.where(seen, decisions, np.nan).astype(np.float32)
            said = what_is_left(found.quality, found.area_px, accepted, values, decided=decided, seen=seen)
            wrong = np.array(said.wrong)
            if k in stages:
                yield stages[k], int(is_wrong[~seen].sum()), said
        next_one = int(shuffled[k] if order == "random" else np.nanargmax(wrong))
        seen[next_one], wrong[next_one] = True, np.nan


def table_of(case: str, found: Found) -> pd.DataFrame:
    """Give a row for each set of thresholds, person, order and stage."""
    rows = []
    for thresholds, person, order in product(THRESHOLDS, PERSONS, ORDERS):
        for stage, true, said in looked_at(found, thresholds, person, order):
            row = {"case": case, "thresholds": thresholds, "person": person, "order": order, "judged": stage}
            row |= {"wrong": true, "expected": said.expected, "width": said.high - said.low, "unseen": said.n_unseen}
            row |= {"covered": said.low <= true <= said.high, "coarse": said.high - said.low > said.n_unseen / 2}
            rows.append(row)
    return pd.DataFrame(rows)


def calibrate(recordings: list[Found]) -> None:
    """Print the start, from all persons but those who err, and all thresholds."""
    for name, has_soma in (("WITH_SOMA", True), ("WITHOUT_SOMA", False)):
        units = []
        for found, thresholds, person in product(recordings, THRESHOLDS, PERSONS[:2]):
            values = thresholds_of(thresholds)
            quality = found.quality
            if not has_soma:
                quality = ComponentQuality(quality.snr, quality.r_value, quality.cnn)
            accepted = accept_components(quality, **values).accepted  # type: ignore[arg-type]
            X = features(quality, found.area_px, accepted, values)[:, :-1]
            units.append((X, decisions_of(person, found).astype(np.float64)))
        start = fitted_start(units)
        print(f"{name} = Start(\n    np.array({np.round(start.mean, 2).tolist()}),")
        print(f"    np.array({np.round(start.covariance, 2).tolist()}),\n)")


def fitted_start(units: list[tuple[NDArray, NDArray]]) -> Start:
    """Give mean and covariance of the coefficients over recordings by expectation and maximisation, 25 rounds."""
    n = units[0][0].shape[1]
    start, as_it_is = Start(np.zeros(n), 4 * np.eye(n)), Grid(np.ones(1), np.zeros(1), np.ones(1))
    for _ in range(25):
        fits = [posterior(X, y, start, as_it_is) for X, y in units]
        modes = np.array([fit.mode[0] for fit in fits])
        within = np.mean([np.linalg.inv(fit.root[0] @ fit.root[0].T) for fit in fits], axis=0)
        start = Start(modes.mean(axis=0), within + np.cov(modes.T, bias=True) + 1e-3 * np.eye(n))
    return start


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=list(CELL_CASES), help="kinds; those held out otherwise")
    parser.add_argument("--seeds", type=int, default=1, help="recordings a case")
    parser.add_argument("--size", type=int, default=144)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--keep", type=Path, help="folder for the measures of the recordings")
    parser.add_argument("--calibrate", action="store_true")
    wanted = parser.parse_args()
    usual = START_KINDS if wanted.calibrate else [case for case in CELL_CASES if case not in START_KINDS]
    wanted.cases = wanted.cases or usual
    return wanted


def main() -> None:
    """Print the coverage, or the start."""
    wanted = read_arguments()
    if wanted.keep:
        wanted.keep.mkdir(parents=True, exist_ok=True)
    first = CALIBRATION_SEED if wanted.calibrate else TEST_SEED
    recordings = {}
    for case, k in product(wanted.cases, range(wanted.seeds)):
        recordings[case, k] = found_in(case, first + 10_000 * k, wanted)
        print(f"{case}, seed {k}: {len(recordings[case, k].true)} components", flush=True)
    if wanted.calibrate:
        calibrate(list(recordings.values()))
        return
    table = pd.concat([table_of(case, found) for (case, _), found in recordings.items()], ignore_index=True)
    with pd.option_context("display.width", 200, "display.max_columns", 20, "display.max_rows", 200):
        for by in (["person"], ["thresholds", "person"], ["order", "judged"], ["case"]):
            of = table if "person" in by else table[table["person"] == "truth"]
            told = "" if "person" in by else ", person who judges by the truth"
            print(f"\nby {' and '.join(by)}{told}")
            print(of.groupby(by, sort=False)[["covered", "wrong", "expected", "width", "coarse"]].mean().round(2))
    print(f"\nstart from {', '.join(START_KINDS)}, seeds from {CALIBRATION_SEED} on; told on {', '.join(wanted.cases)}")
    for person in ("truth", "errs in 3 %"):
        covered = table.loc[table["person"] == person, "covered"]
        is_met = "met" if covered.mean() >= 0.9 else "MISSED"
        print(f"{person}: covered {covered.mean():.3f} of {len(covered)}, {is_met} (mark: 0.9)")


if __name__ == "__main__":
    main()
