"""Components one by one, so that a few can be replaced while the traces of all others are neither read nor copied."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.footprints import column_norms, from_rows
from calscope.model.movie import FloatArray
from calscope.model.results import Components


@dataclass(frozen=True)
class ComponentRow:
    """One component; arrays may be maps of a stored result."""

    pixels: NDArray
    """Fortran order, ascending."""
    weights: FloatArray
    c: FloatArray
    s: FloatArray
    residual: FloatArray
    """YrA: c + residual is the raw trace."""
    bl: float
    c1: float
    g: FloatArray
    noise: float

    @property
    def raw(self) -> FloatArray:
        """(T,) raw trace."""
        return self.c + self.residual

    @property
    def norm(self) -> float:
        """Norm of the footprint; 1 where it has none."""
        return float(np.linalg.norm(self.weights)) or 1.0

    def scaled(self, factor: float) -> Self:
        """Give the same component with its footprint divided by `factor`, and its traces multiplied."""
        f = np.float32(factor)
        return replace(
            self,
            weights=self.weights / f,
            c=self.c * f,
            s=self.s * f,
            residual=self.residual * f,
            bl=self.bl * factor,
            c1=self.c1 * factor,
            noise=self.noise * factor,
        )


def rows_of(found: Components) -> list[ComponentRow]:
    """Give the components of a fit one by one; nothing is copied."""
    A = csc_matrix(found.A)
    ends = A.indptr.tolist()
    return [
        ComponentRow(
            pixels=A.indices[ends[k] : ends[k + 1]],
            weights=A.data[ends[k] : ends[k + 1]],
            c=found.C[k],
            s=found.S[k],
            residual=found.YrA[k],
            bl=float(found.bl[k]),
            c1=float(found.c1[k]),
            g=found.g[k],
            noise=float(found.neurons_sn[k]),
        )
        for k in range(found.n)
    ]


def with_rows(found: Components, rows: Sequence[ComponentRow]) -> Components:
    """Give a fit with these components in place of its own; the background stays."""
    n, n_frames, p = len(rows), found.n_frames, found.g.shape[1]

    def traces(name: str) -> FloatArray:
        out = np.empty((n, n_frames), np.float32)
        for k, row in enumerate(rows):
            out[k] = getattr(row, name)
        return out

    def values(name: str) -> FloatArray:
        return np.array([getattr(row, name) for row in rows], np.float32)

    return replace(
        found,
        A=footprints_of(rows, found.A.shape[0]),
        C=traces("c"),
        S=traces("s"),
        YrA=traces("residual"),
        bl=values("bl"),
        c1=values("c1"),
        g=np.array([row.g for row in rows], np.float32).reshape(n, p),
        neurons_sn=values("noise"),
    )


def footprints_of(rows: Sequence[ComponentRow], n_px: int) -> csc_matrix:
    """Give the footprints as columns, (H*W, K), in Fortran order."""
    return from_rows([row.pixels for row in rows], [row.weights for row in rows], n_px)


def unit_footprints(rows: Sequence[ComponentRow], n_px: int) -> tuple[csc_matrix, NDArray[np.float64]]:
    """Give the footprints with norm 1, and the norms that they had."""
    A = footprints_of(rows, n_px)
    norms = column_norms(A)
    norms[norms == 0] = 1.0
    A.data /= np.repeat(norms, np.diff(A.indptr)).astype(np.float32)
    return A, norms
