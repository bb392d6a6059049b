"""The most important thresholds as sliders above the pictures; a move evaluates again at once."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import pandas as pd
import streamlit as st

from calscope.engines.engine import Engine, with_defaults
from calscope.engines.engine_registry import ENGINES
from calscope.model.acceptance_rule import in_signs
from calscope.model.errors import ParameterError
from calscope.model.groups import Thresholds
from calscope.model.params import Parameters, field_of
from calscope.model.results import Evaluation
from calscope.pipeline.stages import evaluate_components
from calscope.ui.evaluation import evaluated_animal
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys, messages
from calscope.ui.session import places, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import parameter_form


class Slider(NamedTuple):
    """A slider over the usual values of a parameter; the box beside it takes all that are allowed."""

    dotted: str
    low: float
    high: float
    step: float


SWITCH = "evaluation.use_soma"
SLIDERS = (
    Slider("evaluation.min_soma", 0.0, 1.0, 0.01),
    Slider("evaluation.min_SNR", 0.0, 15.0, 0.1),
    Slider("evaluation.rval_thr", 0.0, 1.0, 0.01),
)
DRAWN_HERE = (SWITCH, *(slider.dotted for slider in SLIDERS))
"""The sidebar leaves these out."""
HERE, THERE = "the thresholds above", "the thresholds on the page Evaluation"


def in_force() -> Thresholds | None:
    """Give the thresholds on the page, with the chosen engine's own where they were left open; None as `entered`."""
    thresholds = entered()
    return thresholds and with_defaults(_engine(), Parameters(evaluation=thresholds)).evaluation


def _engine() -> Engine:
    return ENGINES[st.session_state.get(keys.ENGINE) or next(iter(ENGINES))]


def entered() -> Thresholds | None:
    """Give the thresholds entered; None where a value is not allowed, or another program evaluated the results."""
    if places.shows_import():
        return None
    try:
        return parameter_form.parameters(used=("evaluation",)).evaluation
    except ParameterError:
        return None


def show() -> None:
    """Draw switch and sliders, and say what is not allowed."""
    with st.container(border=True):
        _show_switch()
        for slider, place in zip(SLIDERS, st.columns(len(SLIDERS), gap="medium"), strict=True):
            with place:
                _show(slider)
    try:
        parameter_form.parameters(used=("evaluation",))
    except ParameterError as error:
        messages.show_error(error)


def _show_switch() -> None:
    """Draw the switch as it is in force; once moved it no longer follows the engine."""
    field, asked = field_of(SWITCH), parameter_form.value(SWITCH)
    is_on = _engine().defaults[SWITCH] if asked is None else asked
    # Each state has a switch of its own that begins there, as with the sliders.
    moved = st.toggle(field.spec.label, is_on, key=keys.slider(SWITCH, is_on), help=field.spec.help())
    if moved != is_on:
        parameter_form.put(field, moved)
    thresholds = in_force()
    if thresholds is not None:
        st.caption(messages.plain(in_signs(thresholds.model_dump())))


def _show(slider: Slider) -> None:
    """Draw the box and, under it, the slider; the box holds the value, and a move of the slider puts it there."""
    above = st.container()
    value = min(max(float(parameter_form.value(slider.dotted)), slider.low), slider.high)
    # Each value has a slider of its own that begins there: one whose place is set from here may not show it.
    moved = st.slider(
        field_of(slider.dotted).spec.label,
        slider.low,
        slider.high,
        value,
        slider.step,
        key=keys.slider(slider.dotted, value),
        label_visibility="collapsed",
    )
    if moved != value:
        parameter_form.put(field_of(slider.dotted), moved)
    with above:
        parameter_form.show_one(slider.dotted)


def evaluated(animal: ShownAnimal) -> EvaluatedAnimal | None:
    """Give the animal evaluated with the thresholds on the page; None where the run has no evaluation of it."""
    stored = evaluated_animal.evaluated(animal)
    return stored and evaluate_with(stored, in_force())


def evaluate_with(view: EvaluatedAnimal, thresholds: Thresholds | None) -> EvaluatedAnimal:
    """Give the animal evaluated with these thresholds; None stands for those of its run."""
    if thresholds is None:
        return view
    evaluation = evaluate_components(view.quality, thresholds)
    if view.evaluation and evaluation.reasons == view.evaluation.reasons:
        return view
    mark = hashlib.sha256(thresholds.model_dump_json().encode()).hexdigest()[:12]
    return replace(view, evaluation=evaluation, variant=f" with {mark}")


def say_whose(animals: Iterable[ShownAnimal], thresholds: str = THERE) -> None:
    """Say in one line, where animals are not evaluated as in their run, how many the run accepted."""
    views = [view for animal in animals if (view := evaluated(animal)) is not None and view.variant]
    if not views:
        return
    accepted = [
        f"{stored.n_accepted} of {view.components.n}"
        + (f" in {messages.plain(view.animal.name)}" if len(views) > 1 else "")
        for view in views
        if (stored := view.animal.results.evaluation)
    ]
    st.caption(
        f"Evaluated with {thresholds}. The run itself accepted {', '.join(accepted)}: press **Evaluate**"
        f"{' there' if thresholds == THERE else ''} to store this evaluation."
    )


def counts() -> pd.DataFrame:
    """One row an animal of the shown run: how many are accepted and rejected by the thresholds on the page."""
    rows = []
    for animal in shown_run.animals():
        refit, evaluation = animal.results.refit, evaluation_of(animal)
        rows.append(
            {
                "Animal": animal.name,
                "Refit": refit.n if refit else None,
                "Accepted": evaluation.n_accepted if evaluation else None,
                "Rejected": evaluation.n_rejected if evaluation else None,
            }
        )
    return pd.DataFrame(rows)


def evaluation_of(animal: ShownAnimal) -> Evaluation | None:
    """Give the evaluation with the thresholds on the page, else that of the run."""
    view = evaluated(animal)
    return view.evaluation if view else animal.results.evaluation
