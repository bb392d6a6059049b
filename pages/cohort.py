"""Cohort: all animals of a run in one sheet of pictures and one table."""

from calscope.ui.cohort import cohort_view
from calscope.ui.frame import page_head, shell
from calscope.ui.widgets import animal_sections

HOW_TO_READ = (
    "Every animal with the newest results that it has, or with those of the run that is picked above. Outlines are "
    "accepted in blue, rejected in orange. ▲ marks an animal of which something lies far from the others: look at it "
    "before you pool them. ◆ marks one that ran with values of its own. A click on a picture opens the animal."
)


def render() -> None:
    """Draw the page."""
    page_head.show("Cohort", HOW_TO_READ, "evaluation", "refit", "fit", "apply", with_animals=False)
    if animal_sections.project_or_say() is not None:
        cohort_view.show()


shell.page(render)
