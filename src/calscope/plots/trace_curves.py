"""Traces of one component, and the background, over time."""

import numpy as np
import plotly.graph_objects as go

from calscope.model.movie import FloatArray
from calscope.plots import style
from calscope.plots.motion_curves import time_axis
from calscope.plots.scaling import thin


def trace_figure(
    raw: FloatArray, denoised: FloatArray, spikes: FloatArray, dff: FloatArray | None, fr_hz: float | None
) -> go.Figure:
    """Draw raw and denoised trace, spikes and dF/F of one component, all (T,), under each other with one time axis."""
    time, axis_title = time_axis(len(raw), fr_hz)
    figure = style.blank(560 if dff is not None else 430)
    rows = [("fluorescence (a.u.)", 0.5), ("spikes (a.u.)", 0.22)] + ([("dF/F", 0.28)] if dff is not None else [])
    _lay_out_rows(figure, rows, axis_title)
    _add_line(figure, time, raw, "raw", colour=style.RAW, row=1, width=1.0)
    _add_line(figure, time, denoised, "denoised", colour=style.DENOISED, row=1, width=1.8)
    _add_line(figure, time, spikes, "spikes", colour=style.SPIKES, row=2, width=1.2)
    if dff is not None:
        _add_line(figure, time, dff, "dF/F", colour=style.RATIO, row=3, width=1.2)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0}, margin={"t": 34}
    )
    return figure


def _lay_out_rows(figure: go.Figure, rows: list[tuple[str, float]], axis_title: str) -> None:
    whole = sum(share for _, share in rows)
    top = 1.0
    for number, (title, share) in enumerate(rows, start=1):
        place = "" if number == 1 else str(number)
        bottom = top - share / whole
        figure.update_layout({f"yaxis{place}": {"domain": [max(bottom, 0) + 0.035, top - 0.005], "title": title}})
        top = bottom
    last = "" if len(rows) == 1 else str(len(rows))
    figure.update_layout(xaxis={"anchor": f"y{last}", "title": axis_title})


def _add_line(
    figure: go.Figure, time: FloatArray, values: FloatArray, name: str, *, colour: str, row: int, width: float
) -> None:
    index, kept = thin(values)
    figure.add_scatter(
        x=time[index],
        y=kept,
        name=name,
        yaxis="y" if row == 1 else f"y{row}",
        line={"color": colour, "width": width},
        hovertemplate="%{x:.2f}: %{y:.4g}",
    )


def background_figure(f: FloatArray, fr_hz: float | None) -> go.Figure:
    """Draw the temporal background components, (nb, T), each divided by its mean so that one axis fits all."""
    time, axis_title = time_axis(f.shape[1], fr_hz)
    figure = style.blank(240)
    for number, values in enumerate(f):
        mean = float(np.mean(values))
        index, kept = thin(values / mean if mean > 0 else values)
        figure.add_scatter(x=time[index], y=kept, name=f"f {number}", line={"width": 1.2})
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    figure.update_xaxes(title=axis_title)
    figure.update_yaxes(title="relative to its mean")
    return figure
