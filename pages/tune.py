"""Tune: what a parameter does, within a second, on a part of one animal."""

from calscope.ui.frame import page_head, shell
from calscope.ui.tune import tune_view
from calscope.ui.widgets import animal_sections, animal_strip

HOW_TO_READ = (
    "Let a value go: what reads it runs again on a **part of one animal**, the square with most cells in the frames in "
    "which they are most active. **Hold this** keeps what is shown, to swipe or flick (key F) between it and what you "
    "change. Runs use what you find when you say so. On the whole recording more cells are found."
)


def render() -> None:
    """Draw the page."""
    page_head.show("Tune", HOW_TO_READ, with_animals=False)
    if animal_sections.recordings_or_say() is None:
        return
    animal_strip.show_for_one()
    tune_view.show()


shell.page(render)
