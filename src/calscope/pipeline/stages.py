"""The graph of stages, from the recording to evaluated components.

source -> before
source -> check (for what is no tissue); its findings are repaired in the movie that the next ones read
source, check -> survey -> preview (of the motion correction, where the movie moves most)
source, check, survey -> proposals (what the recording says of the parameters it needs)
source, check -> estimate (of the motion) -> apply (it to the movie) -> after
source, check, estimate, apply -> motion_quality
estimate, apply -> fit -> refit -> component_quality -> evaluation
apply, refit -> residual
source, check, estimate, apply, refit -> flags (what speaks against each component)
check, refit -> dff
apply, refit -> edited (by hand): only where there are edits; it then stands for the refit, see `edited_results`
apply, after, refit, evaluation -> known_cells (that can be put into the movie), and with them
apply, component_quality -> known_found (which of them are found) -> injected (and accepted)
apply, component_quality -> half_fits (of each half of the frames) -> halves (which accepted ones both give)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from calscope.algorithms.injection.known_cells import usual_rounds
from calscope.model.animal_inputs import InputPart
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.pipeline.records import Until
from calscope.pipeline.steps import stage_steps as step
from calscope.pipeline.steps.stage_inputs import StageInputs


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
    fits: Callable[[tuple[int, int, int], Parameters], float] | None = None
    """How many fits with their refits and measures it consists of, on a movie of that shape; None of other stages."""

    def rough_seconds(self, shape: tuple[int, int, int]) -> float:
        """Give about how long it takes on a movie of that shape."""
        frames, height, width = shape
        return 0.05 + self.seconds_per_megapixel * frames * height * width / 1e6


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
_FLAGS = ("calscope.algorithms.flags.measure_flags", "calscope.algorithms.cnmf.rim")
_EVALUATION = ("calscope.algorithms.evaluation.acceptance",)
_KNOWN_CELLS = ("calscope.algorithms.injection.known_cells",)
_LIMITS = ("calscope.algorithms.injection.detection_limit",)
_KNOWN_FOUND = ("calscope.engines.injected_search", *_CNMF, *_COMPONENT_QUALITY)
_HALF_FITS = ("calscope.engines.halves", *_CNMF, *_COMPONENT_QUALITY)
_DFF = ("calscope.algorithms.evaluation.dff",)

STAGES: tuple[Stage, ...] = (
    Stage("before", "summary of the raw movie", ("source",), step.run_before, _SUMMARY, 0.003),
    Stage("check", "check of the recording", ("source",), step.run_check, _CHECK, 0.004),
    Stage("survey", "finding where it moves most", ("source", "check"), step.run_survey, _SURVEY, 0.004),
    Stage(
        "preview",
        "preview where it moves most",
        ("source", "check", "survey"),
        step.run_preview,
        _PREVIEW,
        0.03,
        uses_engine=True,
    ),
    Stage(
        "proposals",
        "measuring what parameters fit",
        ("source", "check", "survey"),
        step.run_proposals,
        _PROPOSALS,
        0.05,
    ),
    Stage("estimate", "motion estimate", ("source", "check"), step.run_estimate, _ESTIMATE, 0.04, uses_engine=True),
    Stage(
        "apply",
        "corrected movie",
        ("source", "check", "estimate"),
        step.run_apply,
        _APPLY,
        0.01,
        uses_engine=True,
    ),
    Stage("after", "summary of the corrected movie", ("apply",), step.run_after, _SUMMARY, 0.0025),
    Stage(
        "motion_quality",
        "quality of the motion correction",
        ("source", "check", "estimate", "apply"),
        step.run_motion_quality,
        _MOTION_QUALITY,
        0.018,
        uses_engine=True,
    ),
    Stage("fit", "first fit", ("estimate", "apply"), step.run_fit, _CNMF, 0.06, uses_engine=True),
    Stage(
        "refit",
        "refit",
        ("estimate", "apply", "fit"),
        step.run_refit,
        _CNMF,
        0.022,
        uses_engine=True,
        reads_inputs=("seeds",),
    ),
    Stage("residual", "residual", ("apply", "refit"), step.run_residual, _RESIDUAL, 0.01),
    Stage(
        "component_quality",
        "component quality",
        ("apply", "refit"),
        step.run_component_quality,
        _COMPONENT_QUALITY,
        0.002,
        uses_engine=True,
    ),
    Stage("evaluation", "evaluation", ("component_quality",), step.run_evaluation, _EVALUATION, 0.0),
    Stage(
        "flags",
        "flags of the components",
        ("source", "check", "estimate", "apply", "refit"),
        step.run_flags,
        _FLAGS,
        0.004,
    ),
    Stage("dff", "dF/F", ("check", "refit"), step.run_dff, _DFF, 0.0004),
    Stage(
        "known_cells",
        "choice of known cells",
        ("estimate", "apply", "after", "refit", "evaluation"),
        step.run_known_cells,
        _KNOWN_CELLS,
        0.001,
        reads_inputs=("known_cells",),
    ),
    Stage(
        "known_found",
        "search for known cells put into the movie",
        ("estimate", "apply", "component_quality", "known_cells"),
        step.run_known_found,
        _KNOWN_FOUND,
        0.0,
        uses_engine=True,
        fits=lambda shape, params: usual_rounds((shape[1], shape[2]), params.cnmf.gSig),
    ),
    Stage(
        "injected",
        "detection limit",
        ("known_found", "evaluation"),
        step.run_injected,
        (*_LIMITS, *_EVALUATION),
        0.0,
        layout=3,
    ),
    Stage(
        "half_fits",
        "fit of each half of the frames",
        ("estimate", "apply", "component_quality"),
        step.run_half_fits,
        _HALF_FITS,
        0.0,
        uses_engine=True,
        fits=lambda shape, params: 1.0,
    ),
    Stage(
        "halves",
        "components of both halves",
        ("half_fits", "evaluation"),
        step.run_halves,
        ("calscope.engines.halves", *_EVALUATION),
        0.0,
        layout=2,
    ),
)
"""In an order in which parents come first."""

_TO_MOTION: tuple[StageName, ...] = ("before", "check", "estimate", "apply", "after", "motion_quality")
_TO_EXTRACTION: tuple[StageName, ...] = (*_TO_MOTION, "fit", "refit", "residual")
_TO_EVALUATION: tuple[StageName, ...] = (*_TO_EXTRACTION, "component_quality", "evaluation", "flags", "dff")
_TUNING: tuple[StageName, ...] = (
    *("before", "check", "estimate", "apply", "after"),
    *("fit", "refit", "residual", "component_quality", "evaluation"),
)
_KNOWN: tuple[StageName, ...] = ("known_cells", "known_found", "injected")
_UNTIL: dict[Until, tuple[StageName, ...]] = {
    "summary": ("before",),
    "preview": ("check", "survey", "preview"),
    "proposals": ("check", "survey", "proposals"),
    "motion": _TO_MOTION,
    "extraction": _TO_EXTRACTION,
    "evaluation": _TO_EVALUATION,
    "injected": (*_TO_EVALUATION, *_KNOWN),
    "tuning": _TUNING,
    "known cells": (*_TUNING, "known_cells"),
    "tuning with known cells": (*_TUNING, *_KNOWN),
    "search": (*_TUNING, *_KNOWN, "half_fits", "halves"),
}


def stages_until(until: Until) -> tuple[Stage, ...]:
    """Give the stages of a run, in order."""
    return tuple(stage for stage in STAGES if stage.name in _UNTIL[until])


def stage_of(name: StageName) -> Stage:
    """Give a stage by its name."""
    return next(stage for stage in STAGES if stage.name == name)
