"""What a point of a sweep came to, in numbers."""

from dataclasses import dataclass

import numpy as np

from calscope.algorithms.comparison.truth_scores import Truth, found_cells
from calscope.algorithms.injection.detection_limit import accepted_share
from calscope.model.results import MotionQuality
from calscope.pipeline.animal_results import AnimalResults


@dataclass(frozen=True)
class PointMeasures:
    """Numbers of one point; None where a thing was not measured."""

    components: int = 0
    accepted: int = 0
    median_snr: float | None = None
    """Of the accepted components; None where there are none."""
    f1: float | None = None
    """Of the accepted components against the truth."""
    precision: float | None = None
    recall: float | None = None
    injected_recall: float | None = None
    """Share of the cells put into the movie that were found and accepted."""
    injected_cells: int | None = None
    in_halves: int | None = None
    """Components accepted in the first half of the frames, and in the second, together."""
    unconfirmed: int | None = None
    """Those of them that the other half doesn't give."""
    residual_flow_px: float | None = None
    """How much the corrected movie still moves."""
    crispness: float | None = None
    """Of the mean image of the corrected movie."""
    motion_verdict: str | None = None


def measure_point(results: AnimalResults, truth: Truth | None) -> PointMeasures:
    """Give the numbers of a point from its results.

    Parameters
    ----------
    truth
        Of the same part of the recording.
    """
    components, evaluation, quality = results.refit, results.evaluation, results.component_quality
    if components is None or evaluation is None or quality is None:
        return PointMeasures()
    accepted = evaluation.accepted
    found = None
    if truth is not None and _is_of(truth, components.dims, components.n_frames):
        found = found_cells(truth, components.A[:, accepted], components.C[accepted])
    injected, halves = results.injected, results.halves
    flow, crispness, verdict = _of_motion(results.motion_quality)
    return PointMeasures(
        components=components.n,
        accepted=evaluation.n_accepted,
        median_snr=float(np.median(quality.snr[accepted])) if accepted.any() else None,
        f1=found.f1 if found else None,
        precision=found.precision if found else None,
        recall=found.recall if found else None,
        injected_recall=accepted_share(injected) if injected is not None and injected.n else None,
        injected_cells=injected.n if injected is not None else None,
        in_halves=sum(halves.accepted) if halves is not None else None,
        unconfirmed=halves.unconfirmed if halves is not None else None,
        residual_flow_px=flow,
        crispness=crispness,
        motion_verdict=verdict,
    )


def _is_of(truth: Truth, dims: tuple[int, int], n_frames: int) -> bool:
    return truth.masks.shape[1:] == dims and truth.traces.shape[1] == n_frames


def _of_motion(quality: MotionQuality | None) -> tuple[float | None, float | None, str | None]:
    """Give residual flow and crispness of the movie that was used, and the verdict."""
    if quality is None:
        return None, None, None
    used = quality.measures.get("piecewise") or quality.measures.get("rigid")
    if used is None:
        return None, None, quality.verdict
    return used.residual_flow_px.value, used.crispness.value, quality.verdict
