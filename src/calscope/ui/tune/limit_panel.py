"""How dim a cell the tried parameters would find in the crop: asked for by a button, kept with the state."""

import streamlit as st

from calscope.engines.engine import with_defaults
from calscope.engines.engine_registry import ENGINES
from calscope.model.detection import Detection
from calscope.model.note_texts import detection_texts
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.trials import trial_store
from calscope.plots.detection_curve import share_figure
from calscope.ui.evaluation import detection_panel
from calscope.ui.evaluation.detection_panel import Shown
from calscope.ui.frame import keys, messages
from calscope.ui.session import places
from calscope.ui.tune.tried import ENGINE
from calscope.ui.tune.tuning import State, Tuning
from calscope.ui.widgets import charts

BUTTON = "Put known cells in"
FIGURE_PX = 210


def show(tuning: Tuning) -> None:
    """Draw the button that opens the box; what it says stays the same whatever is in it."""
    with st.popover("Detection limit", icon=":material/visibility:", type="tertiary", key=keys.LIMIT_BOX):
        _show_buttons(tuning)
        now, held = limit_of(tuning.now), limit_of(tuning.held) if tuning.held else None
        _show_limits(now, held)


def _show_buttons(tuning: Tuning) -> None:
    """Draw what begins the search and what ends it, both always: so neither moves."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            BUTTON,
            icon=":material/play_arrow:",
            key=keys.FIND_LIMIT,
            disabled=tuning.seeks_limit or not tuning.now.is_there,
            on_click=tuning.seek_limit,
            help="Known cells with the shapes and the activity of the crop's own are put into it, a few at a time, and "
            "looked for with these values. What is found is kept with the state.",
        )
        st.button(
            "Cancel",
            icon=":material/stop:",
            key=keys.CANCEL_LIMIT,
            disabled=not tuning.seeks_limit,
            on_click=tuning.stop_seeking,
        )
    failed = tuning.now.limit.error if tuning.now.limit else ""
    st.caption(
        f":material/error: {messages.plain(failed)}"
        if failed
        else "How dim a cell would these values find in this crop? It takes as long as up to eight fits with their "
        "refits; a changed value ends it."
    )


def _show_limits(now: Shown | None, held: Shown | None) -> None:
    if now is not None:
        st.markdown(messages.plain(f"{'Now: ' if held else ''}{detection_texts.sentence(now.detection)}"))
    if held is not None:
        st.markdown(messages.plain(f"Held: {_in_short(held.detection)}"))
    if now is None:
        return
    if now.detection.n:
        charts.show(
            share_figure(now.detection, FIGURE_PX),
            keys.on_page("tune", "shares"),
            "Share of known cells found, accepted",
        )
    thresholds = "" if now.is_as_run else " Accepted is told by the thresholds set now."
    st.caption(f"{detection_texts.SNR_MEANS}{thresholds} It is told for this crop, not for the whole recording.")
    st.caption(detection_texts.CELLS_OF_STATE)


def _in_short(detection: Detection) -> str:
    return detection_texts.of_limits(detection.limits) or detection_texts.sentence(detection)


def limit_of(state: State) -> Shown | None:
    """Give the search for known cells of a state, by its own thresholds; None where there is none."""
    record = state.limit.record if state.limit else None
    key = record.keys.get("injected") if record else None
    if record is None or key is None:
        return None
    found = AnimalResults(trial_store(places.store().root), record.keys).injected
    thresholds = with_defaults(ENGINES[ENGINE], state.params).evaluation
    return None if found is None else detection_panel.with_thresholds(key, found, thresholds)
