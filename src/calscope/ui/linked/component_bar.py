"""The chosen component in one line, with the filter of the list and the steps to its neighbours, as a linked view."""

from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import choice, mounting

NAME = "component_bar"


def counts(view: EvaluatedAnimal) -> dict[str, int]:
    """Tell how many components are listed by each filter; nothing is accepted or rejected where none was evaluated."""
    names = ("all", "accepted", "rejected") if view.evaluation else ("all",)
    return {name: len(view.listed(name)) for name in names}


def show(view: EvaluatedAnimal, page: str) -> None:
    """Draw the line. It alone has the choice in its data, so that the larger views are not sent again with each one."""
    data = {
        "choice": choice.to_browser(view),
        "counts": counts(view),
        "label": f"The chosen component of {view.animal.name}",
    }
    mounting.mount(NAME, view, page, data)
