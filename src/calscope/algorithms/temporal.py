"""Traces given the footprints (Pnevmatikakis et al. 2016, "Estimating the temporal components").

The movie enters once, as Aᵀ Y. Components are then updated one after another, each from what the others and the
background leave of its projection. Those that share no pixel don't see each other, so they are coloured into groups and
a group's members are updated at the same time; the result is that of updating one by one.
"""

from dataclasses import replace
from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from calscope.algorithms.deconvolution import TraceModel, model_trace
from calscope.algorithms.factors import Factors, TraceDetails
from calscope.algorithms.local_background import ClearedMovie
from calscope.algorithms.threads import Team
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress, part

ROUNDS = 2


def update_temporal(
    *,
    movie: ClearedMovie,
    factors: Factors,
    p: int,
    nonneg_baseline: bool,
    team: Team,
    progress: Progress,
    rounds: int = ROUNDS,
) -> tuple[Factors, TraceDetails]:
    """Update C and f, and deconvolve where p > 0."""
    A, C = factors.with_background()
    products = movie.footprint_products(A, team, part(progress, 0, 0.5), "Updating traces")
    gram = csr_matrix((A.T @ A).astype(np.float32))
    gram.sort_indices()
    projected = Projected(products, gram, C)
    n = factors.n
    groups = independent_groups(gram, n)
    models: list[TraceModel] = [None] * n  # type: ignore[list-item] # each is filled in the first round
    for turn in range(rounds):
        for g, group in enumerate(groups):
            progress(0.5 + 0.5 * (turn + g / len(groups)) / rounds, "Updating traces")
            fit = partial(_update_one, projected, p, nonneg_baseline)
            for k, model in zip(group, team.map(fit, group), strict=True):
                models[k] = model
        for j in range(n, len(C)):
            C[j] = np.maximum(projected.trace_of(j), 0)
    details = _details(projected, models, p, factors.C.shape)
    return replace(factors, C=C[:n], f=C[n:]), details


class Projected:
    """The movie as seen through the footprints: Aᵀ Y, Aᵀ A, and the traces as they are now."""

    def __init__(self, products: FloatArray, gram: csr_matrix, C: FloatArray) -> None:
        self.products, self.gram, self.C = products, gram, C
        self.power = gram.diagonal()

    def trace_of(self, k: int) -> FloatArray:
        """Take all others out of the movie as component k sees it, which leaves its raw trace."""
        out = np.zeros(self.C.shape[1], np.float32)
        if self.power[k] > 0:
            _remainder(self.products, self.gram.indptr, self.gram.indices, self.gram.data, self.C, k, out)
        return out


def _update_one(projected: Projected, p: int, nonneg_baseline: bool, k: int) -> TraceModel:  # noqa: FBT001
    model = model_trace(projected.trace_of(k), p=p, nonneg_baseline=nonneg_baseline)
    projected.C[k] = model.c
    return model


@njit(nogil=True, fastmath=True, cache=True)
def _remainder(  # noqa: PLR0917 - kernels take no keywords
    products: NDArray, indptr: NDArray, indices: NDArray, data: NDArray, C: NDArray, k: int, out: NDArray
) -> None:
    out[:] = products[k]
    power = np.float32(0)
    for q in range(indptr[k], indptr[k + 1]):
        j = indices[q]
        if j == k:
            power = data[q]
            continue
        a, other = data[q], C[j]
        for t in range(out.size):
            out[t] -= a * other[t]
    scale = np.float32(1) / power
    for t in range(out.size):
        out[t] *= scale


def independent_groups(gram: csr_matrix, n: int) -> list[list[int]]:
    """Colour the first `n` components so that no two of a group share a pixel; those with many neighbours first."""
    neighbours = [gram.indices[gram.indptr[k] : gram.indptr[k + 1]] for k in range(n)]
    colour = np.full(gram.shape[0], -1)
    for k in sorted(range(n), key=lambda k: (-neighbours[k].size, k)):
        taken = set(colour[neighbours[k]].tolist())
        colour[k] = next(c for c in range(n + 1) if c not in taken)
    return [np.flatnonzero(colour[:n] == c).tolist() for c in range(int(colour.max(initial=-1)) + 1)]


def _details(projected: Projected, models: list[TraceModel], p: int, shape: tuple[int, ...]) -> TraceDetails:
    n, n_frames = shape
    residual = np.zeros((n, n_frames), np.float32)
    for k in range(n):
        residual[k] = projected.trace_of(k) - projected.C[k]
    return TraceDetails(
        S=np.array([m.s for m in models], np.float32).reshape(n, n_frames),
        YrA=residual,
        bl=np.array([m.baseline for m in models], np.float32),
        c1=np.array([m.c1 for m in models], np.float32),
        g=np.array([m.g for m in models], np.float32).reshape(n, p),
        neurons_sn=np.array([m.noise for m in models], np.float32),
    )
