"""How much each component is like a cell body in focus, measured in an image of the component's own activity.

A component's *activity image* is the regression of each pixel around it on the part of its trace that neither its
neighbours nor the background explain: what varies with it and with nothing else, surroundings included, and not trimmed
to the support of the footprint. In it a soma in focus is a spot of the expected size, round, that ends at once. A cell
above or below the focal plane fades out slowly, a neurite is thin or long, what follows the neuropil has no outline,
and a component of noise is not there at all. Five numbers of 0 to 1 say so, each with one half where doubt begins:

thickness   radius of the largest disc inside the spot, in units of 1.15 gSig; found between the pixels
extent      1.5 gSig over the radius of a disc of the spot's area: one half where that is 3 gSig
roundness   area squared over 2π times the second central moment: 1 for a disc, less the longer and the more ragged
            (Žunić, Hirota & Rosin 2010, Pattern Recognition 43:47); one half is an ellipse of 3.7 : 1
edge        how much of the light is gone just outside of the outline, 0 as for a Gaussian blob, 1 for a step
fit         squared correlation of the footprint with the activity image, a gSig of surroundings included

Size and compactness as marks of somata are in Pachitariu et al. 2017 (bioRxiv 061507), the comparison of a footprint
with the frames of its own transients in Giovannucci et al. 2019 (eLife 8:e38173); regressing the neighbours out before
looking is the theorem of Frisch, Waugh & Lovell.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.threads import WorkerPool
from calscope.compiled import kernel
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress, silent
from calscope.model.results import SOMA_PARTS, Components

GRID_PX = 4.0
"""Pictures are laid on a grid on which gSig is this many px along both axes, so that one measure fits every zoom."""
MARGIN = 3.0
"""Surroundings that are looked at around a footprint; this and what follows in units of gSig."""
FAR = 1.5
"""Distance from the footprint's core at which surroundings begin."""
SMOOTHING = 0.2
EDGE_BAND = (0.2, 0.7)
"""Distances from the outline, on either side, between which light is compared."""
NEAR = 1.0
"""Surroundings that the footprint has to fit, too."""
THICK = 1.15
"""Radius of the disc at which thickness is 1. In simulated tissue cell bodies begin at 0.7 gSig, those of which only a
part of the ring lights up at 0.58, and most pieces of neurites end below; one half lies there."""
FINER = 4
"""How many times finer than the grid the disc is looked for: between whole pixels its radius jumps by a third."""
LARGE = 1.5
"""Radius above which a spot begins to be too large."""
GAUSSIAN_EDGE = 0.5
"""Part of the light that a Gaussian blob of a soma's size loses across its half-height."""
CORE = 0.5
"""Part of a footprint's peak above which its core lies."""
NEIGHBOUR = 0.1
"""The same for what counts as standing in another one's surroundings."""
LEAST_OWN = 1e-6
"""Part of a trace's variance below which nothing of it is its own."""
CHUNK_FRAMES = 256
_SILENT = "Looking at what each component shows when it is active"


class Window(NamedTuple):
    """Part of the field around a footprint."""

    top: int
    bottom: int
    left: int
    right: int

    def shows(self, other: "Window") -> bool:
        """Tell whether the two have a pixel in common."""
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )


def measure_soma(
    movie: Movie, components: Components, *, gSig: tuple[int, int], workers: int = 1, progress: Progress = silent
) -> FloatArray:
    """Measure how much each component is like a soma in focus; the result doesn't depend on the number of threads.

    Returns
    -------
    (K, 5) float32 of 0 to 1, columns as `SOMA_PARTS`; NaN where a trace has nothing of its own to look at (constant,
    not finite, or no more than a mixture of others), 0 where a footprint is empty.
    """
    tight = [_bounds(components, k) for k in range(components.n)]
    wide = [None if t is None else _widened(t, gSig, components.dims) for t in tight]
    own = unique_traces(components, tight, wide)

    def parts_of(k: int) -> tuple[float, ...]:
        window = wide[k]
        if window is None:
            return (0.0,) * len(SOMA_PARTS)
        if not own[k].any():
            return (math.nan,) * len(SOMA_PARTS)
        return soma_parts(pictures[k], _footprint_in(components, k, window), gSig)

    with WorkerPool(workers) as pool:
        pictures = activity_images(movie, own, wide, pool, progress)
        parts = list(pool.map(parts_of, range(components.n)))
    return np.array(parts, np.float32).reshape(components.n, len(SOMA_PARTS))


def _footprint_in(components: Components, k: int, window: Window) -> FloatArray:
    A = components.A
    entries = slice(A.indptr[k], A.indptr[k + 1])
    x, y = np.divmod(A.indices[entries], components.dims[0])
    seen = (y >= window.top) & (y < window.bottom) & (x >= window.left) & (x < window.right)
    image = np.zeros((window.bottom - window.top, window.right - window.left), np.float32)
    image[y[seen] - window.top, x[seen] - window.left] = A.data[entries][seen]
    return image


