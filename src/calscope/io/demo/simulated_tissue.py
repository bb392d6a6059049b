"""Simulated tissue: neuropil, vessels and somata as the microscope sees them, and what is active but no soma."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

FloatArray = NDArray[np.float32]
Shape = tuple[int, int]
POINT_SPREAD_PX = 0.8
"""Blur by the optics, as the standard deviation of a Gaussian."""


def neuropil(shape: Shape, *, texture: float, rng: np.random.Generator) -> FloatArray:
    """Light of the tissue between the somata, mean 1; without its texture motion could not be seen."""
    coarse = _blobs(shape, 22.0, rng)
    middle = _blobs(shape, 3.0, rng)
    fibres = sum(_fibres(shape, angle, rng) for angle in rng.uniform(0.0, np.pi, 3)) / np.sqrt(3.0)
    light = 1.0 + texture * (0.22 * coarse + 0.16 * middle + 0.16 * fibres)
    light = np.maximum(light, 0.15) * _vessels(shape, rng)
    light = gaussian_filter(light, POINT_SPREAD_PX)
    return (light / light.mean()).astype(np.float32)


def _blobs(shape: Shape, sigma_px: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Smooth noise of unit standard deviation."""
    noise = gaussian_filter(rng.standard_normal(shape), sigma_px, mode="wrap")
    return (noise - noise.mean()) / (noise.std() + 1e-9)


