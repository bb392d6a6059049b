"""Footprints and background images given the traces (Pnevmatikakis et al. 2016, "Estimating the spatial components").

Each pixel is a small non-negative least-squares problem of its own: the few components that may reach it and the
background. It is solved twice. First with a penalty in units of the pixel's noise, which keeps only components that
the pixel belongs to; the image of each component is then made compact; last, on what remains, without the penalty, so
that the footprints' heights are not biased.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.footprints import box_of, compact, denoise_footprint, dilated, from_rows, normalised
from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.threads import WorkerPool
from calscope.compiled import kernel
from calscope.model.movie import FloatArray, chunks
from calscope.model.progress import Progress, asking

GROWTH_PX = 2
"""How far a footprint may grow in one update."""
PENALTY_SD = 2.0
"""A pixel belongs to a component where its weight is more than about this many standard errors."""
PIXELS_AT_ONCE = 4096
TRACES_AT_ONCE = 256
SWEEPS_BEFORE_SOLVING = 4


def update_spatial(
    *, movie: BackgroundSubtractedMovie, factors: Factors, smallest_px: int, pool: WorkerPool, progress: Progress
) -> tuple[Factors, NDArray]:
    """Update A and b; components left with fewer than `smallest_px` pixels are dropped, or none if asked for by a seed.

    Returns
    -------
    factors, kept
        `kept` are the numbers of the components that remain.
    """
    support = dilated(factors.A, factors.dims, GROWTH_PX, pool.check)
    n_px, nb = factors.b.shape
    everywhere = csc_matrix(np.ones((n_px, nb), np.float32))
    where = hstack([support, everywhere], format="csc")
    traces = np.concatenate([factors.C, factors.f]).astype(np.float32)
    products = movie.trace_products(where, traces, pool, progress, "Updating footprints")
    gram = _gram(traces, pool)

    weights, b = _solve(support, products, gram, factors, pool, penalised=True)
    tidy = _cleaned(support, weights, factors.dims, pool)
    allowed = np.asarray(tidy.data > 0)
    weights, b = _solve(support, products, gram, factors, pool, allowed=allowed)
    A = csc_matrix((weights.astype(np.float32), support.indices, support.indptr), shape=support.shape)
    A.eliminate_zeros()
    A = _denoise(A, factors, pool)
    kept = np.flatnonzero(np.diff(A.indptr) >= np.where(factors.seeds_of() < 0, smallest_px, 1))
    A, C = normalised(csc_matrix(A[:, kept]), factors.C[kept])
    return replace(factors.select(kept), A=A, C=C, b=b), kept


def background_images(
    *, movie: BackgroundSubtractedMovie, factors: Factors, f: FloatArray, pool: WorkerPool, progress: Progress
) -> FloatArray:
    """Find the images, (H*W, nb), of background traces f in the residual of the components, which stay fixed."""
    n_px, nb = factors.A.shape[0], len(f)
    everywhere = csc_matrix(np.ones((n_px, nb), np.float32))
    products = movie.trace_products(everywhere, f, pool, progress, "Updating the background")
    seen = factors.A @ (factors.C.astype(np.float64) @ f.T.astype(np.float64))
    nobody = csc_matrix((n_px, 0), dtype=np.float32)
    start = replace(factors, b=np.zeros((n_px, nb), np.float32))
    gram = f.astype(np.float64) @ f.T.astype(np.float64)
    return _solve(nobody, products - seen.T.ravel(), gram, start, pool)[1]


def _gram(traces: FloatArray, pool: WorkerPool) -> NDArray[np.float64]:
    """Products of all pairs of traces, (K, K), float64."""
    values = traces.astype(np.float64)
    out = np.empty((len(values), len(values)))
    for some in (slice(*ends) for ends in chunks(len(values), TRACES_AT_ONCE)):
        pool.check()
        np.matmul(values[some], values.T, out=out[some])
    return out


def _denoise(A: csc_matrix, factors: Factors, pool: WorkerPool) -> csc_matrix:
    """Denoise the footprints; a weight's standard error is the pixel's noise over the trace's norm."""
    noise = factors.sn.reshape(factors.dims)
    norms = np.linalg.norm(factors.C, axis=1)
    for k in asking(pool.check, np.flatnonzero((np.diff(A.indptr) > 0) & (norms > 0))):
        box = box_of(A, int(k), factors.dims)
        height, width = box.image.shape
        here = noise[box.top : box.top + height, box.left : box.left + width] / np.float32(norms[k])
        A.data[A.indptr[k] : A.indptr[k + 1]] = denoise_footprint(box.image, here)[box.y, box.x]
    return A


def _cleaned(support: csc_matrix, weights: NDArray, dims: tuple[int, int], pool: WorkerPool) -> csc_matrix:
    """Give the entries of `support` that remain in the compact images, positive there and 0 elsewhere."""
    A = csc_matrix((weights.astype(np.float32), support.indices, support.indptr), shape=support.shape)
    values = []
    for k in asking(pool.check, range(A.shape[1])):
        box = box_of(A, k, dims)
        values.append(compact(box.image)[box.y, box.x])
    rows = np.split(A.indices, A.indptr[1:-1]) if A.shape[1] else []
    return from_rows(list(rows), values, A.shape[0])


