"""Where a movie moves most: its displacement over time with the stretch, and the crop in the field."""

import numpy as np
import plotly.graph_objects as go

from calscope.model.motion_preview import MotionSurvey, MovingPart
from calscope.model.recording import Pair
from calscope.plots import style
from calscope.plots.images import Panel, image_row
from calscope.plots.scaling import display_range, thin


def displacement_figure(survey: MotionSurvey, crop: MovingPart, fr_hz: float | None) -> go.Figure:
    """Draw how far each frame lies from the median position, and shade the stretch."""
    far = np.linalg.norm(survey.shifts - np.median(survey.shifts, axis=0), axis=1)
    index, values = thin(far, 2000)
    unit = fr_hz or 1.0
    figure = style.blank(150)
    figure.add_vrect(
        x0=crop.start / unit, x1=crop.stop / unit, fillcolor=style.REJECTED, opacity=0.25, line_width=0, layer="below"
    )
    figure.add_scatter(
        x=survey.frames[index] / unit,
        y=values,
        line={"color": style.ACCEPTED, "width": 1.1},
        hovertemplate="%{x:.2f}: %{y:.1f} px",
    )
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(title="time (s)" if fr_hz else "frame (frame rate unknown)")
    figure.update_yaxes(title="moved (px)", rangemode="tozero")
    return figure


def crop_figure(survey: MotionSurvey, crop: MovingPart, dxy_um: Pair | None) -> go.Figure:
    """Draw the field with the crop in it."""
    binned = None if dxy_um is None else (dxy_um[0] * survey.binning, dxy_um[1] * survey.binning)
    panel = Panel(survey.template, "", display_range([survey.template], 1, 99.7))
    figure = image_row([panel], dxy_um=binned, colours="gray", width_px=150, bar=False)
    figure.update_layout(margin={"l": 2, "r": 2, "t": 8, "b": 4}, height=150, meta=None)
    left, top = (value / survey.binning - 0.5 for value in (crop.left, crop.top))
    figure.add_shape(
        type="rect",
        x0=left,
        y0=top,
        x1=left + crop.width / survey.binning,
        y1=top + crop.height / survey.binning,
        line={"color": style.REJECTED_ON_IMAGE, "width": 2},
    )
    return figure
