"""Asks whether flags are raised where the truth of simulated recordings says so, and only there.

    python benchmarks/flag_accuracy.py [--of held-out chosen] [--cases plain crowded ...] [--seeds 1] [--size 128]
                                       [--frames 900] [--values FILE]

Limits were chosen on recordings of the kinds `CHOSEN`. What is told of the flags is measured on others, `HELD_OUT`:
other kinds, from other seeds. Both are printed, each with its seeds, unless `--of` names one.

Each case is a kind of scene, run from the raw movie to the refit. Some of its cells drift, some fire in one burst only,
and in one case of each set the camera saturates. What a fit seldom gives is put in beside its components: cells that
are split in two halves, patches of neuropil, edges of still structures with the traces that the movie without motion
correction has there, and cells that the fit missed and of which a good part lies on one that it found. A component is
judged where it is put in or matches one cell of the truth (cosine of the footprints at least 0.5), and where that truth
is clear, by the bounds in `TRUTH`. `hits` is the share of flags raised of those that should be, `false alarms` that of
those that should not; `open` counts the components whose truth is in between.
With `--values` the measure of each judged component is written to a CSV file.
"""

import argparse
import csv
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.artefacts.recording_check import check_recording
from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.algorithms.comparison.agreement import match_footprints
from calscope.algorithms.comparison.truth_scores import drawn_footprints
from calscope.algorithms.deconvolution.deconvolution import model_trace
from calscope.algorithms.flags.clear_transients import clear_transients
from calscope.algorithms.flags.measure_flags import measure_flags
from calscope.engines.engine import Context, correct_motion, with_defaults
from calscope.engines.engine_registry import get_engine
from calscope.io.demo.scenes import CELL_CASES, DEMO_ANIMALS, Changes, plain_scene, with_case
from calscope.io.demo.simulate import DRIFT, Simulation
from calscope.model.curation.component_flags import FLAG_KINDS, FlagKind, flags_of, kinds_of, measure_of
from calscope.model.movie import ArrayMovie, Movie, chunks
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.results import Components, MotionCorrection

TROUBLE: Changes = {"n_drifting": 4, "n_single_event": 4}
CHOSEN: dict[str, Changes] = {
    "plain": {},
    "crowded": CELL_CASES["crowded"],
    "dim": CELL_CASES["dim"],
    "much motion": DEMO_ANIMALS[3],
    "waves": CELL_CASES["waves"],
    "clutter": CELL_CASES["clutter"],
    "bleaching": CELL_CASES["bleaching"],
    "quiet": CELL_CASES["quiet"],
    "fast": CELL_CASES["fast"],
    "saturated": {"full_scale": 1900.0},
}
OVERLAPPING: Changes = {"n_neurons": 130, "crowding": 1.3}
"""Centres of somata may be as near as half a radius."""
HELD_OUT: dict[str, Changes] = {
    "overlapping": OVERLAPPING,
    "overlapping and dim": {**OVERLAPPING, "photons": 4.0},
    "small somata": CELL_CASES["small somata"],
    "large somata": CELL_CASES["large somata"],
    "rings": CELL_CASES["rings"],
    "slow indicator": CELL_CASES["slow indicator"],
    "restless neuropil": CELL_CASES["restless neuropil"],
    "crowded clutter": CELL_CASES["crowded clutter"],
    "restless": {**DEMO_ANIMALS[3], "photons": 4.0, "fr_hz": 30.0},
    "saturated and bright": {"photons": 14.0, "full_scale": 3300.0},
}
SETS = {"chosen": (CHOSEN, 7000), "held-out": (HELD_OUT, 9000)}
"""Kinds and first seed of the recordings on which limits were chosen, and of those on which they are told."""
TRUTH: dict[FlagKind, tuple[float, float]] = {
    "motion": (0.0, 0.3),
    "double": (0.0, 1.0),
    "neuropil": (0.2, 0.5),
    "saturated": (0.005, 0.15),
    "rim": (0.01, 0.15),
    "overlap": (0.2, 0.4),
    "one_transient": (0.0, 1.0),
    "drift": (0.25, 0.75),
}
"""What must be at most the first for a flag to be wrong, and at least the second for it to be right.

motion, neuropil    share of the variance that it makes
double              1 for halves of a cell
saturated           share of the core above the camera's range in the highest transients
rim                 share of the light outside of the part of the field in which cells are looked for
overlap             share of the light on another cell that was found
one_transient       1 where one transient of the true trace is above 4 standard deviations of the noise and none else
                    above 2, 0 where two are above 4
drift               rise of the resting light relative to the height of transients
"""
PUT_IN = 5
"""Of each kind, in every recording."""


