"""The thresholds that people move most, as sliders over the pictures; a move judges again at once."""

import hashlib
from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from calscope.model.errors import ParameterError
from calscope.model.groups import Thresholds
from calscope.model.params import field_of
from calscope.pipeline.judging import judge
from calscope.ui import forms, keys, messages
from calscope.ui.component_view import Judged


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


def show() -> Thresholds | None:
    """Draw switch and sliders; give the thresholds in force, None where a value is not allowed."""
    with st.container(border=True):
        spec = field_of(SWITCH).spec
        st.toggle(spec.label, key=keys.parameter(SWITCH), help=spec.help(), persist_state="session")
        for slider, place in zip(SLIDERS, st.columns(len(SLIDERS), gap="medium"), strict=True):
            with place:
                _show(slider)
    try:
        return forms.parameters().evaluation
    except ParameterError as error:
        messages.show_error(error)
        return None


def _show(slider: Slider) -> None:
    """Draw the box and, under it, the slider; the box holds the value, and a move of the slider puts it there."""
    above = st.container()
    value = min(max(float(forms.value(slider.dotted)), slider.low), slider.high)
    # Each value has a slider of its own that begins there: one whose place is set from here may not show it.
    moved = st.slider(
        field_of(slider.dotted).spec.label,
        slider.low,
        slider.high,
        value,
        slider.step,
        key=f"{keys.dial(slider.dotted)} {value:g}",
        label_visibility="collapsed",
    )
    if moved != value:
        forms.put(field_of(slider.dotted), moved)
    with above:
        forms.show_one(slider.dotted)


def judged_now(view: Judged, limits: Thresholds | None) -> Judged:
    """Give the animal judged by the thresholds on the page, where they differ from those of its run."""
    if limits is None:
        return view
    evaluation = judge(view.quality, limits)
    if evaluation.reasons == view.evaluation.reasons:
        return view
    mark = hashlib.sha256(limits.model_dump_json().encode()).hexdigest()[:12]
    return replace(view, evaluation=evaluation, variant=f" by {mark}")
