"""Measures of components after a few of them were changed: only those are taken again that can be others.

SNR, spatial r and likeness to a soma depend on a component's own footprint and trace, and on the footprints and traces
in its surroundings; nothing further away. So what has to be measured again lies in a window of the field.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.evaluation.soma import surroundings_px
from calscope.model.movie import FloatArray, Movie
from calscope.model.results import ComponentQuality, Components

Boxes = NDArray[np.intp]
"""(K, 4) first row and column, and those after the last; all 0 for an empty footprint."""


@dataclass(frozen=True)
class Measured:
    """Components with their measures."""

    components: Components
    quality: ComponentQuality


def measure_changed(
    movie: Movie,
    before: Measured,
    after: Components,
    earlier: Sequence[int],
    *,
    gSig: tuple[int, int],
    measure: Callable[[Movie, Components], ComponentQuality],
) -> ComponentQuality:
    """Give the measures of all components, as `measure` gives them on the whole field, to rounding.

    Parameters
    ----------
    before
        The components before the change.
    after
        Those after it, with the same background.
    earlier
        (K,) which one each was before; -1 where it is new. It may have changed nevertheless.
    gSig
        Half-size of a soma, px (y, x), that `measure` goes by.
    """
    came_from = np.asarray(earlier, np.intp)
    again = _to_measure(before.components, after, came_from, surroundings_px(gSig))
    found = _rearranged(before.quality, np.where(again, -1, came_from))
    if not again.any():
        return found
    part, part_of_movie, numbers = _around(movie, after, again, surroundings_px(gSig))
    own = np.flatnonzero(again[numbers])
    return _with(found, numbers[own], measure(part_of_movie, part), own)


def _to_measure(
    before: Components, after: Components, earlier: NDArray[np.intp], margin: tuple[int, int]
) -> NDArray[np.bool_]:
    """Tell which components changed, or have one in their surroundings that changed, came or went, (K,)."""
    is_same = np.array([old >= 0 and _are_same(before, int(old), after, k) for k, old in enumerate(earlier)], bool)
    stayed = np.zeros(before.n, bool)
    stayed[earlier[is_same]] = True
    boxes = _boxes(after)
    moved = np.concatenate([boxes[~is_same], _boxes(before)[~stayed]])
    return ~is_same | _meet(_widened(boxes, margin, after.dims), moved).any(axis=1)


def _are_same(before: Components, old: int, after: Components, new: int) -> bool:
    one, other = (slice(*found.A.indptr[k : k + 2]) for found, k in ((before, old), (after, new)))
    return (
        np.array_equal(before.A.indices[one], after.A.indices[other])
        and np.array_equal(before.A.data[one], after.A.data[other])
        and np.array_equal(before.C[old], after.C[new])
        and np.array_equal(before.YrA[old], after.YrA[new])
    )


def _boxes(components: Components) -> Boxes:
    ends, boxes = components.A.indptr, np.zeros((components.n, 4), np.intp)
    for k in np.flatnonzero(np.diff(ends)):
        x, y = np.divmod(components.A.indices[ends[k] : ends[k + 1]], components.dims[0])
        boxes[k] = y.min(), x.min(), y.max() + 1, x.max() + 1
    return boxes


def _widened(boxes: Boxes, margin: tuple[int, int], dims: tuple[int, int]) -> Boxes:
    wide = np.clip(boxes + np.array([-margin[0], -margin[1], *margin]), 0, [*dims, *dims])
    return np.where(boxes.any(axis=1, keepdims=True), wide, 0)


def _meet(some: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Tell which boxes have a pixel in common, (n, m)."""
    first = np.maximum(some[:, None, :2], others[None, :, :2])
    after_last = np.minimum(some[:, None, 2:], others[None, :, 2:])
    return np.asarray((first < after_last).all(axis=2))


def _around(
    movie: Movie, components: Components, again: NDArray[np.bool_], margin: tuple[int, int]
) -> tuple[Components, Movie, NDArray[np.intp]]:
    """Cut out the window around some components with all that lie in their surroundings, and give their numbers."""
    boxes = _boxes(components)
    wide = _widened(boxes[again], margin, components.dims)
    is_near = again | _meet(wide, boxes).any(axis=0)
    numbers = np.flatnonzero(is_near)
    taken = np.concatenate([wide, boxes[is_near]])
    taken = taken[taken.any(axis=1)] if taken.any() else np.array([[0, 0, 1, 1]])
    first, after_last = taken[:, :2].min(axis=0).tolist(), taken[:, 2:].max(axis=0).tolist()
    rows, columns = (slice(*ends) for ends in zip(first, after_last, strict=True))
    field = np.arange(components.dims[0] * components.dims[1]).reshape(components.dims, order="F")
    pixels = field[rows, columns].ravel(order="F")
    traces = {name: getattr(components, name)[numbers] for name in ("C", "S", "YrA", "bl", "c1", "g", "neurons_sn")}
    part = replace(
        components,
        dims=(after_last[0] - first[0], after_last[1] - first[1]),
        A=components.A[:, numbers][pixels],
        b=components.b[pixels],
        sn=components.sn[pixels],
        **traces,
    )
    return part, replace(movie, codes=movie.codes[:, rows, columns]), numbers


def _rearranged(quality: ComponentQuality, numbers: NDArray[np.intp]) -> ComponentQuality:
    """Give the measures of these components, NaN for -1."""
    is_known = numbers >= 0

    def taken(values: FloatArray) -> FloatArray:
        out = np.full((len(numbers), *values.shape[1:]), np.nan, np.float32)
        out[is_known] = values[numbers[is_known]]
        return out

    return ComponentQuality(
        snr=taken(quality.snr),
        r_value=taken(quality.r_value),
        cnn=taken(quality.cnn),
        soma_parts=None if quality.soma_parts is None else taken(quality.soma_parts),
    )


def _with(
    quality: ComponentQuality, numbers: NDArray[np.intp], measured: ComponentQuality, own: NDArray[np.intp]
) -> ComponentQuality:
    """Put the measures `own` of others in the place of these numbers."""
    for name, values in vars(quality).items():
        if values is not None:
            values[numbers] = getattr(measured, name)[own]
    return quality