@dataclass(frozen=True)
class Fitted:
    """A simulated recording as it was fitted, with what was put in beside it."""

    simulation: Simulation
    raw: NDArray[np.uint16]
    motion: MotionCorrection
    components: Components
    truth: dict[FlagKind, NDArray[np.float64]]
    """(K,) by kind, NaN where nothing is known."""
    rim_px: int
    gSig: tuple[int, int]


def fitted(changes: Changes, seed: int, size: int, frames: int) -> Fitted:
    """Simulate and fit a recording."""
    scene = with_case(plain_scene(frames=frames, height=size, width=size, seed=seed), {**changes, **TROUBLE})
    simulation = Simulation(scene)
    raw = simulation.read(0, frames)
    engine = get_engine("builtin")
    own = {"dataset.fr": simulation.fr, "dataset.decay_time": simulation.decay}
    params = with_defaults(engine, Parameters().replace(own))
    context = Context(silent, lambda name, shape, dtype: np.empty(shape, dtype), 2, Path(tempfile.gettempdir()))
    motion = correct_motion(engine, ArrayMovie(raw), params, context)
    rim_px = often_filled_px(motion.estimate, motion.corrected.border_px)
    first = engine.fit(motion.corrected.movie, rim_px, params, context)
    cells = engine.refit(motion.corrected.movie, first, rim_px, params, context)
    truth = _truth_of_matches(simulation, cells, rim_px)
    made = Fitted(simulation, raw, motion, cells, truth, rim_px, params.cnmf.gSig)
    rng = np.random.default_rng(seed)
    for put in (_put_halves, _put_patches, _put_edges, _put_overlapping):
        made = put(made, rng)
    return made


def _truth_of_matches(simulation: Simulation, cells: Components, rim_px: int) -> dict[FlagKind, NDArray]:
    truth: dict[FlagKind, NDArray] = {kind: np.full(cells.n, np.nan) for kind in FLAG_KINDS}
    masks = csc_matrix(drawn_footprints(simulation.masks, cells.A))
    pairs = match_footprints(cells.A, masks).pairs
    cell_of = dict(pairs.tolist())
    outside = simulation.share_outside(rim_px)
    overlaps = _overlaps(masks[:, sorted(cell_of.values())].toarray(), sorted(cell_of.values()))
    for k, cell in cell_of.items():
        trace, raw = simulation.traces[cell].astype(np.float64), cells.raw[k].astype(np.float64)
        away = trace - trace.mean()
        scale = float(away @ raw) / max(float(away @ away), 1e-12)
        noise = float(cells.neurons_sn[k])
        heights = [one.height * scale / noise for one in _all_transients(trace, simulation)]
        height = float(np.median(sorted(heights)[-5:])) * noise / max(scale, 1e-12) if heights else 0.0
        explained = (scale * away).var() / max(_smooth(raw, simulation).var(), 1e-12)
        truth["motion"][k] = truth["double"][k] = 0.0
        truth["neuropil"][k] = 0.0 if explained > 0.5 else np.nan
        truth["saturated"][k] = _above_full_scale(simulation, cell)
        truth["rim"][k] = outside[cell]
        truth["overlap"][k] = overlaps[cell]
        truth["one_transient"][k] = _one_event(heights)
        truth["drift"][k] = DRIFT * (cell < simulation.scene.n_drifting) / max(height, 1e-12)
    return truth


def _all_transients(trace: NDArray, simulation: Simulation) -> list:
    return clear_transients(trace.astype(np.float32), 0.0, decay_frames=simulation.fr * simulation.decay)


def _one_event(heights: Sequence[float]) -> float:
    clear = sum(height > 4 for height in heights)
    if clear >= 2:
        return 0.0
    return 1.0 if clear == 1 and sum(height > 2 for height in heights) == 1 else np.nan


