"""Known cells to put into a movie: shapes and activity of the animal's own cells, and its own photon noise.

As in tests of spike sorters by added spikes ("hybrid ground truth", Rossant et al. 2016, Nat Neurosci 19:634).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.threads import WorkerPool
from calscope.model.detection import InjectedCells
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress, silent
from calscope.model.results import Components

LADDER = (2.0, 3.0, 4.0, 6.0, 9.0, 13.0, 19.0, 28.0)
"""Peak SNRs of the cells."""
MOST_CELLS = 96
_FIELD_PER_CELL = 40.0
"""Areas of a soma in the field for each cell that is put in: more would crowd it, and cells would cost each other the
components that a patch has."""
_APART_PX = 2
_EVENTS_PER_MIN = 4.0
_FEWEST_EVENTS = 3
_SMALLEST_EVENT = 0.5
"""Of the largest one of a cell."""
_FAINT = 0.1
"""Pixels below this share of a footprint's maximum are left out."""
_FEWEST_SHAPES = 5
_GAIN_BINS = 20
_CHUNK = 128


def photon_gain(mean: FloatArray, noise_sd: FloatArray) -> float:
    """Give the noise variance that comes with one unit of light: the slope of variance over mean among pixels.

    Parameters
    ----------
    mean, noise_sd
        (H, W) mean of each pixel and standard deviation of its white noise.

    Returns
    -------
    float
        0 where brighter pixels are no noisier.
    """
    x, y = noise_curve(mean, noise_sd).T
    spread = float(np.var(x)) if x.size else 0.0
    return max(0.0, float(np.mean((x - x.mean()) * (y - y.mean())) / spread)) if spread > 0 else 0.0


def noise_curve(mean: FloatArray, noise_sd: FloatArray) -> NDArray[np.float64]:
    """Give light and noise variance, each the median over pixels that are about as bright, the darkest first.

    Parameters
    ----------
    mean, noise_sd
        As for `photon_gain`.

    Returns
    -------
    numpy.ndarray
        (n, 2); no rows where there are too few pixels.
    """
    level, variance = mean.ravel().astype(np.float64), noise_sd.ravel().astype(np.float64) ** 2
    usable = np.isfinite(level) & np.isfinite(variance) & (variance > 0)
    if usable.sum() < 2 * _GAIN_BINS:
        return np.empty((0, 2))
    level, variance = level[usable], variance[usable]
    bins = np.array_split(np.argsort(level), _GAIN_BINS)
    return np.array([(np.median(level[one]), np.median(variance[one])) for one in bins])


def decay_time_s(g: FloatArray, fr_hz: float, otherwise_s: float) -> float:
    """Give the median decay time of fitted transients; `otherwise_s` where no decay was fitted.

    Parameters
    ----------
    g
        (K, p) autoregressive coefficients.
    """
    slowest = [np.abs(np.roots([1.0, *(-row)])).max() for row in np.asarray(g, np.float64) if row.size and np.any(row)]
    times = [-1.0 / (fr_hz * np.log(root)) for root in slowest if 0.0 < root < 1.0]
    return float(np.median(times)) if times else otherwise_s


def most_at_once(dims: tuple[int, int], gSig: tuple[int, int]) -> int:
    """Give how many cells are put into a field together at most; px."""
    return max(1, min(MOST_CELLS, round(np.prod(dims) / (_FIELD_PER_CELL * np.pi * np.prod(gSig)))))


