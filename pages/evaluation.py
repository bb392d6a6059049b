"""Evaluation: which components are cells, and why."""

import streamlit as st

from calscope.ui import animals, charts, component_view, pictures, runs, shell, sidebar, tables
from calscope.ui.keys import on_page
from calscope.ui.runs import ShownAnimal

RUN = "Evaluate"
MAP_PX = 460


def show_why(view: component_view.Judged) -> None:
    """Draw the table with the reason of each component."""
    table = tables.components(
        view.keys, _components=view.components, _quality=view.quality, _evaluation=view.evaluation
    )
    st.dataframe(
        table,
        hide_index=True,
        height=300,
        column_config=tables.COMPONENT_COLUMNS,
        key=on_page("evaluation", f"reasons {view.animal.name}"),
    )


def draw(animal: ShownAnimal) -> None:
    """Draw one animal."""
    view = component_view.judged(animal)
    if view is None:
        st.info(f"Part of this animal's results is no longer in the store. Press **{RUN}** to make it again.")
        return
    if view.components.n == 0:
        st.info("No component was found in this animal, so there is nothing to judge.")
        return
    if view.evaluation.n_accepted == 0:
        st.info("No component was accepted. The scatter shows how far they are from the thresholds.")
    left, right = st.columns(2, gap="medium")
    with left:
        figure = pictures.judged(
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
        figure = pictures.quality(
            (view.animal.results.keys["metrics"], view.keys[2]),
            runs.shown().params.evaluation,
            _quality=view.quality,
            _evaluation=view.evaluation,
        )
        charts.show(figure, on_page("evaluation", f"scatter {animal.name}"), f"SNR against spatial r in {animal.name}")
    with st.expander("Why each component was accepted or rejected"):
        show_why(view)
    st.page_link(
        "pages/traces.py",
        label="Look at the traces",
        icon=":material/show_chart:",
        query_params={"run": runs.shown().id, "animal": animal.name},
    )


def render() -> None:
    """Draw the page."""
    st.title("Evaluation", anchor=False)
    sidebar.parameters("evaluation", until="evaluation", button=RUN, heading="Thresholds")
    st.markdown(
        "A component is **accepted where any one threshold is met** (SNR above, or spatial r at or above) **and every "
        "lowest bound is passed**; otherwise it is rejected, and stays visible in orange. Changing a threshold "
        "computes nothing but this judgement. A good setting splits the cloud where it is thin. Blue outlines that are "
        "thin, ragged or huge are not cell bodies: raise the thresholds. Orange outlines on clear round spots: lower "
        "them, or ask whether the cell spoke at all during the recording."
    )
    if not animals.ready(RUN):
        return
    st.dataframe(tables.counts(["Refit", "Accepted", "Rejected"]), hide_index=True, width="content")
    animals.each("evaluation", draw, what=RUN)


shell.page(render)
