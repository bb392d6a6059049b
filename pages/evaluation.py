"""Evaluation: which components are cells, and why."""

from functools import partial

import streamlit as st

from calscope.plots.component_scatter import AXES
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import shell, sidebar
from calscope.ui.frame.keys import on_page
from calscope.ui.session import places
from calscope.ui.session.shown_run import ShownAnimal, ShownRun
from calscope.ui.widgets import animal_sections, cached_figures, charts, component_table

RUN = "Evaluate"
MAP_PX = 460


def show_why(view: EvaluatedAnimal) -> None:
    """Draw the table with the reason of each component."""
    table = component_table.components(
        view.keys, _components=view.components, _quality=view.quality, _evaluation=view.evaluation
    )
    st.dataframe(
        table,
        hide_index=True,
        height=300,
        column_config=component_table.COMPONENT_COLUMNS,
        key=on_page("evaluation", f"reasons {view.animal.name}"),
    )


def show_scatter(run: ShownRun, view: EvaluatedAnimal) -> None:
    """Draw the measures against each other, with the thresholds."""
    animal = view.animal
    if view.evaluation is None or not view.has_measures:
        st.info("The imported file contains no SNR or spatial r, so there is nothing to plot.")
        return
    axes = st.segmented_control(
        "Compare",
        AXES,
        default=AXES[0],
        required=True,
        key=on_page("evaluation", f"axes {animal.name}"),
        label_visibility="collapsed",
    )
    figure = cached_figures.measures_scatter(
        (view.animal.results.keys["component_quality"], view.keys[2]),
        thresholds_panel.in_force() or run.params.evaluation,
        axes or AXES[0],
        _quality=view.quality,
        _evaluation=view.evaluation,
    )
    charts.show(figure, on_page("evaluation", f"scatter {animal.name}"), f"{axes} of components in {animal.name}")


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
    left, right = st.columns(2, gap="medium")
    with left:
        figure = cached_figures.acceptance_map(
            view.keys,
            f"{view.evaluation.n_accepted} accepted (blue), {view.evaluation.n_rejected} rejected (orange)",
            animal.dxy_um,
            MAP_PX,
            _components=view.components,
            _evaluation=view.evaluation,
            _after=view.after,
        )
        charts.show(figure, on_page("evaluation", f"map {animal.name}"), f"Accepted and rejected in {animal.name}")
    with right:
        show_scatter(run, view)
    with st.expander("Why each component was accepted or rejected"):
        show_why(view)
    st.page_link(
        "pages/traces.py",
        label="Look at the traces",
        icon=":material/show_chart:",
        query_params={"run": run.id, "animal": animal.name},
    )


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