def _overlaps(masks: NDArray, numbers: Sequence[int]) -> dict[int, float]:
    """Give, of each true cell that was found, the share of its light on another one that was."""
    stands = masks > 0.2 * masks.max(axis=0).clip(1e-9)
    shared = (masks.T @ stands) / masks.sum(axis=0).clip(1e-9)[:, None]
    np.fill_diagonal(shared, 0)
    return {cell: float(shared[i].max(initial=0)) for i, cell in enumerate(numbers)}


def _above_full_scale(simulation: Simulation, cell: int) -> float:
    """Give the share of a cell's core whose expected counts are beyond the camera's range in its highest transients."""
    scene = simulation.scene
    core = simulation.masks[cell] > 0.5
    if not core.any():
        return np.nan
    peaks = [one.peak for one in _all_transients(simulation.traces[cell], simulation)[:10]]
    light = np.array([simulation.noise_free(at, at + 1)[0][core] for at in peaks])
    return float((scene.offset + scene.gain * light > scene.full_scale).mean()) if peaks else 0.0


def _smooth(trace: NDArray, simulation: Simulation) -> NDArray:
    frames = max(1, round(simulation.fr * simulation.decay))
    return np.convolve(trace, np.full(frames, 1 / frames), mode="valid")


def _added(
    made: Fitted, footprints: NDArray, raw: NDArray, truth: dict[FlagKind, float], drop: Sequence[int]
) -> Fitted:
    """Put components in, (n, H, W) with raw traces (n, T), in place of some others."""
    cells = made.components
    keep = [k for k in range(cells.n) if k not in drop]
    models = [model_trace(one.astype(np.float32), p=1, nonneg_baseline=False) for one in raw]
    columns = csc_matrix(footprints.transpose(2, 1, 0).reshape(-1, len(footprints)).astype(np.float32))
    C = np.array([model.c for model in models], np.float32).reshape(len(raw), -1)
    components = replace(
        cells,
        A=csc_matrix(hstack([cells.A[:, keep], columns])),
        C=np.concatenate([cells.C[keep], C]),
        S=np.concatenate([cells.S[keep], np.array([model.s for model in models])]),
        YrA=np.concatenate([cells.YrA[keep], raw.astype(np.float32) - C]),
        neurons_sn=np.concatenate([cells.neurons_sn[keep], [model.noise for model in models]]).astype(np.float32),
    )
    told = {
        kind: np.concatenate([made.truth[kind][keep], np.full(len(raw), truth.get(kind, np.nan))])
        for kind in FLAG_KINDS
    }
    return replace(made, components=components, truth=told)


def _projected(movie: Movie, footprint: NDArray, cells: Components, without: Sequence[int]) -> NDArray:
    """Give the trace that the movie has at a footprint, (H, W), the background and other components taken out."""
    frames = movie.read(0, movie.shape[0])
    power = float((footprint**2).sum())
    trace = np.tensordot(frames, footprint, axes=2) / power
    flat = footprint.reshape(-1, order="F")
    keep = [k for k in range(cells.n) if k not in without]
    others = np.asarray(flat @ cells.A[:, keep]).ravel() @ cells.C[keep] + (flat @ cells.b) @ cells.f
    return np.asarray(trace - others / power)


def _put_halves(made: Fitted, rng: np.random.Generator) -> Fitted:
    """Split found cells that are bright enough in two."""
    cells = made.components
    bright = [k for k in range(cells.n) if made.truth["double"][k] == 0 and cells.C[k].max() > 6 * cells.neurons_sn[k]]
    for k in rng.permutation(bright)[:PUT_IN].tolist():
        whole = cells.footprint(k)
        (cy, cx), angle = cells.centers_px()[k], rng.uniform(0, 2 * np.pi)
        y, x = np.mgrid[: whole.shape[0], : whole.shape[1]]
        first = (y - cy) * np.sin(angle) + (x - cx) * np.cos(angle) > 0
        halves = np.array([whole * first, whole * ~first])
        raw = np.array([_projected(made.motion.corrected.movie, half, cells, [k]) for half in halves])
        number = [at for at in range(made.components.n) if np.array_equal(made.components.C[at], cells.C[k])]
        made = _added(made, halves, raw, {"double": 1.0}, number)
    return made


