"""The sidebar: project, animals and engine on every page; parameters and the run button where a page asks."""

from collections.abc import Collection

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.model.errors import EngineError
from calscope.model.params import field_of, fields
from calscope.pipeline.records import Until
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.frame import keys, messages
from calscope.ui.session import launch, places, shown_run
from calscope.ui.widgets import parameter_form

ENGINE_TITLES = {"builtin": "Built-in", "caiman": "CaImAn"}
_BLUE = "#2f83cc"
"""Reads on the light page and on the dark one."""
_RING = (
    f'<circle cx="16" cy="16" r="11" fill="none" stroke="{_BLUE}" stroke-width="4"/>'
    '<circle cx="16" cy="16" r="4" fill="#ff7f0e"/>'
)
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 32 32">{_RING}</svg>'
LOGO = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="150" height="32" viewBox="0 0 150 32">{_RING}'
    '<text x="36" y="22.5" font-family="Helvetica, Arial, sans-serif" font-size="20" font-weight="600" '
    f'fill="{_BLUE}">Calscope</text></svg>'
)
"""Drawn here, so that no picture is fetched from elsewhere."""


def show() -> None:
    """Draw what every page has: project, animals, frames, engine."""
    st.logo(LOGO, size="large")
    with st.sidebar:
        project = places.project()
        if project is None:
            st.caption("No folder is open.")
            st.page_link("pages/home.py", label="Open a folder or the demo", icon=":material/folder_open:")
            return
        name = project.recordings[0].original if places.shows_import() else project.root.name
        st.markdown(f"**{messages.plain(name)}**", help=messages.plain(str(project.root)))
        if places.shows_import():
            st.badge("imported, read-only", icon=":material/lock:")
            return
        _show_animals([ref.name for ref in project.recordings])
        _show_engine()


def _show_animals(names: list[str]) -> None:
    st.multiselect(
        "Animals",
        names,
        key=keys.ANIMALS,
        placeholder=f"all {len(names)}" if len(names) > 1 else names[0],
        help="What pages show and runs work on. Empty means all.",
        persist_state="session",
    )


def _show_engine() -> None:
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        st.selectbox(
            "Engine",
            list(ENGINES),
            format_func=lambda name: ENGINE_TITLES.get(name, name),
            key=keys.ENGINE,
            help="The program that corrects motion and extracts components. Home shows which are available here.",
            persist_state="session",
        )
    with right:
        st.number_input(
            "First frames only",
            min_value=1,
            value=None,
            step=1,
            placeholder="all",
            key=keys.FRAMES,
            help="Work on this many frames from the start of each recording. Empty means all.",
            persist_state="session",
        )


def parameters(
    group: str, *, until: Until, button: str, heading: str, elsewhere: Collection[str] = (), note: str = ""
) -> None:
    """Draw one group of parameters with its reset and run buttons, and what differs from the run that is shown.

    Parameters
    ----------
    elsewhere
        Parameters of the group that the page itself draws.
    note
        Says where those are.
    """
    if places.project() is None:
        return
    if places.shows_import():
        st.sidebar.caption("These results are read-only: nothing can be run on them, and no parameter changes them.")
        return
    with st.sidebar:
        st.markdown(f"##### {heading}")
        _show_engine_trouble()
        st.button(
            button,
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            key=keys.run_button(until),
            on_click=launch.request,
            args=(until,),
        )
        launch.carry_out(until, shown_on_page=group if elsewhere else "")
        _show_difference(group)
        if note:
            st.caption(note)
        parameter_form.show_group(group, elsewhere)
        st.button(
            "Reset to defaults",
            icon=":material/restart_alt:",
            on_click=parameter_form.reset,
            args=(group,),
            width="stretch",
            key=keys.reset_button(group),
        )


def recording_parameters() -> None:
    """Draw what belongs to the recording and may be entered or overridden by hand."""
    with st.sidebar:
        st.markdown("##### Recording")
        st.caption("Frame rate and pixel size come from the files. Values entered here override them.")
        parameter_form.show_group("dataset", without=("dataset.fr",) if launch.without_frame_rate(None) else ())
        st.button(
            "Reset to the files' values",
            icon=":material/restart_alt:",
            on_click=parameter_form.reset,
            args=("dataset",),
            width="stretch",
            key=keys.reset_button("dataset"),
        )


def _show_engine_trouble() -> None:
    try:
        launch.engine_name("motion")
    except EngineError as error:
        messages.show_error(error)


def _show_difference(group: str) -> None:
    """Say where the sidebar differs from the run on the page, in this group and in what comes before it."""
    run = shown_run.shown()
    if run is None:
        return
    differences = differing(run, group)
    if differences:
        st.caption("**The run shown used other settings.** " + " ".join(differences))
    elif group != "evaluation" or thresholds_panel.entered() in (None, run.params.evaluation):
        return
    words = "Sets parameters, engine and frames to those of the run shown, on every page."
    st.button(
        "Use this run's settings",
        key=keys.as_run_button(group),
        help=words,
        on_click=launch.take_settings_of,
        args=(run,),
    )


def differing(run: shown_run.ShownRun, group: str) -> list[str]:
    """Give a sentence for every parameter up to this group whose value in the sidebar is not the run's.

    Thresholds that the pictures follow are left out.
    """
    are_followed = thresholds_panel.entered() is not None
    order = list(dict.fromkeys(field.group for field in fields()))
    before = order[: order.index(group) + 1]
    sentences = []
    for dotted, value in parameter_form.values().items():
        field = field_of(dotted)
        used = run.params.get(dotted)
        is_followed = are_followed and field.spec.stages == ("evaluation",)
        if field.group in before and value != used and not is_followed:
            sentences.append(
                f"It used {messages.plain(field.name)} {messages.plain(parameter_form.words(used, field.spec))}; "
                f"set now: {messages.plain(parameter_form.words(value, field.spec))}."
            )
    return sentences
