"""The template: a mean of frames spread over the whole movie, laid on each other in a few rigid passes.

A mean, since its photon noise is the smallest; frames that don't show the picture (dark ones, artefacts) are left out
by how they correlate with it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import map_chunks, replace_missing
from calscope.algorithms.motion_grid import rigid_field
from calscope.algorithms.rigid import RigidTemplate, estimate_rigid, prepare_rigid
from calscope.algorithms.warp import Warper
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.progress import Progress, part

SAMPLE_PX = 30_000_000
"""Most pixels of the sample of frames, in the type of the movie: 60 MB for 16 bits."""
SAMPLE_FRAMES = 30, 180
"""Fewest and most frames of it; more of them hardly make the shifts any truer."""
PASSES = 3
MIN_GAIN = 0.2
"""A frame that shows the template with less than this share of its usual strength doesn't show it."""


@dataclass(frozen=True)
class Sample:
    """Frames spread evenly over a movie."""

    frames: NDArray
    """(n, H, W) in the type of the movie."""
    fill: FloatArray
    """(H, W) mean of the finite values of each pixel; of all of them where a pixel has none."""

    def read(self, start: int, stop: int) -> FloatArray:
        """Frames of the sample as float32, every value finite."""
        return replace_missing(self.frames[start:stop], self.fill)[0]


def take_sample(source: FrameSource) -> Sample:
    """Read some tens of frames (all, when there are fewer), evenly spread."""
    n_frames, height, width = source.shape
    wanted = int(np.clip(SAMPLE_PX // max(1, height * width), *SAMPLE_FRAMES))
    indices = np.unique(np.linspace(0, n_frames - 1, min(wanted, n_frames)).round().astype(int))
    frames = np.concatenate([source.read(int(i), int(i) + 1) for i in indices])
    return Sample(frames, _fill_image(frames))


def _fill_image(frames: NDArray) -> FloatArray:
    if np.issubdtype(frames.dtype, np.integer):
        return np.asarray(frames.mean(axis=0, dtype=np.float32))
    total, count = np.zeros(frames.shape[1:]), np.zeros(frames.shape[1:], np.int64)
    for frame in frames:
        finite = np.isfinite(frame)
        total += np.where(finite, frame, 0)
        count += finite
    overall = total.sum() / max(1, int(count.sum()))
    return np.where(count > 0, total / np.maximum(count, 1), overall).astype(np.float32)


def make_template(sample: Sample, max_shifts: tuple[int, int], *, workers: int, progress: Progress) -> FloatArray:
    """Make a template (H, W) from a sample of frames, never with a value that isn't finite."""
    template = sample.fill
    warper = Warper(rigid_field((sample.frames.shape[1], sample.frames.shape[2])))
    for number in range(PASSES):
        rigid = prepare_rigid(template, max_shifts)
        # the first templates are only to find the shifts of the last by, for which every other frame is enough
        used = sample if number == PASSES - 1 else Sample(sample.frames[::2], sample.fill)

        def align(start: int, stop: int, rigid: RigidTemplate = rigid, used: Sample = used) -> tuple[FloatArray, int]:
            return _aligned_sum(used.read(start, stop), rigid, warper)

        sums, counts = zip(
            *map_chunks(
                align,
                n_frames=len(used.frames),
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
