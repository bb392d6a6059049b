"""Traces of one component, and the background, over time."""

import numpy as np
import plotly.graph_objects as go

from calscope.model.movie import FloatArray
from calscope.plots import style
from calscope.plots.motion_curves import time_axis
from calscope.plots.scaling import thin


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
