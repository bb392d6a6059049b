"""Extraction: what CNMF found in the first fit and after the refit."""

import streamlit as st

from calscope.model.results import Components
from calscope.ui import animals, charts, messages, pictures, places, shell, sidebar, tables, wording
from calscope.ui.keys import on_page
from calscope.ui.runs import ShownAnimal

RUN = "Extract components"


def show_fit(animal: ShownAnimal, stage: str, title: str, components: Components | None) -> None:
    """Draw the outlines of one fit over the corrected correlation image."""
    if components is None:
        st.info("The file holds one fit only." if places.shows_import() else "This fit is not there yet.")
        return
    found = animal.results
    figure = pictures.found(
        (found.keys[stage], found.keys["after"]),
        f"{title}: {wording.count(components.n, 'component')}",
        animal.dxy_um,
        _components=components,
        _after=found.after,
    )
    charts.show(figure, on_page("extraction", f"{stage} {animal.name}"), f"{title} of {animal.name}")
    if components.n == 0:
        st.info("No component was found. A larger K, a gSig nearer to the cells' half-size or a lower p may find some.")


def show_background(animal: ShownAnimal, components: Components) -> None:
    """Draw the background components in space and time."""
    key = animal.results.keys["refit"]
    figure = pictures.background_images(key, animal.dxy_um, _components=components)
    charts.show(figure, on_page("extraction", f"b {animal.name}"), f"Spatial background of {animal.name}")
    figure = pictures.background_traces(key, animal.fr_hz, _components=components)
    charts.show(figure, on_page("extraction", f"f {animal.name}"), f"Temporal background of {animal.name}")


def draw(animal: ShownAnimal) -> None:
    """Draw one animal."""
    found = animal.results
    if found.after is None:
        st.info(f"The corrected correlation image is no longer in the store. Press **{RUN}** to make it again.")
        return
    cells, background = st.tabs(
        ["Components", "Background"], key=on_page("extraction", f"tab {animal.name}"), on_change="rerun"
    )
    with cells:
        left, right = st.columns(2)
        with left:
            show_fit(animal, "fit", "First fit", found.first)
        with right:
            show_fit(animal, "refit", "Refit", found.refit)
        with left:
            messages.notes(found.first.notes if found.first else ())
        with right:
            messages.notes(found.refit.notes if found.refit else ())
    with background:
        if background.open and found.refit is not None:
            show_background(animal, found.refit)


def render() -> None:
    """Draw the page."""
    st.title("Extraction", anchor=False)
    sidebar.parameters("cnmf", until="extraction", button=RUN, heading="CNMF")
    st.markdown(
        "CNMF explains the corrected movie as cells with a place and a trace, over a smooth background. The **first "
        "fit** works patch by patch and may find a cell twice or split it; the **refit** starts from it and looks at "
        "the whole field. Look for one outline around each compact spot of the correlation image. Spots without an "
        "outline: raise *K*, or bring *gSig* nearer to half a cell's diameter. Outlines on nothing are normal here; "
        "evaluation is there to reject them. Cell shapes in the **background** are cells that it has swallowed: lower "
        "*nb*."
    )
    if not animals.ready(RUN):
        return
    st.dataframe(tables.counts(["First fit", "Refit"]), hide_index=True, width="content")
    animals.each("fit", draw, what=RUN)


shell.page(render)
