"""The frames that a motion correction is evaluated on, in every version: raw, rigid, and piecewise where that was done.

Short stretches of frames spread over the movie. Raw frames keep the finest noise, interpolated ones lose some, the more
the further their shift is from a whole pixel; so every version is smoothed a little beyond what cubic interpolation
takes away, and none looks better for being blurred.
"""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import CleanFrames, inner_crop, map_chunks
from calscope.algorithms.motion.grid import rigid_field
from calscope.algorithms.motion.warp import Warper
from calscope.algorithms.summary import compute_summary
from calscope.model.movie import ArrayMovie, FloatArray, FrameSource
from calscope.model.progress import Progress
from calscope.model.results import CorrectedMovie, MotionCorrection, MotionVersion

BLOCK = 6
"""Frames of a stretch."""
MAX_BLOCKS = 24
MIN_BLOCKS = 8
GROUP = 4
"""Stretches, far apart in time, that one correlation image is made of."""
SMOOTH_PX = 1.0
SMOOTH_WINDOW = (7, 7)
SHOWS = 0.25
"""A frame that correlates with the template by less than this share of the usual doesn't show the picture."""


@dataclass(frozen=True)
class SamplePlan:
    """Which frames, and which part of the field."""

    starts: tuple[int, ...]
    """First frame of each stretch; stretches of one group follow each other."""
    inside: tuple[slice, slice]
    """The crop within the border."""

    @property
    def n_frames(self) -> int:
        """Frames in all."""
        return BLOCK * len(self.starts)

    def in_order(self, most: int) -> "SamplePlan":
        """Give the plan in order of time, with every second stretch only where there are more frames than that."""
        return SamplePlan(tuple(sorted(self.starts)[:: 2 if self.n_frames > most else 1]), self.inside)


def plan_sample(corrected: CorrectedMovie) -> SamplePlan | None:
    """Choose stretches among the frames that show the picture; None when there are too few to measure by."""
    shows = shows_picture(corrected)
    n = len(shows)
    whole = np.convolve(shows, np.ones(BLOCK), "valid") == BLOCK if n >= BLOCK else np.zeros(0, np.bool_)
    begins = _spread(np.flatnonzero(whole))
    if len(begins) < MIN_BLOCKS:
        return None
    groups = len(begins) // GROUP
    order = [begins[k] for g in range(groups) for k in range(g, groups * GROUP, groups)]
    return SamplePlan(tuple(order), crop_inside(corrected))


def shows_picture(corrected: CorrectedMovie) -> NDArray[np.bool_]:
    """Tell which frames show the picture, (T,)."""
    corr = corrected.corr_corrected
    usual = float(np.median(corr[corr > 0])) if (corr > 0).any() else 0.0
    return np.asarray((corr > SHOWS * usual) & (corr > 0))


def crop_inside(corrected: CorrectedMovie) -> tuple[slice, slice]:
    """Give the part of the field that no shift leaves empty, at least its inner half."""
    return inner_crop(corrected.movie.shape[1:], corrected.border_px)


def _spread(candidates: NDArray[np.intp]) -> list[int]:
    """Choose up to MAX_BLOCKS of the possible first frames, evenly, so that stretches don't overlap."""
    if len(candidates) == 0:
        return []
    wanted = candidates[np.linspace(0, len(candidates) - 1, MAX_BLOCKS).round().astype(int)]
    chosen: list[int] = []
    for start in wanted.tolist():
        if not chosen or start >= chosen[-1] + BLOCK:
            chosen.append(start)
    return chosen


@dataclass(frozen=True)
class VersionSample:
    """One version of the movie in the sampled stretches."""

    blocks: FloatArray
    """(B, h, w) mean of each stretch, smoothed, inside the crop."""
    corr: FloatArray
    """(G, h, w) local correlation image of each group of stretches; (0, h, w) where it wasn't asked for."""
    noise: float
    """Standard deviation of the finest noise, before smoothing."""
    mean: FloatArray
    """(H, W) mean over the stretches, not smoothed."""


class VersionReader(Protocol):
    """Gives stretches of frames in every version."""

    names: tuple[MotionVersion, ...]
    """From the least to the most corrected."""

    def read(self, start: int) -> dict[MotionVersion, FloatArray]:
        """Give one stretch in every version, each (BLOCK, H, W)."""


class Versions:
    """Reads the frames of a movie in every version."""

    def __init__(self, source: FrameSource, motion: MotionCorrection) -> None:
        self._movie, self._estimate = motion.corrected.movie, motion.estimate
        self._raw = CleanFrames(source, self._estimate.template, self._movie.range)
        self._warper = Warper(rigid_field(source.shape[1:]))
        self.names: tuple[MotionVersion, ...] = ("raw", "rigid")
        if self._estimate.shifts_els is not None:
            self.names = ("raw", "rigid", "piecewise")

    def read(self, start: int) -> dict[MotionVersion, FloatArray]:
        """Give one stretch in every version, each (BLOCK, H, W)."""
        stop = start + BLOCK
        raw, _ = self._raw.read(start, stop)
        corrected = self._movie.read(start, stop)
        if self._estimate.shifts_els is None:
            return {"raw": raw, "rigid": corrected}
        rigid = self._warper.warp(raw, self._estimate.shifts_rig[start:stop, None, None])
        return {"raw": raw, "rigid": rigid, "piecewise": corrected}


def take_versions(
    versions: VersionReader, plan: SamplePlan, *, with_corr: bool, workers: int, progress: Progress, note: str
) -> dict[MotionVersion, VersionSample]:
    """Sample every version; one group of stretches at a time is held, on each thread."""

    def work(start: int, stop: int) -> dict[MotionVersion, VersionSample]:
        stretches = [versions.read(first) for first in plan.starts[start:stop]]
        return {
            name: _sum_up(np.stack([frames[name] for frames in stretches]), plan.inside, with_corr=with_corr)
            for name in versions.names
        }

    n = len(plan.starts)
    parts = list(map_chunks(work, n_frames=n, length=GROUP, workers=workers, progress=progress, note=note))
    return {name: _join([part[name] for part in parts]) for name in versions.names}


def _sum_up(stretches: FloatArray, inside: tuple[slice, slice], *, with_corr: bool) -> VersionSample:
    """Sum up a group of stretches (n, BLOCK, H, W)."""
    n, _, height, width = stretches.shape
    means = stretches.mean(axis=1)
    corr = np.empty((0, *means[0][inside].shape), np.float32)
    if with_corr:
        crop = smooth(stretches.reshape(n * BLOCK, height, width))[:, *inside]
        corr = compute_summary(ArrayMovie(np.ascontiguousarray(crop))).corr[None]
    fine = (stretches[0] - smooth(stretches[0]))[:, *inside]
    return VersionSample(
        blocks=np.ascontiguousarray(smooth(means)[:, *inside]),
        corr=corr,
        noise=float(np.std(np.diff(fine, axis=0))),
        mean=means.mean(axis=0),
    )


def smooth(frames: FloatArray) -> FloatArray:
    """Take away a little more than cubic interpolation does, frame by frame."""
    out = np.empty_like(frames)
    for frame, smooth in zip(frames, out, strict=True):
        cv2.GaussianBlur(frame, SMOOTH_WINDOW, SMOOTH_PX, dst=smooth)
    return out


def _join(parts: list[VersionSample]) -> VersionSample:
    return VersionSample(
        blocks=np.concatenate([p.blocks for p in parts]),
        corr=np.concatenate([p.corr for p in parts]),
        noise=float(np.mean([p.noise for p in parts])),
        mean=np.mean([p.mean for p in parts], axis=0),
    )