def choose_cells(
    components: Components,
    accepted: NDArray[np.bool_],
    *,
    gSig: tuple[int, int],
    fr_hz: float,
    decay_s: float,
    border_px: int,
    seed: int = 0,
    first_level: int = 0,
) -> InjectedCells:
    """Choose shapes, places, brightness and activity of the cells; the same ones each time.

    Each has the footprint of an accepted component and the denoised trace of one, moved in time. Where fewer than five
    were accepted, it is a soft disc with a few transients.

    Parameters
    ----------
    components
        What was found in the movie.
        No cell is put where one lies.
    accepted
        (K,) those whose shapes and activity are used.
    gSig
        Half-size of a soma (y, x), px: the shape where too few were accepted.
    decay_s
        Of transients where too few were accepted to take theirs.
    border_px
        Rim in which none is put.
    first_level
        Level of the ladder at which to begin.
    """
    rng = np.random.default_rng(seed)
    shapes = _shapes(components, accepted) or [_disc(gSig)]
    activity = _activity(components.C[np.flatnonzero(accepted)])
    reach = max(max(shape.shape) for shape in shapes) // 2
    most = most_at_once(components.dims, gSig)
    places = _free_places(components.A, components.dims, reach + border_px, reach, rng)[:most]
    noise = components.sn.reshape(components.dims, order="F").astype(np.float64)
    n_frames = components.n_frames
    columns, traces, levels, centers = [], [], [], []
    for i, (y, x) in enumerate(places):
        shape = shapes[int(rng.integers(len(shapes)))]
        image = _placed(shape, y, x, components.dims)
        level = LADDER[(first_level + i) % len(LADDER)]
        weights, sd = image[image > 0].astype(np.float64), noise[image > 0]
        trace_sd = float(np.sqrt(np.sum(weights**2 * sd**2)) / np.sum(weights**2))
        columns.append(csc_matrix(image.ravel(order="F")[:, None]))
        own = _moved(activity, rng) if len(activity) else _transients(n_frames, fr_hz, decay_s, rng)
        traces.append(level * trace_sd * own)
        levels.append(level)
        centers.append((y, x))
    size = components.dims[0] * components.dims[1]
    return InjectedCells(
        A=_side_by_side(columns, size),
        C=np.array(traces, np.float32).reshape(-1, n_frames),
        peak_snr=np.array(levels, np.float32),
        centers_px=np.array(centers, np.float32).reshape(-1, 2),
    )


def add_cells(
    movie: Movie,
    cells: InjectedCells,
    codes: NDArray[np.uint16],
    *,
    gain: float,
    workers: int = 1,
    seed: int = 0,
    progress: Progress = silent,
) -> Movie:
    """Write the movie with the cells in it into `codes`, (T, H, W); their light brings its own photon noise.

    Parameters
    ----------
    gain
        Noise variance of one unit of light.
    """
    top = movie.range[1] + 2.0 * float(cells.C.max(initial=0.0))
    result = Movie(codes, (top - movie.offset) / 65536, movie.offset)
    n_frames, height, _ = movie.shape
    lit = np.flatnonzero(np.asarray(cells.A.sum(axis=1)).ravel())
    x, y = np.divmod(lit, height)
    footprints = cells.A[lit]
    todo = chunks(n_frames, _CHUNK)

    def one(stretch: tuple[int, int]) -> None:
        start, stop = stretch
        frames = movie.read(start, stop)
        light = np.asarray((footprints @ cells.C[:, start:stop]).T, np.float32)
        noise = np.random.default_rng((seed, start)).standard_normal(light.shape, np.float32)
        frames[:, y, x] += light + noise * np.sqrt(np.float32(gain) * light)
        codes[start:stop] = result.encode(frames)

    with WorkerPool(workers, lambda: progress(0.0)) as pool:
        for done, _ in enumerate(pool.map(one, todo), 1):
            progress(done / len(todo), "putting known cells into the movie")
    return result


def _shapes(components: Components, accepted: NDArray[np.bool_]) -> list[FloatArray]:
    """Give accepted footprints as small images, 1 at the brightest pixel; none where there are too few."""
    found = []
    for k in np.flatnonzero(accepted):
        own = slice(components.A.indptr[k], components.A.indptr[k + 1])
        values = components.A.data[own]
        if not values.size or values.max() <= 0:
            continue
        clear = values > _FAINT * values.max()
        x, y = np.divmod(components.A.indices[own][clear], components.dims[0])
        image = np.zeros((y.max() - y.min() + 1, x.max() - x.min() + 1), np.float32)
        image[y - y.min(), x - x.min()] = values[clear] / values.max()
        found.append(image)
    if len(found) < _FEWEST_SHAPES:
        return []
    sides = np.array([max(image.shape) for image in found])
    usual = (sides >= np.quantile(sides, 0.1)) & (sides <= np.quantile(sides, 0.8))
    return [image for image, is_usual in zip(found, usual, strict=True) if is_usual]


