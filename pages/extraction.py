"""Extraction: the search preview, the components of the first fit and of the refit, and what the fit missed."""

import streamlit as st

from calscope.model.fields import StageName
from calscope.model.results import Components
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.extraction import fits_view, residual_view, search_preview
from calscope.ui.frame import messages, shell, sidebar, wording
from calscope.ui.frame.keys import on_page
from calscope.ui.session import places, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import animal_sections, cached_figures, charts, requested_values

RUN = "Extract components"


def show_fit(animal: ShownAnimal, stage: StageName, title: str, components: Components) -> None:
    """Draw the outlines of a fit that stands alone over the corrected correlation image."""
    found = animal.results
    if found.after is None:
        st.info(f"The corrected correlation image is no longer in the store. Press **{RUN}** to compute it again.")
        return
    figure = cached_figures.fit_map(
        (found.keys[stage], found.keys["after"]),
        f"{title}: {wording.count(components.n, 'component')}",
        animal.dxy_um,
        _components=components,
        _after=found.after,
    )
    charts.show(figure, on_page("extraction", f"{stage} {animal.name}"), f"{title} of {animal.name}")
    if components.n == 0:
        st.info("No component was found. A larger K, a gSig nearer to the cells' half-size or a lower p may find some.")
    messages.notes(components.notes)


def show_fits(animal: ShownAnimal) -> None:
    """Draw both fits beside each other, or the one that is there."""
    first, refit = animal.results.first, animal.results.refit
    if first is not None and refit is not None:
        fits_view.show(animal)
    elif refit is not None:
        st.info("The file holds one fit only.")
        show_fit(animal, "refit", "Fit", refit)
    elif first is not None:
        st.info("This run has no refit yet.")
        show_fit(animal, "fit", "First fit", first)


def show_background(animal: ShownAnimal, components: Components) -> None:
    """Draw the background components in space and time."""
    if not len(components.f):
        st.info("These results have no background (b, f).")
        return
    st.caption(
        "Background (neuropil, out-of-focus light): images **b**, in the units of the movie, times traces **f**, each "
        "divided by its mean. Cell shapes in b are cells that were taken up by the background: lower *nb*."
    )
    key = animal.results.keys["refit"]
    figure = cached_figures.background_images(key, animal.dxy_um, _components=components)
    charts.show(figure, on_page("extraction", f"b {animal.name}"), f"Spatial background of {animal.name}")
    figure = cached_figures.background_traces(key, animal.fr_hz, _components=components)
    charts.show(figure, on_page("extraction", f"f {animal.name}"), f"Temporal background of {animal.name}")


def draw(animal: ShownAnimal) -> None:
    """Draw one animal."""
    found = animal.results
    names = ["First fit and refit", "What the fit missed", "Background"]
    fits, missed, background = st.tabs(names, key=on_page("extraction", f"tab {animal.name}"), on_change="rerun")
    with fits:
        if fits.open:
            show_fits(animal)
            requested_values.show(animal.name, animal.record, "extraction")
    with missed:
        if missed.open:
            residual_view.show(animal)
    with background:
        if background.open and found.refit is not None:
            show_background(animal, found.refit)


def render() -> None:
    """Draw the page."""
    st.title("Extraction", anchor=False)
    sidebar.parameters(
        "cnmf",
        until="extraction",
        button=RUN,
        heading="CNMF",
        elsewhere=search_preview.SHOWN,
        note="gSig, gSiz, rf, stride and K are in the search preview on the page.",
    )
    st.markdown(
        "CNMF models the corrected movie as components, each with a footprint and a trace, and a smooth background. "
        "The **first fit** works patch by patch and may find a cell twice or split it. The **refit** starts from it "
        "and covers the whole field. Look for one outline around each compact spot of the correlation image. Some "
        "outlines on nothing are normal here: evaluation rejects them."
    )
    if places.project() is not None and not places.shows_import():
        search_preview.show()
    if animal_sections.run_or_say(RUN) is None:
        return
    st.dataframe(fits_view.table(), hide_index=True, width="content")
    thresholds_panel.say_whose(shown_run.animals())
    animal_sections.each("fit", draw, button=RUN)


shell.page(render)
