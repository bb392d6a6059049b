"""Evaluation: which components are cells, and why."""

import streamlit as st

from calscope.ui.evaluation import detection_panel, judged_animal, rule_switch, thresholds_panel
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import messages, page_head, shell, sidebar
from calscope.ui.linked import linked_views
from calscope.ui.session import edited, places, selection
from calscope.ui.session.shown_run import ShownAnimal, ShownRun
from calscope.ui.widgets import animal_sections, imported_words
from calscope.ui.widgets.animal_sections import Section

RUN = "Evaluate"
HOW_TO_READ = (
    "A component is **accepted if at least one threshold is met** (SNR above, or spatial r at or above) **and every "
    "lowest bound is passed and it looks like a cell body in focus**. Otherwise it is rejected, and stays visible in "
    "orange. Changing a threshold only repeats this evaluation, at once. A good threshold divides the cloud of points "
    "where it is sparse. Blue outlines that are thin, ragged or blurred: raise the soma threshold. Orange outlines on "
    "clear round spots: lower a threshold, or check in its trace whether the cell was active. Dendrites, axons or "
    "boutons: switch to **as CaImAn judges**. The keys **a**, **r** and **u** accept, reject or leave open by hand, "
    "**n** notes, **m** merges, **x** splits, **o** outlines a missed cell, **z** takes back, **d** goes to the most "
    "doubtful; judged outlines are dashed, their dots have a ring."
)


@messages.fragment
def show_linked(run: ShownRun, view: EvaluatedAnimal) -> None:
    """Draw the components; choosing one draws only this part again."""
    edited.draw_again_if_changed(view.animal.record, view.animal.results)
    view = judged_animal.judge(view)  # what was decided since the page was drawn
    linked_views.show_evaluation(view, thresholds_panel.in_force(view.animal.name) or run.params.evaluation)
    selection.put_into_address("evaluation")


def draw(animal: ShownAnimal) -> None:
    """Draw one animal, evaluated with the thresholds set now."""
    view = thresholds_panel.evaluated(animal)
    if view is None or view.evaluation is None or animal.run is None:
        st.info(f"Part of this animal's results is no longer in the store. Press **{RUN}** to compute it again.")
        return
    if view.components.n == 0:
        st.info("No component was found in this animal, so there is nothing to evaluate.")
        return
    if places.shows_import():
        imported_words.say("evaluation")
    with st.container():  # one place whatever is said in it: else the views below would be made anew
        if view.evaluation.n_accepted == 0:
            st.info("No component was accepted. The scatter shows how far they are from the thresholds.")
        thresholds_panel.say_otherwise(animal)
        if animal.not_edited:
            st.warning(messages.plain(animal.not_edited))
    show_linked(animal.run, view)
    thresholds_panel.say_rule(animal.name)
    detection_panel.show(view)


def draw_small(animal: ShownAnimal) -> None:
    """Draw accepted and rejected outlines of one of several animals."""
    view = thresholds_panel.evaluated(animal)
    if view is not None:
        linked_views.show_small(view, "evaluation")


def render() -> None:
    """Draw the page."""
    sidebar.parameters(
        "evaluation",
        until="evaluation",
        button=RUN,
        heading="Thresholds",
        instead={rule_switch.PARAMETER: rule_switch.show},
    )
    page_head.show("Evaluation", HOW_TO_READ, "evaluation")
    animal_sections.show(Section(("evaluation",), "evaluation", RUN, draw, draw_small))


shell.page(render)
