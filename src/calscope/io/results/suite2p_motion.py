"""The motion that suite2p found, under Calscope's sign and names.

suite2p's offsets tell how far the tissue of a frame was displaced, down and right positive: its `shift_frames` rolls a
frame by their negative. Ours are what is applied to the frame, so their sign changes. The offsets of blocks (`yoff1`,
`xoff1`) come on top of those of the whole frame (`yoff`, `xoff`), which are whole pixels. A run of suite2p 1.1.0 on a
simulated recording agrees with this to 0.1 px.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import MotionEstimate

MOTION_FIELDS = ("yoff", "xoff", "yoff1", "xoff1", "block_size", "refImg")
_BLOCKS_PER_LENGTH = 1.5
"""suite2p lays this many blocks along a side for each time that one fits into it, rounded up."""


def motion_of(
    fields: Mapping[str, Any], dims: tuple[int, int], n_frames: int
) -> tuple[MotionEstimate | None, tuple[Note, ...]]:
    """Give the motion, None where the files have none of these frames, and what is to be said of it.

    Parameters
    ----------
    fields
        suite2p's values by its names; of `MOTION_FIELDS`, those that are there.
    dims
        Rows, columns.

    Raises
    ------
    ValueError
        When offsets are no numbers.
    """
    offsets = _pairs(fields, "yoff", "xoff", n_frames)
    if offsets is None:
        return None, (Note("suite2p_without_motion"),)
    offsets = offsets[:, 0]
    blocks = _pairs(fields, "yoff1", "xoff1", n_frames)
    centers, size_px = _blocks(fields.get("block_size", ()), dims)
    placed = blocks is not None and len(centers) == blocks.shape[1]
    if blocks is None:
        notes: tuple[Note, ...] = ()
    else:
        notes = (Note("suite2p_nonrigid_motion") if placed else Note("suite2p_blocks_not_placed"),)
    return MotionEstimate(
        template=_template(fields.get("refImg", ()), dims),
        shifts_rig=-offsets,
        corr_raw=np.full(n_frames, np.nan, np.float32),
        rim_px=math.ceil(np.abs(offsets).max(initial=0)),
        shifts_els=-(offsets[:, None] + blocks) if blocks is not None and placed else None,
        centers_px=centers if placed else None,
        patch_shape_px=size_px if placed else None,
    ), notes


def _pairs(fields: Mapping[str, Any], y: str, x: str, n_frames: int) -> FloatArray | None:
    """Give (T, n, 2) px (y, x); None where they are not there, or of other frames."""
    found = [np.asarray(fields.get(name, ()), np.float32) for name in (y, x)]
    if found[0].shape != found[1].shape or not found[0].size or found[0].size % n_frames:
        return None
    pairs: FloatArray = np.stack([values.reshape(n_frames, -1) for values in found], axis=2)
    if not np.isfinite(pairs).all():
        raise ValueError(f"{y} and {x} are not all numbers")
    return pairs


def _blocks(block_size: Any, dims: tuple[int, int]) -> tuple[FloatArray, tuple[int, int] | None]:
    """Give the centres (P, 2) px (y, x) of the blocks that suite2p lays over a field, row by row, and their size."""
    sizes = np.ravel(block_size)
    if sizes.size != 2 or not (sizes > 0).all():
        return np.zeros((0, 2), np.float32), None
    size_px = min(int(sizes[0]), dims[0]), min(int(sizes[1]), dims[1])
    y, x = (_centers(side, size) for side, size in zip(dims, size_px, strict=True))
    grid = np.stack(np.meshgrid(y, x, indexing="ij"), axis=2)
    return grid.reshape(-1, 2).astype(np.float32), size_px


def _centers(side: int, size: int) -> NDArray[np.float64]:
    n = 1 if size >= side else math.ceil(_BLOCKS_PER_LENGTH * side / size)
    starts = np.linspace(0, side - size, n).astype(np.intp)
    return np.asarray(starts + (size - 1) / 2, np.float64)


def _template(image: Any, dims: tuple[int, int]) -> FloatArray:
    """Give the image that frames were laid on; NaN where it is not there."""
    found = np.asarray(image, np.float32)
    return found if found.shape == dims else np.full(dims, np.nan, np.float32)