def _disc(gSig: tuple[int, int]) -> FloatArray:
    """Give a soft disc of a soma's size."""
    y, x = (np.arange(-2 * half, 2 * half + 1) / half for half in gSig)
    image = np.exp(-((y[:, None] ** 2 + x[None, :] ** 2) ** 2) / 2)
    return np.where(image > _FAINT, image, 0).astype(np.float32)


def _free_places(
    taken: csc_matrix, dims: tuple[int, int], rim_px: int, reach_px: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Give places (y, x) at which a cell overlaps neither a footprint nor another injected cell."""
    height, width = dims
    largest = taken.max(axis=0).toarray().ravel()
    relative = taken.multiply(np.divide(1.0, largest, out=np.zeros_like(largest), where=largest > 0)[None, :])
    is_free = np.asarray(csc_matrix(relative > _FAINT).sum(axis=1)).ravel() == 0
    distance = distance_transform_edt(np.pad(is_free.reshape(dims, order="F"), 1))[1:-1, 1:-1]
    allowed = distance > reach_px + _APART_PX
    allowed[:rim_px], allowed[max(height - rim_px, 0) :] = False, False
    allowed[:, :rim_px], allowed[:, max(width - rim_px, 0) :] = False, False
    candidates = np.argwhere(allowed)
    rng.shuffle(candidates)
    chosen: list[tuple[int, int]] = []
    for y, x in candidates:
        if all(max(abs(y - v), abs(x - u)) > 2 * reach_px + _APART_PX for v, u in chosen):
            chosen.append((int(y), int(x)))
            if len(chosen) == MOST_CELLS:
                break
    return chosen


def _placed(shape: FloatArray, y: int, x: int, dims: tuple[int, int]) -> FloatArray:
    image = np.zeros(dims, np.float32)
    top, left = y - shape.shape[0] // 2, x - shape.shape[1] // 2
    image[top : top + shape.shape[0], left : left + shape.shape[1]] = shape
    return image


def _activity(C: FloatArray) -> FloatArray:
    """Give denoised traces from 0 to 1, (n, T); none where there are too few."""
    lowest, highest = C.min(axis=1, initial=np.inf), C.max(axis=1, initial=-np.inf)
    varies = highest > lowest
    if varies.sum() < _FEWEST_SHAPES:
        return C[:0]
    return np.asarray((C[varies] - lowest[varies, None]) / (highest - lowest)[varies, None], np.float32)


def _moved(activity: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Give one of the traces moved in time, its end going on at its start: so it is not that of a cell in the movie."""
    trace = activity[int(rng.integers(len(activity)))]
    return np.roll(trace, int(rng.integers(len(trace) // 4, 3 * len(trace) // 4 + 1)))


def _transients(n_frames: int, fr_hz: float, decay_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Give transients that rise at once and decay, the largest of height 1, (T,)."""
    wanted = max(_FEWEST_EVENTS, round(_EVENTS_PER_MIN * n_frames / fr_hz / 60))
    spikes = np.zeros(n_frames)
    at = rng.choice(n_frames, min(wanted, n_frames), replace=False)
    spikes[at] = rng.uniform(_SMALLEST_EVENT, 1.0, len(at))
    factor, level, trace = np.exp(-1.0 / (fr_hz * decay_s)), 0.0, np.empty(n_frames)
    for frame in range(n_frames):
        level = level * factor + spikes[frame]
        trace[frame] = level
    return trace / max(trace.max(), 1e-12)


def _side_by_side(columns: list[csc_matrix], size: int) -> csc_matrix:
    return csc_matrix(hstack(columns)) if columns else csc_matrix((size, 0), dtype=np.float32)
