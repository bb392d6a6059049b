"""Which part of a recording to try parameters on: the square with most cells, the stretch in which they do most.

Both are sums over a moving window. What counts as a cell is a compact spot of the local correlation image (a difference
of two Gaussians, Marr & Hildreth 1980), what counts as activity is how far the spots rise above their own median.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter

from calscope.algorithms.summary import compute_summary
from calscope.model.crop import Crop
from calscope.model.movie import ArrayMovie, FloatArray, FrameSource
from calscope.model.progress import Progress, silent

SIDE_PX, FRAMES = 128, 500
_LOOK_AT_FRAMES = 400
"""So many frames, evenly spread, are enough to see where cells are and when they are active."""
_SPOT_SIGMA_PX, _SURROUND_SIGMA_PX = 2.0, 6.0
_APART_PX = 7
_CLEAR_SPREADS = 3.0
"""A spot stands above the median by this many robust standard deviations."""
_MAD_TO_SD = 1.4826


def choose_crop(
    source: FrameSource, *, side_px: int = SIDE_PX, n_frames: int = FRAMES, progress: Progress = silent
) -> Crop:
    """Give the square with most spots, and the stretch of frames in which its spots are most active.

    Parameters
    ----------
    source
        The raw recording, (T, H, W).
    side_px, n_frames
        How large the part should be; a smaller recording is taken whole.

    Returns
    -------
    Crop
        Inside of the recording; the same one each time.
    """
    frames, height, width = source.shape
    sample = _sample(source, progress)
    spots = find_spots(compute_summary(ArrayMovie(sample), silent).corr)
    counts = np.zeros((height, width), np.float32)
    counts[spots[:, 0], spots[:, 1]] = 1.0
    top, left = _fullest(counts, min(side_px, height), min(side_px, width))
    crop = Crop(0, frames, top, top + min(side_px, height), left, left + min(side_px, width))
    inside = [(y, x) for y, x in spots if crop.top <= y < crop.bottom and crop.left <= x < crop.right]
    start = _liveliest(_activity(sample, inside), frames, min(n_frames, frames))
    return Crop(start, start + min(n_frames, frames), crop.top, crop.bottom, crop.left, crop.right)


def find_spots(image: FloatArray) -> NDArray[np.intp]:
    """Give the compact bright spots of an image (H, W), (n, 2) px as (y, x)."""
    filled = np.nan_to_num(image)
    contrast = gaussian_filter(filled, _SPOT_SIGMA_PX) - gaussian_filter(filled, _SURROUND_SIGMA_PX)
    middle = float(np.median(contrast))
    spread = _MAD_TO_SD * float(np.median(np.abs(contrast - middle)))
    is_peak = (contrast == maximum_filter(contrast, _APART_PX)) & (
        contrast > middle + _CLEAR_SPREADS * max(spread, 1e-12)
    )
    return np.argwhere(is_peak)


def _sample(source: FrameSource, progress: Progress) -> FloatArray:
    """Read single frames, evenly spread over the recording, (n, H, W)."""
    n_frames = source.shape[0]
    wanted = np.unique(np.linspace(0, n_frames - 1, min(_LOOK_AT_FRAMES, n_frames)).astype(int))
    read = []
    for done, frame in enumerate(wanted):
        read.append(np.asarray(source.read(int(frame), int(frame) + 1)[0], np.float32))
        progress(done / len(wanted), "looking for the part with most cells")
    return np.stack(read)


def _fullest(counts: FloatArray, rows: int, columns: int) -> tuple[int, int]:
    """Give the corner (top, left) of the window with the highest sum; among equal ones the nearest to the middle."""
    sums = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1))
    sums[1:, 1:] = counts.cumsum(axis=0).cumsum(axis=1)
    inside = sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns] + sums[:-rows, :-columns]
    middle = [(size - 1) / 2 for size in inside.shape]
    y, x = np.indices(inside.shape)
    off_centre = (np.hypot(y - middle[0], x - middle[1])) / (10.0 * sum(counts.shape))  # less than one spot
    top, left = np.unravel_index(np.argmax(inside - off_centre), inside.shape)
    return int(top), int(left)


def _activity(sample: FloatArray, spots: list[tuple[int, int]]) -> FloatArray:
    """Give how far the spots rise above their own median in each sampled frame, (n,)."""
    if not spots:
        return np.zeros(len(sample), np.float32)
    smooth = gaussian_filter(sample, (0, _SPOT_SIGMA_PX, _SPOT_SIGMA_PX))
    traces = np.stack([smooth[:, y, x] for y, x in spots])
    traces -= np.median(traces, axis=1, keepdims=True)
    spread = _MAD_TO_SD * np.median(np.abs(traces), axis=1, keepdims=True)
    return np.clip(traces / np.maximum(spread, 1e-12), 0, None).mean(axis=0)


def _liveliest(activity: FloatArray, n_frames: int, stretch: int) -> int:
    """Give the first frame of the stretch with the highest mean activity; `activity` is sampled evenly."""
    if stretch >= n_frames:
        return 0
    at = np.linspace(0, n_frames - 1, len(activity))
    total = np.interp(np.arange(n_frames + 1), at, np.concatenate([[0.0], np.cumsum(activity)[:-1]]))
    return int(np.argmax(total[stretch:] - total[:-stretch]))
