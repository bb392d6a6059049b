"""Scores what a recording proposes of its own parameters against known truth, and the runs that follow from it.

    python benchmarks/proposals.py [--kinds plain "24 px" ...] [--seed 9000] [--seeds 1] [--frames 1000]
                                   [--size 160] [--without-runs] [--workers 2]

One simulated recording of each kind: one thing varied at a time, and a few mixed. Marks: soma diameter within 15 % of
the truth, decay time within 25 %, max_shifts above the true largest shift along each axis and below three times it
(axes along which the field moves by less than a pixel don't count), each in at least nine of ten kinds. F1 is that of
accepted components of a whole run with the defaults, and with the proposals; both read the frame rate from the file.
One component more or less changes F1 by the number under "one": with 35 cells by 0.014, so that a single recording
can't tell a difference of 0.01. With --seeds N there are N recordings of each kind, and the difference of each kind is
told with its interval over them (95 %, Student's t): where all of it lies beyond 0.01, it is more than chance. The mean
difference over kinds is told with its interval over kinds.
"""

import argparse
import tempfile
from collections.abc import Hashable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.algorithms.comparison.truth_scores import Truth, found_cells
from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.algorithms.motion_check.survey import survey_motion
from calscope.algorithms.proposals.from_measurements import propose
from calscope.algorithms.proposals.measure_recording import measure_recording
from calscope.engines.builtin import BuiltinEngine
from calscope.engines.engine import Context, correct_motion, with_defaults
from calscope.io.demo.scenes import CLUTTER, plain_scene, with_case
from calscope.io.demo.simulate import PAD, Simulation
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.proposals import Measurements

LEAST_SECONDS = 30
DIAMETER_WITHIN, DECAY_WITHIN, SHIFT_BELOW = 0.15, 0.25, 3.0
LOWER_BY = 0.01
COUNTED_SHIFT_PX = 1.0
APART = 100
"""From one seed to the next: the kinds of one lie between."""


def _somata(diameter: float) -> dict[str, object]:
    """As large a part of the field as cells of usual size cover, at most twice as many of them."""
    return {"soma_radius_px": diameter / 2, "n_neurons": round(90 * min(2.0, (11.6 / diameter) ** 1.2))}


STILL = {"drift_px": 0.0, "jitter_px": 0.0, "jumps_per_min": 0.0, "warp_px": 0.0}
RESTLESS = {"drift_px": 2.0, "jumps_per_min": 15.0}
KINDS: dict[str, Mapping[str, object]] = {
    "plain": {},
    **{f"{d} px": _somata(d) for d in (6, 9, 12, 18, 24, 30)},
    **{f"{fr} Hz": {"fr_hz": float(fr)} for fr in (4, 8, 15, 30, 60)},
    **{f"{n} photons": {"photons": float(n)} for n in (2, 5, 10, 20)},
    **{f"{s:g} s": {"decay_s": float(s)} for s in (0.2, 0.8, 1.5)},
    "still": STILL,
    "little motion": {"drift_px": 0.4, "jump_px": 1.5, "max_shift_px": 2.0, "warp_px": 0.1},
    "8 px shifts": {**RESTLESS, "jump_px": 8.0, "max_shift_px": 8.0},
    "12 px shifts": {**RESTLESS, "jump_px": 12.0, "max_shift_px": 12.0},
    "clutter": CLUTTER,
    "quiet": {"spike_rate_hz": 0.08},
    "crowded": {"n_neurons": 130, "crowding": 0.8},
    "rings": {"nucleus": (0.75, 0.95)},
    "20 px, 30 Hz, dim": {**_somata(20), "fr_hz": 30.0, "photons": 3.0},
    "8 px, 8 Hz, slow": {**_somata(8), "fr_hz": 8.0, "decay_s": 1.0, "photons": 5.0},
    "dim clutter, restless": {**CLUTTER, **RESTLESS, "photons": 4.0, "jump_px": 6.0, "max_shift_px": 6.0},
}
"""Changes of the plain scene."""


