"""What each stage does: parameters and the results of its parents in, its own result out."""

import numpy as np

from calscope.algorithms.artefacts.recording_check import check_recording
from calscope.algorithms.cnmf.patch_fit import check_length
from calscope.algorithms.cnmf.residual import residual_peaks
from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.algorithms.evaluation.dff import compute_dff, no_dff
from calscope.algorithms.flags.measure_flags import measure_flags
from calscope.algorithms.injection.detection_limit import detection_of
from calscope.algorithms.injection.known_cells import choose_known_cells
from calscope.algorithms.motion.no_motion import estimate_no_motion
from calscope.algorithms.motion_check.motion_quality import measure_motion
from calscope.algorithms.motion_check.preview import preview_motion
from calscope.algorithms.motion_check.survey import survey_motion
from calscope.algorithms.motion_check.verdict import with_check
from calscope.algorithms.proposals.measure_recording import measure_recording
from calscope.algorithms.summary import compute_summary
from calscope.engines.engine import correct_motion
from calscope.engines.halves import confirm, fit_halves
from calscope.engines.injected_search import search_for_injected
from calscope.model.artefacts import RecordingCheck
from calscope.model.curation.component_flags import FlagMeasures
from calscope.model.detection import Detection, FoundCells, KnownCells
from calscope.model.errors import StoreError
from calscope.model.groups import Thresholds
from calscope.model.motion_preview import MotionPreview, MotionSurvey
from calscope.model.movie import FrameSource
from calscope.model.progress import Progress
from calscope.model.proposals import Measurements
from calscope.model.results import (
    ComponentQuality,
    Components,
    Confirmation,
    CorrectedMovie,
    Evaluation,
    HalfFits,
    MotionCorrection,
    MotionEstimate,
    MotionQuality,
    RelativeFluorescence,
    Residual,
    SummaryImages,
)
from calscope.pipeline.steps.stage_inputs import StageInputs, needed


def run_before(inputs: StageInputs) -> SummaryImages:
    """Sum up the raw movie."""
    return compute_summary(inputs.source, inputs.context.progress)


def run_check(inputs: StageInputs) -> RecordingCheck:
    """Look for what is no tissue."""
    return check_recording(inputs.source, workers=inputs.context.workers, progress=inputs.context.progress)


def run_survey(inputs: StageInputs) -> MotionSurvey:
    """Find where the movie moves most."""
    return survey_motion(inputs.repaired, workers=inputs.context.workers, progress=inputs.context.progress)


def run_preview(inputs: StageInputs) -> MotionPreview:
    """Correct the motion of that part, both ways."""
    engine, context, motion = inputs.engine, inputs.context, inputs.params.motion

    def correct(movie: FrameSource, pw_rigid: bool, progress: Progress) -> MotionCorrection:  # noqa: FBT001 - a Correct
        params = inputs.params.replace({"motion.pw_rigid": pw_rigid})
        return correct_motion(engine, movie, params, context.in_memory(progress))

    return preview_motion(
        inputs.repaired,
        needed(inputs.parents.survey, "survey"),
        correct=correct,
        strides=motion.strides,
        overlaps=motion.overlaps,
        max_shifts=motion.max_shifts,
        workers=context.workers,
        progress=context.progress,
    )


def run_proposals(inputs: StageInputs) -> Measurements:
    """Measure what parameters fit the recording."""
    survey = needed(inputs.parents.survey, "survey")
    return measure_recording(inputs.repaired, survey, workers=inputs.context.workers, progress=inputs.context.progress)


def run_estimate(inputs: StageInputs) -> MotionEstimate:
    """Estimate the motion; none of a movie without a still image."""
    if not inputs.check.has_still_image:
        return estimate_no_motion(inputs.repaired, workers=inputs.context.workers, progress=inputs.context.progress)
    return inputs.engine.estimate_motion(inputs.repaired, inputs.params, inputs.context)


def run_apply(inputs: StageInputs) -> CorrectedMovie:
    """Correct the movie by the estimate."""
    estimate = inputs.estimate
    return inputs.engine.apply_motion(inputs.repaired, estimate, inputs.params, inputs.context, estimate.values)


def run_after(inputs: StageInputs) -> SummaryImages:
    """Sum up the corrected movie."""
    return compute_summary(inputs.corrected.movie, inputs.context.progress)


def run_motion_quality(inputs: StageInputs) -> MotionQuality:
    """Measure how good the correction is."""
    engine, context, motion = inputs.engine, inputs.context, inputs.params.motion

    def correct(movie: FrameSource, progress: Progress) -> MotionCorrection:
        return correct_motion(engine, movie, inputs.params, context.in_memory(progress))

    quality = measure_motion(
        inputs.repaired,
        MotionCorrection(inputs.estimate, inputs.corrected),
        correct=correct,
        max_shifts=motion.max_shifts,
        max_deviation_rigid=motion.max_deviation_rigid,
        workers=context.workers,
        progress=context.progress,
    )
    return with_check(quality, inputs.check)


