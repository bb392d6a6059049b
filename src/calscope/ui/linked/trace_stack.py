"""The traces of all listed components under each other, as a linked view."""

from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import all_traces, mounting
from calscope.ui.linked.all_traces import Kind

NAME = "trace_stack"


def show(view: EvaluatedAnimal, page: str, height_px: int, kind: Kind) -> None:
    """Draw the traces in the order of the list."""
    near = all_traces.closely(view, kind, mounting.key_of(NAME, view, page))
    data = all_traces.data_of(all_traces.whole(view, kind), near, kind, view.components.n_frames, view.animal.fr_hz)
    own = {
        "accepted": all_traces.verdicts(view.components.n, view.unjudged),
        "height": height_px,
        "label": f"Traces ({kind}) of the listed components of {view.animal.name} under each other, over time",
    }
    mounting.mount(NAME, view, page, {**data, **own})
