"""NoRMCorre: rigid, then piecewise-rigid motion correction (Pnevmatikakis & Giovannucci, 2017, J. Neurosci. Methods 291:83).

A template is made from frames spread over the movie; every frame is laid on it by the shift of the whole frame, then by a
smooth field of shifts. The movie is streamed: it is read twice and written once, in chunks on several threads, and what is
kept of a frame besides is a few hundred numbers. The result doesn't depend on the number of threads.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from calscope.algorithms.frames import CleanFrames, chunk_length, map_chunks
from calscope.algorithms.motion_grid import (
    PatchGrid,
    ShiftField,
    make_field,
    make_patches,
    patches_to_nodes,
    rigid_field,
    weights_at,
)
from calscope.algorithms.motion_notes import Track, describe
from calscope.algorithms.piecewise import estimate_patches, prepare_patches
from calscope.algorithms.rigid import estimate_rigid, prepare_rigid
from calscope.algorithms.template import MIN_GAIN, make_template, take_sample
from calscope.algorithms.warp import Warper
from calscope.model.movie import FloatArray, FrameSource, Movie
from calscope.model.progress import Progress, part, silent
from calscope.model.results import MotionResult

Allocate = Callable[[str, tuple[int, ...], DTypeLike], NDArray]


def correct_movie(
    source: FrameSource,
    *,
    pw_rigid: bool,
    strides: tuple[int, int],
    overlaps: tuple[int, int],
    max_shifts: tuple[int, int],
    max_deviation_rigid: int,
    allocate: Allocate,
    workers: int = 1,
    progress: Progress = silent,
) -> MotionResult:
    """Estimate motion and write the corrected movie.

    Parameters
    ----------
    source
        The movie, (T, H, W) of any real type; values that aren't finite are replaced and told of.
    pw_rigid
        Follow deformation by a field of shifts, rather than the shift of the whole frame only.
    strides, overlaps
        Step between patches and their overlap (y, x), px; a patch's side is the sum.
    max_shifts
        Largest shift (y, x) of a whole frame, px.
    max_deviation_rigid
        How far the field may differ from the shift of the whole frame, px.
    allocate
        Gives the array "movie", (T, H, W) uint16, that the corrected movie is written into.
    workers
        Threads.
    progress
        Called after every chunk of every pass.

    Raises
    ------
    ValueError
        When the movie has no frames.
    """
    n_frames, height, width = source.shape
    if n_frames == 0:
        raise ValueError("A movie without frames can't be corrected.")
    sample = take_sample(source)
    if n_frames == 1:
        pw_rigid, max_shifts = False, (0, 0)
    plan = _plan((height, width), pw_rigid, strides, overlaps, max_shifts, max_deviation_rigid)
    job = _Job(CleanFrames(source, sample.fill), source.shape, plan, workers)
    template = make_template(sample, max_shifts, workers=workers, progress=part(progress, 0, 0.1))
    track = job.estimate(template, part(progress, 0.1, 0.6))
    codes = allocate("movie", source.shape, np.uint16)
    return job.write(track, template, codes, part(progress, 0.6, 1))


@dataclass(frozen=True)
class _Plan:
    """What stays the same for every frame."""

    grid: PatchGrid | None
    """None when rigid."""
    field: ShiftField
    strides: tuple[int, int]
    max_shifts: tuple[int, int]
    max_deviation: int


def _plan(
    size: tuple[int, int],
    pw_rigid: bool,  # noqa: FBT001
    strides: tuple[int, int],
    overlaps: tuple[int, int],
    max_shifts: tuple[int, int],
    max_deviation: int,
) -> _Plan:
    if not pw_rigid:
        return _Plan(None, rigid_field(size), strides, max_shifts, max_deviation)
    grid = make_patches(size, strides, overlaps)
    return _Plan(grid, make_field(size, grid, strides), strides, max_shifts, max_deviation)


@dataclass(frozen=True)
class _Job:
    """One movie and the plan for it."""

    frames: CleanFrames
    shape: tuple[int, int, int]
    plan: _Plan
    workers: int

    def estimate(self, template: FloatArray, progress: Progress) -> Track:
        """Find the field of every frame against a template."""
        rigid = prepare_rigid(template, self.plan.max_shifts)
        patches = None
        if self.plan.grid is not None:
            patches = prepare_patches(template, self.plan.grid, self.plan.strides, self.plan.max_deviation)

        def work(start: int, stop: int) -> Track:
            frames, repaired = self.frames.read(start, stop)
            found = estimate_rigid(frames, rigid)
            coefficients = found.shifts[:, None, None, :]
            if patches is not None and self.plan.grid is not None:
                shifts = estimate_patches(frames, found.shifts, patches)
                coefficients = _to_nodes(shifts, self.plan.grid, self.plan.field)
            return Track(
                rigid=found.shifts,
                coefficients=coefficients,
                clipped=found.clipped,
                constant=np.ptp(frames, axis=(1, 2)) == 0,
                blank=~(found.gain > MIN_GAIN),
                repaired=repaired,
                low=np.asarray([frames.min()]),
                high=np.asarray([frames.max()]),
            )

        return Track.join(list(self._passes(work, progress, "estimating shifts"))).bridged()

    def write(self, track: Track, template: FloatArray, codes: NDArray[np.uint16], progress: Progress) -> MotionResult:
        """Warp every frame, write it, and correlate it with the template before and after."""
        n_frames, height, width = self.shape
        low, high = float(track.low.min()), float(track.high.max())
        movie = Movie(codes, scale=(high - low) / 65535 if high > low else 1.0, offset=low)
        warper = Warper(self.plan.field)
        rim = max(self._passes(lambda a, b: warper.filled_rim(track.coefficients[a:b]), silent, "rim"))
        inside = tuple(slice(min(rim, n // 4), n - min(rim, n // 4)) for n in (height, width))

        def work(start: int, stop: int) -> tuple[FloatArray, FloatArray]:
            frames, _ = self.frames.read(start, stop)
            moved = warper.warp(frames, track.coefficients[start:stop])
            codes[start:stop] = movie.encode(moved)
            inner = template[inside]
            return _correlations(frames[:, *inside], inner), _correlations(moved[:, *inside], inner)

        before, after = zip(*self._passes(work, progress, "writing the corrected movie"), strict=True)
        grid = self.plan.grid
        return MotionResult(
            movie=movie,
            template=template,
            shifts_rig=track.rigid,
            corr_before=np.concatenate(before),
            corr_after=np.concatenate(after),
            border_px=rim,
            shifts_els=None if grid is None else _at_patches(track.coefficients, grid, self.plan.field),
            centers_px=None if grid is None else grid.centers_px,
            patch_shape_px=None if grid is None else grid.shape_px,
            notes=describe(track, self.shape, grid),
        )

    def _passes(self, work, progress, note):  # noqa: ANN001, ANN202
        n_frames, height, width = self.shape
        return map_chunks(
            work,
            n_frames=n_frames,
            length=chunk_length(height, width),
            workers=self.workers,
            progress=progress,
            note=note,
        )


def _to_nodes(shifts: FloatArray, grid: PatchGrid, field: ShiftField) -> FloatArray:
    """Shifts of patches (n, P, 2) -> coefficients of the field (n, Ky, Kx, 2)."""
    rows = patches_to_nodes(grid.centers_y, field.nodes_y)
    columns = patches_to_nodes(grid.centers_x, field.nodes_x)
    laid_out = shifts.reshape(len(shifts), len(grid.tops), len(grid.lefts), 2)
    return np.einsum("yi,nijk,xj->nyxk", rows, laid_out, columns, optimize=True)


def _at_patches(coefficients: FloatArray, grid: PatchGrid, field: ShiftField) -> FloatArray:
    """Coefficients of the field (n, Ky, Kx, 2) -> its value at the centres of the patches (n, P, 2)."""
    rows = weights_at(grid.centers_y, len(field.rows), field.shape[0])
    columns = weights_at(grid.centers_x, len(field.columns), field.shape[1])
    return field.at(rows, columns, coefficients).reshape(len(coefficients), grid.n, 2)


def _correlations(frames: FloatArray, image: FloatArray) -> FloatArray:
    """Correlation of each frame with an image, (n,); 0 where either is constant."""
    a = frames.reshape(len(frames), -1)
    a = a - a.mean(axis=1, keepdims=True)
    b = image.ravel() - image.mean()
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b)
    return np.divide(a @ b, norms, out=np.zeros(len(a), np.float32), where=norms > 0)
