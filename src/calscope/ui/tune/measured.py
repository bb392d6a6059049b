"""What the animal on Tune says of its parameters: measured on demand, kept in the store, taken only by a press."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from calscope.algorithms.proposals.from_measurements import propose
from calscope.engines.engine_registry import ENGINES
from calscope.model.errors import CalscopeError, ParameterError
from calscope.model.note_texts.all_texts import text
from calscope.model.note_texts.measured_words import measured_lines
from calscope.model.params import field_of
from calscope.model.proposals import Measurements, Proposal
from calscope.model.recording import Pair, RecordingInfo
from calscope.pipeline.runner import plan_keys
from calscope.plots.measured_plots import measured_cells_figure, transient_figure
from calscope.ui.frame import keys, messages
from calscope.ui.session import cached, launch, shown_run
from calscope.ui.tune.tuning import Tuning
from calscope.ui.widgets import charts, parameter_form

TITLE = "Measure this animal"
PICTURE_PX = 300


def proposals(tuning: Tuning, info: RecordingInfo) -> tuple[Proposal, ...]:
    """Give what is proposed for the animal; nothing before it was measured."""
    found = _measurements(tuning, info)[1]
    if found is None:
        return ()
    return propose(found, tuning.now.params.dataset.fr or info.fr_hz)


def _measurements(tuning: Tuning, info: RecordingInfo) -> tuple[str, Measurements | None]:
    """Give the key of the measurements, and themselves where they are in the store."""
    key = plan_keys(info, tuning.now.params, ENGINES["builtin"])["proposals"]
    return key, cached.results({"proposals": key}).proposals


def show(tuning: Tuning, info: RecordingInfo) -> None:
    """Draw the button, and behind it what was measured and what follows from it."""
    with st.popover("Measured", icon=":material/straighten:", type="tertiary", key=keys.MEASURED):
        key, found = _measurements(tuning, info)
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
    given = proposals(tuning, info)
    _show_take_all(given, tuning)
    dataset = tuning.now.params.dataset
    rate, size = dataset.fr or info.fr_hz, dataset.dxy or info.dxy_um
    left, right = st.columns(2)
    with left:
        st.caption("Cells that were measured, blue; the usual diameter, orange, in the corner.")
        alt = f"Correlation image of {info.name} with circles around {len(found.cells)} measured cells"
        charts.show(_cells_figure(key, size, found), keys.on_page("tune", "measured cells"), alt)
    with right:
        lines = measured_lines(found, info, dataset.fr, dataset.dxy)
        st.caption("  \n".join(f"**{label}**: {messages.plain(value)}" for label, value in lines))
        if found.transient is not None:
            st.caption("Median of transients that stand alone, and the decay fitted to it.")
            charts.show(
                _transient_figure(key, rate, found), keys.on_page("tune", "measured transient"), "Average transient"
            )
    st.table([_row(one, tuning) for one in given])


def _show_take_all(given: tuple[Proposal, ...], tuning: Tuning) -> None:
    differing = {one.name: one.value for one in given if one.is_made and tuning.now.params.get(one.name) != one.value}
    st.button(
        f"Take all {len(differing)} that differ" if differing else "All of them are tried now",
        icon=":material/done_all:",
        key=keys.TAKE_ALL,
        disabled=not differing,
        on_click=_take,
        args=(tuning, differing),
        help="Tries the proposed values on Tune, in one step that can be undone; runs use them when you say so.",
    )
    if differing:
        st.caption("Or take them one by one: above the slider of each stands *take* with its value.")


def _row(one: Proposal, tuning: Tuning) -> dict[str, Any]:
    spec = field_of(one.name).spec
    now = tuning.now.params.get(one.name)
    return {
        "Parameter": field_of(one.name).name,
        "Proposed": parameter_form.words(one.value, spec) if one.is_made else "no proposal",
        "Now": parameter_form.words(now, spec),
        "Why": text(one.reason),
    }


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
