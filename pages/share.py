"""Share: what of a run can be handed over, made from the store, to be downloaded or written into a folder."""

from calscope.ui.frame import page_head, shell
from calscope.ui.session import shown_run
from calscope.ui.share import share_view
from calscope.ui.widgets import animal_sections

HOW_TO_READ = (
    "Each row is one way to hand over the run that is named beside the title. **Make** prepares a file while you go on "
    "working, then **Download** fetches it. **Write** puts the same into a folder on the machine that runs Calscope. "
    "Components, decisions and parameters are those that the pages show. Sizes before something is made are estimates."
)


def render() -> None:
    """Draw the page."""
    page_head.show("Share", HOW_TO_READ, "refit", "evaluation", with_animals=False)
    if animal_sections.project_or_say() is None:
        return
    run = shown_run.newest()
    if run is None:
        share_view.say_nothing_ran()
    else:
        share_view.show(run)


shell.page(render)
