"""First components of a patch: the brightest blurred spot, again and again (Pnevmatikakis et al. 2016, "greedy_roi").

The patch is blurred with a Gaussian of a soma's size. Where the blurred movie has most energy sits a seed; in a window
around it the best non-negative rank-1 factors (footprint and trace) are taken out, and the search goes on in what is
left. A few rounds of hierarchical least squares, with a background, then share the movie fairly between the components.
"""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from calscope.algorithms.cnmf.background import nonnegative_factors
from calscope.algorithms.cnmf.blocks import block_numbers, block_pattern
from calscope.algorithms.cnmf.hals import footprint_sweep, trace_sweep
from calscope.algorithms.cnmf.pixel_blur import blur, blur_image, subtract, subtract_surround
from calscope.compiled import kernel
from calscope.model.movie import FloatArray
from calscope.model.progress import Check, unasked

ROLLING_FRAMES = 100
COMPONENTS_AT_ONCE = 8
"""Components that are searched between two questions whether to stop."""
REFINEMENTS = 3
BACKGROUND_SWEEPS = 5
BLOCK_PX = 4
MASK_GROWTH_PX = 3
MEDIAN_FRAMES = 500
SURROUND = 1
"""Half-side of the square whose mean is taken out of each pixel before the search, in seed windows (gSiz)."""
REACH_SD = 3.0
"""Beyond the seed's window a pixel is taken to the component where its weight is this many standard errors."""


class PatchFactors(NamedTuple):
    """What a patch gives."""

    A: FloatArray
    """(K, h, w) footprints."""
    C: FloatArray
    """(K, T) traces."""
    b: FloatArray
    """(nb, h, w)."""
    f: FloatArray
    """(nb, T)."""


