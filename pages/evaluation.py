"""Evaluation: which components are cells, and why."""

from functools import partial

import streamlit as st

from calscope.model.groups import Thresholds
from calscope.plots.quality import AXES
from calscope.ui import animals, charts, component_view, limits_view, pictures, places, runs, shell, sidebar, tables
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


def show_scatter(view: component_view.Judged, limits: Thresholds | None) -> None:
    """Draw the measures against each other, with the thresholds."""
    animal = view.animal
    if not view.has_measures:
        st.info("Who made these results measured neither SNR nor spatial r: there is nothing to plot.")
        return
    axes = st.segmented_control(
        "Compare",
        AXES,
        default=AXES[0],
        required=True,
        key=on_page("evaluation", f"axes {animal.name}"),
        label_visibility="collapsed",
    )
    figure = pictures.quality(
        (view.animal.results.keys["metrics"], view.keys[2]),
        limits or runs.shown().params.evaluation,
        axes or AXES[0],
        _quality=view.quality,
        _evaluation=view.evaluation,
    )
    charts.show(figure, on_page("evaluation", f"scatter {animal.name}"), f"{axes} of components in {animal.name}")


def draw(animal: ShownAnimal, limits: Thresholds | None) -> None:
    """Draw one animal, judged by the thresholds on the page; None stands for those of the run."""
    stored = component_view.judged(animal)
    if stored is None:
        st.info(f"Part of this animal's results is no longer in the store. Press **{RUN}** to make it again.")
        return
    view = limits_view.judged_now(stored, limits)
    if view.components.n == 0:
        st.info("No component was found in this animal, so there is nothing to judge.")
        return
    if view.evaluation.n_accepted == 0:
        st.info("No component was accepted. The scatter shows how far they are from the thresholds.")
    if view is not stored:
        st.caption(
            f"Judged by the thresholds above. The run itself accepted {stored.evaluation.n_accepted} of "
            f"{stored.components.n}: press **{RUN}** to keep this judgement."
        )
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
        show_scatter(view, limits)
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
    sidebar.parameters(
        "evaluation",
        until="evaluation",
        button=RUN,
        heading="Thresholds",
        elsewhere=limits_view.DRAWN_HERE,
        note="The thresholds that matter most stand over the pictures.",
    )
    st.markdown(
        "A component is **accepted where any one threshold is met** (SNR above, or spatial r at or above) **and every "
        "lowest bound is passed and it looks like a cell body in focus**; otherwise it is rejected, and stays visible "
        "in orange. Changing a threshold computes nothing but this judgement. A good setting splits the cloud where it "
        "is thin. Blue outlines that are thin, ragged or blurred: raise the likeness to a soma. Orange outlines on "
        "clear round spots: lower a threshold, or ask whether the cell spoke at all during the recording. Dendrites, "
        "axons or boutons: switch **Cell bodies only** off."
    )
    if not animals.ready(RUN):
        return
    st.dataframe(tables.counts(["Refit", "Accepted", "Rejected"]), hide_index=True, width="content")
    limits = None if places.shows_import() else limits_view.show()
    animals.each("evaluation", partial(draw, limits=limits), what=RUN)


shell.page(render)
