"""The graph of stages, from the recording to evaluated components.

source -> before
source -> check (for what is no tissue); its findings are repaired in the movie that the next ones read
source, check -> survey -> preview (of the motion correction, where the movie moves most)
source, check, survey -> proposals (what the recording says of the parameters it needs)
source, check -> estimate (of the motion) -> apply (it to the movie) -> after
source, check, estimate, apply -> motion_quality
estimate, apply -> fit -> refit -> component_quality -> evaluation
apply, refit -> residual
check, refit -> dff
apply, refit, evaluation -> injected (known cells, to see which would be found)
apply, evaluation -> halves (which components both halves of the frames give)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from calscope.algorithms.artefacts.recording_check import check_recording
from calscope.algorithms.artefacts.repaired_movie import repaired
from calscope.algorithms.cnmf.patch_fit import check_length
from calscope.algorithms.cnmf.residual import residual_peaks
from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.algorithms.evaluation.dff import compute_dff, no_dff
from calscope.algorithms.motion.no_motion import estimate_no_motion
from calscope.algorithms.motion_check.motion_quality import measure_motion
from calscope.algorithms.motion_check.preview import preview_motion
from calscope.algorithms.motion_check.survey import survey_motion
from calscope.algorithms.motion_check.verdict import with_check
from calscope.algorithms.proposals.measure_recording import measure_recording
from calscope.algorithms.summary import compute_summary
from calscope.engines.engine import Context, Engine, correct_motion
from calscope.engines.halves import fit_halves
from calscope.engines.injected_search import SearchedMovie, search_for_injected
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, InputPart
from calscope.model.artefacts import RecordingCheck
from calscope.model.detection import Detection
from calscope.model.errors import StoreError
from calscope.model.fields import StageName
from calscope.model.groups import Thresholds
from calscope.model.motion_preview import MotionPreview, MotionSurvey
from calscope.model.movie import FrameSource
from calscope.model.params import Parameters
from calscope.model.progress import Progress
from calscope.model.proposals import Measurements
from calscope.model.results import (
    ComponentQuality,
    Components,
    Confirmation,
    CorrectedMovie,
    Evaluation,
    MotionCorrection,
    MotionEstimate,
    MotionQuality,
    RelativeFluorescence,
    Residual,
    SummaryImages,
)
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import Until

Result = TypeVar("Result")


@dataclass(frozen=True)
class StageInputs:
    """What a stage may use."""

    source: FrameSource
    params: Parameters
    engine: Engine
    parents: AnimalResults
    context: Context
    animal_inputs: AnimalInputs = NO_INPUTS
    """Only the parts that the stage declares."""

    @property
    def check(self) -> RecordingCheck:
        """What was found in the recording, which must be there."""
        return _needed(self.parents.check, "check")

    @property
    def repaired(self) -> FrameSource:
        """The raw movie without what the check found, and without the offset between rows that a person entered."""
        return repaired(self.source, self.check, self.params.dataset.line_offset_px)

    @property
    def estimate(self) -> MotionEstimate:
        """The motion, which must be there."""
        return _needed(self.parents.motion_estimate, "estimate")

    @property
    def corrected(self) -> CorrectedMovie:
        """The corrected movie, which must be there."""
        return _needed(self.parents.corrected, "apply")

    @property
    def border_px(self) -> int:
        """Rim in which no components are looked for, px."""
        return often_filled_px(self.estimate, self.corrected.border_px)

    @property
    def first(self) -> Components:
        """The first fit, which must be there."""
        return _needed(self.parents.first, "fit")

    @property
    def components(self) -> Components:
        """The refit, which must be there."""
        return _needed(self.parents.refit, "refit")


@dataclass(frozen=True)
class Stage:
    """One step: what it needs, what code it is, and roughly what it costs."""

    name: StageName
    title: str
    """For the person, in the middle of a sentence."""
    parents: tuple[StageName, ...]
    run: Callable[[StageInputs], Any]
    code: tuple[str, ...]
    """Modules whose code makes the result; part of the key, with all algorithms that they import."""
    seconds_per_megapixel: float
    """Rough time per million values of the movie (frames x rows x columns), for progress and time left: the built-in
    engine on two cores with 1500 frames of 256 x 256 px."""
    uses_engine: bool = False
    reads_inputs: tuple[InputPart, ...] = ()
    """Parts of what a person set for this animal that change the result."""
    layout: int = 1
    """Raised when the stage itself, or the way its result is stored, changes."""

    def rough_seconds(self, shape: tuple[int, int, int]) -> float:
        """Give about how long it takes on a movie of that shape."""
        frames, height, width = shape
        return 0.05 + self.seconds_per_megapixel * frames * height * width / 1e6


def _run_before(inputs: StageInputs) -> SummaryImages:
    return compute_summary(inputs.source, inputs.context.progress)


def _run_check(inputs: StageInputs) -> RecordingCheck:
    return check_recording(inputs.source, workers=inputs.context.workers, progress=inputs.context.progress)


def _run_survey(inputs: StageInputs) -> MotionSurvey:
    return survey_motion(inputs.repaired, workers=inputs.context.workers, progress=inputs.context.progress)


def _run_preview(inputs: StageInputs) -> MotionPreview:
    engine, context, motion = inputs.engine, inputs.context, inputs.params.motion

    def correct(movie: FrameSource, pw_rigid: bool, progress: Progress) -> MotionCorrection:  # noqa: FBT001 - a Correct
        params = inputs.params.replace({"motion.pw_rigid": pw_rigid})
        return correct_motion(engine, movie, params, context.in_memory(progress))

    return preview_motion(
        inputs.repaired,
        _needed(inputs.parents.survey, "survey"),
        correct=correct,
        strides=motion.strides,
        overlaps=motion.overlaps,
        max_shifts=motion.max_shifts,
        workers=context.workers,
        progress=context.progress,
    )


def _run_proposals(inputs: StageInputs) -> Measurements:
    survey = _needed(inputs.parents.survey, "survey")
    return measure_recording(inputs.repaired, survey, workers=inputs.context.workers, progress=inputs.context.progress)


def _run_estimate(inputs: StageInputs) -> MotionEstimate:
    if not inputs.check.has_still_image:
        return estimate_no_motion(inputs.repaired, workers=inputs.context.workers, progress=inputs.context.progress)
    return inputs.engine.estimate_motion(inputs.repaired, inputs.params, inputs.context)


def _run_apply(inputs: StageInputs) -> CorrectedMovie:
    estimate = inputs.estimate
    return inputs.engine.apply_motion(inputs.repaired, estimate, inputs.params, inputs.context, estimate.values)


def _run_after(inputs: StageInputs) -> SummaryImages:
    return compute_summary(inputs.corrected.movie, inputs.context.progress)


def _run_motion_quality(inputs: StageInputs) -> MotionQuality:
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


def _run_fit(inputs: StageInputs) -> Components:
    check_length(inputs.source.shape[0], inputs.params.cnmf.p)
    return inputs.engine.fit(inputs.corrected.movie, inputs.border_px, inputs.params, inputs.context)


def _run_refit(inputs: StageInputs) -> Components:
    return inputs.engine.refit(
        inputs.corrected.movie,
        inputs.first,
        inputs.border_px,
        inputs.params,
        inputs.context,
        inputs.animal_inputs.seeds,
    )


def _run_residual(inputs: StageInputs) -> Residual:
    dataset = inputs.params.dataset
    return residual_peaks(
        inputs.corrected.movie,
        inputs.components,
        gSig=inputs.params.cnmf.gSig,
        gSiz=inputs.params.gSiz_px,
        transient_frames=dataset.decay_time * _needed(dataset.fr, "source"),
        workers=inputs.context.workers,
        progress=inputs.context.progress,
    )


def _run_component_quality(inputs: StageInputs) -> ComponentQuality:
    return inputs.engine.measure(inputs.corrected.movie, inputs.components, inputs.params, inputs.context)


def evaluate_components(quality: ComponentQuality, thresholds: Thresholds) -> Evaluation:
    """Accept or reject each component, and say why; quick enough to be done while a threshold is moved."""
    values = thresholds.model_dump() | {"use_soma": thresholds.tests_soma}
    return accept_components(quality, **values)  # fields and arguments have the same names


def _run_evaluation(inputs: StageInputs) -> Evaluation:
    return evaluate_components(_needed(inputs.parents.component_quality, "component_quality"), inputs.params.evaluation)


def _run_dff(inputs: StageInputs) -> RelativeFluorescence:
    params = inputs.params
    if not inputs.check.has_still_image:
        return no_dff(inputs.components)
    return compute_dff(
        inputs.components,
        fr_hz=_needed(params.dataset.fr, "source"),
        window_s=params.cnmf.dff_window_s,
        quantile=params.cnmf.dff_quantile,
    )


def _run_injected(inputs: StageInputs) -> Detection:
    params = inputs.params
    searched = SearchedMovie(
        inputs.corrected.movie,
        _needed(inputs.parents.after, "after").mean,
        inputs.components,
        _needed(inputs.parents.evaluation, "evaluation").accepted,
        inputs.border_px,
        _needed(params.dataset.fr, "source"),
    )
    return search_for_injected(
        searched,
        inputs.engine,
        params,
        inputs.context,
        lambda quality: evaluate_components(quality, params.evaluation),
    )


def _run_halves(inputs: StageInputs) -> Confirmation:
    params = inputs.params
    return fit_halves(
        inputs.corrected.movie,
        inputs.border_px,
        inputs.engine,
        params,
        inputs.context,
        evaluate=lambda quality: evaluate_components(quality, params.evaluation),
    )


_REPAIRED = ("calscope.algorithms.artefacts.repaired_movie",)
_CHECK = ("calscope.algorithms.artefacts.recording_check",)
_SUMMARY = ("calscope.algorithms.summary",)
_ESTIMATE = ("calscope.algorithms.motion.estimate_motion", "calscope.algorithms.motion.no_motion", *_REPAIRED)
_APPLY = ("calscope.algorithms.motion.apply_motion", *_REPAIRED)
_MOTION = (*_ESTIMATE, *_APPLY)
_MOTION_QUALITY = ("calscope.algorithms.motion_check.motion_quality", *_MOTION, *_REPAIRED)
_SURVEY = ("calscope.algorithms.motion_check.survey", *_REPAIRED)
_PREVIEW = ("calscope.algorithms.motion_check.preview", *_MOTION, *_REPAIRED)
_PROPOSALS = ("calscope.algorithms.proposals.measure_recording", *_REPAIRED)
_CNMF = ("calscope.algorithms.cnmf.cnmf", "calscope.algorithms.cnmf.rim")
_RESIDUAL = ("calscope.algorithms.cnmf.residual",)
_COMPONENT_QUALITY = ("calscope.algorithms.evaluation.component_quality",)
_EVALUATION = ("calscope.algorithms.evaluation.acceptance",)
_INJECTED = (
    "calscope.engines.injected_search",
    "calscope.algorithms.injection.injected_cells",
    "calscope.algorithms.injection.detection_limit",
    *(*_CNMF, *_COMPONENT_QUALITY, *_EVALUATION),
)
_HALVES = (
    "calscope.engines.halves",
    "calscope.algorithms.comparison.agreement",
    *(*_CNMF, *_COMPONENT_QUALITY, *_EVALUATION),
)
_DFF = ("calscope.algorithms.evaluation.dff",)

STAGES: tuple[Stage, ...] = (
    Stage("before", "summary of the raw movie", ("source",), _run_before, _SUMMARY, 0.003),
    Stage("check", "check of the recording", ("source",), _run_check, _CHECK, 0.004),
    Stage("survey", "finding where it moves most", ("source", "check"), _run_survey, _SURVEY, 0.004),
    Stage(
        "preview",
        "preview where it moves most",
        ("source", "check", "survey"),
        _run_preview,
        _PREVIEW,
        0.03,
        uses_engine=True,
    ),
    Stage(
        "proposals", "measuring what parameters fit", ("source", "check", "survey"), _run_proposals, _PROPOSALS, 0.05
    ),
    Stage("estimate", "motion estimate", ("source", "check"), _run_estimate, _ESTIMATE, 0.04, uses_engine=True),
    Stage(
        "apply",
        "corrected movie",
        ("source", "check", "estimate"),
        _run_apply,
        _APPLY,
        0.01,
        uses_engine=True,
    ),
    Stage("after", "summary of the corrected movie", ("apply",), _run_after, _SUMMARY, 0.0025),
    Stage(
        "motion_quality",
        "quality of the motion correction",
        ("source", "check", "estimate", "apply"),
        _run_motion_quality,
        _MOTION_QUALITY,
        0.018,
        uses_engine=True,
    ),
    Stage("fit", "first fit", ("estimate", "apply"), _run_fit, _CNMF, 0.06, uses_engine=True),
    Stage(
        "refit",
        "refit",
        ("estimate", "apply", "fit"),
        _run_refit,
        _CNMF,
        0.022,
        uses_engine=True,
        reads_inputs=("seeds",),
    ),
    Stage("residual", "residual", ("apply", "refit"), _run_residual, _RESIDUAL, 0.01),
    Stage(
        "component_quality",
        "component quality",
        ("apply", "refit"),
        _run_component_quality,
        _COMPONENT_QUALITY,
        0.002,
        uses_engine=True,
    ),
    Stage("evaluation", "evaluation", ("component_quality",), _run_evaluation, _EVALUATION, 0.0),
    Stage("dff", "dF/F", ("check", "refit"), _run_dff, _DFF, 0.0004),
    Stage(
        "injected",
        "search for known cells put into the movie",
        ("estimate", "apply", "after", "refit", "evaluation"),
        _run_injected,
        _INJECTED,
        0.2,
        uses_engine=True,
        layout=2,
    ),
    Stage(
        "halves",
        "fit of each half of the frames",
        ("estimate", "apply", "evaluation"),
        _run_halves,
        _HALVES,
        0.09,
        uses_engine=True,
    ),
)
"""In an order in which parents come first."""

_TO_MOTION: tuple[StageName, ...] = ("before", "check", "estimate", "apply", "after", "motion_quality")
_TO_EXTRACTION: tuple[StageName, ...] = (*_TO_MOTION, "fit", "refit", "residual")
_TUNING: tuple[StageName, ...] = (
    *("before", "check", "estimate", "apply", "after"),
    *("fit", "refit", "residual", "component_quality", "evaluation"),
)
_UNTIL: dict[Until, tuple[StageName, ...]] = {
    "summary": ("before",),
    "preview": ("check", "survey", "preview"),
    "proposals": ("check", "survey", "proposals"),
    "motion": _TO_MOTION,
    "extraction": _TO_EXTRACTION,
    "evaluation": (*_TO_EXTRACTION, "component_quality", "evaluation", "dff"),
    "injected": (*_TO_EXTRACTION, "component_quality", "evaluation", "dff", "injected"),
    "tuning": _TUNING,
    "tuning with known cells": (*_TUNING, "injected"),
    "search": (*_TUNING, "injected", "halves"),
}


def stages_until(until: Until) -> tuple[Stage, ...]:
    """Give the stages of a run, in order."""
    return tuple(stage for stage in STAGES if stage.name in _UNTIL[until])


def stage_of(name: StageName) -> Stage:
    """Give a stage by its name."""
    return next(stage for stage in STAGES if stage.name == name)


def _needed(result: Result | None, stage: str) -> Result:
    if result is None:
        raise StoreError(
            f"The stored result of the stage {stage} is no longer there: something removed it while the run used it. "
            "Run again."
        )
    return result
