"""Some components take the place of others: their traces, and those of the neighbours that share pixels with them.

The movie isn't needed for what neighbours see of it: a raw trace is the movie under a footprint less all other
components and the background, so with these added again it is the movie under it less the background (the products
of `temporal`, whose update is used). All that shares no pixel with what changes stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, hstack

from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.temporal import Traces
from calscope.algorithms.curation.component_rows import ComponentRow, unit_footprints
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import FloatArray


@dataclass(frozen=True)
class NewComponents:
    """Footprints that were not there before, with what they see of the movie."""

    A: csc_matrix
    """(H*W, n) of norm 1, Fortran order."""
    C: FloatArray
    """(n, T) traces to begin with."""
    products: FloatArray
    """(n, T) the movie under each footprint, less the background."""


def movie_under(rows: Sequence[ComponentRow], which: Sequence[int], A: csc_matrix, norms: NDArray) -> list[FloatArray]:
    """Give what some components see of the movie, less the background, (T,) each, for footprints of norm 1."""
    gram = csr_matrix(A[:, list(which)].T @ A)
    out = []
    for i, k in enumerate(which):
        seen = rows[k].raw * np.float32(norms[k])
        for j, shared in zip(*_row(gram, i), strict=True):
            if j != k:
                seen += np.float32(shared * norms[j]) * rows[j].c
        out.append(seen)
    return out


def replace_components(
    rows: Sequence[ComponentRow],
    gone: Sequence[int],
    new: NewComponents,
    *,
    p: int,
    nonneg_baseline: bool,
    pool: WorkerPool,
) -> list[ComponentRow]:
    """Give all components without those that are gone and with the new ones behind, traces of neighbours updated.

    Parameters
    ----------
    rows
        All components.
    gone
        Numbers of those whose place is taken; none where something is added.
    """
    A, norms = unit_footprints(rows, new.A.shape[0])
    kept = np.setdiff1d(np.arange(len(rows)), gone)
    changed = csc_matrix(hstack([A[:, list(gone)], new.A]))
    touched = kept[_sees(A[:, kept], changed)]
    around = np.setdiff1d(kept[_sees(A[:, kept], A[:, touched])], touched)
    ours = np.concatenate([touched, around]).astype(np.intp)
    traces = _traces(rows, ours, new, A, norms, p=p, nonneg_baseline=nonneg_baseline, pool=pool)
    n_new, n_touched = new.A.shape[1], len(touched)
    for i, seen in enumerate(movie_under(rows, touched.tolist(), A, norms), start=n_new):
        traces.products[i] = seen
    traces.update(np.arange(n_new + n_touched), pool)
    out = {int(k): rows[k] for k in kept}
    for i, k in enumerate(touched.tolist(), start=n_new):
        out[k] = _updated(traces, i, rows[k].pixels, rows[k].weights / np.float32(norms[k])).scaled(1 / norms[k])
    for k in around.tolist():
        out[k] = _with_neighbours(rows, k, touched, traces.C[n_new:], A, norms)
    made = [_updated(traces, i, *_row(new.A.T.tocsr(), i)) for i in range(n_new)]
    return [*out.values(), *made]


def _traces(
    rows: Sequence[ComponentRow],
    ours: NDArray,
    new: NewComponents,
    A: csc_matrix,
    norms: NDArray,
    *,
    p: int,
    nonneg_baseline: bool,
    pool: WorkerPool,
) -> Traces:
    n_px, n_frames = A.shape[0], new.C.shape[1]
    C = np.array([rows[k].c * np.float32(norms[k]) for k in ours.tolist()], np.float32).reshape(-1, n_frames)
    nothing = np.zeros((n_px, 0), np.float32), np.zeros((0, n_frames), np.float32), np.zeros(n_px, np.float32)
    together = csc_matrix(hstack([new.A, A[:, ours]]), dtype=np.float32)
    factors = Factors((n_px, 1), together, np.concatenate([new.C, C]).astype(np.float32), *nothing)
    products = np.concatenate([new.products, np.zeros_like(C)]).astype(np.float32)
    return Traces(factors, products, p=p, nonneg_baseline=nonneg_baseline, check=pool.check)


def _updated(traces: Traces, i: int, pixels: NDArray, weights: FloatArray) -> ComponentRow:
    model, c = traces.models[i], traces.C[i].copy()
    if model is None:
        raise AssertionError("every trace that is asked for is updated")
    return ComponentRow(
        pixels=pixels,
        weights=np.asarray(weights, np.float32),
        c=c,
        s=np.asarray(model.s, np.float32),
        residual=traces.trace_of(i) - c,
        bl=model.baseline,
        c1=model.c1,
        g=np.asarray(model.g, np.float32),
        noise=model.noise,
    )


def _with_neighbours(  # noqa: PLR0917
    rows: Sequence[ComponentRow], k: int, touched: NDArray, C: FloatArray, A: csc_matrix, norms: NDArray
) -> ComponentRow:
    """Give a component that stays, with the residual that its neighbours' new traces leave."""
    shared = np.asarray((A[:, [k]].T @ A[:, touched]).todense(), np.float64).ravel()
    residual = np.array(rows[k].residual, np.float32)
    for i in np.flatnonzero(shared).tolist():
        j = int(touched[i])
        residual -= np.float32(shared[i] / norms[k]) * (C[i] - rows[j].c * np.float32(norms[j]))
    return replace(rows[k], residual=residual)


def _sees(A: csc_matrix, others: csc_matrix) -> NDArray[np.bool_]:
    """Tell which columns share a pixel with one of the others."""
    return np.asarray((A.T @ others).getnnz(axis=1) > 0)


def _row(matrix: csr_matrix, i: int) -> tuple[NDArray, NDArray]:
    entries = slice(matrix.indptr[i], matrix.indptr[i + 1])
    return matrix.indices[entries], matrix.data[entries]
