"""All that is measured in a raw recording to choose parameters by, in under a minute and before any fit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from calscope.algorithms.motion_check.bootstrap import estimate
from calscope.algorithms.proposals.active_spots import Spot, find_spots, scale_energies
from calscope.algorithms.proposals.decay import Decay, measure_decay
from calscope.algorithms.proposals.motion_extent import PARTS, largest_shift, local_motion
from calscope.algorithms.proposals.photon_noise import photon_noise
from calscope.algorithms.proposals.provisional_traces import (
    activity_pictures,
    mask_weights,
    read_traces,
    spot_weights,
    windows_of,
)
from calscope.algorithms.proposals.settled_movie import SettledMovie, settle
from calscope.algorithms.proposals.soma_size import SpotShape, shape_of
from calscope.algorithms.summary import compute_summary
from calscope.model.motion_preview import MotionSurvey
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.notes import Note
from calscope.model.progress import Progress, part, silent
from calscope.model.proposals import Measure, Measurements, MeasureName

FEWEST_FRAMES = 100
"""Fewer don't tell activity from noise."""
FEWEST_CELLS = 4
"""Fewer give no size that others could be judged by."""
GAP_PX = 2
"""Between a cell and its surroundings."""
SURROUNDINGS = 1.0
"""Width of a cell's surroundings, in its radii."""
USUAL = 1.5
"""Cells that differ by more than this factor from the usual size are pieces of something else."""
DIFFERENT = 1.5
"""An interval of sizes that spans more than this factor gives no size."""
ACTIVE = 1.3
"""Radius around a spot in which light changes, in its radii."""


@dataclass(frozen=True)
class _Cell:
    """A spot that looks like a soma in focus."""

    window: tuple[slice, slice]
    picture: FloatArray
    """What lights up with it, in the window."""
    shape: SpotShape

    @property
    def own(self) -> FloatArray:
        """The picture inside of the outline, nothing outside."""
        return np.where(self.shape.mask, np.maximum(self.picture, 0), 0).astype(np.float32)


def measure_recording(
    source: FrameSource, survey: MotionSurvey, *, workers: int = 1, progress: Progress = silent
) -> Measurements:
    """Measure cell size, decay, motion and noise.

    Parameters
    ----------
    source
        The raw movie, (T, H, W), repaired.
    survey
        From `survey_motion`.
    workers
        Threads; the result doesn't depend on them.
    progress
        Called as the work goes on.
    """
    movie = settle(source, survey)
    dims = movie.shape[1:]
    corr = compute_summary(movie, part(progress, 0, 0.2)).corr
    measures: dict[MeasureName, Measure] = {}
    spots: list[Spot] = []
    cells: list[_Cell] = []
    diameters: list[float] = []
    why = _unsuitable(movie, corr)
    decay = Decay(None, 0, None, 0, 0, why)
    if why is None:
        spots = find_spots(scale_energies(movie, workers=workers, progress=part(progress, 0.2, 0.5)), movie.rim_px)
        found = _cells(movie, spots, workers, part(progress, 0.5, 0.8))
        diameters = [2 * cell.shape.radius_px for cell in found]
        cells = [cell for cell, own in zip(found, diameters, strict=True) if _is_usual(own, diameters)]
        decay = measure_decay(_traces(movie, cells, workers, part(progress, 0.8, 0.9)))
    measures["soma_diameter_px"] = _diameter(diameters, len(cells), why)
    measures["decay_frames"] = Measure(decay.frames, decay.n_transients, decay.why_not)
    motion, parts_px = _motion(source, survey, movie, _active(spots, dims), part(progress, 0.9, 1))
    noise, curve = _noise(movie)
    return Measurements(
        measures=measures | motion | noise,
        shape=source.shape,
        looked_at=(movie.first, movie.first + movie.shape[0]),
        cells=_places(cells),
        rim_px=movie.rim_px,
        rise_frames=decay.rise_frames,
        corr=corr,
        transient=decay.transient,
        parts_px=parts_px,
        noise_curve=curve,
    )


def _unsuitable(movie: SettledMovie, corr: FloatArray) -> Note | None:
    if movie.shape[0] < FEWEST_FRAMES:
        return Note("not_measured_few_frames", {"n_frames": movie.shape[0], "needed": FEWEST_FRAMES})
    if not corr.any():
        return Note("not_measured_constant")
    return None


def _cells(movie: SettledMovie, spots: list[Spot], workers: int, progress: Progress) -> list[_Cell]:
    """Give the spots that look like somata, with their outlines, windows and pictures."""
    if not spots:
        return []
    dims = movie.shape[1], movie.shape[2]
    weights = spot_weights(spots, dims)
    note = "reading what is active"
    traces = read_traces(movie, weights, workers=workers, progress=part(progress, 0, 0.3), note=note)
    windows = windows_of(spots, dims)
    pictures = activity_pictures(movie, traces, windows, workers=workers, progress=part(progress, 0.3, 1))
    found = []
    for spot, window, picture in zip(spots, windows, pictures, strict=True):
        centre = spot.y - window[0].start, spot.x - window[1].start
        shape = shape_of(picture, centre, spot.radius_px)
        if shape is not None and shape.is_soma:
            found.append(_Cell(window, picture, shape))
    return found


