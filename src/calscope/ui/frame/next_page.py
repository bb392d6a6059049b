"""The link to the page that comes next in the order of work."""

from dataclasses import dataclass

import streamlit as st

from calscope.model.fields import StageName
from calscope.pipeline.records import Until
from calscope.ui.frame import keys
from calscope.ui.session import animal_states, places
from calscope.ui.session.animal_states import Step

_NEXT = {
    "Data": "Motion",
    "Motion": "Extraction",
    "Extraction": "Evaluation",
    "Evaluation": "Traces",
    "Traces": "Share",
}


@dataclass(frozen=True)
class Made:
    """What a run until a page's step makes."""

    page: str
    step: Step
    stages: tuple[StageName, ...]
    """The result that the page shows, and what else will do."""


MADE_BY: dict[Until, Made] = {
    "motion": Made("Motion", "corrected", ("apply",)),
    "extraction": Made("Extraction", "extracted", ("refit", "fit")),
    "evaluation": Made("Evaluation", "evaluated", ("evaluation",)),
}
_ICONS = {
    "Data": ":material/video_library:",
    "Motion": ":material/open_with:",
    "Extraction": ":material/bubble_chart:",
    "Evaluation": ":material/fact_check:",
    "Traces": ":material/show_chart:",
    "Share": ":material/ios_share:",
}


def show(page: str) -> None:
    """Draw the link to the page after this one; it stands out once there is nothing left to run here."""
    if page in _NEXT and places.project() is not None:
        link(_NEXT[page], stands_out=is_done_on(page))


def link(page: str, *, stands_out: bool) -> None:
    """Draw a link to a page as the next step."""
    with st.container(key=keys.NEXT_PAGE if stands_out else keys.LATER_PAGE, width="content"):
        st.page_link(f"pages/{page.lower()}.py", label=f"Next: {page}", icon=_ICONS[page])


def is_done_on(page: str) -> bool:
    """Tell whether all chosen animals have what is made on a page; true where nothing is."""
    return all(is_made(until) for until, made in MADE_BY.items() if made.page == page)


def is_made(until: Until) -> bool:
    """Tell whether all chosen animals have what such a run makes."""
    return places.shows_import() or animal_states.have_all(MADE_BY[until].step)


def after_opening() -> str:
    """Give the page on which the chosen animals go on: their recordings first, then what is not made of all yet."""
    if places.shows_import():
        return "Evaluation"
    if not animal_states.have_all("corrected"):
        return "Data" if animal_states.is_untouched() else "Motion"
    return "Evaluation" if animal_states.have_all("extracted") else "Extraction"
