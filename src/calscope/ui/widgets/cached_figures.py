"""Figures of stored results, made once per result and size; the keys of the results name them."""

import numpy as np
import plotly.graph_objects as go

from calscope.model.groups import Thresholds
from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.model.results import ComponentQuality, Components, Evaluation, SummaryImages
from calscope.pipeline.stages import evaluate_components
from calscope.plots.component_scatter import Axes, quality_figure
from calscope.plots.contours import Group, close_up, contour_map, group_by_acceptance, place_in_field
from calscope.plots.images import PAGE_PX, Panel, image_row
from calscope.plots.scaling import display_range
from calscope.plots.style import NOT_EVALUATED, colour_of
from calscope.plots.trace_curves import background_figure
from calscope.ui.session import cached
from calscope.ui.widgets import charts

IMAGE_TITLES = {"max": "Max projection", "mean": "Mean", "corr": "Local correlation"}


@charts.cached
def raw_images(key: str, dxy_um: Pair | None, _before: SummaryImages) -> go.Figure:
    """Draw max projection and local correlation of a raw movie."""
    panels = [
        Panel(image, IMAGE_TITLES[name], display_range([image]))
        for name, image in (("max", _before.max), ("corr", _before.corr))
    ]
    return image_row(panels, dxy_um=dxy_um, bar=False, tallest_px=440)


def _correlation(after: SummaryImages, title: str) -> Panel:
    return Panel(after.corr, title, display_range([after.corr], 1.0, 99.7))


@charts.cached
def fit_map(
    keys: tuple[str, str], title: str, dxy_um: Pair | None, _components: Components, _after: SummaryImages
) -> go.Figure:
    """Draw the outlines of a fit over the corrected correlation image."""
    lines = cached.contour_lines(keys[0], _components)
    return contour_map(
        _correlation(_after, title), lines, [_all_of(_components)], _components.centers_px(), dxy_um=dxy_um
    )


def _all_of(components: Components) -> Group:
    return Group("component", NOT_EVALUATED, tuple(range(components.n)))


@charts.cached
def acceptance_map(
    keys: tuple[str, str, str],
    title: str,
    dxy_um: Pair | None,
    width_px: int,
    _components: Components,
    _evaluation: Evaluation | None,
    _after: SummaryImages,
) -> go.Figure:
    """Draw accepted and rejected outlines over the corrected correlation image, or all where none was evaluated."""
    lines = cached.contour_lines(keys[0], _components)
    groups = group_by_acceptance(_evaluation.accepted) if _evaluation else [_all_of(_components)]
    return contour_map(
        _correlation(_after, title), lines, groups, _components.centers_px(), dxy_um=dxy_um, width_px=width_px
    )


@charts.cached
def measures_scatter(
    keys: tuple[str, str], thresholds: Thresholds, axes: Axes, _quality: ComponentQuality, _evaluation: Evaluation
) -> go.Figure:
    """Draw two measures against each other, with the thresholds."""
    without_soma = evaluate_components(_quality, thresholds.model_copy(update={"use_soma": False}))
    is_unlike = ~_evaluation.accepted & without_soma.accepted & (_quality.soma < thresholds.min_soma)
    return quality_figure(
        _quality, _evaluation, thresholds, axes, is_unlike if thresholds.tests_soma else np.zeros_like(is_unlike)
    )


@charts.cached
def in_field(
    keys: tuple[str, str],
    component: int,
    accepted: bool | None,  # noqa: FBT001 - whether it was accepted, not a switch
    _components: Components,
    _after: SummaryImages,
) -> go.Figure:
    """Draw one component's outline strongly, the others faintly."""
    lines = cached.contour_lines(keys[0], _components)
    panel = _correlation(_after, "In the field")
    return place_in_field(panel, lines, component, colour=colour_of(accepted))


@charts.cached
def footprint(
    key: str,
    component: int,
    accepted: bool | None,  # noqa: FBT001 - whether it was accepted, not a switch
    _components: Components,
) -> go.Figure:
    """Draw one component's footprint in detail."""
    line = cached.contour_lines(key, _components)[component]
    return close_up(_components.footprint(component), line, colour=colour_of(accepted))


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
