"""Evaluation: which components are cells, and why."""

from functools import partial

import streamlit as st

from calscope.ui.evaluation import thresholds_panel
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import messages, shell, sidebar
from calscope.ui.linked import choice, linked_views
from calscope.ui.session import places, selection
from calscope.ui.session.shown_run import ShownAnimal, ShownRun
from calscope.ui.widgets import animal_sections

RUN = "Evaluate"


@messages.fragment
def show_linked(run: ShownRun, view: EvaluatedAnimal) -> None:
    """Draw the components; choosing one draws only this part again."""
    linked_views.show_evaluation(view, thresholds_panel.in_force() or run.params.evaluation)
    st.page_link(
        "pages/traces.py",
        label="Look at the traces",
        icon=":material/show_chart:",
        query_params=selection.link_to_component(run.id, view.animal.name, choice.of(view).component),
    )
    selection.put_into_address()


def draw(run: ShownRun, animal: ShownAnimal) -> None:
    """Draw one animal, evaluated with the thresholds on the page."""
    view = thresholds_panel.evaluated(animal)
    if view is None or view.evaluation is None:
        st.info(f"Part of this animal's results is no longer in the store. Press **{RUN}** to compute it again.")
        return
    if view.components.n == 0:
        st.info("No component was found in this animal, so there is nothing to evaluate.")
        return
    if view.evaluation.n_accepted == 0:
        st.info("No component was accepted. The scatter shows how far they are from the thresholds.")
    thresholds_panel.say_whose([animal], thresholds_panel.HERE)
    show_linked(run, view)


def render() -> None:
    """Draw the page."""
    st.title("Evaluation", anchor=False)
    sidebar.parameters(
        "evaluation",
        until="evaluation",
        button=RUN,
        heading="Thresholds",
        elsewhere=thresholds_panel.DRAWN_HERE,
        note="The most important thresholds are above the pictures.",
    )
    st.markdown(
        "A component is **accepted if at least one threshold is met** (SNR above, or spatial r at or above) **and "
        "every lowest bound is passed and it looks like a cell body in focus**. Otherwise it is rejected, and stays "
        "visible in orange. Changing a threshold only repeats this evaluation, at once. A good threshold divides the "
        "cloud of points where it is sparse. Blue outlines that are thin, ragged or blurred: raise the soma "
        "threshold. Orange outlines on clear round spots: lower a threshold, or check in its trace whether the cell "
        "was active. Dendrites, axons or boutons: switch **Cell bodies only** off."
    )
    run = animal_sections.run_or_say(RUN)
    if run is None:
        return
    table = st.container()
    if not places.shows_import():
        thresholds_panel.show()
    with table:  # filled last: a moved slider changes its box while both are drawn
        st.dataframe(thresholds_panel.counts(), hide_index=True, width="content")
    animal_sections.each("evaluation", partial(draw, run), button=RUN)


shell.page(render)