def _discs(made: Fitted, centres: NDArray) -> NDArray:
    y, x = np.mgrid[: made.components.dims[0], : made.components.dims[1]]
    radius = 1.25 * np.mean(made.gSig)
    return np.array([np.clip(radius + 0.5 - np.hypot(y - cy, x - cx), 0, 1) for cy, cx in centres])


def _places(made: Fitted, score: NDArray, rng: np.random.Generator) -> NDArray:
    """Give places with a high score, some pixels from any cell and from each other, (n, 2)."""
    cells = gaussian_filter(made.simulation.masks.max(axis=0, initial=0), 2) > 0.02
    score = np.where(cells, -np.inf, score)
    rim = made.rim_px + 6
    inside = np.zeros_like(cells)
    inside[rim:-rim, rim:-rim] = True
    score = np.where(inside, score, -np.inf)
    found: list[tuple[int, int]] = []
    y, x = np.mgrid[: cells.shape[0], : cells.shape[1]]
    while len(found) < PUT_IN and np.isfinite(score).any():
        high = np.flatnonzero(score >= np.quantile(score[np.isfinite(score)], 0.97))
        at = np.unravel_index(int(rng.choice(high)), cells.shape)
        found.append((int(at[0]), int(at[1])))
        score = np.where(np.hypot(y - at[0], x - at[1]) < 12, -np.inf, score)
    return np.array(found).reshape(-1, 2)


def _put_patches(made: Fitted, rng: np.random.Generator) -> Fitted:
    """Put discs on neuropil, with the light that the corrected movie has there."""
    simulation, cells = made.simulation, made.components
    discs = _discs(made, _places(made, np.zeros(cells.dims), rng))
    for disc in discs:
        raw = _projected(made.motion.corrected.movie, disc, cells, [])
        wave = simulation.neuropil_at(disc)
        smooth, true = _smooth(raw, simulation), _smooth(wave, simulation)
        base = np.column_stack([np.ones(len(smooth)), *(_smooth(one, simulation) for one in cells.f)])
        left, lit = (one - base @ np.linalg.lstsq(base, one, rcond=None)[0] for one in (smooth, true))
        share = float(np.corrcoef(left, lit)[0, 1]) ** 2 * np.sign(float(left @ lit))
        made = _added(made, disc[None], raw[None], {"neuropil": share}, [])
    return made


def _put_edges(made: Fitted, rng: np.random.Generator) -> Fitted:
    """Put discs on edges of still structures, with the light that the movie without motion correction has there."""
    still = gaussian_filter(made.simulation.still(0, 1)[0], 1.5)
    steep = np.hypot(*np.gradient(still))
    for disc in _discs(made, _places(made, steep, rng)):
        power = float((disc**2).sum())
        raw = np.tensordot(made.raw.astype(np.float32), disc, axes=2) / power
        lit, still_lit = (_under(disc, read, len(raw)) for read in (made.simulation.noise_free, made.simulation.still))
        moved = (lit - still_lit) * made.simulation.scene.gain / power
        made = _added(made, disc[None], (raw - raw.mean())[None], {"motion": float(moved.var() / raw.var())}, [])
    return made


def _put_overlapping(made: Fitted, rng: np.random.Generator) -> Fitted:
    """Put in cells that were missed and lie on one that was found, with the light that the movie has there."""
    cells, masks = made.components, made.simulation.masks
    drawn = csc_matrix(drawn_footprints(masks, cells.A))
    pairs = match_footprints(cells.A, drawn).pairs
    light = drawn.toarray()
    stands, mass = light > 0.2 * light.max(axis=0).clip(1e-9), light.sum(axis=0).clip(1e-9)
    shared = (light.T @ stands) / mass[:, None]
    on_found = shared[:, pairs[:, 1]].max(axis=1, initial=0)
    missed = np.flatnonzero(on_found > TRUTH["overlap"][1])
    for k in rng.permutation(np.setdiff1d(missed, pairs[:, 1]))[:PUT_IN].tolist():
        footprint = light[:, k].reshape(cells.dims, order="F")
        raw = _projected(made.motion.corrected.movie, footprint, cells, [])
        made = _added(made, footprint[None], raw[None], {"overlap": float(on_found[k])}, [])
        for component, cell in pairs.tolist():
            known = made.truth["overlap"]
            known[component] = np.maximum(known[component], shared[cell, k])  # what is unknown, NaN, stays so
    return made


