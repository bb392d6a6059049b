"""What the laboratory knows of its preparation, in its own units; values in pixels and seconds follow from it."""

import math
from typing import Any

import streamlit as st

from calscope.algorithms.proposals.from_measurements import from_diameter
from calscope.model.errors import ParameterError
from calscope.model.lab.indicators import INDICATORS
from calscope.model.params import field_of
from calscope.model.recording import RecordingInfo
from calscope.ui.frame import keys, messages
from calscope.ui.tune.tuning import Tuning
from calscope.ui.widgets import parameter_form

CUSTOM = "another one"
LEAST_UM, MOST_UM = 1.0, 100.0
LEAST_PX = 2.0
"""Smaller cells are not told from noise of single pixels."""
_USUAL_UM = 15.0
_HALF_DECAY, _TIME_CONSTANT = "half-decay time", "time constant"


def show(tuning: Tuning, info: RecordingInfo) -> None:
    """Draw the button, and behind it the entries and what follows from them."""
    with st.popover("Lab units", icon=":material/science:", type="tertiary", key=keys.LAB_UNITS):
        values = _of_size(tuning, info) | _of_indicator()
        changed = {name: value for name, value in values.items() if tuning.now.params.get(name) != value}
        told = "; ".join(_in_words(name, value) for name, value in values.items())
        st.caption(messages.plain(f"From these follow: {told}." if told else "Nothing follows from these yet."))
        st.button(
            "Take these",
            icon=":material/done_all:",
            key=keys.TAKE_LAB_UNITS,
            disabled=not changed,
            on_click=_take,
            args=(tuning, changed),
            help="Tries these values on Tune, in one step that can be undone; each can be changed afterwards.",
        )


def _of_size(tuning: Tuning, info: RecordingInfo) -> dict[str, Any]:
    dxy_um = tuning.now.params.dataset.dxy or info.dxy_um
    if dxy_um is None:
        st.caption("The pixel size is unknown: enter it on Data, under Pixel size, to give the diameter in µm.")
        return {}
    diameter = st.number_input(
        "Diameter of a cell body (µm)",
        value=None,
        placeholder=f"such as {_USUAL_UM:g}",
        key=keys.LAB_DIAMETER,
        help="The pixel size turns it into px; gSig, patches and their overlap follow.",
    )
    if diameter is None:
        return {}
    px = diameter / (dxy_um[0] * dxy_um[1]) ** 0.5
    if trouble := _trouble_with(diameter, px, min(info.shape[1:])):
        st.error(messages.plain(trouble), icon=":material/error:")
        return {}
    st.caption(f"{diameter:g} µm are {px:.1f} px, at {dxy_um[0]:.3g} × {dxy_um[1]:.3g} µm per px.")
    return from_diameter(px, info.shape[1:])


def _trouble_with(um: float, px: float, side_px: int) -> str:
    """Say why a diameter can't be that of a cell here, what is allowed, and what to do; empty where it can."""
    if not LEAST_UM <= um <= MOST_UM:
        return (
            f"{um:g} µm is no diameter of a cell body: {LEAST_UM:g} to {MOST_UM:g} µm are allowed, and most are 8 to "
            f"25 µm. Enter the diameter of one cell, not that of the field."
        )
    if not LEAST_PX <= px <= side_px / 2:
        return (
            f"{um:g} µm are {px:.3g} px, where {LEAST_PX:g} to {side_px / 2:g} px (half of the field) are allowed. "
            "Check the diameter here, or the pixel size on Data."
        )
    return ""


def _of_indicator() -> dict[str, Any]:
    by_name = {one.name: one for one in INDICATORS}
    name = st.selectbox(
        "Indicator",
        [*by_name, CUSTOM],
        index=None,
        placeholder="choose one",
        key=keys.LAB_INDICATOR,
        help="Indicators whose decay could be traced to a source. jRGECO1a is not among them: figures in use differ "
        f"tenfold. For it and all others choose “{CUSTOM}” and enter what your source says.",
    )
    if name is None:
        return {}
    if name in by_name:
        st.caption(messages.plain(by_name[name].in_words()))
        return {"dataset.decay_time": float(f"{by_name[name].time_constant_s:.2g}")}
    what = st.segmented_control("It is a", (_HALF_DECAY, _TIME_CONSTANT), default=_HALF_DECAY, key=keys.LAB_DECAY_KIND)
    seconds = st.number_input("Decay (s)", 0.01, 20.0, value=None, placeholder="such as 0.3", key=keys.LAB_DECAY)
    if seconds is None:
        return {}
    constant = seconds / math.log(2) if what == _HALF_DECAY else seconds
    st.caption(f"A time constant of {constant:.3g} s, a half-decay time of {math.log(2) * constant:.3g} s.")
    return {"dataset.decay_time": float(f"{constant:.2g}")}


def _in_words(name: str, value: Any) -> str:
    field = field_of(name)
    return f"{field.name} {parameter_form.words(value, field.spec)}"


def _take(tuning: Tuning, values: dict[str, Any]) -> None:
    try:
        tuning.change(tuning.now.params.replace(values))
    except ParameterError as error:
        st.session_state[keys.TUNE_REFUSED] = str(error)
