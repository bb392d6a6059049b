"""How dim a cell would be found: shares of known cells over their brightness, their traces, and their places."""

import numpy as np
import plotly.graph_objects as go

from calscope.model.detection import Detection, LevelShare, Limit, ShareCurve, level_shares
from calscope.model.recording import Pair
from calscope.plots import style
from calscope.plots.images import Panel, image_row

HEIGHT_PX = 300
FOUND, ACCEPTED = style.REJECTED, style.ACCEPTED
"""Orange and blue."""
_TICKS = (2, 3, 4, 6, 9, 13, 19, 28)
_BAND = {FOUND: "rgba(255,127,14,0.15)", ACCEPTED: "rgba(31,119,180,0.15)"}
_SIDE_STEP = 1.02
"""Points of both stand this far left and right of their level, so that neither hides the other."""


def share_figure(detection: Detection, height_px: int = HEIGHT_PX) -> go.Figure:
    """Draw the shares found and accepted at each level, the fitted curves, and the limits at 50 % and 90 %."""
    figure, limits, curves = style.blank(height_px), detection.limits, detection.curves
    for name, colour, success, curve in (
        ("found", FOUND, detection.found, curves.found),
        ("accepted", ACCEPTED, detection.accepted, curves.accepted),
    ):
        _add_curve(figure, name, colour, curve)
        _add_levels(figure, name, colour, list(level_shares(detection.peak_snr, success)))
    both = ((limits.found_50, limits.found_90, FOUND), (limits.accepted_50, limits.accepted_90, ACCEPTED))
    for half, nine_tenths, colour in both:
        _mark(figure, half, 0.5, colour)
        _mark(figure, nine_tenths, 0.9, colour)
    _snr_axis(figure)
    figure.update_yaxes(title={"text": "share of known cells"}, range=[-0.03, 1.03], tickformat=".0%")
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"}
    )
    return figure


def _add_curve(figure: go.Figure, name: str, colour: str, curve: ShareCurve) -> None:
    x = list(curve.peak_snr)
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*curve.high, *reversed(curve.low)],
        fill="toself",
        fillcolor=_BAND[colour],
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(x=x, y=list(curve.share), mode="lines", line={"color": colour}, hoverinfo="skip", name=name)


def _add_levels(figure: go.Figure, name: str, colour: str, levels: list[LevelShare]) -> None:
    step = _SIDE_STEP if colour == ACCEPTED else 1 / _SIDE_STEP
    figure.add_scatter(
        x=[level.peak_snr * step for level in levels],
        y=[level.share for level in levels],
        error_y={
            "array": [level.high - level.share for level in levels],
            "arrayminus": [level.share - level.low for level in levels],
            "thickness": 1,
            "width": 3,
        },
        mode="markers",
        marker={"color": colour, "size": 6},
        customdata=[[level.peak_snr, level.n_succeeded, level.n] for level in levels],
        hovertemplate=f"peak SNR %{{customdata[0]:g}}: %{{customdata[1]}} of %{{customdata[2]}} {name}<extra></extra>",
        showlegend=False,
        name=name,
    )


def _mark(figure: go.Figure, limit: Limit | None, share: float, colour: str) -> None:
    """Drop a line from the curve to the axis where it reaches the share; none beyond what was tried."""
    if limit is not None and np.isfinite(limit.value) and limit.value > 0:
        dash = {"color": colour, "width": 1.2, "dash": "dot" if share > 0.5 else "dash"}
        figure.add_scatter(
            x=[limit.value] * 2, y=[0, share], mode="lines", line=dash, hoverinfo="skip", showlegend=False
        )


def trace_figure(detection: Detection) -> go.Figure:
    """Draw how well the trace of each found cell follows what was put in."""
    figure = style.blank(HEIGHT_PX)
    for name, colour, of in (
        ("accepted", ACCEPTED, detection.accepted),
        ("found, rejected", FOUND, detection.found & ~detection.accepted),
    ):
        figure.add_scatter(
            x=detection.peak_snr[of],
            y=np.round(detection.trace_r[of], 3),
            mode="markers",
            marker={"color": colour, "size": 6, "opacity": 0.7},
            name=name,
            hovertemplate=f"{name}, peak SNR %{{x:g}}: r %{{y:.2f}}<extra></extra>",
        )
    _snr_axis(figure)
    figure.update_yaxes(title={"text": "trace r"}, range=[min(0.0, _lowest(detection)) - 0.03, 1.03])
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"}
    )
    return figure


def _lowest(detection: Detection) -> float:
    known = detection.trace_r[np.isfinite(detection.trace_r)]
    return float(known.min()) if len(known) else 0.0


def place_figure(detection: Detection, panel: Panel, dxy_um: Pair | None) -> go.Figure:
    """Draw where the cells were put in: full where found, open where missed, larger where brighter."""
    figure = image_row([panel], dxy_um=dxy_um, colours="gray", bar=False, width_px=HEIGHT_PX, tallest_px=HEIGHT_PX)
    figure.update_traces(showlegend=False)
    groups = (
        ("accepted", style.ACCEPTED_ON_IMAGE, "circle", detection.accepted),
        ("found, rejected", style.REJECTED_ON_IMAGE, "circle", detection.found & ~detection.accepted),
        ("missed", style.IN_BOTH, "circle-open", ~detection.found),
    )
    for name, colour, symbol, of in groups:
        figure.add_scatter(
            x=detection.centers_px[of, 1],
            y=detection.centers_px[of, 0],
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": np.round(4 + 2 * np.log2(detection.peak_snr[of]), 1)},
            name=name,
            customdata=detection.peak_snr[of],
            hovertemplate=f"{name}, peak SNR %{{customdata:g}}<extra></extra>",
        )
    return figure


def _snr_axis(figure: go.Figure) -> None:
    figure.update_xaxes(
        title={"text": "peak SNR", "standoff": 2},
        type="log",
        range=[np.log10(_TICKS[0] * 0.9), np.log10(_TICKS[-1] * 1.1)],
        tickvals=list(_TICKS),
        ticktext=[str(tick) for tick in _TICKS],
    )
