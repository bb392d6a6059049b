"""What the animal on Tune says of its parameters: measured on demand, kept in the store, taken only by a press."""

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from calscope.algorithms.proposals.from_measurements import propose
from calscope.engines.engine_registry import ENGINES
from calscope.model.errors import CalscopeError, ParameterError
from calscope.model.motion_preview import MotionSurvey
from calscope.model.note_texts.all_texts import text
from calscope.model.note_texts.measured_words import measured_lines
from calscope.model.params import field_of
from calscope.model.proposals import Measurements, Proposal
from calscope.model.recording import Pair, RecordingInfo
from calscope.pipeline.runner import plan_keys
from calscope.plots.measured_plots import (
    measured_cells_figure,
    noise_figure,
    parts_figure,
    shifts_figure,
    transient_figure,
)
from calscope.ui.frame import keys, messages
from calscope.ui.session import cached, launch, shown_run
from calscope.ui.tune.tuning import Tuning
from calscope.ui.widgets import charts, parameter_form

TITLE = "Measure this animal"
PICTURE_PX = 300


class Part(NamedTuple):
    """What belongs to one picture."""

    picture: str
    caption: str
    measured: tuple[str, ...]
    """Labels of what was measured."""
    proposed: tuple[str, ...]
    """Parameters whose values follow from it."""


PARTS = (
    Part(
        "cells",
        "Cells that were measured, blue; the usual diameter, orange, in the corner.",
        ("soma diameter",),
        ("cnmf.gSig", "cnmf.gSiz", "cnmf.rf", "cnmf.stride", "cnmf.K"),
    ),
    Part(
        "transient",
        "Median of transients that stand alone, and the decay fitted to it.",
        ("frame rate", "decay time"),
        ("dataset.decay_time", "cnmf.p"),
    ),
    Part(
        "shifts",
        "Shift of each frame; the limit that is tried now, dashed.",
        ("largest shift",),
        ("motion.max_shifts",),
    ),
    Part(
        "parts",
        "How far each ninth of the field moves on its own (px).",
        ("movement of parts",),
        ("motion.pw_rigid", "motion.strides", "motion.overlaps"),
    ),
    Part(
        "noise",
        "Noise of pixels over their light; the slope is what one photon makes.",
        ("noise of a pixel", "units per photon"),
        (),
    ),
)


def proposals(tuning: Tuning, info: RecordingInfo) -> tuple[Proposal, ...]:
    """Give what is proposed for the animal; nothing before it was measured."""
    found = measurements(tuning, info)[1]
    if found is None:
        return ()
    now = tuning.now.params
    return propose(found, now.dataset.fr or info.fr_hz, now.get)


def measurements(tuning: Tuning, info: RecordingInfo) -> tuple[str, Measurements | None]:
    """Give the key of the measurements, and themselves where they are in the store."""
    key = plan_keys(info, tuning.now.params, ENGINES["builtin"])["proposals"]
    return key, cached.results({"proposals": key}).proposals


def show(tuning: Tuning, info: RecordingInfo) -> None:
    """Draw the button, and behind it what was measured and what follows from it."""
    with st.popover("Measured", icon=":material/straighten:", type="tertiary", key=keys.MEASURED):
        key, found = measurements(tuning, info)
        if found is None:
            _offer(info)
            return
        _show_measured(key, found, tuning, info)


def _offer(info: RecordingInfo) -> None:
    st.markdown(
        "Measures the size of cell bodies, the decay of transients, motion and noise in the raw recording, and "
        "proposes parameters from them. Nothing is taken before you say so."
    )
    looks = shown_run.looks_at(info.name, "proposals")
    busy = any(job.status.is_active for job in looks)
    st.button(
        TITLE,
        icon=":material/straighten:",
        key=keys.MEASURE,
        disabled=busy,
        on_click=_start,
        args=(info.name,),
        help="Takes up to a minute; progress and Cancel are at the bottom of the window.",
    )
    if st.session_state.pop(keys.MEASURE_BEGUN, False):
        st.rerun()  # the whole page, which shows what runs, and learns when it ends
    ended = [job.results[info.name] for job in looks if info.name in job.results]
    if ended and ended[0].error and not busy:
        st.error(messages.plain(ended[0].error), icon=":material/error:")


def _start(name: str) -> None:
    try:
        launch.start_look(name, "proposals")
    except CalscopeError as error:
        st.session_state[keys.TUNE_REFUSED] = str(error)
    else:
        st.session_state[keys.MEASURE_BEGUN] = True


