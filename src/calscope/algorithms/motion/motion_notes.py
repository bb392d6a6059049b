"""What was found in every frame, and the notes that tell a person what to know about it."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion.grid import PatchGrid
from calscope.model.movie import FloatArray
from calscope.model.notes import Note


@dataclass(frozen=True)
class Track:
    """The motion of a stretch of frames."""

    rigid: FloatArray
    """(n, 2) px, shift of the whole frame."""
    coefficients: FloatArray
    """(n, Ky, Kx, 2) px, coefficients of the field of shifts."""
    clipped: NDArray[np.bool_]
    """(n,) the shift was larger than allowed."""
    constant: NDArray[np.bool_]
    """(n,) all pixels alike."""
    blank: NDArray[np.bool_]
    """(n,) the frame doesn't show the template."""
    repaired: NDArray[np.bool_]
    """(n,) some values were missing."""
    low: FloatArray
    """(chunks,) smallest value."""
    high: FloatArray
    """(chunks,) largest value."""

    @staticmethod
    def join(parts: "list[Track]") -> "Track":
        """Join consecutive stretches."""
        return Track(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Track)))

    def bridged(self) -> "Track":
        """Give frames that show nothing the shift between those of the nearest frames that do; zero if none does."""
        if not self.blank.any():
            return self
        return replace(
            self,
            rigid=self.bridge(self.rigid),
            coefficients=self.bridge(self.coefficients),
            clipped=self.clipped & ~self.blank,
        )

    def bridge(self, values: NDArray) -> NDArray:
        """Give values (n, ...) of frames that show nothing by a straight line between the nearest that do."""
        seen = np.flatnonzero(~self.blank)
        if len(seen) == len(values):
            return values
        if len(seen) == 0:
            return np.zeros_like(values)
        flat = values.reshape(len(values), -1)
        frames = np.flatnonzero(self.blank)
        out = flat.copy()
        for column in range(flat.shape[1]):
            out[frames, column] = np.interp(frames, seen, flat[seen, column])
        return out.reshape(values.shape)


def describe(track: Track, shape: tuple[int, int, int], grid: PatchGrid | None) -> tuple[Note, ...]:
    """Give what a person should know about a correction."""
    n_frames, height, width = shape
    if n_frames == 1:
        notes = [Note("one_frame")]
    elif track.constant.all():
        notes = [Note("all_frames_constant")]
    else:
        notes = _frame_notes(track)
    if track.repaired.any():
        notes.append(Note("frames_repaired", which_frames(track.repaired)))
    if grid is not None:
        notes += _patch_notes(grid, (height, width))
    return tuple(notes)


FEW_FRAMES = 30
"""A template of fewer frames holds much of their noise."""
MOST_NAMED = 6
"""Stretches of frames that are named one by one."""


def describe_limits(asked: tuple[int, int], used: tuple[int, int], n_frames: int) -> list[Note]:
    """Give the notes on parameters that didn't fit the movie, and on a movie that is short."""
    notes = []
    if n_frames > 1 and asked != used:
        notes.append(Note("max_shifts_cut", {"asked": asked, "used": used}))
    if 1 < n_frames < FEW_FRAMES:
        notes.append(Note("few_frames_in_template", {"n_frames": n_frames, "enough": FEW_FRAMES}))
    return notes


def _frame_notes(track: Track) -> list[Note]:
    notes = []
    if track.constant.any():
        notes.append(Note("frames_constant", which_frames(track.constant)))
    dark = track.blank & ~track.constant
    if dark.any():
        notes.append(Note("frames_dark", which_frames(dark)))
    if track.clipped.any():
        notes.append(Note("frames_clipped", which_frames(track.clipped)))
    return notes


def which_frames(flags: NDArray[np.bool_]) -> dict[str, Any]:
    """Say how many frames are flagged, and name the first stretches of them, (first, last) counted from 0."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    stretches = [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]
    return {
        "n": int(flags.sum()),
        "n_frames": len(flags),
        "stretches": stretches[:MOST_NAMED],
        "n_stretches": len(stretches),
    }


def _patch_notes(grid: PatchGrid, field: tuple[int, int]) -> list[Note]:
    if grid.n == 1:
        return [Note("one_patch", {"field_px": field, "patch_px": grid.shape_px})]
    along = [name for name, n in (("y", len(grid.tops)), ("x", len(grid.lefts))) if n == 1]
    return [Note("one_patch_along", {"axis": along[0]})] if along else []