def simulate(kind: str, *, seed: int, frames: int, size: int) -> tuple[Simulation, ArrayMovie]:
    """Make one recording of a kind, in memory."""
    number = list(KINDS).index(kind)
    changes = KINDS[kind]
    length = max(frames, round(LEAST_SECONDS * float(str(changes.get("fr_hz", 0)))))
    scene = with_case(plain_scene(frames=length, height=size, width=size, seed=seed + number), changes)
    simulation = Simulation(scene)
    return simulation, ArrayMovie(simulation.read(0, length))


class Runs:
    """Whole runs of one recording; motion is corrected once for all that ask for the same."""

    def __init__(self, simulation: Simulation, movie: ArrayMovie) -> None:
        self.simulation, self.movie, self.engine = simulation, movie, BuiltinEngine()
        self.context = Context(silent, lambda _, shape, dtype: np.empty(shape, dtype), 1, Path(tempfile.gettempdir()))
        self.motions: dict[str, Any] = {}

    def f1(self, changes: dict[str, Any]) -> float:
        """Run everything with some parameters changed; give the F1 of what is accepted."""
        made, engine, context = self.simulation, self.engine, self.context
        params = with_defaults(engine, Parameters().replace({"dataset.fr": made.fr, **changes}))
        asked = repr(params.motion)
        if asked not in self.motions:
            self.motions[asked] = correct_motion(engine, self.movie, params, context)
        motion = self.motions[asked]
        corrected, rim_px = motion.corrected.movie, often_filled_px(motion.estimate, motion.corrected.border_px)
        first = engine.fit(corrected, rim_px, params, context)
        cells = engine.refit(corrected, first, rim_px, params, context)
        quality = engine.measure(corrected, cells, params, context)
        good = accept_components(quality, **params.evaluation.model_dump()).accepted
        truth = Truth(made.shifts, made.warp, made.masks, made.traces, made.spikes.astype(np.float32), PAD)
        return found_cells(truth, cells.A[:, np.flatnonzero(good)], cells.C[good]).f1


def one_recording(asked: tuple[str, int], wanted: argparse.Namespace) -> dict[str, object]:
    """Measure one recording of a kind and score it: a row of the table."""
    kind, seed = asked
    simulation, movie = simulate(kind, seed=seed, frames=wanted.frames, size=wanted.size)
    found = measure_recording(movie, survey_motion(movie))
    in_use = Parameters().get
    values = {one.name: one.value for one in propose(found, simulation.fr, in_use) if one.is_made}
    changed = {name: value for name, value in values.items() if value != in_use(name)}
    row: dict[str, object] = {"kind": kind, "seed": seed, "cells": found.measures["soma_diameter_px"].n}
    row |= _accuracy(simulation, found, values)
    row["pw"] = values.get("motion.pw_rigid")
    row |= {name: _short(values.get(f"cnmf.{name}")) for name in ("gSig", "rf", "K", "p")}
    row["changed"] = len(changed)
    if not wanted.without_runs:
        runs = Runs(simulation, movie)
        row["one"] = 1 / (2 * len(simulation.masks))
        row["F1 default"] = runs.f1({})
        row["F1 proposed"] = runs.f1(changed) if changed else row["F1 default"]
    return row


def _accuracy(simulation: Simulation, found: Measurements, values: dict[str, Any]) -> dict[str, object]:
    diameter, decay = found.get("soma_diameter_px"), found.get("decay_frames")
    true = np.abs(simulation.shifts - np.median(simulation.shifts, axis=0)).max(axis=0)
    limits = np.array(values.get("motion.max_shifts", (np.nan, np.nan)), float)
    ratios = [float(limit / px) for limit, px in zip(limits, true, strict=True) if px >= COUNTED_SHIFT_PX]
    return {
        "diameter": diameter.value / (2 * simulation.scene.soma_radius_px) if diameter else np.nan,
        "decay": decay.value / (simulation.fr * simulation.decay) if decay else np.nan,
        "shift": max(ratios, key=lambda r: abs(np.log(r / SHIFT_BELOW**0.5)), default=np.nan),
        "moves": bool(ratios),
    }


