"""Traces given the footprints (Pnevmatikakis et al. 2016, "Estimating the temporal components").

The movie enters once, as Aᵀ Y. Components are then updated one after another, each from what the others and the
background leave of its projection. Components that share no pixel are independent, so they are coloured into groups and
the members of a group are updated together; the result equals updating one by one.
"""

from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_diag, csc_matrix, csr_matrix, identity

from calscope.algorithms.cnmf.factors import Factors, TraceDetails
from calscope.algorithms.cnmf.merging import MergeWeights, merge_with
from calscope.algorithms.cnmf.noise import trace_noise
from calscope.algorithms.deconvolution.deconvolution import TraceModel, model_trace
from calscope.algorithms.threads import WorkerPool
from calscope.compiled import kernel
from calscope.model.movie import FloatArray
from calscope.model.progress import Check, Progress, asking, silent, unasked

ROUNDS = 2
MOST_AT_ONCE = 8
"""Traces that a thread updates before it takes the next ones."""


class Traces:
    """Traces under footprints that stay as they are, with the movie as seen through these: Aᵀ Y and Aᵀ A."""

    def __init__(
        self, factors: Factors, products: FloatArray, *, p: int, nonneg_baseline: bool, check: Check = unasked
    ) -> None:
        A, self.C = factors.with_background()
        self.factors, self.products, self.p, self.nonneg_baseline = factors, products, p, nonneg_baseline
        self.check = check
        """Asked whether to stop, several times a second."""
        self.gram = csr_matrix((A.T @ A).astype(np.float32))
        self.gram.sort_indices()
        self.power = self.gram.diagonal()
        self.models: list[TraceModel | None] = [None] * factors.n

    def update(self, which: NDArray, pool: WorkerPool, progress: Progress = silent, rounds: int = ROUNDS) -> None:
        """Update the traces of some components, and the background's; the first time it must be all of them."""
        wanted = set(which.tolist())
        groups = [[k for k in group if k in wanted] for group in independent_groups(self.gram, self.factors.n)]
        for turn in range(rounds):
            for g, group in enumerate(groups):
                progress((turn + g / len(groups)) / rounds, "Updating traces")
                # A small group is cut finely: one bright trace may take as long as all others.
                size = max(1, min(MOST_AT_ONCE, len(group) // (4 * pool.workers)))
                pool.each(self._update_some, [group[i : i + size] for i in range(0, len(group), size)])
            for j in range(self.factors.n, len(self.C)):
                self.C[j] = np.maximum(self.trace_of(j), 0)

    def _update_some(self, group: list[int]) -> None:
        """Update components that share no pixel."""
        raw = np.array([self.trace_of(k) for k in group])
        for k, trace, noise in zip(group, raw, trace_noise(raw).tolist(), strict=True):
            model = model_trace(trace, p=self.p, nonneg_baseline=self.nonneg_baseline, noise=noise)
            self.C[k], self.models[k] = model.c, model

    def trace_of(self, k: int) -> FloatArray:
        """Subtract all other components from the projection of component k, which gives its raw trace."""
        out = np.zeros(self.C.shape[1], np.float32)
        if self.power[k] > 0:
            _remainder(self.products, self.gram.indptr, self.gram.indices, self.gram.data, self.C, k, out)
        return out

    def after(self, weights: MergeWeights) -> tuple[Self, NDArray]:
        """Give the traces after a merge, and the components to update again.

        The movie isn't needed: what a sum of footprints sees is the sum of what they see.
        """
        n_background = len(self.C) - self.factors.n
        factors = merge_with(self.result()[0], weights)
        mixing = csc_matrix(block_diag([weights.footprints, identity(n_background)]), dtype=np.float32)
        products = np.asarray(mixing.T @ self.products, np.float32)
        new = type(self)(factors, products, p=self.p, nonneg_baseline=self.nonneg_baseline, check=self.check)
        new.models = [self.models[k] for k in weights.first.tolist()]
        changed = np.flatnonzero(weights.size > 1)
        seen = np.asarray(new.gram[changed, : factors.n].sum(axis=0)).ravel() > 0
        return new, np.flatnonzero(seen)

    def raw(self) -> FloatArray:
        """Give all raw traces, (K, T)."""
        raw = [self.trace_of(k) for k in asking(self.check, range(self.factors.n))]
        return np.array(raw, np.float32).reshape(self.factors.C.shape)

    def result(self) -> tuple[Factors, TraceDetails]:
        """Give the factors with these traces, and what deconvolution found."""
        n, n_frames = self.factors.C.shape
        models = [model for model in self.models if model is not None]
        details = TraceDetails(
            S=np.array([m.s for m in models], np.float32).reshape(n, n_frames),
            YrA=self.raw() - self.C[:n],
            bl=np.array([m.baseline for m in models], np.float32),
            c1=np.array([m.c1 for m in models], np.float32),
            g=np.array([m.g for m in models], np.float32).reshape(n, self.p),
            neurons_sn=np.array([m.noise for m in models], np.float32),
        )
        return replace(self.factors, C=self.C[:n], f=self.C[n:]), details


@kernel
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