def _under(disc: NDArray, read: Callable[[int, int], NDArray], n_frames: int) -> NDArray:
    """Give the light under a disc, (T,), frames read a few at a time."""
    parts = [np.tensordot(read(*ends), disc, axes=2) for ends in chunks(n_frames, 50)]
    return np.concatenate(parts)


def judged(made: Fitted) -> Iterator[tuple[FlagKind, float, float, bool]]:
    """Give kind, truth, measure and flag of everything that is known of the components."""
    check = check_recording(ArrayMovie(made.raw))
    measures = measure_flags(
        ArrayMovie(made.raw),
        made.motion.corrected.movie,
        made.components,
        made.motion.estimate,
        gSig=made.gSig,
        fr_hz=made.simulation.fr,
        decay_time_s=made.simulation.decay,
        rim_px=made.rim_px,
        still=np.isfinite(check.still_fill),
    )
    raised = [kinds_of(notes) for notes in flags_of(measures)]
    for kind in FLAG_KINDS:
        for k, true in enumerate(made.truth[kind]):
            if not np.isnan(true):
                yield kind, float(true), float(measure_of(measures, kind)[k]), kind in raised[k]


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="+", choices=SETS, default=list(SETS), help="which recordings")
    parser.add_argument("--cases", nargs="+", help="kinds of them; all otherwise")
    parser.add_argument("--seeds", type=int, default=1, help="recordings of each kind")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--frames", type=int, default=900)
    parser.add_argument("--values", type=Path)
    return parser.parse_args()


def main() -> None:
    """Print hits and false alarms of each flag, on each set of recordings."""
    given = read_arguments()
    by_set = {name: list(_measured(name, given)) for name in given.of}
    if given.values:
        with given.values.open("w", newline="", encoding="utf-8") as file:
            told = [(name, *row) for name, rows in by_set.items() for row in rows]
            csv.writer(file).writerows([("set", "case", "seed", "kind", "truth", "measure", "raised"), *told])
    for name, rows in by_set.items():
        cases, _ = SETS[name]
        seeds = sorted({seed for _, seed, *_ in rows})
        print(f"\n{name}: seeds {seeds}; kinds {', '.join(case for case in cases if case in {row[0] for row in rows})}")
        print(f"{'flag':14} {'hits':>16} {'false alarms':>18} {'open':>6}")
        for kind in FLAG_KINDS:
            should, should_not, open_ = _counts(rows, kind)
            print(f"{kind:14} {_share(should):>16} {_share(should_not):>18} {open_:>6}")


def _measured(name: str, given: argparse.Namespace) -> Iterator[tuple]:
    """Give case, seed, kind, truth, measure and flag of everything in a set of recordings."""
    cases, first = SETS[name]
    for case, changes in cases.items():
        if given.cases and case not in given.cases:
            continue
        for seed in range(first, first + given.seeds):
            own = [(case, seed, *one) for one in judged(fitted(changes, seed, given.size, given.frames))]
            print(name, case, seed, _line(own), flush=True)
            yield from own


def _counts(rows: list, kind: FlagKind) -> tuple[list[bool], list[bool], int]:
    low, high = TRUTH[kind]
    own = [(true, raised) for _, _, name, true, _, raised in rows if name == kind]
    should = [raised for true, raised in own if true >= high]
    should_not = [raised for true, raised in own if true <= low]
    return should, should_not, len(own) - len(should) - len(should_not)


def _share(raised: list[bool]) -> str:
    return f"{100 * np.mean(raised):.0f} % ({sum(raised)}/{len(raised)})" if raised else "none"


def _line(rows: list) -> str:
    told = []
    for kind in FLAG_KINDS:
        should, should_not, _ = _counts(rows, kind)
        told.append(f"{kind} {sum(should)}/{len(should)} {sum(should_not)}/{len(should_not)}")
    return " | ".join(told)


if __name__ == "__main__":
    main()
