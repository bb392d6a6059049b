"""Where the patches of piecewise-rigid registration lie, and the smooth field of shifts that the movie is warped by.

The field is a tensor product of uniform cubic B-splines: smooth, local, and its values lie within its coefficients, so
that clipping these clips the field.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, CubicSpline

from calscope.model.movie import FloatArray

MIN_STEP_PX = 12.0
"""Nodes of the field aren't set closer than that, about the size of a cell: less holds too little structure."""
MAX_STEPS = 24
"""Nor are there more of them along a side."""


@dataclass(frozen=True)
class PatchGrid:
    """Overlapping patches that cover the field; the last of each row and column ends at the edge."""

    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    shape_px: tuple[int, int]
    """Rows and columns of every patch."""

    @property
    def n(self) -> int:
        """Number of patches."""
        return len(self.tops) * len(self.lefts)

    @property
    def centers_y(self) -> FloatArray:
        """Centres of the rows of patches, px."""
        return np.asarray(self.tops, np.float32) + np.float32((self.shape_px[0] - 1) / 2)

    @property
    def centers_x(self) -> FloatArray:
        """Centres of the columns of patches, px."""
        return np.asarray(self.lefts, np.float32) + np.float32((self.shape_px[1] - 1) / 2)

    @property
    def centers_px(self) -> FloatArray:
        """(P, 2) centres (y, x), row by row."""
        y, x = np.meshgrid(self.centers_y, self.centers_x, indexing="ij")
        return np.stack([y.ravel(), x.ravel()], axis=1)

    @property
    def corners_px(self) -> NDArray[np.int64]:
        """(P, 2) upper left corners (y, x), row by row."""
        y, x = np.meshgrid(self.tops, self.lefts, indexing="ij")
        return np.stack([y.ravel(), x.ravel()], axis=1).astype(np.int64)


def make_patches(field: tuple[int, int], strides: tuple[int, int], overlaps: tuple[int, int]) -> PatchGrid:
    """Lay patches of side strides + overlaps over a field; a side that is too short for one gets one of its length."""
    sides = [min(n, step + over) for n, step, over in zip(field, strides, overlaps, strict=True)]
    begins = [_begins(n, side, step) for n, side, step in zip(field, sides, strides, strict=True)]
    return PatchGrid(tops=begins[0], lefts=begins[1], shape_px=(sides[0], sides[1]))


def _begins(length: int, side: int, step: int) -> tuple[int, ...]:
    return (*range(0, length - side, step), length - side)


@dataclass(frozen=True)
class ShiftField:
    """How the coefficients (n, Ky, Kx, 2) of the field become a shift at every pixel."""

    rows: FloatArray
    """(H, Ky) weight of each row of coefficients at each row of pixels."""
    columns: FloatArray
    """(W, Kx)."""
    nodes_y: FloatArray
    """(Ky,) where each row of coefficients is centred, px; the outermost may lie outside the field."""
    nodes_x: FloatArray
    """(Kx,)."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of coefficients."""
        return self.rows.shape[1], self.columns.shape[1]

    def at(self, rows: FloatArray, columns: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Shift at given rows and columns (weights from `weights_at`), (n, Ky, Kx, 2) -> (n, rows, columns, 2)."""
        return np.einsum("yi,nijk,xj->nyxk", rows, coefficients, columns, optimize=True)


def make_field(field: tuple[int, int], grid: PatchGrid, strides: tuple[int, int]) -> ShiftField:
    """Make a field of shifts with two nodes a stride; constant along a side that has one patch only."""
    spans = []
    for length, n_patches, stride in zip(field, (len(grid.tops), len(grid.lefts)), strides, strict=True):
        step = max(stride / 2, MIN_STEP_PX, length / MAX_STEPS)
        spans.append(0 if n_patches == 1 else max(2, round(length / step)))
    (rows, nodes_y), (columns, nodes_x) = (_basis(n, span) for n, span in zip(field, spans, strict=True))
    return ShiftField(rows, columns, nodes_y, nodes_x)


def rigid_field(field: tuple[int, int]) -> ShiftField:
    """Make a field that is the same everywhere: one coefficient."""
    (rows, nodes_y), (columns, nodes_x) = (_basis(n, 0) for n in field)
    return ShiftField(rows, columns, nodes_y, nodes_x)


def field_of(field: tuple[int, int], shape: tuple[int, int]) -> ShiftField:
    """Make the field that has so many rows and columns of coefficients."""
    (rows, nodes_y), (columns, nodes_x) = (
        _basis(length, max(0, n_nodes - 3)) for length, n_nodes in zip(field, shape, strict=True)
    )
    return ShiftField(rows, columns, nodes_y, nodes_x)


def _basis(length: int, spans: int) -> tuple[FloatArray, FloatArray]:
    return _weights(np.arange(length), length, spans), _nodes(length, spans)


def _nodes(length: int, spans: int) -> FloatArray:
    if spans == 0:
        return np.array([(length - 1) / 2], np.float32)
    step = (length - 1) / spans
    return (np.arange(-1, spans + 2) * step).astype(np.float32)


def _weights(positions: NDArray, length: int, spans: int) -> FloatArray:
    """Give the weight of each coefficient at each position, (len(positions), spans + 3), rows summing to 1."""
    if spans == 0:
        return np.ones((len(positions), 1), np.float32)
    step = (length - 1) / spans
    knots = np.arange(-3, spans + 4) * step
    inside = np.clip(positions, 0, (length - 1) * (1 - 1e-12))
    return BSpline.design_matrix(inside, knots, 3).toarray().astype(np.float32)


def weights_at(positions: NDArray, length: int, n_nodes: int) -> FloatArray:
    """Give the weight of each of `n_nodes` coefficients along a side of `length` px at given positions, px."""
    return _weights(np.asarray(positions, np.float64), length, max(0, n_nodes - 3))


def patches_to_nodes(centers: FloatArray, nodes: FloatArray) -> FloatArray:
    """(nodes, patches) matrix of a natural cubic spline through the patches' centres, constant beyond the outer."""
    if len(centers) == 1:
        return np.ones((len(nodes), 1), np.float32)
    inside = np.clip(nodes, centers[0], centers[-1])
    return np.asarray(CubicSpline(centers, np.eye(len(centers)), bc_type="natural")(inside), np.float32)
