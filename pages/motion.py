"""Motion: the raw and the corrected movie of every animal."""

import streamlit as st

from calscope.ui.frame import shell, sidebar
from calscope.ui.motion import motion_table, motion_view, preview_panel
from calscope.ui.session import places, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import animal_sections, requested_values

RUN = "Correct motion"


def explain() -> None:
    """Tell how to read the page."""
    with st.expander("How to read this page", icon=":material/help:"):
        st.markdown(
            "Each pair shares its display range (50 to 99.5 percentile of both images), so a visible difference is a "
            "difference in the data. In the **corrected** images, cells should have sharp edges in the max "
            "projection, and the correlation image should lose its diffuse glow and keep compact spots. Correlation "
            "with the template should rise in nearly every frame. Shift curves that stay flat at the largest allowed "
            "shift mean that *max_shifts* is too small; single spikes in a dim recording mean that it is too large. "
            "If nothing improves, switch *piecewise rigid* off."
        )


def draw(animal: ShownAnimal) -> None:
    """Draw one animal."""
    motion_table.show_verdict(animal)
    motion_view.show_check(animal)
    raw, corrected = animal.results.before, animal.results.after
    if raw is None or corrected is None:
        st.info(f"The summary images of this animal are no longer in the store. Press **{RUN}** to compute them again.")
    else:
        motion_view.show_images(animal, raw, corrected)
    motion_view.details(animal)
    requested_values.show(animal.name, animal.record, "motion")


def draw_imported(animal: ShownAnimal) -> None:
    """Draw the motion that another program found."""
    motion_view.details(animal)


def show_imported() -> None:
    """Draw what there is of the motion in another program's results."""
    if animal_sections.run_or_say(RUN) is None:
        return
    st.markdown(
        "No movie is in these results: there are no raw and corrected pictures to compare, no verdict and no film. "
        "Shown is what the other program says of the motion."
    )
    motion_table.show(list(shown_run.animals()))
    animal_sections.each("estimate", draw_imported, button=RUN)


def render() -> None:
    """Draw the page."""
    st.title("Motion correction", anchor=False)
    sidebar.parameters("motion", until="motion", button=RUN, heading="Motion correction")
    if places.shows_import():
        show_imported()
        return
    explain()
    preview_panel.show(opened=shown_run.shown() is None)
    if animal_sections.run_or_say(RUN) is None:
        return
    motion_table.show(list(shown_run.animals()))
    motion_view.choose_images()
    animal_sections.each("apply", draw, button=RUN)


shell.page(render)
