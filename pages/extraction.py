"""Extraction: the search preview, the components of the first fit and of the refit, and what the fit missed."""

import streamlit as st

from calscope.ui.evaluation import thresholds_panel
from calscope.ui.extraction import fits_view, residual_view, search_preview
from calscope.ui.frame import page_head, shell, sidebar
from calscope.ui.frame.keys import on_page
from calscope.ui.session import places, selection, shown_run, views
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import animal_sections, imported_words, requested_values
from calscope.ui.widgets.animal_sections import Section

RUN = "Extract components"
HOW_TO_READ = (
    "CNMF models the corrected movie as components, each with a footprint and a trace, and a smooth background. The "
    "**first fit** works patch by patch and may find a cell twice or split it. The **refit** starts from it and covers "
    "the whole field. Look for one outline around each compact spot of the correlation image. Some outlines on nothing "
    "are normal here: evaluation rejects them. The **search preview** shows what gSig, gSiz, rf, stride and K mean on "
    "this field, while you change them."
)
FITS, SEARCH, MISSED, BACKGROUND = "First fit and refit", "Search preview", "What the fit missed", "Background"


def draw(animal: ShownAnimal) -> None:
    """Draw one animal that has a fit."""
    thresholds_panel.say_otherwise(animal)
    names = [FITS, SEARCH, MISSED, BACKGROUND]
    views.begin(on_page("extraction", "tab"), names)
    fits, search, missed, background = st.tabs(names, key=on_page("extraction", "tab"), on_change="rerun")
    with fits:
        if fits.open:
            fits_view.show_fits(animal)
            requested_values.show(animal.name, animal.record, "extraction")
    with search:
        if search.open:
            search_preview.show()
    with missed:
        if missed.open:
            residual_view.show(animal)
    with background:
        if background.open:
            fits_view.show_background(animal)


def draw_imported(animal: ShownAnimal) -> None:
    """Draw the one fit of results that were made elsewhere, and their background."""
    imported_words.say("extraction")
    fits_view.show_fits(animal)
    fits_view.show_background(animal)


def render() -> None:
    """Draw the page."""
    sidebar.parameters("cnmf", until="extraction", button=RUN, heading="CNMF")
    page_head.show("Extraction", HOW_TO_READ, "refit", "fit")
    if places.shows_import():
        animal_sections.show(Section(("refit",), "cnmf", RUN, draw_imported, fits_view.show_small))
        return
    if selection.shows_all() and shown_run.newest() is not None:
        st.dataframe(fits_view.table(), hide_index=True, width="content")
    animal_sections.show(Section(("refit", "fit"), "cnmf", RUN, draw, fits_view.show_small))
    ref = shown_run.current()
    if ref and not selection.shows_all() and not fits_view.has_fit(shown_run.animal(ref, "refit", "fit")):
        search_preview.show()


shell.page(render)
