"""Footprints, traces and background as CNMF passes them from step to step."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.cnmf.footprints import Dims, swap_order, to_fortran
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import Components


@dataclass(frozen=True)
class Factors:
    """Footprints, traces and background; Y is about A C + b f."""

    dims: Dims
    A: csc_matrix
    """(H*W, K), pixels in row order, columns of norm 1."""
    C: FloatArray
    """(K, T)."""
    b: FloatArray
    """(H*W, nb), row order."""
    f: FloatArray
    """(nb, T)."""
    sn: FloatArray
    """(H*W,) noise of each pixel, row order."""
    seed_of: NDArray[np.intp] | None = None
    """(K,) the number of the seed by which a person asked for the component, -1 for all others; None: for none."""

    @property
    def n(self) -> int:
        """Number of components."""
        return int(self.A.shape[1])

    def seeds_of(self) -> NDArray[np.intp]:
        """Give `seed_of`; -1 for every component where no seed was placed."""
        return np.full(self.n, -1, np.intp) if self.seed_of is None else self.seed_of

    def with_background(self) -> tuple[csc_matrix, FloatArray]:
        """Footprints and traces with the background's behind them."""
        n_px, nb = self.b.shape
        everywhere = np.tile(np.arange(n_px, dtype=np.int32), nb), np.arange(nb + 1, dtype=np.int32) * n_px
        b = csc_matrix((self.b.T.ravel(), *everywhere), shape=self.b.shape)
        A = hstack([self.A, b], format="csc", dtype=np.float32)
        return A, np.concatenate([self.C, self.f]).astype(np.float32)

    def select(self, keep: NDArray) -> Self:
        """Keep some components."""
        seed_of = None if self.seed_of is None else self.seed_of[keep]
        return replace(self, A=csc_matrix(self.A[:, keep]), C=self.C[keep], seed_of=seed_of)


@dataclass(frozen=True)
class TraceDetails:
    """What deconvolution adds to the traces of `Factors`."""

    S: FloatArray
    YrA: FloatArray
    bl: FloatArray
    c1: FloatArray
    g: FloatArray
    neurons_sn: FloatArray

    def select(self, keep: NDArray) -> Self:
        """Keep some components."""
        return replace(self, **{f.name: getattr(self, f.name)[keep] for f in fields(self)})


def to_components(factors: Factors, details: TraceDetails, notes: tuple[Note, ...]) -> Components:
    """Give the result in CaImAn's names and pixel order."""
    return Components(
        dims=factors.dims,
        A=to_fortran(factors.A, factors.dims),
        C=factors.C,
        S=details.S,
        YrA=details.YrA,
        b=swap_order(factors.b, factors.dims),
        f=factors.f,
        bl=details.bl,
        c1=details.c1,
        g=details.g,
        neurons_sn=details.neurons_sn,
        sn=swap_order(factors.sn, factors.dims),
        notes=notes,
    )
