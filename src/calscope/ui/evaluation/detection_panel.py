"""How dim a cell would be found in this animal: known cells put into its movie, asked for by a button."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from calscope.algorithms.injection.detection_limit import accepted_by
from calscope.io.server_rights import Right
from calscope.model.detection import Detection
from calscope.model.errors import CalscopeError
from calscope.model.groups import Thresholds
from calscope.model.movie import FloatArray
from calscope.model.note_texts import detection_texts
from calscope.model.recording import Pair
from calscope.pipeline.steps.stage_steps import evaluate_components
from calscope.plots.detection_curve import place_figure, share_figure, trace_figure
from calscope.plots.images import Panel
from calscope.plots.scaling import display_range
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys, messages, wording
from calscope.ui.frame.act_button import act_button
from calscope.ui.session import animal_states, launch, places, run_plan, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import charts

TITLE = "How dim a cell would I find?"
BUTTON = "Put known cells in"
_PAGE = "evaluation"


@dataclass(frozen=True)
class Shown:
    """A search for known cells, with what counts as accepted now."""

    detection: Detection
    key: str
    is_as_run: bool
    """Whether the thresholds are those of the search itself."""


def show(view: EvaluatedAnimal) -> None:
    """Draw the box; what is in it is drawn when it is opened."""
    box = st.expander(TITLE, icon=":material/visibility:", on_change="rerun", key=keys.on_page(_PAGE, "detection box"))
    if box.open:
        with box:
            _show_inside(view)


def _show_inside(view: EvaluatedAnimal) -> None:
    animal = view.animal
    if not places.shows_import():
        _show_button(animal.name)
    shown = search_of(animal)
    if shown is None:
        st.caption(
            "Known cells of eight degrees of brightness, with the shapes and the activity of this animal's own, are "
            "put into its corrected movie where no component lies. Fit, refit and evaluation run on it as they did. "
            "What comes back tells how dim a cell may be."
            if not places.shows_import()
            else "These results hold no search for known cells."
        )
        return
    st.markdown(messages.plain(detection_texts.sentence(shown.detection)))
    st.caption(_about(shown))
    if shown.detection.n:
        _draw(view, shown)


def _show_button(name: str) -> None:
    """Draw the button with the time that it takes; how far it is, and cancelling, is at the bottom of the window."""
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = act_button(
            Right.RUN,
            BUTTON,
            icon=":material/play_arrow:",
            key=keys.on_page(_PAGE, "put known cells in"),
            disabled=animal_states.job_of(name) is not None,
            help="Runs with the parameters that are set now, for this animal alone. Nothing of its results changes.",
        )
        told = run_plan.of_run("injected", name)
        busy = "A run of this animal is going on." if animal_states.job_of(name) else ""
        said = busy or f"{told.line} {told.lacking}".strip()
        st.caption(messages.plain(said), help=None if busy else messages.plain(told.in_full) or None)
    if pressed:
        try:
            launch.start_injected(name)
        except CalscopeError as error:
            messages.show_error(error)
        else:
            st.rerun()


def search_of(animal: ShownAnimal) -> Shown | None:
    """Give the newest search in the components that are shown, by the thresholds set now; None where there is none."""
    ref = next((ref for ref in shown_run.refs() if ref.name == animal.name), None)
    tried = shown_run.animal(ref, "injected") if ref else None
    if tried is None or tried.results.keys.get("refit") != animal.results.keys.get("refit"):
        return None
    found = tried.results.injected
    if found is None:
        return None
    return with_thresholds(tried.results.keys["injected"], found, thresholds_panel.in_force(animal.name))


def with_thresholds(key: str, detection: Detection, thresholds: Thresholds | None) -> Shown:
    """Give a search with the known cells that these thresholds accept; None stands for those of its run."""
    if thresholds is None or detection.quality is None or not detection.n:
        return Shown(detection, key, is_as_run=True)
    accepted = evaluate_components(detection.quality, thresholds).accepted & detection.found
    if (accepted == detection.accepted).all():
        return Shown(detection, key, is_as_run=True)
    mark = thresholds.model_dump_json()
    return Shown(_accepted_by(key, mark, _detection=detection, _accepted=accepted), key + mark, is_as_run=False)


@st.cache_data(max_entries=64, show_spinner=False)
def _accepted_by(key: str, mark: str, _detection: Detection, _accepted: NDArray[np.bool_]) -> Detection:
    return accepted_by(_detection, _accepted)


def _about(shown: Shown) -> str:
    parts = [detection_texts.SNR_MEANS]
    if shown.detection.round is not None and shown.detection.n:
        n_rounds = int(shown.detection.round.max()) + 1
        parts.append(f"Put in a few at a time, in {wording.count(n_rounds, 'round')}.")
    parts.append(
        "Accepted by the thresholds of the run."
        if shown.is_as_run
        else "**Accepted by the thresholds set now, which were not run**; shapes and places are those that the run's "
        "thresholds gave."
    )
    return " ".join(parts)


def _draw(view: EvaluatedAnimal, shown: Shown) -> None:
    name = view.animal.name
    with st.container(key=keys.beside("detection")):
        left, middle, right = st.columns([5, 4, 3], gap="medium")
    with left:
        charts.show(
            _shares(shown.key, _detection=shown.detection),
            keys.on_page(_PAGE, "detection shares"),
            f"Share of known cells found and accepted in {name} over their peak SNR",
        )
    with middle:
        charts.show(
            _traces(shown.key, _detection=shown.detection),
            keys.on_page(_PAGE, "detection traces"),
            f"Correlation of the traces of found cells in {name} with what was put in, over their peak SNR",
        )
    with right:
        charts.show(
            _places(shown.key, view.animal.dxy_um, _detection=shown.detection, _image=view.after.corr),
            keys.on_page(_PAGE, "detection places"),
            f"Where known cells were found and missed in {name}",
        )


@charts.cached
def _shares(key: str, _detection: Detection) -> go.Figure:
    return share_figure(_detection)


@charts.cached
def _traces(key: str, _detection: Detection) -> go.Figure:
    return trace_figure(_detection)


@charts.cached
def _places(key: str, dxy_um: Pair | None, _detection: Detection, _image: FloatArray) -> go.Figure:
    return place_figure(
        _detection, Panel(_image, "full: found, open: missed", display_range([_image], 1.0, 99.7)), dxy_um
    )
