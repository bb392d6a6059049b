"""What all figures have in common: colours, margins, axes."""

import plotly.graph_objects as go

ACCEPTED = "#1f77b4"
REJECTED = "#ff7f0e"
NEUTRAL = "#8a9099"
RAW = "#9aa3ad"
DENOISED = "#1f6fb4"
SPIKES = "#9467bd"
"""As far from the page's white as from its near-black."""
RATIO = "#148f77"
LINE_ON_IMAGE = "#ffffff"
HALO = "rgba(0,0,0,0.6)"
NOT_EVALUATED = "#ffd54a"
ACCEPTED_ON_IMAGE = "#49b0ff"
REJECTED_ON_IMAGE = "#ff8a1f"
TRUTH_ON_IMAGE = "#c58af9"
TRUTH = "#c026d3"
"""In curves; spikes are violet there."""
IN_BOTH = "#e8e8e8"
ONLY_SHOWN, ONLY_HELD = ACCEPTED_ON_IMAGE, REJECTED_ON_IMAGE
SPLIT, MERGED = "#ffd54a", "#c58af9"
"""Accepted and rejected are blue and orange, which people with any kind of colour vision tell apart."""

TOOLBAR_PX = 34
"""Beside a figure, for Plotly's tools along its right edge: in a row on top they would lie over titles and legends."""


def blank(height: int) -> go.Figure:
    """Give an empty figure with our margins and quiet background."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": TOOLBAR_PX, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        hovermode="closest",
        dragmode="zoom",
        modebar={"orientation": "v"},
    )
    return figure
