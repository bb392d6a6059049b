"""SNR against spatial r, with the thresholds as lines."""

import numpy as np
import plotly.graph_objects as go

from calscope.model.groups import Thresholds
from calscope.model.results import Evaluation, Quality
from calscope.plots import style
from calscope.plots.contours import group_by_acceptance


def quality_figure(quality: Quality, evaluation: Evaluation, limits: Thresholds) -> go.Figure:
    """Draw one point a component, blue where accepted and orange where rejected, and the thresholds as lines."""
    figure = style.blank(430)
    for group in group_by_acceptance(evaluation.accepted):
        chosen = list(group.components)
        figure.add_scatter(
            x=np.round(quality.r_value[chosen], 4),
            y=np.round(quality.snr[chosen], 4),
            mode="markers",
            name=f"{group.name} ({len(chosen)})",
            customdata=[[number] for number in chosen],
            hovertemplate="component %{customdata[0]}<br>r %{x:.3f}<br>SNR %{y:.2f}<extra></extra>",
            marker={"size": 8, "color": group.colour, "opacity": 0.85, "line": {"width": 0.5, "color": "white"}},
        )
    _add_thresholds(figure, limits)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0}, margin={"t": 34}
    )
    figure.update_xaxes(title="spatial r")
    figure.update_yaxes(title="SNR", rangemode="tozero")
    return figure


def _add_thresholds(figure: go.Figure, limits: Thresholds) -> None:
    solid = {"color": style.ACCEPTED, "width": 1.2, "dash": "dash"}
    dotted = {"color": style.REJECTED, "width": 1.2, "dash": "dot"}
    font = {"size": 11}
    figure.add_hline(y=limits.min_SNR, line=solid, annotation_text=f"SNR {limits.min_SNR:g}", annotation_font=font)
    figure.add_vline(x=limits.rval_thr, line=solid, annotation_text=f"r {limits.rval_thr:g}", annotation_font=font)
    if limits.SNR_lowest > 0:
        figure.add_hline(y=limits.SNR_lowest, line=dotted, annotation_text="lowest SNR", annotation_font=font)
    if limits.rval_lowest > -1:
        figure.add_vline(x=limits.rval_lowest, line=dotted, annotation_text="lowest r", annotation_font=font)