def _show_measured(key: str, found: Measurements, tuning: Tuning, info: RecordingInfo) -> None:
    given = {one.name: one for one in proposals(tuning, info)}
    if refused := st.session_state.get(keys.TUNE_REFUSED):
        st.warning(messages.plain(refused), icon=":material/error:")
    _show_take_all(tuple(given.values()), tuning)
    dataset = tuning.now.params.dataset
    lines = dict(measured_lines(found, info, dataset.fr, dataset.dxy))
    for part in PARTS:
        left, right = st.columns([5, 6], gap="small")
        with left:
            _draw_part(part, key, found, tuning, info)
        with right, st.container(gap="xxsmall"):
            st.markdown("  \n".join(f"**{label}**: {messages.plain(lines[label])}" for label in part.measured))
            for name in part.proposed:
                _show_proposal(given[name], tuning)


def _show_take_all(given: tuple[Proposal, ...], tuning: Tuning) -> None:
    differing = {one.name: one.value for one in given if _differs(one, tuning)}
    st.button(
        f"Take all {len(differing)} that differ" if len(differing) > 1 else "Take what differs",
        icon=":material/done_all:",
        key=keys.TAKE_ALL,
        disabled=not differing,
        on_click=_take,
        args=(tuning, differing),
        help="Tries the proposed values on Tune, in one step that can be undone; runs use them when you say so.",
    )
    if not differing:
        st.caption("What is tried now serves all that was measured; nothing else is proposed.")


def _differs(one: Proposal, tuning: Tuning) -> bool:
    return one.is_made and tuning.now.params.get(one.name) != one.value


def _show_proposal(one: Proposal, tuning: Tuning) -> None:
    """Draw one parameter: its value, the button that takes what is proposed, and why that is proposed or nothing is."""
    field = field_of(one.name)
    now = messages.plain(parameter_form.words(tuning.now.params.get(one.name), field.spec))
    proposed = messages.plain(parameter_form.words(one.value, field.spec)) if one.is_made else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{messages.plain(field.name)}** {now}", width="content")
        if _differs(one, tuning):
            st.button(
                f"Take {proposed}", key=keys.take_one(one.name), on_click=_take, args=(tuning, {one.name: one.value})
            )
    st.caption(messages.plain(f"{'' if one.is_made else 'No proposal. '}{text(one.reason)}"))


def _draw_part(part: Part, key: str, found: Measurements, tuning: Tuning, info: RecordingInfo) -> None:
    """Draw the picture that belongs to a part, where there is something to draw."""
    dataset = tuning.now.params.dataset
    figure = _figure(part.picture, key, found, dataset.fr or info.fr_hz, dataset.dxy or info.dxy_um)
    if part.picture == "shifts":
        survey_key = plan_keys(info, tuning.now.params, ENGINES["builtin"])["survey"]
        survey = cached.results({"survey": survey_key}).survey
        figure = None if survey is None else _shifts_figure(survey_key, tuning.now.params.motion.max_shifts, survey)
    if figure is None:
        st.caption("There is nothing to draw.")
        return
    st.caption(part.caption)
    charts.show(figure, keys.on_page("tune", f"measured {part.picture}"), f"{part.caption} {info.name}")


def _figure(picture: str, key: str, found: Measurements, fr_hz: float | None, dxy_um: Pair | None) -> go.Figure | None:
    if picture == "cells":
        return _cells_figure(key, dxy_um, found)
    if picture == "transient" and found.transient is not None:
        return _transient_figure(key, fr_hz, found)
    if picture == "parts" and np.isfinite(found.parts_px).any():
        return _parts_figure(key, found)
    if picture == "noise" and len(found.noise_curve):
        return _noise_figure(key, found)
    return None


def _take(tuning: Tuning, values: dict[str, Any]) -> None:
    try:
        tuning.change(tuning.now.params.replace(values))
    except ParameterError as error:
        st.session_state[keys.TUNE_REFUSED] = str(error)


@charts.cached
def _cells_figure(key: str, dxy_um: Pair | None, _found: Measurements) -> go.Figure:
    return measured_cells_figure(_found, dxy_um, width_px=PICTURE_PX)


@charts.cached
def _transient_figure(key: str, fr_hz: float | None, _found: Measurements) -> go.Figure:
    return transient_figure(_found.transient, fr_hz) if _found.transient is not None else go.Figure()


@charts.cached
def _shifts_figure(key: str, limits_px: tuple[int, int], _survey: MotionSurvey) -> go.Figure:
    return shifts_figure(_survey, limits_px)


@charts.cached
def _parts_figure(key: str, _found: Measurements) -> go.Figure:
    return parts_figure(_found.parts_px)


@charts.cached
def _noise_figure(key: str, _found: Measurements) -> go.Figure:
    per_unit = _found.get("noise_per_unit")
    return noise_figure(_found.noise_curve, per_unit.value if per_unit else None)
