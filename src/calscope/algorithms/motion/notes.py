"""What was found in every frame, and the sentences that tell a person what to know about it."""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion.grid import PatchGrid
from calscope.model.movie import FloatArray


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


def describe(track: Track, shape: tuple[int, int, int], grid: PatchGrid | None) -> tuple[str, ...]:
    """Give the sentences that a person should read about a correction."""
    n_frames, height, width = shape
    if n_frames == 1:
        notes = ["The movie has one frame: there is no motion to correct, it is left as it is."]
    elif track.constant.all():
        notes = ["Every frame is constant: there is nothing to register, the movie is left as it is."]
    else:
        notes = _frame_notes(track)
    if track.repaired.any():
        told = f"{_frames(track.repaired)} NaN, infinite or far beyond all others in some pixels"
        notes.append(f"{told}{_named(track.repaired)}: replaced by the pixel's mean.")
    if grid is not None:
        notes += _patch_notes(grid, (height, width))
    return tuple(notes)


FEW_FRAMES = 30
"""A template of fewer frames holds much of their noise."""
MOST_NAMED = 6
"""Stretches of frames that are named one by one."""


def describe_limits(asked: tuple[int, int], used: tuple[int, int], n_frames: int) -> list[str]:
    """Give the sentences about parameters that didn't fit the movie, and about a movie that is short."""
    notes = []
    if n_frames > 1 and asked != used:
        notes.append(
            f"max_shifts {asked} px is more than half of the field: {used} px was used. A frame that moves further"
            " shows too little of the template to be found."
        )
    if 1 < n_frames < FEW_FRAMES:
        notes.append(
            f"The movie has {n_frames} frames: the template is a mean of so few, and shifts are less certain than"
            f" those of {FEW_FRAMES} frames or more."
        )
    return notes


def _frame_notes(track: Track) -> list[str]:
    notes = []
    if track.constant.any():
        told = f"{_frames(track.constant)} constant (all pixels alike{_named(track.constant)})"
        notes.append(f"{told}: given the shift of the frames around.")
    dark = track.blank & ~track.constant
    if dark.any():
        told = f"{_frames(dark)} dark or without the template's picture{_named(dark)}"
        notes.append(f"{told}: given the shift of the frames around.")
    if track.clipped.any():
        notes.append(
            f"{_frames(track.clipped)} clipped at max_shifts{_named(track.clipped)}: the best place lay beyond it. "
            "Raise max_shifts if the recording really moves that far."
        )
    return notes


def _frames(flags: NDArray[np.bool_]) -> str:
    n = int(flags.sum())
    return f"{n} of {len(flags)} frames {'is' if n == 1 else 'are'}"


def _named(flags: NDArray[np.bool_]) -> str:
    """Name the frames, counted from 0, in stretches."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    stretches = [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]
    named = [f"{a}" if a == b else f"{a}-{b}" for a, b in stretches[:MOST_NAMED]]
    more = ", and others" if len(stretches) > MOST_NAMED else ""
    return f"; frame{'s' * (int(flags.sum()) > 1)} {', '.join(named)}{more}"


def _patch_notes(grid: PatchGrid, field: tuple[int, int]) -> list[str]:
    side_y, side_x = grid.shape_px
    if grid.n == 1:
        one = (
            f"The field of {field[0]} x {field[1]} px holds one patch of {side_y} x {side_x} px (strides + overlaps): "
            "frames are corrected as a whole. Lower strides and overlaps to follow deformation."
        )
        return [one]
    along = [name for name, n in (("y", len(grid.tops)), ("x", len(grid.lefts))) if n == 1]
    if along:
        return [f"Along {along[0]} the field is one patch wide (strides + overlaps): deformation isn't followed there."]
    return []