def _short(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def marks(table: pd.DataFrame) -> list[str]:
    """Say in how many recordings each mark is met; what was not measured is missed."""
    within_shift = table["shift"].between(1, SHIFT_BELOW, inclusive="neither")
    met = {
        f"soma diameter within {DIAMETER_WITHIN:.0%}": (table["diameter"] - 1).abs() <= DIAMETER_WITHIN,
        f"decay time within {DECAY_WITHIN:.0%}": (table["decay"] - 1).abs() <= DECAY_WITHIN,
        f"max_shifts above the true largest and below {SHIFT_BELOW:g} times it": within_shift[table["moves"]],
    }
    lines = []
    for name, ok in met.items():
        missed = [kind for kind, is_met in zip(table["kind"][ok.index], ok, strict=True) if not is_met]
        verdict = "met" if len(missed) <= 0.1 * len(ok) else "MISSED"
        told = f" (not in {', '.join(missed)})" if missed else ""
        lines.append(f"{name}: {len(ok) - len(missed)} of {len(ok)} recordings, {verdict}{told}")
    if "F1 default" in table:
        lines += _f1_marks(table)
    return lines


def _f1_marks(table: pd.DataFrame) -> list[str]:
    """Say by how much F1 is higher or lower with the proposals, in which kinds, and where chance alone may do it."""
    change = (table["F1 proposed"] - table["F1 default"]).groupby(table["kind"], sort=False)
    means, half = change.mean().to_dict(), change.apply(_half_interval).to_dict()
    one = table.groupby("kind", sort=False)["one"].mean().to_dict()

    def listed(kinds: list[Hashable]) -> str:
        told = [f"{k} {_with_interval(means[k], half[k])} = {means[k] / one[k]:+.1f} components" for k in kinds]
        return f"{len(kinds)} ({', '.join(told)})" if told else "0"

    of_kinds = pd.Series(list(means.values()))
    mean, same = _with_interval(of_kinds.mean(), _half_interval(of_kinds)), int((table["changed"] == 0).sum())
    lines = [
        f"F1 with the proposals less F1 with the defaults: {mean} over {len(means)} kinds",
        f"Recordings for which nothing else than the defaults is proposed: {same} of {len(table)}",
        f"Kinds with an F1 lower by more than {LOWER_BY}: {listed([k for k in means if means[k] < -LOWER_BY])}",
        f"Kinds with an F1 higher by more than {LOWER_BY}: {listed([k for k in means if means[k] > LOWER_BY])}",
    ]
    if table["seed"].nunique() > 1:
        # beyond chance: the whole interval over seeds lies on one side
        surely_lower = [k for k in means if means[k] + half[k] < -LOWER_BY]
        surely_higher = [k for k in means if means[k] - half[k] > LOWER_BY]
        lines += [
            f"Kinds lower by more than {LOWER_BY} beyond chance: {listed(surely_lower)}",
            f"Kinds higher by more than {LOWER_BY} beyond chance: {listed(surely_higher)}",
        ]
    return lines


def _half_interval(values: pd.Series) -> float:
    n = len(values)
    return float(student_t.ppf(0.975, n - 1) * values.std() / n**0.5) if n > 1 else np.nan


def _with_interval(by: float, half: float) -> str:
    return f"{by:+.3f}" if np.isnan(half) else f"{by:+.3f} ± {half:.3f}"


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--seed", type=int, default=9000)
    parser.add_argument("--seeds", type=int, default=1, help="recordings of each kind")
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--without-runs", action="store_true", help="measure and propose only")
    parser.add_argument("--workers", type=int, default=2, help="recordings at a time")
    return parser.parse_args()


def main() -> None:
    """Print the table, a line a kind, and which marks are met."""
    wanted = read_arguments()
    rows = []
    with ProcessPoolExecutor(wanted.workers) as pool:
        asked = [(kind, wanted.seed + APART * k) for k in range(wanted.seeds) for kind in wanted.kinds]
        for row in pool.map(partial(one_recording, wanted=wanted), asked):
            rows.append(row)
            print(f"{row['kind']}, seed {row['seed']}: done", flush=True)
    table = pd.DataFrame(rows)
    with pd.option_context("display.width", 250, "display.max_columns", 30, "display.max_rows", 99):
        print(table.drop(columns="moves").round(3).to_string(index=False))
        print(table.drop(columns="seed").mean(numeric_only=True).round(3).to_dict())
    print("\n".join(marks(table)))


if __name__ == "__main__":
    main()
