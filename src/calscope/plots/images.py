"""Images beside each other with linked zoom, a shared display range, a colour bar and a scale bar."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from numpy.typing import NDArray

from calscope.model.recording import Pair
from calscope.plots import png, style
from calscope.plots.scaling import DisplayRange, scale_bar, to_codes

TITLE_PX = 30
PAGE_PX = 960
"""Width that figures are laid out for where a page doesn't say how wide it is."""
SHAPE = "shape"
"""Name under which a figure's `meta` has the shape of its images."""


@dataclass(frozen=True)
class Panel:
    """One image with its title and the display range."""

    image: NDArray
    title: str
    shown: DisplayRange


def image_row(
    panels: Sequence[Panel],
    *,
    dxy_um: Pair | None = None,
    colours: str = "viridis",
    width_px: int = PAGE_PX,
    bar: bool = True,
    tallest_px: int = 620,
    bar_in_px: bool = False,
) -> go.Figure:
    """Draw images of one shape in a row; zooming one zooms all.

    Parameters
    ----------
    dxy_um
        Pixel size (y, x); where it is known, a scale bar is drawn.
    width_px
        Width the row is meant for, from which its height follows.
    bar
        Draw one colour bar, of the last panel's display range.
    bar_in_px
        Draw a scale bar in px where the pixel size is unknown.
    """
    rows, columns = panels[0].image.shape
    height = min(tallest_px, round(width_px / len(panels) * 0.96 * rows / columns)) + TITLE_PX
    figure = style.blank(height)
    figure.update_layout(margin={"l": 2, "r": 2, "t": TITLE_PX, "b": 4}, meta=meta_of((rows, columns), len(panels)))
    for number, panel in enumerate(panels, start=1):
        add_panel(figure, panel, number, len(panels), colours)
    if bar:
        _add_colour_bar(figure, panels[-1].shown, colours)
    if dxy_um is not None or bar_in_px:
        add_scale_bar(figure, (rows, columns), dxy_um)
    return figure


def meta_of(dims: tuple[int, int], n_panels: int) -> dict[str, float]:
    """Give what pages make a row's height from: its height without margins, by its width."""
    return {SHAPE: dims[0] / dims[1] / n_panels}


def add_panel(figure: go.Figure, panel: Panel, number: int, n_panels: int, colours: str) -> None:
    """Put one image at its place in the row, row 0 on top."""
    rows, columns = panel.image.shape
    place = "" if number == 1 else str(number)
    width = 1 / n_panels
    domain = [(number - 1) * width + 0.004, number * width - 0.004]
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "", "constrain": "domain"}
    figure.update_layout(
        {
            f"xaxis{place}": {**axis, "domain": domain, "range": [-0.5, columns - 0.5], "anchor": f"y{place}"},
            f"yaxis{place}": {
                **axis,
                "range": [rows - 0.5, -0.5],
                "scaleanchor": f"x{place}",
                "constraintoward": "top",
                "anchor": f"x{place}",
            },
        }
    )
    if number > 1:
        figure.update_layout({f"xaxis{place}": {"matches": "x"}, f"yaxis{place}": {"matches": "y"}})
    _add_picture(figure, panel, place, colours)
    figure.add_annotation(
        text=panel.title,
        x=sum(domain) / 2,
        y=1.0,
        xref="paper",
        yref="paper",
        xanchor="center",
        yanchor="bottom",
        showarrow=False,
        font={"size": 13},
    )


def _add_picture(figure: go.Figure, panel: Panel, place: str, colours: str) -> None:
    rows, columns = panel.image.shape
    figure.add_layout_image(
        source=png.data_uri(to_codes(panel.image, panel.shown), png.palette(colours)),
        x=-0.5,
        y=-0.5,
        sizex=columns,
        sizey=rows,
        xref=f"x{place}",
        yref=f"y{place}",
        sizing="stretch",
        layer="below",
    )
    # An axis with a picture but no trace is not drawn; this empty trace makes it exist.
    figure.add_scatter(x=[None], y=[None], xaxis=f"x{place}", yaxis=f"y{place}", hoverinfo="skip", mode="markers")


def _add_colour_bar(figure: go.Figure, shown: DisplayRange, colours: str) -> None:
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        hoverinfo="skip",
        marker={
            "colorscale": "Viridis" if colours == "viridis" else "Gray",
            "cmin": shown[0],
            "cmax": shown[1],
            "color": [shown[0]],
            "showscale": True,
            "colorbar": {
                "thickness": 8,
                "len": 0.9,
                "outlinewidth": 0,
                "tickfont": {"size": 10},
                "nticks": 4,
                "x": 1.005,
            },
        },
    )


def add_scale_bar(figure: go.Figure, dims: tuple[int, int], dxy_um: Pair | None, number: int = 1) -> None:
    """Draw a scale bar of a round length in the lower right corner of one image of the row, the first by default."""
    rows, columns = dims
    place = "" if number == 1 else str(number)
    bar = scale_bar(columns, dxy_um)
    right, bottom = columns * 0.95, rows * 0.95
    left = right - bar.length_px
    line = {"type": "line", "x0": left, "x1": right, "y0": bottom, "y1": bottom}
    line |= {"xref": f"x{place}", "yref": f"y{place}"}
    figure.add_shape(**line, line={"color": "rgba(0,0,0,0.55)", "width": 7})
    figure.add_shape(**line, line={"color": style.LINE_ON_IMAGE, "width": 4})
    figure.add_annotation(
        text=bar.text,
        x=(left + right) / 2,
        y=bottom,
        xref=f"x{place}",
        yref=f"y{place}",
        yanchor="bottom",
        yshift=3,
        showarrow=False,
        font={"color": style.LINE_ON_IMAGE, "size": 12},
        bgcolor="rgba(0,0,0,0.35)",
        borderpad=1,
    )
