"""The frame around every page: navigation, the sidebar, the running job, errors in words.

A browser may open any page's address first. Streamlit then runs the page's file by itself, without `app.py`, because a
folder called `pages` stands beside it. So each page ends with `page(render)`, which draws when the frame stands, and
otherwise sets it up; the frame enters the same page again.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from importlib.resources import files

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from calscope.ui.frame import beside_pages, jobs_panel, login, messages, sidebar
from calscope.ui.session import launch, project_settings, selection
from calscope.ui.widgets import parameter_form

SIDEBAR_PX = 336
_STYLE = f"<style>{files('calscope.ui.frame').joinpath('page.css').read_text(encoding='utf-8')}</style>"
"""Widths and heights for which Streamlit has no setting."""

_standing: ContextVar[bool] = ContextVar("calscope_frame_stands", default=False)


def run() -> None:
    """Set up the frame and draw the page that the address asks for."""
    st.set_page_config(page_title="Calscope", page_icon=sidebar.ICON, layout="wide", initial_sidebar_state=SIDEBAR_PX)
    st.html(_STYLE)
    if login.is_missing():
        st.navigation(_pages(), position="hidden")
        login.ask()
        return
    chosen = st.navigation(_pages(), position="top")
    parameter_form.seed()
    parameter_form.repeat_moves()
    beside_pages.keep_up()
    token = _standing.set(True)
    try:
        messages.guarded(selection.take_from_address)
        project_settings.follow(otherwise=partial(messages.guarded, launch.begin_as_picked))
        messages.guarded(partial(jobs_panel.show, chosen.url_path))
        messages.guarded(sidebar.show)
        chosen.run()
        selection.put_into_address()
        project_settings.keep()
        parameter_form.drawn()
    finally:
        _standing.reset(token)


def page(render: Callable[[], None]) -> None:
    """Draw a page inside the frame; every page's file ends with this."""
    if _standing.get():
        messages.guarded(render)
    else:
        run()


def _pages() -> list[StreamlitPage]:
    """List the pages in the order of the work."""
    return [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/data.py", title="Data", icon=":material/video_library:", url_path="data"),
        st.Page("pages/tune.py", title="Tune", icon=":material/tune:", url_path="tune"),
        st.Page("pages/motion.py", title="Motion", icon=":material/open_with:", url_path="motion"),
        st.Page("pages/extraction.py", title="Extraction", icon=":material/bubble_chart:", url_path="extraction"),
        st.Page("pages/evaluation.py", title="Evaluation", icon=":material/fact_check:", url_path="evaluation"),
        st.Page("pages/traces.py", title="Traces", icon=":material/show_chart:", url_path="traces"),
        st.Page(
            "pages/compare.py",
            title="Compare",
            icon=":material/compare:",
            url_path=selection.COMPARE,
            visibility="hidden",  # a tenth name would hide others at the top; Runs leads here
        ),
        st.Page(
            "pages/cohort.py", title="Cohort", icon=":material/groups:", url_path="cohort", visibility="hidden"
        ),  # Runs and the grid of all animals lead here
        st.Page(
            "pages/sweep.py",
            title="Sweep",
            icon=":material/grid_view:",
            url_path="sweep",
            visibility="hidden",  # Tune leads here
        ),
        st.Page(
            "pages/share.py", title="Share", icon=":material/ios_share:", url_path="share", visibility="hidden"
        ),  # Traces and Runs lead here
        st.Page("pages/parameters.py", title="Parameters", icon=":material/settings:", url_path="parameters"),
        st.Page("pages/runs.py", title="Runs", icon=":material/history:", url_path="runs"),
    ]
