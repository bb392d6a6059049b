"""Where a movie moves most, found in seconds: a stretch of frames, and the part of the field to look at there.

One pass: frames are binned, and the shift of each is found against a mean of a few dozen. That is rough, and enough to
rank stretches by how much they move.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import chunk_length, map_chunks
from calscope.algorithms.motion.rigid import estimate_rigid, prepare_rigid
from calscope.algorithms.motion.template import MIN_GAIN, Sample, make_template
from calscope.model.motion_preview import MotionSurvey, MovingPart
from calscope.model.movie import ArrayMovie, FloatArray, FrameSource
from calscope.model.progress import Progress, part, silent

FINEST_SIDE_PX = 96
"""Binning stops before the shorter side of the field has fewer pixels than this."""
MAX_BINNING = 4
READ_PX = 800_000_000
"""Pixels read at most; of a longer movie every second, third ... frame is looked at."""
N_TEMPLATE = 60
REACH = 0.125
"""Largest shift looked for, as a share of the shorter side: larger than any sensible limit of a correction."""
LONGEST_REACH_PX = 32
SMOOTH_PX = 1.5
"""Of the template, binned px, before its edges are counted: noise has edges too."""
EDGE_CAP = 99.0
"""Edges above this percentile count as that: one bright vessel isn't a field of cells."""