def _bounds(components: Components, k: int) -> Window | None:
    """Give the bounding box of a footprint's stronger pixels; None where there are none."""
    A = components.A
    entries = slice(A.indptr[k], A.indptr[k + 1])
    weights = A.data[entries]
    strong = weights > NEIGHBOUR * weights.max(initial=0.0)
    if not strong.any():
        return None
    x, y = np.divmod(A.indices[entries][strong], components.dims[0])
    return Window(int(y.min()), int(y.max()) + 1, int(x.min()), int(x.max()) + 1)


def surroundings_px(gSig: tuple[int, int]) -> tuple[int, int]:
    """Give how far around a footprint is looked, px (y, x)."""
    return math.ceil(MARGIN * gSig[0]), math.ceil(MARGIN * gSig[1])


def _widened(window: Window, gSig: tuple[int, int], dims: tuple[int, int]) -> Window:
    down, across = surroundings_px(gSig)
    return Window(
        max(0, window.top - down),
        min(dims[0], window.bottom + down),
        max(0, window.left - across),
        min(dims[1], window.right + across),
    )


def unique_traces(components: Components, tight: list[Window | None], wide: list[Window | None]) -> NDArray[np.float64]:
    """Give what is left of each trace when those in its surroundings, and the background, are regressed out.

    Scaled so that its product with a movie gives the picture of what a trace of height 1 adds; (K, T), rows of zeros
    where nothing is left.
    """
    C = _centred(components.C)
    everything = np.concatenate([C, _centred(components.f)])
    products = everything @ everything.T
    background = list(range(components.n, len(everything)))
    out = np.zeros_like(C)
    for k, window in enumerate(wide):
        power = products[k, k]
        if window is None or power == 0:
            continue
        near = [j for j, other in enumerate(tight) if j != k and other is not None and window.shows(other)]
        others = [j for j in near + background if products[j, j] > 0]
        within = products[np.ix_(others, others)]
        weights = np.linalg.lstsq(within, products[others, k], rcond=1e-9)[0]
        left = C[k] - weights @ everything[others]
        own = float(left @ left)
        if own > LEAST_OWN * power:
            out[k] = left / own
    return out


def _centred(traces: NDArray) -> NDArray[np.float64]:
    """Traces without their mean; those with a value that is not finite become nothing."""
    out = np.asarray(traces, np.float64)
    good = np.isfinite(out).all(axis=1, keepdims=True)
    out = np.where(good, out, 0.0)
    return out - out.mean(axis=1, keepdims=True)


def activity_images(
    movie: Movie, own: NDArray[np.float64], windows: list[Window | None], pool: WorkerPool, progress: Progress
) -> list[NDArray[np.float64]]:
    """Sum each window of the movie over time, weighted by the unique traces; one image a component."""
    empty = Window(0, 0, 0, 0)
    places = [window or empty for window in windows]
    pictures = [np.zeros((w.bottom - w.top, w.right - w.left)) for w in places]
    weights = own.astype(np.float32)
    for start, stop in chunks(movie.shape[0], CHUNK_FRAMES):
        progress(start / movie.shape[0], _SILENT)
        codes = np.ascontiguousarray(movie.codes[start:stop])
        span = slice(start, stop)

        def add(k: int, codes: NDArray = codes, span: slice = span) -> None:
            pictures[k] += _weighted_sum(codes, weights[k, span], *places[k])

        pool.each(add, [k for k, picture in enumerate(pictures) if picture.size])
    return [picture * float(movie.scale) for picture in pictures]


@kernel
def _weighted_sum(  # noqa: PLR0917 - numba takes positional arguments best
    codes: NDArray, weights: FloatArray, top: int, bottom: int, left: int, right: int
) -> FloatArray:
    out = np.zeros((bottom - top, right - left), np.float32)
    n_frames = codes.shape[0]
    for start in range(0, n_frames, 4):
        # Four frames at a time, so that the sum is read and written a quarter as often.
        b, c, d = min(start + 1, n_frames - 1), min(start + 2, n_frames - 1), min(start + 3, n_frames - 1)
        wa = weights[start]
        wb = weights[b] if b == start + 1 else np.float32(0.0)
        wc = weights[c] if c == start + 2 else np.float32(0.0)
        wd = weights[d] if d == start + 3 else np.float32(0.0)
        for y in range(top, bottom):
            for x in range(left, right):
                out[y - top, x - left] += (
                    wa * np.float32(codes[start, y, x])
                    + wb * np.float32(codes[b, y, x])
                    + wc * np.float32(codes[c, y, x])
                    + wd * np.float32(codes[d, y, x])
                )
    return out