def run_fit(inputs: StageInputs) -> Components:
    """Fit for the first time."""
    check_length(inputs.source.shape[0], inputs.params.cnmf.p)
    return inputs.engine.fit(inputs.corrected.movie, inputs.border_px, inputs.params, inputs.context)


def run_refit(inputs: StageInputs) -> Components:
    """Fit again from the first fit and from what persons clicked."""
    return inputs.engine.refit(
        inputs.corrected.movie,
        inputs.first,
        inputs.border_px,
        inputs.params,
        inputs.context,
        inputs.animal_inputs.seeds,
    )


def run_residual(inputs: StageInputs) -> Residual:
    """Look at what the refit left."""
    dataset = inputs.params.dataset
    return residual_peaks(
        inputs.corrected.movie,
        inputs.components,
        gSig=inputs.params.cnmf.gSig,
        gSiz=inputs.params.gSiz_px,
        transient_frames=dataset.decay_time * needed(dataset.fr, "source"),
        workers=inputs.context.workers,
        progress=inputs.context.progress,
    )


def run_component_quality(inputs: StageInputs) -> ComponentQuality:
    """Measure how well the movie supports each component."""
    return inputs.engine.measure(inputs.corrected.movie, inputs.components, inputs.params, inputs.context)


def run_flags(inputs: StageInputs) -> FlagMeasures:
    """Measure what speaks against each component."""
    params = inputs.params
    return measure_flags(
        inputs.source,
        inputs.corrected.movie,
        inputs.components,
        inputs.estimate,
        gSig=params.cnmf.gSig,
        fr_hz=needed(params.dataset.fr, "source"),
        decay_time_s=params.dataset.decay_time,
        rim_px=inputs.border_px,
        still=np.isfinite(inputs.check.still_fill),
        progress=inputs.context.progress,
    )


def evaluate_components(quality: ComponentQuality, thresholds: Thresholds, *, with_reasons: bool = True) -> Evaluation:
    """Accept or reject each component, and say why; quick enough to be done while a threshold is moved."""
    values = thresholds.model_dump() | {"use_soma": thresholds.tests_soma}
    return accept_components(quality, **values, with_reasons=with_reasons)  # fields and arguments have the same names


def run_evaluation(inputs: StageInputs) -> Evaluation:
    """Accept or reject by thresholds."""
    return evaluate_components(needed(inputs.parents.component_quality, "component_quality"), inputs.params.evaluation)


def run_dff(inputs: StageInputs) -> RelativeFluorescence:
    """Compute dF/F; none of a movie that was normalised."""
    params = inputs.params
    if not inputs.check.has_still_image:
        return no_dff(inputs.components)
    return compute_dff(
        inputs.components,
        fr_hz=needed(params.dataset.fr, "source"),
        window_s=params.cnmf.dff_window_s,
        quantile=params.cnmf.dff_quantile,
    )


def run_known_cells(inputs: StageInputs) -> KnownCells:
    """Choose known cells; those of other values are there already, or can't be had any more."""
    if inputs.animal_inputs.known_cells:
        raise StoreError("The known cells that were chosen are no longer in the store. Start the sweep again.")
    dataset = inputs.params.dataset
    return choose_known_cells(
        inputs.components,
        needed(inputs.parents.evaluation, "evaluation").accepted,
        needed(inputs.parents.after, "after").mean,
        gSig=inputs.params.cnmf.gSig,
        fr_hz=needed(dataset.fr, "source"),
        usual_decay_s=dataset.decay_time,
        border_px=inputs.border_px,
    )


def run_known_found(inputs: StageInputs) -> FoundCells:
    """Put the known cells into the movie and see which are found."""
    return search_for_injected(
        inputs.corrected.movie,
        inputs.known_cells,
        inputs.components.A,
        border_px=inputs.border_px,
        engine=inputs.engine,
        params=inputs.params,
        context=inputs.context,
    )


def run_injected(inputs: StageInputs) -> Detection:
    """Tell which of the known cells are accepted."""
    found = needed(inputs.parents.known_found, "known_found")
    return detection_of(found, lambda quality: evaluate_components(quality, inputs.params.evaluation))


def run_half_fits(inputs: StageInputs) -> HalfFits:
    """Fit each half of the frames."""
    return fit_halves(inputs.corrected.movie, inputs.border_px, inputs.engine, inputs.params, inputs.context)


def run_halves(inputs: StageInputs) -> Confirmation:
    """Match the accepted components of both halves."""
    fits = needed(inputs.parents.half_fits, "half_fits")
    return confirm(fits, lambda quality: evaluate_components(quality, inputs.params.evaluation))
