"""Motion: the raw and the corrected movie of every animal."""

import streamlit as st

from calscope.ui.frame import page_head, shell, sidebar
from calscope.ui.motion import motion_player, motion_table, motion_view, preview_panel
from calscope.ui.session import places, selection, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import animal_sections, imported_words, requested_values
from calscope.ui.widgets.animal_sections import Section

RUN = "Correct motion"
HOW_TO_READ = (
    "Each pair shares its display range (50 to 99.5 percentile of both images), so a visible difference is a "
    "difference in the data. In the **corrected** images, cells should have sharp edges in the max projection, and the "
    "correlation image should lose its diffuse glow and keep compact spots. Correlation with the template should rise "
    "in nearly every frame. Shift curves that stay flat at the largest allowed shift mean that *max_shifts* is too "
    "small; single spikes in a dim recording mean that it is too large. If nothing improves, switch *piecewise rigid* "
    "off."
)


def draw(animal: ShownAnimal) -> None:
    """Draw one animal."""
    raw, corrected = animal.results.before, animal.results.after
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        motion_table.show_verdict(animal)
        motion_view.choose_images()
    if raw is None or corrected is None:
        st.info(f"The summary images of this animal are no longer in the store. Press **{RUN}** to compute them again.")
    else:
        motion_view.show_images(animal, raw, corrected)
    motion_view.show_check(animal)
    motion_table.show_reasons(animal)
    motion_view.details(animal)
    requested_values.show(animal.name, animal.record, "motion")


def draw_imported(animal: ShownAnimal) -> None:
    """Draw the motion as results without a movie hold it."""
    raw, corrected = animal.results.before, animal.results.after
    film = motion_player.bundled(animal)
    has_pictures = raw is not None and corrected is not None
    imported_words.say("motion with film" if film else "motion with pictures" if has_pictures else "motion")
    motion_table.show([animal])
    if raw is not None and corrected is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            motion_table.show_verdict(animal)
            motion_view.choose_images()
        motion_view.show_images(animal, raw, corrected)
        motion_table.show_reasons(animal)
    motion_view.details(animal)
    if film is not None:
        motion_player.show_bundled(animal, film)


def render() -> None:
    """Draw the page."""
    sidebar.parameters("motion", until="motion", button=RUN, heading="Motion correction")
    if places.shows_import():
        page_head.show("Motion", HOW_TO_READ, "estimate")
        animal_sections.show(Section(("estimate",), "motion", RUN, draw_imported, draw_imported))
        return
    page_head.show("Motion", HOW_TO_READ, "apply")
    if selection.shows_all() and shown_run.newest() is not None:
        motion_table.show(list(shown_run.animals("apply")))
    animal_sections.show(Section(("apply",), "motion", RUN, draw, motion_view.show_small))
    if not selection.shows_all():
        preview_panel.show(opened=shown_run.newest() is None)


shell.page(render)
