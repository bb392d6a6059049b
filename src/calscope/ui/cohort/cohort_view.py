"""All animals of a run: pictures, and one table."""

import streamlit as st

from calscope.ui.cohort import animal_measures, cohort_sheet, cohort_table
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.frame import messages
from calscope.ui.session import shown_run


def show() -> None:
    """Draw the sheet and the table, or say why there is nothing to see."""
    if shown_run.newest() is None:
        messages.nothing_yet(
            "Nothing has run in this folder yet", "Press **Run everything** on Data: then all animals stand here."
        )
        return
    animals = animal_measures.of_all()
    far = animal_measures.far_from_group(animals)
    cohort_sheet.show(animals, far)
    cohort_table.show(animals, far)
    if any(thresholds_panel.are_tried(one.animal) for one in animals):
        st.caption("Accepted with the thresholds set now, which were not run.")