def initialise_patch(
    *,
    movie: FloatArray,
    noise: FloatArray,
    allowed: NDArray[np.bool_],
    K: int,
    gSig: tuple[int, int],
    gSiz: tuple[int, int],
    nb: int,
    ssub: int,
    tsub: int,
    rolling_sum: bool,
    check: Check = unasked,
) -> PatchFactors:
    """Find up to K components in a patch.

    Parameters
    ----------
    movie
        (h, w, T) float32, pixel-major.
    noise
        (h, w) noise of each pixel; the search runs in units of it, so that bright regions don't draw all seeds.
    allowed
        (h, w) where seeds may lie.
    K
        How many to look for; fewer are given where nothing is left.
    gSig, gSiz
        Half-size of a soma and side of the seed's window, px (y, x).
    nb
        Background components.
    ssub, tsub
        The search runs on pixels and frames binned this many times; footprints and traces are then at full resolution.
    rolling_sum
        Look at the energy in the strongest 100 frames in a row, not in the whole movie.
    check
        Asked whether to stop, several times a second.
    """
    scale = np.where(noise > 0, noise, 1.0).astype(np.float32)
    white: FloatArray = np.empty(movie.shape, np.float32)
    _standardise(movie, _medians(movie), np.float32(ssub * np.sqrt(tsub)) / scale, white)
    white = _binned(white, ssub, tsub)
    surround = tuple(SURROUND * max(1, size // ssub) for size in gSiz)
    subtract_surround(white, *surround)
    seeds = np.ascontiguousarray(allowed[::ssub, ::ssub]) & (noise[::ssub, ::ssub] > 0)
    sig = tuple(max(1.0, s / ssub) for s in gSig)
    half = max(1, gSiz[0] // ssub // 2), max(1, gSiz[1] // ssub // 2)
    K = min(K, int(seeds.sum()))
    A = np.zeros((K, *white.shape[:2]), np.float32)
    C = np.zeros((K, white.shape[2]), np.float32)
    rolling = min(ROLLING_FRAMES, white.shape[2]) if rolling_sum else 0
    kernels = _kernel(sig[0], half[0]), _kernel(sig[1], half[1])
    check()
    blurred, energy, gain = _begin_greedy(white, *kernels, rolling)
    found = 0
    while found < K:
        check()
        last = min(K, found + COMPONENTS_AT_ONCE)
        n = _greedy(white, blurred, energy, gain, *kernels, *half, rolling, seeds, A, C, found, last)
        if n == found:
            break
        found = n
    A, C = _full_size(A[:found], C[:found], movie.shape, ssub, tsub)
    return _refine(movie, A * scale, C, nb, check)


def _medians(movie: FloatArray) -> FloatArray:
    """(h, w) upper median of every pixel, of some of the frames."""
    step = max(1, movie.shape[2] // MEDIAN_FRAMES)
    some = np.sort(movie[..., ::step], axis=2)  # sorts many values at once, which makes it faster than a partition
    return np.ascontiguousarray(some[..., some.shape[2] // 2])


@kernel
def _standardise(movie: NDArray, center: NDArray, scale: NDArray, out: NDArray) -> None:
    for y in range(movie.shape[0]):
        for x in range(movie.shape[1]):
            pixel, target = movie[y, x], out[y, x]
            middle, factor = center[y, x], scale[y, x]
            for t in range(pixel.size):
                target[t] = (pixel[t] - middle) * factor


def _binned(movie: FloatArray, ssub: int, tsub: int) -> FloatArray:
    """Average over blocks of pixels and frames; blocks at the ends may be smaller."""
    for axis, size in ((0, ssub), (1, ssub), (2, tsub)):
        starts = np.arange(0, movie.shape[axis], size)
        if size > 1:
            counts = np.diff(np.append(starts, movie.shape[axis])).astype(np.float32)
            shape = [-1 if a == axis else 1 for a in range(3)]
            sums = np.add.reduceat(movie, starts, axis=axis)
            movie = np.asarray(sums / counts.reshape(shape), np.float32)
    return np.ascontiguousarray(movie, np.float32)


def _full_size(
    A: FloatArray, C: FloatArray, shape: tuple[int, ...], ssub: int, tsub: int
) -> tuple[FloatArray, FloatArray]:
    A = A.repeat(ssub, axis=1).repeat(ssub, axis=2)[:, : shape[0], : shape[1]]
    return A, C.repeat(tsub, axis=1)[:, : shape[2]]


def _kernel(sigma: float, half: int) -> FloatArray:
    x = np.arange(-half, half + 1)
    kernel = np.exp(-(x**2) / (2 * sigma**2))
    return (kernel / np.sqrt((kernel**2).sum())).astype(np.float32)


@kernel
def _begin_greedy(residual: NDArray, ky: NDArray, kx: NDArray, rolling: int) -> tuple[NDArray, NDArray, NDArray]:
    """Give the blurred movie, the energy in each of its pixels, and the factor that the energy holds."""
    h, w = residual.shape[:2]
    blurred = blur(residual, ky, kx)
    energy = np.zeros((h, w), np.float32)
    # Near the patch's edge the blur sees fewer pixels, and less noise; a cell there counts by the same measure.
    gain = 1 / blur_image(np.ones((h, w), np.float32), ky**2, kx**2)
    for y in range(h):
        for x in range(w):
            energy[y, x] = gain[y, x] * _energy(blurred[y, x], rolling)
    return blurred, energy, gain


@kernel
def _greedy(  # noqa: PLR0917 - kernels take no keywords
    residual: NDArray,
    blurred: NDArray,
    energy: NDArray,
    gain: NDArray,
    ky: NDArray,
    kx: NDArray,
    hy: int,
    hx: int,
    rolling: int,
    allowed: NDArray,
    A: NDArray,
    C: NDArray,
    first: int,
    last: int,
) -> int:
    """Fill A and C from `first` to `last` with components taken out of `residual`; give how many there are now."""
    h, w = residual.shape[:2]
    for k in range(first, last):
        best, sy, sx = np.float32(0), -1, -1
        for y in range(h):
            for x in range(w):
                if allowed[y, x] and energy[y, x] > best:
                    best, sy, sx = energy[y, x], y, x
        if sy < 0:
            return k
        y0, y1, x0, x1 = max(0, sy - hy), min(h, sy + hy + 1), max(0, sx - hx), min(w, sx + hx + 1)
        a = A[k]
        c = C[k]
        _rank_one(residual, blurred[sy, sx], y0, y1, x0, x1, a, c)
        y0, y1, x0, x1 = max(0, y0 - hy), min(h, y1 + hy), max(0, x0 - hx), min(w, x1 + hx)
        _extend_footprint(residual, y0, y1, x0, x1, a, c)
        spread = blur_image(a, ky, kx)
        for y in range(y0, y1):
            for x in range(x0, x1):
                subtract(residual[y, x], a[y, x], c)
        for y in range(max(0, y0 - hy), min(h, y1 + hy)):
            for x in range(max(0, x0 - hx), min(w, x1 + hx)):
                if spread[y, x] != 0:
                    subtract(blurred[y, x], spread[y, x], c)
                    energy[y, x] = gain[y, x] * _energy(blurred[y, x], rolling)
        # A seed whose energy is of the negative kind gives nothing; never try the same spot for ever.
        energy[sy, sx] = min(energy[sy, sx], np.float32(0.999) * best)
    return last


@kernel
def _extend_footprint(movie: NDArray, y0: int, y1: int, x0: int, x1: int, a: NDArray, c: NDArray) -> None:  # noqa: PLR0917 - kernels take no keywords
    """Extend the footprint by pixels around the window that follow the component's trace clearly."""
    power = np.float32(0)
    for t in range(c.size):
        power += c[t] * c[t]
    if power <= 0:
        return
    floor = np.float32(REACH_SD) / np.sqrt(power)
    for y in range(y0, y1):
        for x in range(x0, x1):
            if a[y, x] == 0:
                pixel = movie[y, x]
                total = np.float32(0)
                for t in range(c.size):
                    total += pixel[t] * c[t]
                if total > floor * power:
                    a[y, x] = total / power


@kernel
def _energy(trace: NDArray, rolling: int) -> np.float32:
    """Energy of a trace above zero, or (rolling not 0) of its strongest stretch of 100 frames.

    Stretches are of ten times ten frames and begin at every tenth of their length.
    """
    if rolling == 0 or rolling >= trace.size:
        return _positive_energy(trace)
    power, sums = np.empty(trace.size, np.float32), np.empty(trace.size, np.float32)
    n = _sums_of_ten(trace, power, sums)
    for i in range(n - 1):
        power[i] = sums[i] + sums[i + 1]
    best = np.float32(0)
    for i in range(n - 9):
        best = max(best, power[i] + power[i + 2] + power[i + 4] + power[i + 6] + power[i + 8])
    return best


@kernel
def _sums_of_ten(trace: NDArray, power: NDArray, sums: NDArray) -> int:
    """Write the energy above zero of every ten frames into `sums`, and give their number; `power` is room to work in.

    Sums of 2, 4 and 8 come from each other by adding whole traces, many frames at once.
    """
    n = trace.size
    for t in range(n):
        up = max(trace[t], np.float32(0))
        power[t] = up * up
    for t in range(n - 1):
        sums[t] = power[t] + power[t + 1]
    for t in range(n - 3):
        power[t] = sums[t] + sums[t + 2]
    for t in range(n - 7):
        power[t] += power[t + 4]
    for i in range(n // 10):
        power[i] = power[10 * i] + sums[10 * i + 8]
    for i in range(n // 10):
        sums[i] = power[i]
    return n // 10


@kernel
def _positive_energy(trace: NDArray) -> np.float32:
    total = np.float32(0)
    for t in range(trace.size):
        up = max(trace[t], np.float32(0))
        total += up * up
    return total


@kernel
def _rank_one(movie: NDArray, start: NDArray, y0: int, y1: int, x0: int, x1: int, a: NDArray, c: NDArray) -> None:  # noqa: PLR0917 - kernels take no keywords
    """Best non-negative footprint and trace in a window, from the trace of its seed; footprint of norm 1."""
    for t in range(c.size):
        c[t] = max(start[t], np.float32(0))
    for _ in range(5):
        power = np.float32(0)
        for y in range(y0, y1):
            for x in range(x0, x1):
                pixel = movie[y, x]
                total = np.float32(0)
                for t in range(c.size):
                    total += pixel[t] * c[t]
                a[y, x] = max(total, np.float32(0))
                power += a[y, x] * a[y, x]
        if power <= 0:
            c[:] = 0
            return
        norm = np.float32(1) / np.sqrt(power)
        c[:] = 0
        for y in range(y0, y1):
            for x in range(x0, x1):
                a[y, x] *= norm
                weight, pixel = a[y, x], movie[y, x]
                for t in range(c.size):
                    c[t] += weight * pixel[t]
        for t in range(c.size):
            c[t] = max(c[t], np.float32(0))


def _refine(movie: FloatArray, A: FloatArray, C: FloatArray, nb: int, check: Check) -> PatchFactors:
    """Share the movie between components and a background by hierarchical least squares."""
    h, w, n_frames = movie.shape
    Y = movie.reshape(h * w, n_frames)
    masks = _grown(A > 0).reshape(len(A), h * w)
    a = A.reshape(len(A), h * w).copy()
    b, f = _patch_background(Y, a, C, (h, w), nb)
    factors = np.concatenate([a, b]).astype(np.float32)
    traces = np.concatenate([C, f]).astype(np.float32)
    masks = np.concatenate([masks, np.ones((nb, h * w), bool)])
    for _ in range(REFINEMENTS):
        footprint_sweep(Y, factors, traces, masks, check)
        trace_sweep(Y, factors, traces, masks, check)
    n = len(A)
    return PatchFactors(factors[:n].reshape(n, h, w), traces[:n], factors[n:].reshape(nb, h, w), traces[n:])


def _grown(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Grow each mask, (K, h, w), by a square."""
    square = np.ones((2 * MASK_GROWTH_PX + 1, 2 * MASK_GROWTH_PX + 1), np.uint8)
    out = np.empty_like(masks)
    for k, mask in enumerate(masks.view(np.uint8)):
        out[k] = cv2.dilate(mask, square)
    return out


def _patch_background(
    Y: FloatArray, a: FloatArray, C: FloatArray, shape: tuple[int, int], nb: int
) -> tuple[FloatArray, FloatArray]:
    if nb == 0:
        return np.zeros((0, len(Y)), np.float32), np.zeros((0, Y.shape[1]), np.float32)
    averaging, block = _blocks_of(shape)
    binned = averaging @ Y - (averaging @ a.T) @ C
    images, f = nonnegative_factors(np.asarray(binned, np.float32), nb, BACKGROUND_SWEEPS)
    return np.ascontiguousarray(images[block].T, np.float32), f


@lru_cache(maxsize=8)  # all patches of a field have the same shape, or nearly
def _blocks_of(shape: tuple[int, int]) -> tuple[csr_matrix, NDArray[np.intp]]:
    """Give what averages a patch over blocks, (blocks, h*w), and the block of each pixel, (h*w,)."""
    grid = -(-shape[0] // BLOCK_PX), -(-shape[1] // BLOCK_PX)
    return csr_matrix(block_pattern(shape, grid).T), block_numbers(shape, grid)
