"""Two fits of one field beside each other, and the residual with places to click."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.plots import style
from calscope.plots.contours import Group, Outline, add_halo, join
from calscope.plots.images import Panel, image_row

KEPT_ON_IMAGE = "#dfe3e8"
"""Grey, light enough to be seen on a dark image; a halo keeps it apart from bright ones."""
MERGED_ON_IMAGE = style.ACCEPTED_ON_IMAGE
ALONE_ON_IMAGE = style.REJECTED_ON_IMAGE
"""Only in one of the fits: dropped in the first, added in the second."""
_GRID_STEP_PX = 14
_FOUND_WIDTH = 1.0
_UNSEEN = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class DrawnFit:
    """One fit with its components in groups of one colour."""

    panel: Panel
    lines: Sequence[Outline]
    groups: Sequence[Group]
    centers_px: FloatArray
    """(K, 2) centres (y, x)."""
    hover_texts: Sequence[str]
    """(K,) what became of each component, for the hover."""


def two_fits_figure(fits: tuple[DrawnFit, DrawnFit], dxy_um: Pair | None) -> go.Figure:
    """Draw both fits over the same image; zooming one zooms the other, a click on the legend hides a group in both."""
    figure = image_row([fit.panel for fit in fits], dxy_um=dxy_um, colours="gray", bar=False)
    figure.update_traces(showlegend=False)
    in_legend: set[str] = set()
    for place, fit in zip(("", "2"), fits, strict=True):
        for group in fit.groups:
            line = np.round(join(fit.lines, group.components), 2)
            width = 1.2 if group.colour == KEPT_ON_IMAGE else 1.9
            where = {"name": group.name, "legendgroup": group.name, "xaxis": f"x{place}", "yaxis": f"y{place}"}
            add_halo(figure, line, width, **where)
            is_in_legend = group.name in in_legend
            if group.colour == KEPT_ON_IMAGE and not is_in_legend:
                # The grey that shows on images is lost beside them, on a light page.
                figure.add_scatter(x=[None], y=[None], mode="lines", line={"color": style.NEUTRAL}, **where)
                is_in_legend = True
            figure.add_scatter(
                x=line[:, 0],
                y=line[:, 1],
                mode="lines",
                hoverinfo="skip",
                line={"color": group.colour, "width": width},
                showlegend=not is_in_legend,
                **where,
            )
            in_legend.add(group.name)
        _add_hover_texts(figure, fit, place)
    legend = {"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.01, "yanchor": "top"}
    figure.update_layout(showlegend=True, legend=legend, height=figure.layout.height + 26)
    figure.update_layout(margin={"b": 30}, uirevision="fits")
    return figure


def _add_hover_texts(figure: go.Figure, fit: DrawnFit, place: str) -> None:
    figure.add_scatter(
        x=np.round(fit.centers_px[:, 1], 1),
        y=np.round(fit.centers_px[:, 0], 1),
        mode="markers",
        text=list(fit.hover_texts),
        hovertemplate="%{text}<extra></extra>",
        marker={"size": 12, "color": _UNSEEN},
        showlegend=False,
        xaxis=f"x{place}",
        yaxis=f"y{place}",
    )


def residual_figure(
    panel: Panel,
    lines: Sequence[Outline],
    spots_px: NDArray[np.intp],
    hover_texts: Sequence[str],
    *,
    border_px: int = 0,
    dxy_um: Pair | None = None,
) -> go.Figure:
    """Draw the residual with the outlines of the components; every place inside the rim can be clicked.

    A click gives `[y, x]` as the point's own data: of a spot, or of the brightest pixel near the place.

    Parameters
    ----------
    spots_px
        (n, 2) spots (y, x) where a cell may have been missed.
    hover_texts
        (n,) what is known of each, for the hover.
    border_px
        Width of the rim in which nothing is to be seeded.
    """
    figure = image_row([panel], dxy_um=dxy_um, colours="viridis", bar=False, width_px=470)
    _add_found(figure, lines)
    places = click_places(panel.image, spots_px, border_px)
    figure.add_scatter(
        x=places[:, 1],
        y=places[:, 0],
        mode="markers",
        customdata=places[:, 2:].tolist(),
        hovertemplate="click: the brightest pixel near here<extra></extra>",
        marker={"size": _GRID_STEP_PX, "color": _UNSEEN},
    )
    ring = {"size": 15, "color": _UNSEEN, "line": {"color": style.REJECTED_ON_IMAGE, "width": 1.8}}
    figure.add_scatter(
        x=spots_px[:, 1],
        y=spots_px[:, 0],
        mode="markers",
        customdata=spots_px.tolist(),
        text=list(hover_texts),
        hovertemplate="%{text}<extra>click to seed</extra>",
        marker=ring,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    return figure


def _add_found(figure: go.Figure, lines: Sequence[Outline]) -> None:
    """Outline what was found."""
    outline = np.round(join(lines, range(len(lines))), 2)
    line = {"color": KEPT_ON_IMAGE, "width": _FOUND_WIDTH}
    add_halo(figure, outline, _FOUND_WIDTH)
    figure.add_scatter(x=outline[:, 0], y=outline[:, 1], mode="lines", hoverinfo="skip", line=line)


def click_places(
    image: FloatArray, spots_px: NDArray[np.intp], border_px: int = 0, width_px: int = 470
) -> NDArray[np.intp]:
    """Give a lattice of places that covers the field as densely as a hand can click, (n, 4) px.

    Columns are y and x of the place, and y and x of what a click there means: a spot within a step, else the brightest
    pixel within half a step.
    """
    rows, columns = image.shape
    step = max(3, round(_GRID_STEP_PX * columns / width_px))
    low = min(border_px, (min(rows, columns) - 1) // 2)
    lattice = [
        (y, x) for y in range(low + step // 2, rows - low, step) for x in range(low + step // 2, columns - low, step)
    ]
    found = [
        (*place, *(_spot_near(place, spots_px, step) or _brightest_near(place, image, step // 2, low)))
        for place in lattice
    ]
    return np.asarray(found, np.intp).reshape(-1, 4)


def _spot_near(place: tuple[int, int], spots_px: NDArray[np.intp], within_px: float) -> tuple[int, int] | None:
    distances = np.hypot(*(spots_px - place).T) if len(spots_px) else np.full(1, np.inf)
    nearest = int(np.argmin(distances))
    return (int(spots_px[nearest, 0]), int(spots_px[nearest, 1])) if distances[nearest] <= within_px else None


def _brightest_near(place: tuple[int, int], image: FloatArray, half: int, border_px: int) -> tuple[int, int]:
    (top, left), (bottom, right) = ((max(at - half, border_px) for at in place), (at + half + 1 for at in place))
    near = image[top : min(bottom, image.shape[0] - border_px), left : min(right, image.shape[1] - border_px)]
    y, x = np.unravel_index(int(np.argmax(near)), near.shape)
    return top + int(y), left + int(x)


def seeds_figure(
    panel: Panel, lines: Sequence[Outline], seeds_px: Sequence[tuple[int, int]], dxy_um: Pair | None
) -> go.Figure:
    """Draw the seeds, (y, x) px, over an image with the outlines of what was found."""
    figure = image_row([panel], dxy_um=dxy_um, colours="gray", bar=False, width_px=470)
    _add_found(figure, lines)
    figure.add_scatter(
        x=[x for _, x in seeds_px],
        y=[y for y, _ in seeds_px],
        mode="markers+text",
        text=[str(number) for number in range(1, len(seeds_px) + 1)],
        textposition="top right",
        textfont={"color": style.REJECTED_ON_IMAGE, "size": 13},
        marker={"symbol": "cross-thin", "size": 13, "line": {"color": style.REJECTED_ON_IMAGE, "width": 2.6}},
        hovertemplate="seed %{text}: y %{y}, x %{x}<extra></extra>",
    )
    figure.update_layout(uirevision="seeds")
    return figure
