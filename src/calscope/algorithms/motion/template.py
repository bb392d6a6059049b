"""The template: a mean of frames spread over the whole movie, laid on each other in a few rigid passes.

A mean, since its photon noise is the smallest; frames that don't show the picture (dark ones, artefacts) are left out
by how they correlate with it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.artefacts.still_pixels import find_still_pixels, nearest_moving
from calscope.algorithms.frames import ANY, CleanFrames, map_chunks
from calscope.algorithms.motion.grid import rigid_field
from calscope.algorithms.motion.rigid import RigidTemplate, estimate_rigid, prepare_rigid
from calscope.algorithms.motion.warp import Warper
from calscope.model.movie import ArrayMovie, FloatArray, FrameSource
from calscope.model.progress import Progress, part
from calscope.model.results import MovieValues

SAMPLE_PX = 30_000_000
"""Most pixels of the sample of frames, in the type of the movie: 60 MB for 16 bits."""
SAMPLE_FRAMES = 30, 180
"""Fewest and most frames of it; more of them hardly make the shifts any truer."""
PASSES = 3
CREDIBLE_SPANS = 20
"""A value of a float movie that lies so many times the span of a usual frame beyond it isn't one of the detector, but a
mark for "missing" or the trace of an accident. A single one would take the digits of all others."""
ODD_SPANS = 2
"""Pixels that stay so much further from the median than all but a thousandth of the values are stuck. They are cut to
that where motion is looked for: they don't move with the tissue, and would outweigh it."""
MIN_GAIN = 0.2
"""A frame that shows the template with less than this share of its usual strength doesn't show it."""


@dataclass(frozen=True)
class Sample:
    """Frames spread evenly over a movie."""

    frames: NDArray
    """(n, H, W) in the type of the movie."""
    fill: FloatArray
    """(H, W) mean of the credible values of each pixel; of all of them where a pixel has none."""
    credible: tuple[float, float]
    """Smallest and largest value that a detector may have given."""
    clip_range: tuple[float, float]
    """Range that values are cut to where motion is looked for; without bounds where no pixel is stuck."""
    still: NDArray[np.bool_]
    """(H, W) pixels that never change, as a border around the tissue."""

    @staticmethod
    def of(frames: NDArray) -> "Sample":
        """Look at frames (n, H, W) that stand for a movie."""
        credible = _credible(frames)
        fill = _fill_image(frames, credible)
        low, high = _clip_range(frames, credible)
        is_stuck = bool(((fill < low) | (fill > high)).any())
        return Sample(frames, fill, credible, (low, high) if is_stuck else ANY, find_still_pixels(frames))

    def clean(self, source: FrameSource) -> CleanFrames:
        """Read the movie that this is a sample of, or another like it."""
        still = nearest_moving(self.still) if self.still.any() else None
        return CleanFrames(source, self.fill, self.credible, self.clip_range, still)

    def values(self, low: float, high: float) -> MovieValues:
        """Give what is known of the values of the movie, which lie between `low` and `high`."""
        return MovieValues(self.fill, self.credible, low, high)


def take_sample(source: FrameSource) -> Sample:
    """Read some tens of frames (all, when there are fewer), evenly spread."""
    n_frames, height, width = source.shape
    wanted = int(np.clip(SAMPLE_PX // max(1, height * width), *SAMPLE_FRAMES))
    indices = np.unique(np.linspace(0, n_frames - 1, min(wanted, n_frames)).round().astype(int))
    frames = np.concatenate([source.read(int(i), int(i) + 1) for i in indices])
    return Sample.of(frames)


def _credible(frames: NDArray) -> tuple[float, float]:
    """Smallest and largest credible value; of whole numbers every one is."""
    if np.issubdtype(frames.dtype, np.integer):
        return ANY
    lows, highs = zip(*(_finite_range(frame) for frame in frames), strict=True)
    low, high = float(np.nanquantile(lows, 0.1)), float(np.nanquantile(highs, 0.9))
    reach = CREDIBLE_SPANS * (high - low)
    return (low - reach, high + reach) if reach > 0 else ANY


def _finite_range(frame: NDArray) -> tuple[float, float]:
    finite = frame[np.isfinite(frame)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _clip_range(frames: NDArray, credible: tuple[float, float]) -> tuple[float, float]:
    some = frames[:: max(1, len(frames) // 20), ::2, ::2]
    some = some[np.isfinite(some) & (some >= credible[0]) & (some <= credible[1])]
    if not some.size:
        return ANY
    low, middle, high = np.quantile(some, (0.001, 0.5, 0.999))
    below, above = ODD_SPANS * (middle - low), ODD_SPANS * (high - middle)
    return float(low - below) if below > 0 else -np.inf, float(high + above) if above > 0 else np.inf


def _fill_image(frames: NDArray, credible: tuple[float, float]) -> FloatArray:
    if np.issubdtype(frames.dtype, np.integer):
        return np.asarray(frames.mean(axis=0, dtype=np.float32))
    total, count = np.zeros(frames.shape[1:]), np.zeros(frames.shape[1:], np.int64)
    for frame in frames:
        usable = np.isfinite(frame) & (frame >= credible[0]) & (frame <= credible[1])
        total += np.where(usable, frame, 0)
        count += usable
    overall = total.sum() / max(1, int(count.sum()))
    return np.where(count > 0, total / np.maximum(count, 1), overall).astype(np.float32)


def make_template(sample: Sample, max_shifts: tuple[int, int], *, workers: int, progress: Progress) -> FloatArray:
    """Make a template (H, W) from a sample of frames, never with a value that isn't finite."""
    template = sample.clean(ArrayMovie(sample.frames)).clip(sample.fill[None].copy())[0]
    warper = Warper(rigid_field((sample.frames.shape[1], sample.frames.shape[2])))
    for number in range(PASSES):
        rigid = prepare_rigid(template, max_shifts)
        # the first templates are only to find the shifts of the last by, for which every other frame is enough
        used = sample.frames if number == PASSES - 1 else sample.frames[::2]
        movie = sample.clean(ArrayMovie(used))

        def align(
            start: int, stop: int, rigid: RigidTemplate = rigid, movie: CleanFrames = movie
        ) -> tuple[FloatArray, int]:
            return _aligned_sum(movie.look(start, stop)[0], rigid, warper)

        sums, counts = zip(
            *map_chunks(
                align,
                n_frames=len(used),
                length=16,
                workers=workers,
                progress=part(progress, number / PASSES, (number + 1) / PASSES),
                note="template",
            ),
            strict=True,
        )
        if sum(counts):
            template = (sum(sums, np.zeros(template.shape)) / sum(counts)).astype(np.float32)
    return template


def _aligned_sum(frames: FloatArray, rigid: RigidTemplate, warper: Warper) -> tuple[FloatArray, int]:
    """Sum of the frames that show the template, laid on it, and how many they are."""
    found = estimate_rigid(frames, rigid)
    shows = found.gain > MIN_GAIN
    moved = warper.warp(frames[shows], found.shifts[shows][:, None, None])
    return moved.sum(axis=0), int(shows.sum())
