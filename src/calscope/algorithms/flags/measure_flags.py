"""All that flags rest on, of all components of a fit; and the frames to be marked on their traces."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.flags.baseline_drift import baseline_drift
from calscope.algorithms.flags.clear_transients import SHORTEST_DECAYS, Transient, clear_transients
from calscope.algorithms.flags.footprint_flags import at_rim, overlap, same_cell, shared_mass, support_of
from calscope.algorithms.flags.motion_confound import large_shifts, motion_confound
from calscope.algorithms.flags.saturation import saturated_share
from calscope.algorithms.flags.surround import follows_surround, surround_traces, surrounds
from calscope.model.curation.component_flags import FlagMeasures, IntArray
from calscope.model.movie import FloatArray, FrameSource, Movie
from calscope.model.progress import Progress, part, silent
from calscope.model.results import Components, MotionEstimate

MOST_PEAKS = 10
"""Transients, the highest, that saturation is looked for in."""
SATURATED_FRAME = 0.1
"""Share of the core at the maximum from which on a transient is marked."""
HEIGHT_OF = 5
"""Transients, the highest, whose median height the drift of the baseline is compared with."""


def measure_flags(
    source: FrameSource,
    movie: Movie,
    components: Components,
    motion: MotionEstimate,
    *,
    gSig: tuple[int, int],
    fr_hz: float,
    decay_time_s: float,
    rim_px: int,
    still: NDArray[np.bool_],
    progress: Progress = silent,
) -> FlagMeasures:
    """Measure what the flags of all components rest on.

    Parameters
    ----------
    source, movie
        The raw and the motion-corrected movie of the same frames.
    components
        From `cnmf.refit`.
    motion
        The motion that was corrected.
    gSig
        Half-size of a soma, px (y, x).
    rim_px
        Width along the edge in which no components were looked for.
    still
        (H, W) pixels of the raw movie that never change.
    """
    decay_frames = fr_hz * decay_time_s
    raw = np.asarray(components.raw, np.float32)
    told = np.asarray(np.isfinite(raw).all(axis=1), bool)
    found = [
        clear_transients(components.C[k], float(components.neurons_sn[k]), decay_frames=decay_frames)
        for k in range(components.n)
    ]
    support = support_of(components)
    shared = shared_mass(components, support)
    shifts, place = _shifts_at(motion, components)
    moves = _large_shifts(shifts)
    r, p = motion_confound(raw, shifts, place, fr_hz=fr_hz)
    around = surround_traces(movie, surrounds(components, support, gSig=gSig), part(progress, 0, 0.5))
    peaks = [[one.peak for one in own[:MOST_PEAKS]] for own in found]
    saturated, by_peak = saturated_share(
        source, components.A, peaks, shifts, place, still=still, progress=part(progress, 0.5, 1)
    )
    most_shared, sharer = overlap(shared)
    double_r, double = same_cell(components, shared, gSig=gSig)
    lasts = np.bool_(movie.shape[0] >= SHORTEST_DECAYS * decay_frames)
    on_shift = [[one for one in own if moves[place[k], one.start : one.peak + 1].any()] for k, own in enumerate(found)]
    alone = [own if len(own) == 1 and lasts else [] for own in found]
    cut = [
        [one for one, share in zip(own, shares, strict=False) if share >= SATURATED_FRAME]
        for own, shares in zip(found, by_peak, strict=True)
    ]
    return FlagMeasures(
        motion_r=r,
        motion_p=p,
        transients=_where(told & lasts, [len(own) for own in found]),
        on_shifts=_where(told, [len(own) for own in on_shift]),
        overlap=most_shared,
        overlap_with=sharer,
        rim=at_rim(components, support, rim_px),
        saturated=saturated,
        double_r=double_r,
        double_with=double,
        neuropil_r=follows_surround(raw, around, components.f, smooth_frames=max(1, round(decay_frames))),
        drift=baseline_drift(raw, _heights(found), components.neurons_sn, fr_hz=fr_hz),
        marks={"motion": _marks(on_shift), "one_transient": _marks(alone), "saturated": _marks(cut)},
    )


def _where(told: NDArray[np.bool_], counts: Sequence[int]) -> FloatArray:
    return np.where(told, np.array(counts, np.float32), np.nan).astype(np.float32)


def _shifts_at(motion: MotionEstimate, components: Components) -> tuple[NDArray, NDArray[np.intp]]:
    """Give shifts (T, P, 2) of places, and the place nearest to each component."""
    if motion.shifts_els is None or motion.centers_px is None:
        return np.asarray(motion.shifts_rig)[:, None], np.zeros(components.n, np.intp)
    away = np.linalg.norm(components.centers_px()[:, None] - motion.centers_px[None], axis=2)
    return np.asarray(motion.shifts_els), away.argmin(axis=1).astype(np.intp)


def _large_shifts(shifts: NDArray) -> NDArray[np.bool_]:
    return np.array([large_shifts(np.asarray(shifts[:, at], np.float64)) for at in range(shifts.shape[1])])


def _heights(found: Sequence[Sequence[Transient]]) -> NDArray[np.float64]:
    return np.array([np.median([one.height for one in own[:HEIGHT_OF]]) if own else 0.0 for own in found])


def _marks(found: Sequence[Sequence[Transient]]) -> IntArray:
    rows = [(k, one.start, one.stop) for k, own in enumerate(found) for one in sorted(own)]
    return np.array(rows, np.int32).reshape(-1, 3)
