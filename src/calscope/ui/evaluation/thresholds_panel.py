"""The thresholds set in the sidebar: pages evaluate components with them at once."""

import hashlib
from dataclasses import replace
from typing import Any

import streamlit as st

from calscope.engines.engine import with_defaults
from calscope.engines.engine_registry import ENGINES
from calscope.model.acceptance_rule import in_signs
from calscope.model.errors import ParameterError
from calscope.model.groups import Thresholds
from calscope.model.params import Parameters
from calscope.model.results import ComponentQuality, Evaluation
from calscope.pipeline.steps.stage_steps import evaluate_components
from calscope.ui.evaluation import evaluated_animal, judged_animal
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys, messages
from calscope.ui.session import own_values, places
from calscope.ui.session.lately import remembered
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import parameter_form


def in_force(animal: str) -> Thresholds | None:
    """Give the thresholds on the page, or an animal's own, with the chosen engine's own where they were left open.

    None as `entered`.
    """
    thresholds = entered()
    if thresholds is None:
        return None
    params = own_values.parameters(animal, _alone(thresholds))
    return _completed(st.session_state.get(keys.ENGINE) or next(iter(ENGINES)), params)


@remembered()
def _alone(thresholds: Thresholds) -> Parameters:
    return Parameters(evaluation=thresholds)


@remembered()
def _completed(engine: str, params: Parameters) -> Thresholds:
    return with_defaults(ENGINES[engine], params).evaluation


def entered() -> Thresholds | None:
    """Give the thresholds entered; None where a value is not allowed, or another program evaluated the results."""
    if places.shows_import():
        return None
    return _checked(tuple(parameter_form.values_of("evaluation").items()))


@remembered()
def _checked(values: tuple[tuple[str, Any], ...]) -> Thresholds | None:
    try:
        return Parameters.from_dict({"evaluation": dict(values)}).evaluation
    except ParameterError:
        return None


def evaluated(animal: ShownAnimal) -> EvaluatedAnimal | None:
    """Give the animal evaluated with the thresholds on the page, and as persons decided.

    None where the run has no evaluation of it.
    """
    stored = evaluated_animal.evaluated(animal)
    return stored and judged_animal.judge(evaluate_with(stored, in_force(animal.name)))


def are_tried(animal: ShownAnimal) -> bool:
    """Tell whether an animal is evaluated otherwise than in its run, by thresholds that were not run."""
    view = evaluated(animal)
    return view is not None and bool(view.variant) and animal.results.evaluation is not None


def evaluate_with(view: EvaluatedAnimal, thresholds: Thresholds | None) -> EvaluatedAnimal:
    """Give the animal evaluated with these thresholds; None stands for those of its run."""
    if thresholds is None:
        return view
    quality = view.animal.results.keys["component_quality"]
    evaluation = _evaluation(quality, thresholds, _quality=view.quality)
    if view.evaluation and _are_same((quality, view.keys[2]), thresholds, _one=evaluation, _other=view.evaluation):
        return view
    mark = hashlib.sha256(thresholds.model_dump_json().encode()).hexdigest()[:12]
    return replace(view, evaluation=evaluation, variant=f" with {mark}")


@remembered()
def _evaluation(key: str, thresholds: Thresholds, _quality: ComponentQuality) -> Evaluation:
    """Evaluate once for the same thresholds: the row of animals, the page and its words all ask."""
    return evaluate_components(_quality, thresholds)


@remembered()
def _are_same(keys: tuple[str, str], thresholds: Thresholds, _one: Evaluation, _other: Evaluation) -> bool:
    """Tell whether two evaluations have the same reasons for each component, compared once: there may be thousands."""
    return _one.reasons == _other.reasons


def say_otherwise(animal: ShownAnimal) -> None:
    """Say in one line, where an animal is not evaluated as in its run, how many the run accepted."""
    stored = animal.results.evaluation
    if stored is None or not are_tried(animal):
        return
    st.caption(
        f"Evaluated with the thresholds set now. The run itself accepted {stored.n_accepted} of "
        f"{len(stored.accepted)}; "
        "the next run of **Evaluate** stores this evaluation."
    )


def say_rule(animal: str) -> None:
    """Say by which rule components are accepted now."""
    thresholds = in_force(animal)
    if thresholds is not None:
        st.caption(messages.plain(in_signs(thresholds.model_dump())))


def evaluation_of(animal: ShownAnimal) -> Evaluation | None:
    """Give the evaluation with the thresholds on the page, else that of the run."""
    view = evaluated(animal)
    return view.evaluation if view else animal.results.evaluation
