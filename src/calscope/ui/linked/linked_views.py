"""The linked views of one animal, as the pages show them."""

import streamlit as st

from calscope.model.groups import Thresholds
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.linked import component_bar, component_table, field_map, flagged, judging, measure_scatter, trace_tabs
from calscope.ui.widgets import truth_view

PICTURE_PX, TABLE_PX, SMALL_PX = 460, 300, 340


def show_evaluation(view: EvaluatedAnimal, thresholds: Thresholds) -> None:
    """Draw map and measures beside each other, and the table under them."""
    _show_bar(view, "evaluation")
    with st.container(key=keys.beside("linked")):
        left, right = st.columns([4, 3], gap="small")
    with left:
        field_map.show(view, "evaluation", PICTURE_PX)
    with right:
        measure_scatter.show(view, thresholds, "evaluation", PICTURE_PX)
    truth_view.say_cells(view)
    component_table.show(view, "evaluation", TABLE_PX)


def show_traces(view: EvaluatedAnimal) -> None:
    """Draw the map beside what is shown of the traces, and the table under them."""
    _show_bar(view, "traces")
    with st.container(key=keys.beside("linked")):
        left, right = st.columns([3, 4], gap="medium")
    with left:
        field_map.show(view, "traces", PICTURE_PX)
    with right:
        trace_tabs.show(view, "traces", PICTURE_PX)
    truth_view.say_cells(view)
    component_table.show(view, "traces", TABLE_PX)


def _show_bar(view: EvaluatedAnimal, page: str) -> None:
    """Draw the bar, and before it what it and all views are told of decisions, which takes no room."""
    judging.follow_changes(view)
    with st.container(gap=None):
        judging.show(view, page)
        flagged.show(view, page)
        component_bar.show(view, page)


def show_small(view: EvaluatedAnimal, page: str) -> None:
    """Draw the map alone, for a grid of animals; what is clicked in it is chosen."""
    field_map.show(view, page, SMALL_PX, has_footprints=False)
