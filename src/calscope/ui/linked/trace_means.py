"""The mean traces above the raster, sent apart: a decision changes them, and nothing of the traces themselves."""

from collections.abc import Sequence
from typing import Any

from calscope.model.movie import FloatArray
from calscope.model.results import Components, RelativeFluorescence
from calscope.plots.scaling import envelope
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import all_traces, mounting, packing
from calscope.ui.linked.all_traces import Kind, Sums
from calscope.ui.widgets import charts

NAME = "trace_means"
MOST_POINTS = 4000


def show(view: EvaluatedAnimal, page: str, kind: Kind) -> None:
    """Bring the means of all, the accepted and the rejected to the raster; nothing of it is visible itself."""
    keys = (view.keys[0], view.animal.results.keys.get("dff", ""))
    by_thresholds = tuple(all_traces.verdicts(view.components.n, view.unjudged))
    now = all_traces.verdicts(view.components.n, view.evaluation)
    components, dff = view.components, view.animal.results.dff
    sums = _sums(keys, kind, by_thresholds, _components=components, _dff=dff)
    judged = all_traces.with_moved(sums, components, dff, kind, before=by_thresholds, now=now)
    mounting.mount(NAME, view, page, {"kind": kind, "means": means_data(all_traces.means_of(judged))})


@charts.cached
def _sums(
    keys: tuple[str, str],
    kind: Kind,
    accepted: Sequence[bool | None],
    _components: Components,
    _dff: RelativeFluorescence | None,
) -> Sums:
    return all_traces.sums_of(_components, _dff, kind, accepted)


def means_data(means: dict[str, FloatArray]) -> dict[str, Any]:
    """Thin and pack the mean traces."""
    thinned = {name: envelope(values[None], MOST_POINTS) for name, values in means.items()}
    return {name: {"values": packing.floats(values), "frames_per_pair": per} for name, (values, per) in thinned.items()}
