"""Outlines of cells by how often they come back: the oftener, the more opaque."""

from collections.abc import Sequence

import plotly.graph_objects as go
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.plots import style
from calscope.plots.contours import Outline, join
from calscope.plots.images import Panel, image_row

_LEAST_OPACITY = 0.2
_BLUE = ",".join(str(int(style.ACCEPTED_ON_IMAGE[at : at + 2], 16)) for at in (1, 3, 5))


def recurring_outlines(
    panel: Panel,
    lines: Sequence[Outline],
    n_in: NDArray,
    n_analyses: int,
    centers_px: FloatArray,
    *,
    dxy_um: Pair | None = None,
    width_px: int = 400,
) -> go.Figure:
    """Draw the outline of each cell in blue, as opaque as the share of analyses that have it.

    Parameters
    ----------
    lines, n_in, centers_px
        (n,) outlines, in how many analyses each is, and (n, 2) px centres (y, x), told where the mouse rests.
    """
    figure = image_row([panel], dxy_um=dxy_um, colours="gray", width_px=width_px, bar=False)
    for count in sorted(set(n_in.tolist())):
        line = join(lines, [cell for cell in range(len(lines)) if n_in[cell] == count])
        share = count / n_analyses
        look = {"color": f"rgba({_BLUE},{_LEAST_OPACITY + (1 - _LEAST_OPACITY) * share:.3f})", "width": 1.8}
        figure.add_scatter(x=line[:, 0].round(2), y=line[:, 1].round(2), mode="lines", hoverinfo="skip", line=look)
    figure.add_scatter(
        x=centers_px[:, 1].round(2),
        y=centers_px[:, 0].round(2),
        mode="markers",
        customdata=[[cell, f"{n_in[cell]} of {n_analyses}"] for cell in range(len(lines))],
        hovertemplate="cell %{customdata[0]}: in %{customdata[1]}<extra></extra>",
        marker={"size": 14, "color": style.ACCEPTED_ON_IMAGE, "opacity": 0.02},
    )
    return figure
