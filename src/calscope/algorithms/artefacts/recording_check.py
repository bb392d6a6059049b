"""One look at the whole recording before anything is computed: what in it is no tissue."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.artefacts.light_artefacts import find_light_artefacts
from calscope.algorithms.artefacts.line_phase import measure_line_phase
from calscope.algorithms.artefacts.patterns import has_still_image, pattern_share
from calscope.algorithms.artefacts.still_pixels import find_still_pixels, smooth_fill
from calscope.algorithms.frames import chunk_length, map_chunks
from calscope.algorithms.motion.motion_notes import which_frames
from calscope.model.artefacts import RecordingCheck
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.notes import Note
from calscope.model.progress import Progress, silent

SAMPLED_FRAMES = 64


def check_recording(source: FrameSource, *, workers: int = 1, progress: Progress = silent) -> RecordingCheck:
    """Look for light artefacts, an offset between rows, moving patterns, parts that never change, and a still image.

    Parameters
    ----------
    source
        The raw movie, (T, H, W); read once, and some frames again.
    """
    row_means = _row_means(source, workers, progress)
    sampled = _sample(source, np.arange(source.shape[0]))
    frames = _finite(sampled)
    low, high = np.percentile(np.median(frames, axis=0), [1, 99])
    artefacts = find_light_artefacts(row_means, float(high - low))
    if artefacts.any():
        sampled = _sample(source, np.flatnonzero(~artefacts))
        frames = _finite(sampled)
    found = RecordingCheck(
        light_artefacts=artefacts,
        line_offset_px=measure_line_phase(frames).offset_px,
        pattern_share=pattern_share(frames),
        has_still_image=has_still_image(frames),
        still_fill=smooth_fill(frames, find_still_pixels(sampled)),
    )
    return replace(found, notes=tuple(_notes(found)))


def _notes(found: RecordingCheck) -> Iterator[Note]:
    if found.light_artefacts.any():
        yield Note("light_artefacts", which_frames(found.light_artefacts))
    if found.line_offset_px:
        yield Note("line_offset", {"offset_px": round(found.line_offset_px, 2)})
    if found.has_pattern:
        yield Note("moving_pattern", {"percent": 100 * found.pattern_share})
    still = np.isfinite(found.still_fill)
    if still.any():
        yield Note("still_pixels", {"percent": 100 * float(still.mean())})
    if not found.has_still_image:
        yield Note("no_still_image")


def _row_means(source: FrameSource, workers: int, progress: Progress) -> FloatArray:
    n_frames, height, width = source.shape

    def work(start: int, stop: int) -> FloatArray:
        return _finite(source.read(start, stop)).mean(axis=2)

    parts = map_chunks(
        work,
        n_frames=n_frames,
        length=chunk_length(height, width),
        workers=workers,
        progress=progress,
        note="checking the recording",
    )
    return np.concatenate(list(parts))


def _sample(source: FrameSource, among: NDArray[np.intp]) -> NDArray:
    """Read frames spread over those given, (n, H, W) in the source's type."""
    at = np.unique(np.linspace(0, len(among) - 1, SAMPLED_FRAMES).round().astype(int))
    return np.concatenate([source.read(frame, frame + 1) for frame in among[at].tolist()])


def _finite(frames: NDArray) -> FloatArray:
    """Give frames as float32 in which missing values are their frame's mean."""
    values = frames.astype(np.float32)
    missing = ~np.isfinite(values)
    if missing.any():
        values[missing] = 0
        counts = np.maximum((~missing).sum(axis=(1, 2)), 1)
        means = values.sum(axis=(1, 2)) / counts
        values += missing * means[:, None, None].astype(np.float32)
    return values
