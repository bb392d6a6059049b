"""Runs both engines on one recording and says how far they agree, with each other and with the truth where it is known.

Two kinds of numbers are kept apart. *Same input*: one step on the same movie, footprints and traces, where engines that
mean the same must give the same. *Whole way*: each engine on its own results, as a person would run it.
"""

import dataclasses
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.comparison.agreement import (
    compare_shifts,
    largest_difference,
    match_footprints,
    trace_correlations,
)
from calscope.algorithms.comparison.caiman_quirks import correlation_as_caiman, evaluation_groups_of_caiman
from calscope.algorithms.comparison.truth_scores import Truth, found_cells, motion_error_px
from calscope.engines.caiman import CaimanEngine
from calscope.engines.engine import Context, Engine
from calscope.engines.engine_registry import get_engine
from calscope.model.errors import StoreError
from calscope.model.matched import MatchedComponents
from calscope.model.movie import FrameSource
from calscope.model.note_texts.all_texts import texts
from calscope.model.params import Parameters
from calscope.model.progress import Progress, part, silent
from calscope.model.results import ComponentQuality, Components, CorrectedMovie, Evaluation, MotionEstimate
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.parity.engine_process import RunEngine, run_apart
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.runner import InfoSource, Log
from calscope.pipeline.stage_keys import resolve_params
from calscope.pipeline.store import Store
from calscope.pipeline.truth_file import read_truth

SCHEMA = 1
Numbers = dict[str, Any]
"""Values that JSON can hold."""


@dataclass(frozen=True)
class Side:
    """One engine's run and results, complete."""

    run: AnimalRun
    motion: MotionEstimate
    corrected: CorrectedMovie
    refit: Components
    quality: ComponentQuality
    evaluation: Evaluation
    corr_after: NDArray


def run_parity(
    recording: InfoSource,
    params: Parameters,
    *,
    out: Path,
    workers: int = 1,
    progress: Progress = silent,
    log: Log = lambda line: None,
    run_engine: RunEngine = run_apart,
) -> tuple[Numbers, MatchedComponents]:
    """Run both engines and compare them; nothing is taken from or left in the person's store.

    Parameters
    ----------
    out
        An existing folder; a temporary store is made in it and removed.
    workers
        One by default, so that time and memory compare.
    run_engine
        How an engine is run; each in a process of its own by default, so that its memory is its own.

    Returns
    -------
    numbers, matched
        What `parity.json` holds, and what the page draws.

    Raises
    ------
    EngineError
        When CaImAn can't run here, or one of the engines fails.
    """
    engines = (get_engine("builtin"), get_engine("caiman"))
    used = resolve_params(params, recording.info)
    truth = read_truth(Path(recording.info.path), recording.shape[0])
    with tempfile.TemporaryDirectory(dir=out, prefix=".parity-") as folder:
        store = Store(Path(folder))
        ours, theirs = (
            _side(run_engine(recording, used, engine, store, workers, share, log), store)
            for engine, share in zip(engines, (part(progress, 0, 0.2), part(progress, 0.2, 0.9)), strict=True)
        )
        with store.scratch() as scratch:
            context = Context(part(progress, 0.9, 1.0), _no_arrays, workers, scratch)
            same = _same_input(recording, theirs, used, engines[0], context)
        progress(1.0, "done")
        numbers = {
            "schema": SCHEMA,
            "recording": dataclasses.asdict(recording.info),
            "parameters": used.to_dict(),
            "workers": workers,
            "engines": {side.run.engine: _about(side, truth) for side in (ours, theirs)},
            "same_input": same,
            "whole_way": _whole_way(ours, theirs),
        }
        return numbers, _matched(ours, theirs, used.dataset.fr)


