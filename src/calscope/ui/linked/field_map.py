"""Outlines of components over images of the field, as a linked view."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from calscope.model.recording import Pair
from calscope.model.results import Components, Evaluation, Residual, SummaryImages
from calscope.plots import png
from calscope.plots.contours import Group, Outline, group_by_acceptance
from calscope.plots.scaling import DisplayRange, display_range, short, to_codes
from calscope.plots.style import IN_BOTH, NOT_EVALUATED, TRUTH_ON_IMAGE
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.extraction.residual_view import peak_display_range
from calscope.ui.linked import field_images, mounting, packing, transient_layer
from calscope.ui.session import cached
from calscope.ui.widgets import charts, truth_view

NAME = "field_map"
FOOTPRINT = {"title": "Footprint", "uri": "", "of": "footprints", "low": "0", "high": "its largest value"}
"""A layer without an image of its own: that of the chosen component."""
TOO_PALE = (NOT_EVALUATED, IN_BOTH)
"""Colours that need a dark rim where the image is bright."""
_RIM_PX = 2


class Held(NamedTuple):
    """Another state of the same field, to compare with the one that is shown."""

    title: str
    outlines: dict[str, Any]
    layers: Sequence[dict[str, Any]]
    groups: Sequence[Group]
    labels: Sequence[str] | None = None
    """What its outlines are called; given where they can be chosen, and each means the same as that of its number in
    the state that is shown."""


class Layer(NamedTuple):
    """An image to look at under the outlines."""

    title: str
    image: NDArray
    """(H, W)."""
    shown: DisplayRange


def show(view: EvaluatedAnimal, page: str, height_px: int, *, has_footprints: bool = True) -> None:
    """Draw accepted and rejected outlines over the images of the corrected movie.

    Parameters
    ----------
    has_footprints
        Whether the footprint of the chosen component can be looked at: the bar, which brings it, is on the page.
    """
    after, n = view.keys[1], view.components.n
    lines, in_truth = outlines_of(view)
    of_chosen = [*([transient_layer.LAYER] if transient_layer.is_there(view) else []), FOOTPRINT]
    data = make_data(
        lines,
        [*images_of(view), *(of_chosen if has_footprints else [])],
        # With the bar on the page, the browser lays what persons decided over what the thresholds did.
        [*in_truth, *groups_of(n, view.unjudged if has_footprints else view.evaluation)],
        dims=view.components.dims,
        dxy_um=view.animal.dxy_um,
        n=view.components.n,
        height_px=height_px,
    )
    data["label"] = f"Outlines of {view.components.n} components in {view.animal.name} over an image of its field"
    data["judged"] = has_footprints
    data["field"] = f"{view.animal.name} {after[:12]}"  # another folder may have an animal of that name
    with st.container(gap=None):
        if has_footprints:
            field_images.move_into_view(data, view, page, mounting.told(mounting.key_of(NAME, view, page), "layer"))
        mounting.mount(NAME, view, page, data, on_layer_change=mounting.nothing)


def images_of(view: EvaluatedAnimal) -> list[dict[str, Any]]:
    """Give the images of the whole field: of the corrected movie, and of what the fit left of it where known."""
    residual, stored = view.animal.results.residual, view.animal.results.keys
    left = _residual_layer(stored["residual"], _residual=residual) if residual is not None else []
    return [*_layers(view.keys[1], _after=view.after), *left]


def outlines_of(view: EvaluatedAnimal) -> tuple[dict[str, Any], tuple[Group, ...]]:
    """Give the outlines of the components, behind them those of the truth while it is shown, and the latter's group."""
    n, truth = view.components.n, truth_view.true_outlines(view)
    lines = _outlines(view.keys[0], len(truth), _components=view.components, _truth=truth)
    return lines, (Group("truth", TRUTH_ON_IMAGE, tuple(range(n, n + len(truth)))),) if truth else ()


def groups_of(n: int, evaluation: Evaluation | None) -> tuple[Group, ...]:
    """Give the accepted and the rejected; all in one group where none was evaluated."""
    if evaluation is None:
        return (Group("not evaluated", NOT_EVALUATED, tuple(range(n))),)
    return group_by_acceptance(evaluation.accepted)


