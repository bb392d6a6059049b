"""Parts of the picture that never change: a border of zeros, of NaN or of a constant, a stamped text.

Their edge stays in its place while the tissue moves: it would hold the shifts back, and flicker where frames are moved.
So they are filled with a smooth brightness that goes on from the tissue, the same in every frame; and where motion is
looked for, with what each frame shows nearest to them, as frames are extended beyond their own edges.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt, gaussian_filter, label

from calscope.model.movie import FloatArray

FEWEST_FRAMES = 8
"""Of fewer, pixels may be alike by chance."""
SMALLEST_PX = 64
"""Smaller parts hold no shift back."""
MOST = 0.75
"""Share of the field from which on too little is left to find motion in."""
SMOOTH_PX = 4.0
ALSO_BESIDE = 0.5
"""Of dark tissue, pixels beside those that are always 0 are 0 in many frames too; beside a border in few."""


def find_still_pixels(frames: NDArray) -> NDArray[np.bool_]:
    """Tell which pixels of (n, H, W) frames spread over a movie are no tissue, (H, W)."""
    same = _same_as_first(frames)
    always = same.all(axis=0)
    if len(frames) < FEWEST_FRAMES or not always.any():
        return np.zeros(always.shape, np.bool_)
    parts, n_parts = label(always)
    sizes = np.bincount(parts.ravel(), minlength=n_parts + 1)
    still = np.zeros(always.shape, np.bool_)
    for number in np.flatnonzero(sizes >= SMALLEST_PX):
        inside = parts == number
        if number and _ends_sharply(frames, inside):
            still |= inside
    return still if still.mean() <= MOST else np.zeros(always.shape, np.bool_)


def nearest_moving(still: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give where the still pixels are, and for each the nearest other one; as indices into a flat frame."""
    nearest = distance_transform_edt(still, return_distances=False, return_indices=True)
    there = np.flatnonzero(still)
    sources = np.ravel_multi_index((nearest[0].ravel()[there], nearest[1].ravel()[there]), still.shape)
    return there, np.asarray(sources, np.intp)


def smooth_fill(frames: FloatArray, still: NDArray[np.bool_]) -> FloatArray:
    """Give what the still pixels are filled with, (H, W); NaN where there is tissue.

    Parameters
    ----------
    frames
        (n, H, W) spread over the recording, finite.
    still
        From `find_still_pixels`.
    """
    out = np.full(still.shape, np.nan, np.float32)
    if still.any():
        image = frames.mean(axis=0)
        there, sources = nearest_moving(still)
        image.flat[there] = image.flat[sources]
        out[still] = gaussian_filter(image, SMOOTH_PX)[still]
    return out


def _same_as_first(frames: NDArray) -> NDArray[np.bool_]:
    if frames.dtype.kind != "f":
        return np.asarray(frames == frames[0])
    return np.asarray((frames == frames[0]) | (~np.isfinite(frames) & ~np.isfinite(frames[0])))


def _ends_sharply(frames: NDArray, inside: NDArray[np.bool_]) -> bool:
    """Whether pixels beside a part that never changes seldom have its value."""
    rows, columns = np.nonzero(inside)
    value = frames[0, rows[0], columns[0]]
    beside = binary_dilation(inside, iterations=2) & ~inside
    values = frames[:, beside]
    alike = values == value if np.isfinite(value) else ~np.isfinite(values)
    return bool(beside.any() and alike.mean() < ALSO_BESIDE)