def _side(run: AnimalRun, store: Store) -> Side:
    results = AnimalResults(store, run.keys)
    after, motion, corrected = results.after, results.motion_estimate, results.corrected
    refit, quality, evaluation = results.refit, results.component_quality, results.evaluation
    if after is None or motion is None or corrected is None or refit is None or quality is None or evaluation is None:
        raise StoreError(f"The results of the engine {run.engine} are no longer there. Run again.")
    return Side(run, motion, corrected, refit, quality, evaluation, np.array(after.corr))


def _no_arrays(name: str, shape: tuple[int, ...], dtype: Any) -> NDArray:
    return np.zeros(shape, dtype)


def _same_input(recording: FrameSource, theirs: Side, params: Parameters, builtin: Engine, context: Context) -> Numbers:
    """Both engines' correlation image of the raw movie, and measures of CaImAn's components in CaImAn's movie."""
    from calscope.algorithms.summary import compute_summary  # noqa: PLC0415 - compiles what only this needs

    ours, image = compute_summary(recording).corr, CaimanEngine().correlation_image(recording, context)
    movie = theirs.corrected.movie
    parts = [builtin.measure(movie, part, params, context) for part in evaluation_groups_of_caiman(theirs.refit)]
    grouped = np.concatenate([part.r_value for part in parts]) if parts else np.zeros(0, np.float32)
    quality = builtin.measure(movie, theirs.refit, params, context)
    return {
        "correlation_image": largest_difference(correlation_as_caiman(ours, recording), image),
        "correlation_image_by_definition": largest_difference(ours, image),
        "n_components": theirs.refit.n,
        "snr": _relative(theirs.quality.snr, quality.snr),
        "r_value": _relative(theirs.quality.r_value, grouped),
        "r_value_by_definition": _relative(theirs.quality.r_value, quality.r_value),
        "values": {
            "snr": _beside(quality.snr, theirs.quality.snr),
            "r_value": _beside(grouped, theirs.quality.r_value),
            "r_value_by_definition": _beside(quality.r_value, theirs.quality.r_value),
        },
    }


def _beside(ours: NDArray, theirs: NDArray) -> list[list[float]]:
    """Pairs of the built-in engine's and CaImAn's value, one a component."""
    return [[round(float(a), 4), round(float(b), 4)] for a, b in zip(ours, theirs, strict=True)]


def _relative(reference: NDArray, values: NDArray) -> Numbers:
    """How far values lie from a reference, as a share of it."""
    if len(reference) == 0:
        return {}
    share = np.abs(values - reference) / np.maximum(np.abs(reference), 1e-6)
    return {
        "median": float(np.median(share)),
        "within_5_percent": float(np.mean(share <= 0.05)),
        "largest_difference": float(np.abs(values - reference).max()),
    }


def _whole_way(ours: Side, theirs: Side) -> Numbers:
    matches = match_footprints(ours.refit.A, theirs.refit.A)
    pairs = matches.pairs
    traces = trace_correlations(ours.refit.C, theirs.refit.C, pairs)
    accepted = ours.evaluation.accepted[pairs[:, 0]], theirs.evaluation.accepted[pairs[:, 1]]
    return {
        "shifts": {
            "whole_frame": dataclasses.asdict(compare_shifts(ours.motion.shifts_rig, theirs.motion.shifts_rig)),
            "patches": _compare_patches(ours.motion, theirs.motion),
        },
        "correlation_image_after_largest_difference": largest_difference(ours.corr_after, theirs.corr_after),
        "components": {
            "matched": len(pairs),
            "only_builtin": len(matches.only_first),
            "only_caiman": len(matches.only_second),
            "median_cosine": _median(matches.cosines),
            "median_trace_correlation": _median(traces),
        },
        "acceptance": {
            "both_accept": int((accepted[0] & accepted[1]).sum()),
            "both_reject": int((~accepted[0] & ~accepted[1]).sum()),
            "only_builtin_accepts": int((accepted[0] & ~accepted[1]).sum()),
            "only_caiman_accepts": int((~accepted[0] & accepted[1]).sum()),
            "agreement": float((accepted[0] == accepted[1]).mean()) if len(pairs) else None,
        },
        "pairs": [
            _pair(ours, theirs, (int(a), int(b))) | {"cosine": float(cosine), "trace_correlation": float(r)}
            for (a, b), cosine, r in zip(pairs, matches.cosines, traces, strict=True)
        ],
    }


