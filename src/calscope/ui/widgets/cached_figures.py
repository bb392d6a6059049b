"""Figures of stored results, made once per result and size; the keys of the results name them."""

from collections.abc import Sequence

import plotly.graph_objects as go

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.model.results import Components, SummaryImages
from calscope.plots.contours import Group, Outline, add_truth, contour_map
from calscope.plots.images import PAGE_PX, Panel, image_row
from calscope.plots.scaling import DisplayRange, display_range, short
from calscope.plots.style import NOT_EVALUATED
from calscope.plots.trace_curves import background_figure
from calscope.ui.session import cached
from calscope.ui.widgets import charts

RAW_PX = 620
"""Width of both images of a raw movie, which stand beside its frames."""
IMAGE_TITLES = {"max": "Max projection", "mean": "Mean", "corr": "Local correlation"}


@charts.cached
def raw_images(key: str, dxy_um: Pair | None, _before: SummaryImages) -> go.Figure:
    """Draw max projection and local correlation of a raw movie."""
    panels = [
        Panel(image, IMAGE_TITLES[name], display_range([image]))
        for name, image in (("max", _before.max), ("corr", _before.corr))
    ]
    return image_row(panels, dxy_um=dxy_um, bar=False, width_px=RAW_PX, tallest_px=440)


@charts.cached
def raw_image(key: str, kind: str, shown: DisplayRange, dxy_um: Pair | None, _image: FloatArray) -> go.Figure:
    """Draw one image of a raw movie, one of several animals', with the values that are dark and bright in it."""
    title = f"dark {short(shown[0])}, bright {short(shown[1])}"
    return image_row([Panel(_image, title, shown)], dxy_um=dxy_um, bar=False, width_px=RAW_PX // 2, tallest_px=320)


def _correlation(after: SummaryImages, title: str) -> Panel:
    return Panel(after.corr, title, display_range([after.corr], 1.0, 99.7))


@charts.cached
def fit_map(
    keys: tuple[str, str, int],
    title: str,
    dxy_um: Pair | None,
    _components: Components,
    _after: SummaryImages,
    _truth: Sequence[Outline],
) -> go.Figure:
    """Draw the outlines of a fit, and of the truth, over the corrected correlation image; `keys` has their number."""
    lines = cached.contour_lines(keys[0], _components)
    group = Group("component", NOT_EVALUATED, tuple(range(_components.n)))
    figure = contour_map(_correlation(_after, title), lines, [group], _components.centers_px(), dxy_um=dxy_um)
    if _truth:
        add_truth(figure, _truth)
    return figure


@charts.cached
def background_images(key: str, dxy_um: Pair | None, _components: Components) -> go.Figure:
    """Draw the spatial background components."""
    # Engines share the size between b and f as they like; times the mean of f, b is in the units of the movie.
    sizes = _components.f.mean(axis=1)
    panels = [
        _background_panel(number, _components.background_image(number) * size) for number, size in enumerate(sizes)
    ]
    return image_row(panels, dxy_um=dxy_um, width_px=PAGE_PX * len(panels) // 3, bar=False, tallest_px=340)


def _background_panel(number: int, image: FloatArray) -> Panel:
    low, high = display_range([image], 1.0, 99.5)
    return Panel(image, f"b {number}: dark {low:.3g}, bright {high:.3g}", (low, high))


@charts.cached
def background_traces(key: str, fr_hz: float | None, _components: Components) -> go.Figure:
    """Draw the temporal background components."""
    return background_figure(_components.f, fr_hz)
