"""The sidebar: project, animals and engine on every page; parameters and the run button where a page asks."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.io.server_rights import Right, allowed
from calscope.model.errors import EngineError
from calscope.model.fields import ParameterField
from calscope.pipeline.records import Until
from calscope.ui.frame import keys, login, messages, next_page, run_everything, setting_words, wording
from calscope.ui.frame.act_button import act_button, say_what_lacks
from calscope.ui.session import launch, places, run_plan, shown_run
from calscope.ui.widgets import own_marks, parameter_form

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
PLAN_PX = 46
"""Two lines."""


def show() -> None:
    """Draw what every page has: project, animals, frames, engine."""
    st.logo(LOGO, size="large")
    with st.sidebar:
        login.show_leaving()
        say_what_lacks()
        project = places.project()
        if project is None:
            st.caption("No folder is open.")
            st.page_link("pages/home.py", label="Open a folder or the demo", icon=":material/folder_open:")
            return
        st.markdown(f"**{messages.plain(places.title_of(project))}**", help=messages.plain(str(project.root)))
        if places.shows_import():
            st.badge("imported, read-only", icon=":material/lock:")
            return
        names = [ref.name for ref in project.recordings]
        with st.expander(_scope_words(names), icon=":material/filter_alt:", key=keys.SCOPE):
            _show_animals(names)
            _show_engine()


def _scope_words(names: list[str]) -> str:
    """Say what runs work on, and with what."""
    chosen, n_frames = st.session_state.get(keys.ANIMALS) or names, st.session_state.get(keys.FRAMES)
    animals = f"all {len(names)}" if len(chosen) == len(names) > 1 else messages.plain(wording.some(chosen, "animal"))
    engine = ENGINE_TITLES.get(st.session_state.get(keys.ENGINE) or next(iter(ENGINES)), "")
    return f"Runs: {animals} · {engine}" + (f" · first {n_frames} frames" if n_frames else "")


def _show_animals(names: list[str]) -> None:
    st.multiselect(
        "Animals to run",
        names,
        key=keys.ANIMALS,
        placeholder=f"all {len(names)}" if len(names) > 1 else names[0],
        help="Runs work on these. Empty means all.",
        persist_state="session",
    )


def _show_engine() -> None:
    with st.container(key=keys.beside("engine")):
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
    group: str,
    *,
    until: Until,
    button: str,
    heading: str,
    instead: Mapping[str, Callable[[ParameterField], None]] = MappingProxyType({}),
) -> None:
    """Draw the run button, what a run would do, and one group of parameters, `instead` as `show_group` has it."""
    if places.project() is None:
        return
    if places.shows_import():
        st.sidebar.caption("These results are read-only: nothing can be run on them, and no parameter changes them.")
        return
    with st.sidebar:
        _show_engine_trouble()
        act_button(
            Right.RUN,
            button,
            type="primary" if _is_to_run(group, until) else "secondary",
            icon=":material/play_arrow:",
            width="stretch",
            key=keys.run_button(until),
            on_click=launch.request,
            args=(until,),
        )
    launch.carry_out(until)
    with st.sidebar:
        if allowed(Right.RUN):
            _show_plan(until)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"##### {heading}", width="stretch")
            own_marks.show_keeping(group)
        parameter_form.show_group(group, after=own_marks.show_mark, instead=instead)
        st.button(
            "Reset to defaults",
            icon=":material/restart_alt:",
            on_click=parameter_form.reset,
            args=(group,),
            width="stretch",
            key=keys.reset_button(group),
        )


def _is_to_run(group: str, until: Until) -> bool:
    """Tell whether a run would give anything new: an animal is not as far, or the settings are others."""
    if not next_page.is_made(until):
        return True
    current = shown_run.current()
    animal = shown_run.animal(current, *next_page.MADE_BY[until].stages) if current else None
    return animal is None or animal.run is None or bool(setting_words.differing(animal, group))


def _show_plan(until: Until) -> None:
    """Say in a place of fixed height, so that nothing under it moves, what a run would do."""
    changed = setting_words.changed(launch.groups_used(until))
    defaults = f"Not at default: {changed}." if changed else "All at their defaults."
    with st.container(height=PLAN_PX, border=False):
        told = run_plan.of_run(until)
        in_full = "\n".join(part for part in (told.lacking, told.line, told.in_full, defaults) if part)
        st.caption(run_everything.as_caption(told, defaults), help=messages.plain(in_full))


def recording_parameters() -> None:
    """Draw the button for everything, and what belongs to the recording and may be entered or overridden by hand."""
    with st.sidebar:
        run_everything.show()
    run_everything.carry_out()
    with st.sidebar:
        st.markdown("##### Recording")
        st.caption("Frame rate and pixel size come from the files. Values entered here overrule them.")
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