def _matched(ours: Side, theirs: Side, fr_hz: float | None) -> MatchedComponents:
    """Give what the page draws; the traces are those of the pair in the middle, neither the best nor the worst."""
    pairs = match_footprints(ours.refit.A, theirs.refit.A).pairs
    correlations = trace_correlations(ours.refit.C, theirs.refit.C, pairs)
    footprints = ours.refit.A[:, pairs[:, 0]], theirs.refit.A[:, pairs[:, 1]]
    if not len(pairs):
        none = np.zeros(0, np.float32)
        return MatchedComponents(ours.corr_after, footprints, None, (none, none), 0.0, fr_hz)
    middle = int(np.argsort(correlations)[len(pairs) // 2])
    a, b = (int(number) for number in pairs[middle])
    traces = _of_largest(ours.refit.C[a]), _of_largest(theirs.refit.C[b])
    return MatchedComponents(ours.corr_after, footprints, (a, b), traces, float(correlations[middle]), fr_hz)


def _of_largest(trace: NDArray) -> NDArray[np.float32]:
    return np.asarray(trace / max(float(trace.max()), 1e-9), np.float32)


def _compare_patches(ours: MotionEstimate, theirs: MotionEstimate) -> Numbers | None:
    if ours.shifts_els is None or theirs.shifts_els is None or ours.shifts_els.shape != theirs.shifts_els.shape:
        return None
    return dataclasses.asdict(compare_shifts(ours.shifts_els, theirs.shifts_els))


def _pair(ours: Side, theirs: Side, pair: tuple[int, int]) -> Numbers:
    a, b = pair
    return {
        "builtin": a,
        "caiman": b,
        "snr": [round(float(ours.quality.snr[a]), 3), round(float(theirs.quality.snr[b]), 3)],
        "r_value": [round(float(ours.quality.r_value[a]), 3), round(float(theirs.quality.r_value[b]), 3)],
        "accepted": [bool(ours.evaluation.accepted[a]), bool(theirs.evaluation.accepted[b])],
    }


def _about(side: Side, truth: Truth | None) -> Numbers:
    run = side.run
    return {
        "version": run.engine_version,
        "seconds": {record.stage: record.seconds for record in run.stages},
        "peak_memory_bytes": run.peak_memory_bytes,
        "counts": dict(run.counts),
        "effective": run.effective,
        "notes": texts(run.notes),
        "truth": None if truth is None else _against(truth, side),
    }


def _against(truth: Truth, side: Side) -> Numbers:
    motion = side.motion
    center = np.array([[(n - 1) / 2 for n in motion.shape[1:]]])
    shifts, centers = motion.shifts_rig[:, None, :], center
    if motion.shifts_els is not None and motion.centers_px is not None:
        shifts, centers = motion.shifts_els, motion.centers_px
    accepted = side.evaluation.accepted
    return {
        "motion_rmse_px": motion_error_px(truth, shifts, centers),
        "uncorrected_rmse_px": motion_error_px(truth, np.zeros_like(shifts), centers),
        "all": _cells(truth, side.refit, np.ones_like(accepted)),
        "accepted": _cells(truth, side.refit, accepted),
    }


def _cells(truth: Truth, found: Components, chosen: NDArray[np.bool_]) -> Mapping[str, float | int | None]:
    numbers = dataclasses.asdict(found_cells(truth, found.A[:, chosen], found.C[chosen]))
    return {name: None if np.isnan(value) else value for name, value in numbers.items()}


def _median(values: NDArray) -> float | None:
    return float(np.median(values)) if len(values) else None
