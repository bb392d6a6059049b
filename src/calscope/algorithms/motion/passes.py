"""The passes over a movie that motion correction is made of: find shifts, read evidence, average what was corrected."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import CleanFrames, extremes, map_movie
from calscope.algorithms.motion.evidence import Evidence, blurred, flatten, noise_of
from calscope.algorithms.motion.grid import (
    PatchGrid,
    ShiftField,
    make_field,
    make_patches,
    patches_to_nodes,
    rigid_field,
    weights_at,
)
from calscope.algorithms.motion.likeness import correlations_inside, match_brightness
from calscope.algorithms.motion.motion_notes import Track
from calscope.algorithms.motion.piecewise import estimate_patches, prepare_patches
from calscope.algorithms.motion.prior import SmoothShapes, smooth_shapes
from calscope.algorithms.motion.rigid import estimate_rigid, prepare_rigid
from calscope.algorithms.motion.template import MIN_GAIN
from calscope.algorithms.motion.warp import Warper
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress

Result = TypeVar("Result")
REACH_STRIDES = 0.8
"""Distance over which shifts are expected to be alike before the movie has said so, in steps from patch to patch."""
MOSTLY = 0.5
"""A frame of which a larger share was missing doesn't show the picture."""


@dataclass(frozen=True)
class MotionPlan:
    """What stays the same for every frame."""

    grid: PatchGrid | None
    """None when rigid."""
    field: ShiftField
    shapes: SmoothShapes
    """What its field is a sum of."""
    strides: tuple[int, int]
    max_shifts: tuple[int, int]
    max_deviation: int
    from_patches: tuple[FloatArray, FloatArray] | None = None
    """Weights of the patches' shifts at the nodes of the field, (Ky, rows) and (Kx, columns); None when rigid."""

    def within_limits(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Clip fields (n, Ky, Kx, 2): their mean to max_shifts, what differs from it to max_deviation.

        Gives the means (n, 2) and the fields.
        """
        whole = self.whole_frame(coefficients)
        limits = np.asarray(self.max_shifts, np.float32)
        most = np.float32(self.max_deviation)
        deviation = np.clip(coefficients - whole[:, None, None], -most, most)
        whole = np.clip(whole, -limits, limits)
        return whole, whole[:, None, None] + deviation

    def whole_frame(self, coefficients: FloatArray) -> FloatArray:
        """Mean shift of the pixels of each frame, (n, Ky, Kx, 2) -> (n, 2)."""
        rows, columns = self.field.rows.mean(axis=0), self.field.columns.mean(axis=0)
        return np.einsum("i,nijk,j->nk", rows, coefficients, columns, optimize=True)

    def to_nodes(self, shifts: FloatArray) -> FloatArray:
        """Shifts of the patches (n, P, 2) -> coefficients of the field (n, Ky, Kx, 2)."""
        if self.grid is None or self.from_patches is None:
            return shifts[:, None]
        rows, columns = self.from_patches
        laid_out = shifts.reshape(len(shifts), len(self.grid.tops), len(self.grid.lefts), 2)
        return np.ascontiguousarray((rows @ np.moveaxis(laid_out, -1, 1) @ columns.T).transpose(0, 2, 3, 1))

    def at_patches(self, coefficients: FloatArray) -> FloatArray | None:
        """Coefficients of the field (n, Ky, Kx, 2) -> its value at the patches' centres (n, P, 2); None when rigid."""
        if self.grid is None:
            return None
        rows = weights_at(self.grid.centers_y, len(self.field.rows), self.field.shape[0])
        columns = weights_at(self.grid.centers_x, len(self.field.columns), self.field.shape[1])
        return self.field.at(rows, columns, coefficients).reshape(len(coefficients), self.grid.n, 2)


def make_plan(
    size: tuple[int, int],
    *,
    pw_rigid: bool,
    strides: tuple[int, int],
    overlaps: tuple[int, int],
    max_shifts: tuple[int, int],
    max_deviation: int,
) -> MotionPlan:
    """Lay out patches and field for frames of a size (H, W)."""
    reach_px = REACH_STRIDES * strides[0], REACH_STRIDES * strides[1]
    if not pw_rigid:
        field = rigid_field(size)
        return MotionPlan(None, field, smooth_shapes(field, reach_px), strides, max_shifts, max_deviation)
    grid = make_patches(size, strides, overlaps)
    field = make_field(size, grid, strides)
    along_y = patches_to_nodes(grid.centers_y, field.nodes_y)
    along_x = patches_to_nodes(grid.centers_x, field.nodes_x)
    return MotionPlan(
        grid, field, smooth_shapes(field, reach_px), strides, max_shifts, max_deviation, (along_y, along_x)
    )


def _read(evidence: Evidence, frames: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Give what `Evidence.combiner` is for: what was read, and the fields that it was read around, (n, ...)."""
    return np.concatenate([evidence.read(frames, coefficients), flatten(coefficients)], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class MotionPasses:
    """One movie, and how to go through it."""

    frames: CleanFrames
    shape: tuple[int, int, int]
    plan: MotionPlan
    workers: int

    def estimate(self, template: FloatArray, evidence: Evidence | None, progress: Progress) -> tuple[Track, FloatArray]:
        """Find the shifts of every frame by correlation, and the evidence around them, if wanted, (T, r)."""
        rigid = prepare_rigid(template, self.plan.max_shifts)
        grid = self.plan.grid
        patches = None if grid is None else prepare_patches(template, grid, self.plan.strides, self.plan.max_deviation)

        def work(start: int, stop: int) -> tuple[Track, FloatArray]:
            frames, repaired = self.frames.look(start, stop)
            found = estimate_rigid(frames, rigid)
            shifts = found.shifts[:, None]
            if patches is not None:
                shifts = estimate_patches(frames, found.shifts, patches)
            coefficients = self.plan.to_nodes(shifts)
            low, high = extremes(frames).T
            track = Track(
                rigid=found.shifts,
                coefficients=coefficients,
                clipped=found.clipped,
                constant=low == high,
                blank=~(found.gain > MIN_GAIN) | self._mostly_filled(frames, repaired),
                repaired=repaired,
                low=low.min(keepdims=True),
                high=high.max(keepdims=True),
            )
            readings = np.empty((len(frames), 0), np.float32)
            return track, readings if evidence is None else _read(evidence, frames, coefficients)

        combine = self._combiner(evidence)
        tracks, readings = [], []
        for track, raw in self.over_chunks(work, progress, "finding shifts"):
            tracks.append(track)
            readings.append(raw @ combine)
        return Track.join(tracks), np.concatenate(readings)

    def _combiner(self, evidence: Evidence | None) -> FloatArray:
        # used on the thread that collects: a linear algebra library may start threads of its own
        return np.empty((0, 0), np.float32) if evidence is None else evidence.combiner(self.plan.shapes.vectors)

    def _mostly_filled(self, frames: FloatArray, repaired: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which frames had hardly a value of their own, (n,)."""
        out = np.zeros(len(frames), np.bool_)
        for index in np.flatnonzero(repaired):
            out[index] = np.mean(frames[index] == self.frames.fill) > MOSTLY
        return out

    def gather(
        self, track: Track, evidence: Evidence, inside: tuple[slice, slice], progress: Progress
    ) -> tuple[FloatArray, FloatArray]:
        """Read the evidence of every frame around the fields of `track`, and how alike frame and template are.

        Returns
        -------
        evidence
            (T, r) for the shapes of the field.
        correlation
            (T,) of the raw frame with the template, `inside` that part of the field.
        """

        def work(start: int, stop: int) -> tuple[FloatArray, FloatArray]:
            frames, _ = self.frames.read(start, stop)
            alike = correlations_inside(frames, evidence.template, inside)
            return _read(evidence, self.frames.clip(frames), track.coefficients[start:stop]), alike

        combine = self._combiner(evidence)
        readings, alike = [], []
        for raw, found in self.over_chunks(work, progress, "refining shifts"):
            readings.append(raw @ combine)
            alike.append(found)
        return np.concatenate(readings), np.concatenate(alike)

    def average(self, track: Track, template: FloatArray, progress: Progress) -> tuple[FloatArray, FloatArray]:
        """Mean of the corrected frames that show the picture, (H, W), and the noise about it, a variance, (H, W)."""
        warper = Warper(self.plan.field)

        def work(start: int, stop: int) -> FloatArray:
            frames, _ = self.frames.look(start, stop)
            shows = ~track.blank[start:stop]
            moved = warper.warp(frames[shows], track.coefficients[start:stop][shows])
            sums = np.zeros((3, *template.shape), np.float32)
            for frame in moved:
                gain, offset = match_brightness(frame, template)
                residual = gain * frame + np.float32(offset) - template
                soft = blurred(residual)
                sums[0] += residual
                sums[1] += soft
                sums[2] += soft * soft
            return sums

        total = sum(self.over_chunks(work, progress, "template"), np.zeros((3, *template.shape)))
        residual, soft, squares = total / max(1, int((~track.blank).sum()))
        variance = np.maximum(squares - soft**2, 0).astype(np.float32)
        return (template + residual).astype(np.float32), noise_of(variance)

    def over_chunks(self, work: Callable[[int, int], Result], progress: Progress, note: str) -> Iterator[Result]:
        """Run `work(start, stop)` over the whole movie."""
        return map_movie(work, self.shape, self.workers, progress, note)
