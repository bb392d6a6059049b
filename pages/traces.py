"""Traces: one component at a time, accepted or rejected."""

import streamlit as st

from calscope.model.fields import StageName
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.frame import messages, page_head, shell
from calscope.ui.linked import choice, linked_views, small_traces
from calscope.ui.session import edited, places, recording_events, selection
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import animal_sections
from calscope.ui.widgets.animal_sections import Section

RUN = "Evaluate"
HOW_TO_READ = (
    "The **raw** trace is the movie at the footprint without the other components and the background. The **denoised** "
    "trace is the calcium model, and **spikes** are the deconvolved activity, in arbitrary units. A cell shows steep "
    "rises and slow decays well above the noise, and a compact footprint. Slow waves without steep rises are "
    "background; jumps at large shifts are motion. Click an outline or a row, or use the arrow keys. The keys **a**, "
    "**r** and **u** accept, reject or leave open by hand, **n** notes, **m** merges, **x** splits, **o** outlines a "
    "missed cell, **z** takes back, **d** goes to the most doubtful; judged outlines are dashed."
)


@messages.fragment
def draw(animal: ShownAnimal) -> None:
    """Draw the components of one animal; choosing another one draws only this part again."""
    edited.draw_again_if_changed(animal.record, animal.results)
    view = thresholds_panel.evaluated(animal)
    if view is None or view.components.n == 0:
        st.info("No component was found in this animal.")
        return
    with st.container():
        thresholds_panel.say_otherwise(animal)
        if animal.not_edited:
            st.warning(messages.plain(animal.not_edited))
    selection.look_at_component(choice.of(view).component)
    linked_views.show_traces(view)
    selection.put_into_address("traces")


def draw_small(animal: ShownAnimal) -> None:
    """Draw a few traces of one of several animals."""
    view = thresholds_panel.evaluated(animal)
    if view is not None:
        small_traces.show(view, "traces")


def render() -> None:
    """Draw the page."""
    # another program need not have evaluated what it found
    stage: StageName = "refit" if places.shows_import() else "evaluation"
    page_head.show("Traces", HOW_TO_READ, stage, more=recording_events.show_box)
    animal_sections.show(Section((stage,), "evaluation", RUN, draw, draw_small))


shell.page(render)
