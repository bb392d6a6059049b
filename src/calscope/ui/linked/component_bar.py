"""The chosen component in one line, with the filter of the list and the steps to its neighbours, as a linked view."""

from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import choice, field_map, mounting

NAME = "component_bar"


def counts(view: EvaluatedAnimal) -> dict[str, int]:
    """Tell how many components are listed by each filter; nothing is accepted or rejected where none was evaluated."""
    names = ("all", "accepted", "rejected") if view.evaluation else ("all",)
    return {name: len(view.listed(name)) for name in names}


def show(view: EvaluatedAnimal, page: str) -> None:
    """Draw the line. It alone has the choice in its data, so that the larger views are not sent again with each one."""
    chosen = choice.of(view)
    near = () if chosen.component is None else (chosen.component, *chosen.near)
    data = {
        "choice": choice.to_browser(view),
        "footprints": {str(number): field_map.footprint_of(view.components, number) for number in near},
        "counts": counts(view),
        "label": f"The chosen component of {view.animal.name}",
    }
    mounting.mount(NAME, view, page, data)