def _solve(
    support: csc_matrix,
    products: NDArray,
    gram: NDArray,
    factors: Factors,
    pool: WorkerPool,
    *,
    penalised: bool = False,
    allowed: NDArray | None = None,
) -> tuple[NDArray, NDArray]:
    """Solve every pixel; weights per entry of `support`, and b."""
    nnz, (n_px, nb) = support.nnz, factors.b.shape
    by_pixel = csc_matrix(
        (np.arange(nnz, dtype=np.float64), support.indices, support.indptr), shape=support.shape
    ).tocsr()
    entries = by_pixel.data.astype(np.int64)
    use = np.ones(nnz, bool) if allowed is None else allowed
    noise = factors.sn.astype(np.float64) * (PENALTY_SD if penalised else 0.0)
    out = np.zeros(nnz)
    b = factors.b.astype(np.float64)
    background = products[nnz:].reshape(nb, n_px).T.copy()
    # Most pixels see nothing but the background, whose traces are much alike: a bad case for descent along coordinates.
    alone = background @ np.linalg.pinv(gram[len(gram) - nb :, len(gram) - nb :], hermitian=True)
    b = np.where((alone > 0).all(axis=1, keepdims=True), alone, b)

    def work(part: tuple[int, int]) -> None:
        _solve_pixels(
            by_pixel.indptr, by_pixel.indices, entries, use, products, background, gram, noise, part[0], part[1], out, b
        )

    pool.each(work, pool.ranges(n_px, -(-n_px // PIXELS_AT_ONCE)))
    return out, b.astype(np.float32)


@kernel
def _solve_pixels(  # noqa: PLR0917 - kernels take no keywords
    indptr: NDArray,
    components: NDArray,
    entries: NDArray,
    use: NDArray,
    products: NDArray,
    background: NDArray,
    gram: NDArray,
    noise: NDArray,
    first: int,
    last: int,
    out: NDArray,
    b: NDArray,
) -> None:
    n_components = gram.shape[0] - b.shape[1]
    nb = b.shape[1]
    most = nb
    for p in range(first, last):
        most = max(most, indptr[p + 1] - indptr[p] + nb)
    who, entry, free = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    target, x, system = np.empty(most), np.empty(most), np.empty((most, most + 1))
    for p in range(first, last):
        m = 0
        for q in range(indptr[p], indptr[p + 1]):
            k = components[q]
            if use[entries[q]] and gram[k, k] > 0:
                who[m], entry[m] = k, entries[q]
                target[m], x[m] = products[entries[q]] - noise[p] * np.sqrt(gram[k, k]), 0.0
                m += 1
        n_cells = m
        for j in range(nb):
            if gram[n_components + j, n_components + j] > 0:
                who[m], entry[m], target[m], x[m] = n_components + j, j, background[p, j], b[p, j]
                m += 1
        _coordinate_descent(gram, who, target, x, m, free, system)
        for i in range(n_cells):
            out[entry[i]] = x[i]
        for i in range(n_cells, m):
            b[p, entry[i]] = x[i]


@kernel
def _coordinate_descent(  # noqa: PLR0917 - kernels take no keywords
    gram: NDArray, who: NDArray, target: NDArray, x: NDArray, m: int, free: NDArray, system: NDArray
) -> None:
    """Minimise x'Gx/2 - target'x over x >= 0, for the rows `who` of the Gram matrix.

    Descent soon knows which entries are positive, but among traces that are alike it is slow to find their values;
    these are then solved for at once, and the next sweep shows whether that is the minimum.
    """
    for sweep in range(200):
        if sweep % SWEEPS_BEFORE_SOLVING == SWEEPS_BEFORE_SOLVING - 1:
            _solve_positive(gram, who, target, x, m, free, system)
        change = 0.0
        for i in range(m):
            row = gram[who[i]]
            slope = target[i]
            for j in range(m):
                slope -= row[who[j]] * x[j]
            new = max(0.0, x[i] + slope / row[who[i]])
            moved = abs(new - x[i]) * np.sqrt(row[who[i]])
            change = max(change, moved)
            x[i] = new
        scale = 0.0
        for i in range(m):
            scale = max(scale, x[i] * np.sqrt(gram[who[i], who[i]]))
        if change <= 1e-6 * scale:
            break


@kernel
def _solve_positive(  # noqa: PLR0917 - kernels take no keywords
    gram: NDArray, who: NDArray, target: NDArray, x: NDArray, m: int, free: NDArray, system: NDArray
) -> None:
    """Solve for the positive entries of x by elimination; x stays as it is where the solution is not positive.

    `free` and `system` are room to work in, (m,) and (m, m + 1) at least.
    """
    n = 0
    for i in range(m):
        if x[i] > 0:
            free[n] = i
            n += 1
    for i in range(n):
        for j in range(n):
            system[i, j] = gram[who[free[i]], who[free[j]]]
        system[i, n] = target[free[i]]
    for i in range(n):
        if system[i, i] <= 1e-9 * gram[who[free[i]], who[free[i]]]:
            return
        for row in range(i + 1, n):
            share = system[row, i] / system[i, i]
            for j in range(i + 1, n + 1):
                system[row, j] -= share * system[i, j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            system[i, n] -= system[i, j] * system[j, n]
        system[i, n] /= system[i, i]
        if system[i, n] <= 0:
            return
    for i in range(n):
        x[free[i]] = system[i, n]