def _fibres(shape: Shape, angle: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise drawn out along one direction: an anisotropic Gaussian filter, by its Fourier transform."""
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None, :]
    along, across = fy * np.sin(angle) + fx * np.cos(angle), fy * np.cos(angle) - fx * np.sin(angle)
    transfer = np.exp(-2.0 * np.pi**2 * ((6.0 * along) ** 2 + (0.9 * across) ** 2))
    noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal(shape)) * transfer).real
    return (noise - noise.mean()) / (noise.std() + 1e-9)


def _vessels(shape: Shape, rng: np.random.Generator) -> NDArray[np.float64]:
    """Factor that is low where dark vessels run, one per 100 px of field or so."""
    factor = np.ones(shape)
    for _ in range(max(1, round((shape[0] + shape[1]) / 200))):
        distance = _distance_to_path(shape, _wandering_path(shape, length_px=2 * max(shape), bend=0.06, rng=rng))
        radius = rng.uniform(2.5, 6.0)
        factor *= 1.0 - 0.7 / (1.0 + np.exp((distance - radius) / 0.8))
    return factor


def _wandering_path(shape: Shape, *, length_px: int, bend: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points one pixel apart along a line whose direction wanders, (n, 2)."""
    angle = rng.uniform(0.0, 2.0 * np.pi) + np.cumsum(rng.normal(0.0, bend, length_px))
    steps = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    path = np.cumsum(steps, axis=0)
    return path - path[length_px // 2] + rng.uniform(0.0, 1.0, 2) * np.array(shape)


def _distance_to_path(shape: Shape, path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each pixel from a path, px; far where the path misses the field."""
    cells = np.rint(path).astype(int)
    cells = cells[np.all((cells >= 0) & (cells < shape), axis=1)]
    away = np.ones(shape, bool)
    if not len(cells):
        return np.full(shape, 1e3)
    away[cells[:, 0], cells[:, 1]] = False
    return distance_transform_edt(away)


def soma_centers(
    n_neurons: int,
    shape: Shape,
    *,
    radius_px: float,
    crowding: float,
    avoid: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Centres of the somata, (N, 2) px; a few stick out over the border of the field.

    Crowding 0 keeps them two diameters apart where the field is large enough, 1 lets somata overlap by half. Pixels to
    `avoid`, (H, W), are dark vessels. Where the field is too full, the least distance is reduced, then vessels are no
    longer avoided; the number of neurons stays.
    """
    least = radius_px * (2.6 - 1.6 * crowding)
    edge = 0.3 * radius_px
    centers = np.empty((0, 2))
    tries = 0
    while len(centers) < n_neurons:
        point = rng.uniform(-edge, np.array(shape) + edge)
        y, x = np.clip(point.astype(int), 0, np.array(shape) - 1)
        if avoid[y, x] and tries < 50 * n_neurons:
            tries += 1
            continue
        if not len(centers) or np.hypot(*(centers - point).T).min() >= least:
            centers = np.vstack([centers, point])
        tries += 1
        if tries % 300 == 0:
            least *= 0.9
    return centers


def soma(
    shape: Shape,
    center: NDArray[np.float64],
    *,
    radius_px: float,
    spread: float,
    oval: float,
    nucleus: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[tuple[slice, slice], FloatArray]:
    """One soma's footprint, peak 1, with the slices of the image that it stands on.

    An uneven, slightly oval outline; the cytoplasm is bright, the nucleus inside dimmer, more or less so as the focal
    plane cuts through its middle or not (GCaMP stays out of the nucleus).
    """
    radius = radius_px * np.clip(rng.normal(1.0, spread), 0.6, 1.5)
    box = _box(shape, center, 1.6 * radius + 4.0)
    y, x = np.mgrid[box]
    dy, dx = y - center[0], x - center[1]
    distance, angle = np.hypot(dy, dx), np.arctan2(dy, dx)
    outline = radius * _outline(angle, oval, rng)
    offset = rng.normal(0.0, 0.1 * radius, 2)
    inner = np.hypot(dy - offset[0], dx - offset[1]) / (outline * rng.uniform(0.5, 0.65))
    light = 1.0 / (1.0 + np.exp((distance - outline) / 0.35))
    light *= 1.0 - rng.uniform(*nucleus) / (1.0 + np.exp((inner - 1.0) / 0.15))
    light = gaussian_filter(light, POINT_SPREAD_PX)
    light[light < 0.03 * light.max()] = 0.0
    return box, (light / light.max()).astype(np.float32)


def _outline(angle: NDArray[np.float64], oval: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Relative radius as a function of the angle."""
    relative = np.ones_like(angle)
    for order, size in ((2, oval), (3, 0.05), (4, 0.03), (5, 0.02)):
        relative += rng.normal(0.0, size) * np.cos(order * angle + rng.uniform(0.0, 2.0 * np.pi))
    return np.maximum(relative, 0.5)


def _box(shape: Shape, center: NDArray[np.float64], reach_px: float) -> tuple[slice, slice]:
    """Slices of the image around a point, cut at its border but never empty."""
    low = np.clip(np.floor(center - reach_px), 0, np.array(shape) - 1).astype(int)
    high = np.clip(np.ceil(center + reach_px), low + 1, shape).astype(int)
    return slice(low[0], high[0]), slice(low[1], high[1])


def blurred_soma(shape: Shape, *, radius_px: float, rng: np.random.Generator) -> tuple[tuple[slice, slice], FloatArray]:
    """Draw a cell out of focus: a wide soft disc, peak 1, with its slices."""
    center = rng.uniform(0.0, 1.0, 2) * np.array(shape)
    wide = radius_px * rng.uniform(0.9, 1.5)
    box = _box(shape, center, 3.0 * wide)
    y, x = np.mgrid[box]
    light = np.exp(-0.5 * ((y - center[0]) ** 2 + (x - center[1]) ** 2) / wide**2)
    light[light < 0.03] = 0.0
    return box, (light / max(light.max(), 1e-9)).astype(np.float32)


def neurite(shape: Shape, *, rng: np.random.Generator) -> tuple[tuple[slice, slice], FloatArray]:
    """Draw a thin process with uneven brightness along it, peak 1, with its slices."""
    path = _wandering_path(shape, length_px=int(rng.integers(20, 70)), bend=0.12, rng=rng)
    low, high = path.min(axis=0), path.max(axis=0)
    box = _box(shape, (low + high) / 2.0, float((high - low).max()) / 2.0 + 4.0)
    size = (box[0].stop - box[0].start, box[1].stop - box[1].start)
    inside = path - [box[0].start, box[1].start]
    light = np.exp(-0.5 * (_distance_to_path(size, inside) / rng.uniform(0.8, 1.4)) ** 2)
    light *= np.clip(1.0 + 0.35 * _blobs(size, 4.0, rng), 0.2, None) if min(size) > 8 else 1.0
    light[light < 0.03] = 0.0
    return box, (light / max(light.max(), 1e-9)).astype(np.float32)


def wide_maps(shape: Shape, n_maps: int, rng: np.random.Generator) -> FloatArray:
    """Where slow fluctuations of the neuropil stand in phase: smooth maps of unit standard deviation, (n, H, W)."""
    return np.stack([_blobs(shape, 0.12 * max(shape), rng) for _ in range(n_maps)]).astype(np.float32)