def survey_motion(
    source: FrameSource, *, workers: int = 1, progress: Progress = silent, read_px: int = READ_PX
) -> MotionSurvey:
    """Find roughly how every frame is shifted.

    Parameters
    ----------
    source
        The movie, (T, H, W) of any real type.
    workers
        Threads; the result doesn't depend on them.
    progress
        Called after every chunk.
    read_px
        Pixels to read at most.

    Raises
    ------
    ValueError
        When the movie has no frames.
    """
    n_frames, height, width = source.shape
    if n_frames == 0:
        raise ValueError("A movie without frames can't be looked at.")
    binning = binning_for((height, width))
    every = max(1, -(-n_frames * height * width // read_px))
    limit = longest_reach_px((height, width), binning) // binning
    sample = _sample(source, binning)
    template = make_template(sample, (limit, limit), workers=workers, progress=part(progress, 0, 0.15))
    rigid = prepare_rigid(template, (limit, limit))
    length = chunk_length(height, width)

    def work(start: int, stop: int) -> tuple[FloatArray, NDArray[np.bool_]]:
        frames = _read_binned(source, range(start * every, min(stop * every, n_frames), every), binning)
        found = estimate_rigid(sample.clean(ArrayMovie(frames)).look(0, len(frames))[0], rigid)
        return found.shifts * np.float32(binning), found.gain > MIN_GAIN

    looks = -(-n_frames // every)
    parts = map_chunks(
        work,
        n_frames=looks,
        length=length,
        workers=workers,
        progress=part(progress, 0.15, 1),
        note="looking for movement",
    )
    shifts, shows = (np.concatenate(both) for both in zip(*parts, strict=True))
    frames = np.arange(looks, dtype=np.int64) * every
    return MotionSurvey(frames, _bridged(shifts, shows), shows, template, binning)


def longest_reach_px(field: tuple[int, ...], binning: int) -> int:
    """Give the largest shift that is looked for in a field (H, W), px."""
    return binning * max(1, min(LONGEST_REACH_PX, round(REACH * min(field))) // binning)


def binning_for(field: tuple[int, int]) -> int:
    """Give how far frames are binned along a side: 1, 2 or 4."""
    binning = 1
    while binning < MAX_BINNING and min(field) >= 2 * binning * FINEST_SIDE_PX:
        binning *= 2
    return binning


def _sample(source: FrameSource, binning: int) -> Sample:
    n_frames = source.shape[0]
    indices = np.unique(np.linspace(0, n_frames - 1, min(N_TEMPLATE, n_frames)).round().astype(int))
    return Sample.of(_read_binned(source, indices.tolist(), binning))


def _read_binned(source: FrameSource, indices: range | list[int], binning: int) -> FloatArray:
    """Read frames, (n, h, w) float32; rows and columns beyond a whole number of bins are left out."""
    if isinstance(indices, range) and indices.step == 1:
        raw = source.read(indices.start, indices.stop)
    else:
        raw = np.concatenate([source.read(i, i + 1) for i in indices])
    return bin_frames(np.asarray(raw, np.float32), binning)


def bin_frames(frames: FloatArray, binning: int) -> FloatArray:
    """Mean of binning x binning pixels of each frame (n, H, W) -> (n, H // binning, W // binning)."""
    if binning == 1:
        return frames
    height, width = (side // binning * binning for side in frames.shape[1:])
    out = np.empty((len(frames), height // binning, width // binning), np.float32)
    for frame, small in zip(frames, out, strict=True):
        cv2.resize(frame[:height, :width], small.shape[::-1], dst=small, interpolation=cv2.INTER_AREA)
    return out


def _bridged(shifts: FloatArray, shows: NDArray[np.bool_]) -> FloatArray:
    """Give frames that don't show the picture the shifts between their neighbours'."""
    if shows.all() or not shows.any():
        return shifts if shows.any() else np.zeros_like(shifts)
    at, known = np.arange(len(shifts)), np.flatnonzero(shows)
    return np.stack([np.interp(at, known, shifts[known, axis]) for axis in (0, 1)], axis=1).astype(np.float32)


def worst_stretch(survey: MotionSurvey, n_frames: int, length: int) -> tuple[int, int]:
    """Give the stretch (start, stop) of `length` frames in which the movie moves most.

    That is where the shifts lie furthest apart: the largest root mean square of their distances from their own mean
    within the stretch. A movie that has drifted far and then holds still is sharp there without any correction.
    """
    length = min(length, n_frames)
    window = max(1, length // survey.every)
    steady = without_lone_peaks(survey.shifts)
    if len(steady) <= window:
        return 0, length
    spread = sum((_moving_variance(steady[:, axis].astype(np.float64), window) for axis in (0, 1)), np.zeros(1))
    start = int(survey.frames[int(np.argmax(spread))])
    start = min(start, n_frames - length)
    return start, start + length


def _moving_variance(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    first = np.concatenate([[0.0], np.cumsum(values - values.mean())])
    second = np.concatenate([[0.0], np.cumsum((values - values.mean()) ** 2)])
    mean = (first[window:] - first[:-window]) / window
    return np.asarray((second[window:] - second[:-window]) / window - mean**2)


def without_lone_peaks(shifts: FloatArray) -> FloatArray:
    """Median of three over time, (n, 2): a frame that was laid on a wrong place is not a movement."""
    if len(shifts) < 3:
        return shifts
    padded = np.concatenate([shifts[:1], shifts, shifts[-1:]])
    return np.asarray(np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0), np.float32)


def richest_crop(
    survey: MotionSurvey, field: tuple[int, int], side: tuple[int, int], stretch: tuple[int, int]
) -> MovingPart:
    """Give the part of the field, of at most the given sides (y, x), that holds most structure.

    Structure is the sum of the gradient's length over the smoothed template, each edge capped. The rim that the frames
    of the movie leave when they move is avoided where the field has room.
    """
    height, width = (min(n, wanted) for n, wanted in zip(field, side, strict=True))
    soft = cv2.GaussianBlur(survey.template, (0, 0), SMOOTH_PX)
    down, right = np.gradient(soft) if min(soft.shape) > 1 else (np.zeros_like(soft),) * 2
    edges = np.hypot(down, right)
    edges = np.minimum(edges, np.percentile(edges, EDGE_CAP))
    most = np.abs(survey.shifts - np.median(survey.shifts, axis=0)).max(axis=0, initial=0)
    rims = [int(np.ceil(min(px, max(0, n - h) / 2))) for px, n, h in zip(most, field, (height, width), strict=True)]
    box = [max(1, min(n, h // survey.binning)) for n, h in zip(edges.shape, (height, width), strict=True)]
    sums = np.pad(edges.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = (
        sums[box[0] :, box[1] :] - sums[: -box[0], box[1] :] - sums[box[0] :, : -box[1]] + sums[: -box[0], : -box[1]]
    )
    low = [min(-(-rim // survey.binning), (n - 1) // 2) for rim, n in zip(rims, inside.shape, strict=True)]
    kept = inside[low[0] : inside.shape[0] - low[0], low[1] : inside.shape[1] - low[1]]
    y, x = np.unravel_index(int(np.argmax(kept)), kept.shape)
    top = min((int(y) + low[0]) * survey.binning, field[0] - height)
    left = min((int(x) + low[1]) * survey.binning, field[1] - width)
    return MovingPart(*stretch, top=top, left=left, height=height, width=width)