def _traces(
    movie: SettledMovie,
    cells: list[_Cell],
    workers: int,
    progress: Progress,
) -> FloatArray:
    """Light of each cell, as its picture weighs pixels, less that of its surroundings; (n, T)."""
    if not cells:
        return np.empty((0, movie.shape[0]), np.float32)
    dims = movie.shape[1], movie.shape[2]
    taken = np.zeros(dims, bool)
    for cell in cells:
        taken[cell.window] |= cell.shape.mask
    masks = [(cell.window, _against_surroundings(cell, taken[cell.window])) for cell in cells]
    note = "reading the traces of cells"
    return read_traces(movie, mask_weights(masks, dims), workers=workers, progress=progress, note=note)


def _against_surroundings(cell: _Cell, taken: NDArray[np.bool_]) -> FloatArray:
    """Weights (h, w) that sum up to 1 in a cell and to -1 around it, where no other cell is."""
    near = binary_dilation(cell.shape.mask, iterations=GAP_PX)
    width = max(2, round(SURROUNDINGS * cell.shape.radius_px))
    around = binary_dilation(near, iterations=width) & ~near & ~taken
    return np.asarray(cell.own / cell.own.sum() - around / max(1, around.sum()), np.float32)


def _usual(diameters: NDArray[np.float64]) -> float:
    """Median in which each size counts by its area, so that pieces of processes count little beside cell bodies."""
    order = np.sort(diameters)
    share = np.cumsum(order**2)
    return float(order[np.searchsorted(share, share[-1] / 2)])


def _is_usual(diameter: float, diameters: list[float]) -> bool:
    usual = _usual(np.array(diameters))
    return usual / USUAL <= diameter <= usual * USUAL


def _diameter(diameters: list[float], n: int, why: Note | None) -> Measure:
    if why is not None:
        return Measure(None, n, why)
    if n < FEWEST_CELLS:
        return Measure(None, n, Note("no_size_few_cells", {"n": n, "needed": FEWEST_CELLS}))
    values = np.array(diameters)
    drawn = values[np.random.default_rng(n).integers(0, values.size, (500, values.size))]
    found = estimate(np.array([_usual(values), *(_usual(some) for some in drawn)]))
    if found.high > DIFFERENT * found.low:
        return Measure(None, n, Note("no_size_differs", {"low_px": found.low, "high_px": found.high}))
    return Measure(found, n)


def _motion(
    source: FrameSource,
    survey: MotionSurvey,
    movie: SettledMovie,
    active: NDArray[np.bool_],
    progress: Progress,
) -> tuple[dict[MeasureName, Measure], FloatArray]:
    """Give the measures of motion, and how far each part of the field moves on its own."""
    n = len(survey.frames)
    nowhere = np.full((PARTS, PARTS), np.nan, np.float32)
    if not survey.shows.any():
        why = Note("no_shift_no_picture")
        names: tuple[MeasureName, ...] = ("largest_shift_y_px", "largest_shift_x_px", "local_motion_px")
        return {name: Measure(None, 0, why) for name in names}, nowhere
    largest = largest_shift(source, survey)
    px = max(largest.y_px.value, largest.x_px.value)
    limit = Note("no_shift_at_limit", {"px": px}) if largest.at_limit else None
    local = local_motion(movie, active, movie.rim_px, progress=progress)
    measures: dict[MeasureName, Measure] = {
        "largest_shift_y_px": Measure(None if limit else largest.y_px, n, limit),
        "largest_shift_x_px": Measure(None if limit else largest.x_px, n, limit),
        "local_motion_px": Measure(local.px if local else None, n, None if local else Note("no_local_motion")),
    }
    return measures, local.parts_px if local else nowhere


def _noise(movie: SettledMovie) -> tuple[dict[MeasureName, Measure], FloatArray]:
    """Give the measures of noise, and noise over light."""
    found = photon_noise(movie)
    if found is None:
        why = Note("no_noise")
        return {"noise_sd": Measure(None, 0, why), "noise_per_unit": Measure(None, 0, why)}, np.empty(
            (0, 2), np.float32
        )
    n = movie.shape[1] * movie.shape[2]
    measures: dict[MeasureName, Measure] = {
        "noise_sd": Measure(found.sd, n),
        "noise_per_unit": Measure(found.per_unit, n, None if found.per_unit else Note("no_photon_noise")),
    }
    return measures, found.curve


def _active(spots: list[Spot], dims: tuple[int, ...]) -> NDArray[np.bool_]:
    """(H, W) where light changes."""
    active = np.zeros(dims, bool)
    y, x = np.ogrid[: dims[0], : dims[1]]
    for spot in spots:
        active |= np.hypot(y - spot.y, x - spot.x) < ACTIVE * spot.radius_px
    return active


def _places(cells: list[_Cell]) -> FloatArray:
    found = []
    for cell in cells:
        y, x = np.nonzero(cell.shape.mask)
        found.append((y.mean() + cell.window[0].start, x.mean() + cell.window[1].start, 2 * cell.shape.radius_px))
    return np.array(found, np.float32).reshape(-1, 3)