def make_data(
    outlines: dict[str, Any],
    layers: Sequence[dict[str, Any]],
    groups: Sequence[Group],
    *,
    dims: tuple[int, int],
    dxy_um: Pair | None,
    n: int,
    height_px: int,
    title: str = "now",
    held: Held | None = None,
    labels: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Give what the view draws.

    Parameters
    ----------
    outlines, layers
        As `packing.outlines` and `layers_of` give them.
    groups
        Outlines drawn in one colour, each group to be switched on and off. A group may hold outlines beyond the `n`
        components, such as those of a truth; they can't be chosen.
    title, held
        What is shown is called so where it is compared with what is held. The images of both have the same limits.
    labels
        What the outlines are called; their numbers where None.
    """
    return {
        "title": title,
        "labels": labels and list(labels),
        "held": held
        and {
            "title": held.title,
            "labels": held.labels and list(held.labels),
            "chosen": held.labels is not None,
            "outlines": held.outlines,
            "layers": list(held.layers),
            "groups": _groups_data(held.groups),
        },
        "rows": dims[0],
        "columns": dims[1],
        "um_per_px": dxy_um[1] if dxy_um else None,
        "n": n,
        "height": height_px,
        "outlines": outlines,
        "layers": list(layers),
        "groups": _groups_data(groups),
    }


def _groups_data(groups: Sequence[Group]) -> list[dict[str, Any]]:
    return [
        {
            "name": group.name,
            "colour": group.colour,
            "members": list(group.components),
            "halo": group.colour in TOO_PALE,
        }
        for group in groups
    ]


def layers_of(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Give images as the view takes them, in gray."""
    gray = png.palette("gray")
    return [
        {
            "title": layer.title,
            "uri": png.data_uri(to_codes(layer.image, layer.shown), gray),
            "low": short(layer.shown[0]),
            "high": short(layer.shown[1]),
        }
        for layer in layers
    ]


def footprint_of(components: Components, number: int) -> dict[str, Any]:
    """Give one footprint, cropped to where it lies, from black (0) to its largest value."""
    own = slice(components.A.indptr[number], components.A.indptr[number + 1])
    x, y = np.divmod(components.A.indices[own], components.dims[0])
    if not len(x):
        return {"uri": "", "x": 0, "y": 0, "columns": 0, "rows": 0}
    left, top = int(x.min()) - _RIM_PX, int(y.min()) - _RIM_PX
    crop = np.zeros((int(y.max()) - top + _RIM_PX + 1, int(x.max()) - left + _RIM_PX + 1), np.float32)
    crop[y - top, x - left] = components.A.data[own]
    uri = png.data_uri(to_codes(crop, (0.0, float(crop.max()) or 1.0)), png.palette("gray"))
    return {"uri": uri, "x": left, "y": top, "columns": crop.shape[1], "rows": crop.shape[0]}


def summary_layers(after: SummaryImages) -> list[Layer]:
    """Give the images that sum up a movie; the one that shows active cells best first."""
    return [
        Layer("Correlation", after.corr, display_range([after.corr], 1.0, 99.7)),
        Layer("Max", after.max, display_range([after.max], 1.0, 99.7)),
        Layer("Mean", after.mean, display_range([after.mean], 1.0, 99.7)),
    ]


@charts.cached
def _residual_layer(key: str, _residual: Residual) -> list[dict[str, Any]]:
    (layer,) = layers_of([Layer("Residual", _residual.peak, peak_display_range(_residual))])
    help_text = "How far the movie without components and background ever rises, in standard deviations"
    return [{**layer, "low": f"{layer['low']} SD", "high": f"{layer['high']} SD", "help": help_text, "later": True}]


@charts.cached
def _layers(key: str, _after: SummaryImages) -> list[dict[str, Any]]:
    return layers_of(summary_layers(_after))


@charts.cached
def _outlines(key: str, n_true: int, _components: Components, _truth: Sequence[Outline]) -> dict[str, Any]:
    """Pack the outlines of the components, and behind them those of the truth."""
    lines: Sequence[Outline] = [*cached.contour_lines(key, _components), *_truth]
    return packing.outlines([np.asarray(line) for line in lines], _components.dims)
