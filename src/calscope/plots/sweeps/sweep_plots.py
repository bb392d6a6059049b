"""What a sweep came to: curves over one parameter, a map over two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from calscope.plots import style

_PANEL_PX, _GAP, _CLICK_PX = 118, 0.06, 32
_LEGEND = {"orientation": "h", "y": 1.05, "yanchor": "bottom", "x": 0, "font": {"size": 11}, "entrywidth": 0}


@dataclass(frozen=True)
class Curve:
    """One measure over the values of a parameter."""

    name: str
    values: tuple[float | None, ...]
    """One a point; None where there is none."""
    colour: str


@dataclass(frozen=True)
class CurvePanel:
    """Measures of one unit, drawn into one panel."""

    title: str
    curves: tuple[Curve, ...]
    ends: tuple[float, float] | None = None
    """Of the axis; those of the values unless given."""


def sweep_curves(
    at: Sequence[Any], title: str, panels: Sequence[CurvePanel], current: Any = None, *, is_number: bool
) -> go.Figure:
    """Draw measures over one parameter, one panel below the other; a click chooses a point by its number.

    Parameters
    ----------
    at
        The values, numbers or words.
    current
        The value in use, which is marked; None where it is none of them or not known.
    """
    n = len(panels)
    figure = style.blank(60 + _PANEL_PX * n)
    height = (1 - _GAP * (n - 1)) / n
    for number, panel in enumerate(panels):
        place = "" if number == 0 else str(number + 1)
        top = 1 - number * (height + _GAP)
        domain = [max(0.0, top - height), top]
        axis: dict[str, Any] = {"domain": domain, "title": panel.title, "anchor": "x", "automargin": True}
        figure.update_layout({f"yaxis{place}": axis | ({"range": list(panel.ends)} if panel.ends else {})})
        for curve in panel.curves:
            _add_curve(figure, at, curve, f"y{place}")
    kind = "linear" if is_number else "category"
    figure.update_xaxes(title=title, type=kind, anchor="y" if n == 1 else f"y{n}", tickvals=list(at) if n else None)
    if current is not None:
        line = {"color": style.NEUTRAL, "width": 1.5, "dash": "dot"}
        figure.add_shape(type="line", x0=current, x1=current, y0=0, y1=1, xref="x", yref="paper", line=line)
        mark = {"text": "now", "showarrow": False, "font": {"size": 11, "color": style.NEUTRAL}}
        figure.add_annotation(x=current, y=1.0, xref="x", yref="paper", yanchor="bottom", **mark)
    figure.update_layout(showlegend=True, legend=_LEGEND)
    return figure


def _add_curve(figure: go.Figure, at: Sequence[Any], curve: Curve, axis: str) -> None:
    figure.add_scatter(
        x=list(at),
        y=list(curve.values),
        mode="lines+markers",
        name=curve.name,
        yaxis=axis,
        connectgaps=False,
        cliponaxis=False,
        customdata=[[number] for number in range(len(at))],
        hovertemplate="%{x}: %{y:.3~g}<extra>" + curve.name + "</extra>",
        line={"color": curve.colour, "width": 2},
        marker={"size": 8, "color": curve.colour},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )


def sweep_map(
    columns: Sequence[str],
    rows: Sequence[str],
    titles: tuple[str, str],
    values: Sequence[float | None],
    *,
    name: str,
    current: tuple[str, str] | None = None,
) -> go.Figure:
    """Draw one measure over two parameters; a click chooses a point by its number.

    Parameters
    ----------
    columns, rows
        Values of the first and of the second parameter in words; row 0 is on top.
    titles
        Of the two parameters.
    values
        (rows * columns,) the first parameter varying fastest; None where there is none.
    current
        The values in use, which are marked.
    """
    width = len(columns)
    table = [list(values[start : start + width]) for start in range(0, len(values), width)]
    figure = style.blank(max(220, min(430, 90 + 44 * len(rows))))
    figure.add_heatmap(
        x=list(columns),
        y=list(rows),
        z=table,
        colorscale="Viridis",
        hoverinfo="skip",
        xgap=2,
        ygap=2,
        colorbar={"title": {"text": name, "side": "right"}, "thickness": 10, "outlinewidth": 0},
    )
    x, y = list(columns) * len(rows), [row for row in rows for _ in columns]
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers+text",
        text=["" if value is None else f"{value:.3g}" for value in values],
        textfont={"color": style.LINE_ON_IMAGE, "size": 11, "shadow": "0 0 3px #000, 0 0 2px #000"},
        customdata=[[number] for number in range(len(values))],
        hovertemplate="%{x}, %{y}: %{text}<extra>" + name + "</extra>",
        marker={"size": _CLICK_PX, "symbol": "square", "color": style.NEUTRAL, "opacity": 0.02},
        selected={"marker": {"opacity": 0.02}},
        unselected={"marker": {"opacity": 0.02}},
    )
    figure.update_xaxes(title=titles[0], type="category")
    figure.update_yaxes(title=titles[1], type="category", autorange="reversed")
    if current is not None and current[0] in columns and current[1] in rows:
        left, top = list(columns).index(current[0]) - 0.5, list(rows).index(current[1]) - 0.5
        line = {"color": style.REJECTED_ON_IMAGE, "width": 3}
        figure.add_shape(type="rect", x0=left, x1=left + 1, y0=top, y1=top + 1, line=line)
    return figure
