"""One measure of the components against another, with the thresholds as lines."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from calscope.model.acceptance_rule import measure_rules
from calscope.model.groups import Thresholds
from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality, Evaluation
from calscope.plots import style
from calscope.plots.contours import Group, group_by_acceptance

Axes = Literal["SNR and spatial r", "SNR and soma", "soma and spatial r"]
AXES: tuple[Axes, ...] = ("SNR and spatial r", "SNR and soma", "soma and spatial r")
"""What can be drawn: up, and to the right."""


class _Axis(NamedTuple):
    title: str
    short: str
    """Name beside a threshold's line."""
    values: FloatArray
    upper: float | None
    """The threshold above which a component is accepted; None where it isn't used."""
    lowest: float | None
    """The threshold below which it is rejected; None where it isn't used."""
    ends: tuple[float, float] | None = None
    """What is shown of the axis to the right; None for as much as there is."""


def quality_figure(
    quality: ComponentQuality,
    evaluation: Evaluation,
    thresholds: Thresholds,
    axes: Axes = "SNR and spatial r",
    unlike_soma: NDArray[np.bool_] | None = None,
) -> go.Figure:
    """Draw one point a component, blue where accepted and orange where rejected, and the thresholds as lines.

    A component that one of the two measures is missing for is left out.

    Parameters
    ----------
    unlike_soma
        (K,) which of the rejected would be accepted but for their likeness to a soma. They have a mark of their own,
        because they lie among the accepted wherever that likeness isn't an axis.
    """
    figure = style.blank(430)
    measures = _measures(quality, thresholds)
    up, right = (measures[name] for name in axes.split(" and "))
    hover = np.column_stack([np.arange(len(quality.snr)), quality.r_value, quality.snr, quality.soma])
    for group, marker in _marked(evaluation.accepted, unlike_soma):
        chosen = list(group.components)
        figure.add_scatter(
            x=np.round(right.values[chosen], 4),
            y=np.round(up.values[chosen], 4),
            mode="markers",
            name=f"{group.name} ({len(chosen)})",
            customdata=[_hover(row) for row in hover[chosen]],
            hovertemplate="component %{customdata[0]}<br>r %{customdata[1]}<br>SNR %{customdata[2]}<br>"
            "soma %{customdata[3]}<extra></extra>",
            marker=marker,
        )
    _add_thresholds(figure, up, right)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0}, margin={"t": 34}
    )
    figure.update_xaxes(title=right.title, range=right.ends)
    figure.update_yaxes(title=up.title, rangemode="tozero")
    return figure


def _marked(
    accepted: NDArray[np.bool_], unlike_soma: NDArray[np.bool_] | None
) -> Iterator[tuple[Group, dict[str, object]]]:
    """Give the groups with their markers; the one unlike somata only where there are any."""
    yes, no = group_by_acceptance(accepted)
    unlike = () if unlike_soma is None else tuple(int(i) for i in np.flatnonzero(unlike_soma))
    filled = {"size": 8, "opacity": 0.85, "line": {"width": 0.5, "color": "white"}}
    yield yes, {**filled, "color": yes.colour}
    if unlike:
        others = tuple(i for i in no.components if i not in set(unlike))
        no = Group("rejected: too low", no.colour, others)
    yield no, {**filled, "color": no.colour}
    if unlike:
        hollow = {"symbol": "diamond-open", "size": 8, "color": no.colour, "line": {"width": 1.8}}
        yield Group("rejected: unlike a soma", no.colour, unlike), hollow


def _measures(quality: ComponentQuality, thresholds: Thresholds) -> dict[str, _Axis]:
    rules = {rule.name: rule for rule in measure_rules(thresholds.model_dump())}
    snr, r = rules["snr"], rules["r_value"]
    soma = thresholds.min_soma if thresholds.tests_soma else None
    return {
        "SNR": _Axis("SNR", "SNR", quality.snr, snr.upper, snr.lowest if snr.has_lowest else None),
        "spatial r": _Axis("spatial r", "r", quality.r_value, r.upper, r.lowest if r.has_lowest else None),
        "soma": _Axis("soma (likeness to a cell body)", "soma", quality.soma, None, soma, ends=(-0.03, 1.03)),
    }


def _hover(row: FloatArray) -> list[object]:
    number, r, snr, soma = row.tolist()
    return [int(number), f"{r:.3f}", f"{snr:.2f}", "not measured" if np.isnan(soma) else f"{soma:.2f}"]


def _add_thresholds(figure: go.Figure, up: _Axis, right: _Axis) -> None:
    solid = {"color": style.ACCEPTED, "width": 1.2, "dash": "dash"}
    dotted = {"color": style.REJECTED, "width": 1.2, "dash": "dot"}
    for axis, add, where in ((up, figure.add_hline, "y"), (right, figure.add_vline, "x")):
        if axis.upper is not None:
            text = f"{axis.short} {axis.upper:g}"
            add(**{where: axis.upper}, line=solid, annotation_text=text, annotation_font={"size": 11})
        if axis.lowest is not None:
            text = f"{axis.short} {axis.lowest:g}" if axis.upper is None else f"lowest {axis.short}"
            add(**{where: axis.lowest}, line=dotted, annotation_text=text, annotation_font={"size": 11})
