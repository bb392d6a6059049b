"""Sweep: what one or two parameters do, over a range of values."""

from calscope.ui.frame import page_head, shell
from calscope.ui.sweep import sweep_view
from calscope.ui.widgets import animal_sections, animal_strip

HOW_TO_READ = (
    "Choose a parameter and its values, and start: every value is tried on the crop that **Tune** shows, with all "
    "other values as Tune has them now. Each small picture is one point: accepted components in blue, rejected ones in "
    "thin orange. **Click a picture or a point** to see that state on Tune. What is done stays when you cancel."
)


def render() -> None:
    """Draw the page."""
    page_head.show("Sweep", HOW_TO_READ, with_animals=False)
    if animal_sections.recordings_or_say() is None:
        return
    animal_strip.show_for_one()
    sweep_view.show()


shell.page(render)