def soma_parts(
    picture: NDArray, footprint: NDArray, gSig: tuple[float, float]
) -> tuple[float, float, float, float, float]:
    """Measure one activity image: thickness, extent, roundness, edge and fit, each 0 to 1.

    Parameters
    ----------
    picture
        (h, w) what the movie shows with the component, in any units.
    footprint
        (h, w) in the same window.
    """
    picture, footprint = _on_grid(picture, gSig), _on_grid(footprint, gSig)
    core = footprint > CORE * footprint.max()
    far = _depth(~core) > FAR * GRID_PX
    if far.any():
        picture = picture - np.float32(np.median(picture[far]))
    smooth = np.asarray(cv2.GaussianBlur(picture, (0, 0), SMOOTHING * GRID_PX), np.float32)
    level = 0.5 * float(np.percentile(smooth[core], 75)) if core.any() else 0.0
    spot = _spot(smooth, level, footprint)
    if spot is None:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    outside, inside = _depth(~spot), _depth(spot)
    radius = math.sqrt(spot.sum() / math.pi) / GRID_PX
    return (
        _share(disc_radius_px(smooth, level, spot) / (THICK * GRID_PX)),
        _share(LARGE / radius),
        _share(roundness(spot)),
        _share((edge_contrast(picture, inside, outside) - GAUSSIAN_EDGE) / (1.0 - GAUSSIAN_EDGE)),
        _share(_correlation(footprint, picture, outside < NEAR * GRID_PX + 0.5)) ** 2,
    )


def _on_grid(image: NDArray, gSig: tuple[float, float]) -> FloatArray:
    """Stretch an image so that gSig is GRID_PX along both axes."""
    height, width = (max(1, round(n * GRID_PX / half)) for n, half in zip(image.shape, gSig, strict=True))
    source = np.ascontiguousarray(image, np.float32)
    if (height, width) == source.shape:
        return source
    shrinks = height * width < source.size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(source, (width, height), interpolation=how), np.float32)


def _spot(smooth: FloatArray, level: float, footprint: FloatArray) -> NDArray[np.bool_] | None:
    """Outline at half height, holes filled: of the pieces above that level the one that holds most of the footprint."""
    if level <= 0:
        return None
    n, pieces = _pieces(smooth > level)
    held = np.bincount(pieces.ravel(), weights=footprint.ravel(), minlength=n)[1:]
    if not held.any():
        return None
    return _filled(pieces == 1 + int(np.argmax(held)))


def disc_radius_px(smooth: FloatArray, level: float, spot: NDArray[np.bool_]) -> float:
    """Give the radius of the largest disc inside of a spot whose outline runs between the pixels, at that level.

    Counted in whole pixels, a spot six wide may have an inner radius of 1.7 to 2.8, by where its centre falls.
    """
    y, x = np.nonzero(spot)
    around = slice(max(0, y.min() - 2), y.max() + 3), slice(max(0, x.min() - 2), x.max() + 3)
    smooth, spot = smooth[around], spot[around]
    near = cv2.dilate(spot.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    alone = np.where(near, smooth, np.minimum(smooth, 0))
    # A filled hole is as bright as the rim around it, which between the pixels may be too thin to close.
    alone = np.where(spot & (smooth <= level), smooth.max(), alone).astype(np.float32)
    fine = cv2.resize(alone, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_LINEAR)
    return (float(_depth(np.asarray(fine) > level).max()) - 0.5) / FINER


def _pieces(mask: NDArray[np.bool_]) -> tuple[int, NDArray[np.int32]]:
    """Tell connected pieces of a mask apart: how many labels, and each pixel's, 0 where the mask is not."""
    n, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return n, np.asarray(labels, np.int32)


def _filled(spot: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill what a spot encloses: all that is not connected with the outside."""
    _, pieces = _pieces(np.pad(~spot, 1, constant_values=True))
    return np.asarray(pieces != pieces[0, 0])[1:-1, 1:-1]


def _depth(mask: NDArray[np.bool_]) -> FloatArray:
    """Distance of each pixel of a mask from the nearest one that is not in it, px; 0 outside, far where all are in."""
    found = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.minimum(np.asarray(found, np.float32), float(sum(mask.shape)))


def roundness(spot: NDArray[np.bool_]) -> float:
    """Žunić's circularity of a set of pixels: 1 for a disc, less for anything else."""
    y, x = np.nonzero(spot)
    # a pixel is a square, and has a second moment of its own
    moment = float(((y - y.mean()) ** 2).sum() + ((x - x.mean()) ** 2).sum()) + y.size / 6.0
    return y.size**2 / (2.0 * math.pi * moment)


def edge_contrast(picture: FloatArray, inside: NDArray, outside: NDArray) -> float:
    """Tell how much of the light just inside of an outline is gone just outside of it; 1 is all.

    Parameters
    ----------
    inside, outside
        (h, w) distances of the pixels within from the nearest pixel without, and of those without from the nearest
        within; 0 on the other side.
    """
    first, last = (band * GRID_PX + 0.5 for band in EDGE_BAND)
    within = (inside > first) & (inside < last)
    without = (outside > first) & (outside < last)
    if not within.any():
        within = inside > 0
    light = float(picture[within].mean())
    if light <= 0 or not without.any():
        return 0.0
    return 1.0 - float(picture[without].mean()) / light


def _correlation(a: FloatArray, b: FloatArray, where: NDArray[np.bool_]) -> float:
    first, second = a[where].astype(np.float64), b[where].astype(np.float64)
    first, second = first - first.mean(), second - second.mean()
    norm = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / norm if norm > 0 else 0.0


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
