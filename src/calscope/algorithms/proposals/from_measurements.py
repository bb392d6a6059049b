"""From what was measured in a recording to values of parameters, each with its reason."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from calscope.model.notes import Note
from calscope.model.proposals import Measurements, Proposal

GAUSSIAN = 2.5
"""Diameter of a cell in units of gSig, which the search uses as the standard deviation of a Gaussian. A disc answers
most to one of a 2.8th of its diameter; on eleven kinds of simulated recordings a 2.5th gave a higher F1 than half."""
PATCH_IN_CELLS = 2.0
"""Half-side of a CNMF patch, in diameters of a cell: four cells side by side."""
SMALLEST_RF_PX = 10
WHOLE_FIELD = 0.8
"""A patch that covers this share of the shorter side is the whole field."""
FEWEST_PER_PATCH = 3
FULL_PATCH = 0.9
"""Components must suffice for this share of the patches."""
MARGIN, LEAST_MARGIN_PX = 0.25, 1.0
"""Added to the largest shift, as a share of it and at least."""
STEP_IN_CELLS = 4.0
SMALLEST_STEP_PX = 32
STEPS_PER_SIDE = 4
"""So many patches of registration fit along the shorter side at least, where that leaves them large enough."""
OWN_MOTION_PX = 0.1
"""Movement of parts from which on they are corrected on their own; activity and noise alone look like less."""
VISIBLE_RISE = 3
"""Frames of a rise from which on it is modelled."""
_DECAY_LIMITS_S = (0.01, 30.0)


def propose(found: Measurements, fr_hz: float | None) -> tuple[Proposal, ...]:
    """Give a value for each parameter that can be chosen from the recording, or why there is none.

    Parameters
    ----------
    fr_hz
        None where it is unknown; then nothing in seconds is proposed.
    """
    return (*_of_decay(found, fr_hz), *_of_motion(found), *_of_size(found))


def from_diameter(diameter_px: float, shape: tuple[int, ...]) -> dict[str, Any]:
    """Give the values that follow from a cell's diameter alone, by full name.

    Parameters
    ----------
    shape
        Rows and columns of the field.
    """
    half = max(1, round(diameter_px / GAUSSIAN))
    rf = max(SMALLEST_RF_PX, round(PATCH_IN_CELLS * diameter_px))
    side = 2 * rf + 1
    is_whole = side >= WHOLE_FIELD * min(shape)
    return {
        "cnmf.gSig": (half, half),
        "cnmf.gSiz": None,
        "cnmf.rf": None if is_whole else rf,
        "cnmf.stride": min(round(diameter_px), side - 1),
    }


def _refused(name: str, why: Note) -> Proposal:
    return Proposal(name, None, why, is_made=False)


def _of_decay(found: Measurements, fr_hz: float | None) -> Iterator[Proposal]:
    measure = found.measures["decay_frames"]
    if measure.estimate is None:
        why = measure.why_not or Note("not_measured")
        yield _refused("dataset.decay_time", why)
        yield _refused("cnmf.p", why)
        return
    rise = found.rise_frames
    if fr_hz is None:
        yield _refused("dataset.decay_time", Note("no_decay_without_rate", {"frames": measure.estimate.value}))
    else:
        seconds, low, high = (x / fr_hz for x in (measure.estimate.value, measure.estimate.low, measure.estimate.high))
        value = min(max(_rounded(seconds), _DECAY_LIMITS_S[0]), _DECAY_LIMITS_S[1])
        reason = Note("proposes_decay", {"s": seconds, "low_s": low, "high_s": high, "n": measure.n})
        yield Proposal("dataset.decay_time", value, reason)
    if rise >= VISIBLE_RISE:
        yield Proposal("cnmf.p", 2, Note("proposes_rise", {"frames": rise}))
    else:
        yield Proposal("cnmf.p", 1, Note("proposes_no_rise", {"frames": rise}))


def _of_motion(found: Measurements) -> Iterator[Proposal]:
    largest = [found.measures[name] for name in ("largest_shift_y_px", "largest_shift_x_px")]
    estimates = [one.estimate for one in largest if one.estimate is not None]
    if len(estimates) == 2:
        furthest = [one.value for one in estimates]
        limits = [math.ceil(px + max(LEAST_MARGIN_PX, MARGIN * px)) for px in furthest]
        reason = Note("proposes_max_shifts", {"y_px": furthest[0], "x_px": furthest[1]})
        yield Proposal("motion.max_shifts", (limits[0], limits[1]), reason)
    else:
        yield _refused("motion.max_shifts", largest[0].why_not or Note("not_measured"))
    local = found.measures["local_motion_px"]
    if local.estimate is None:
        yield _refused("motion.pw_rigid", local.why_not or Note("not_measured"))
    else:
        apart, px = local.estimate.low > OWN_MOTION_PX, {"px": local.estimate.value}
        reason = Note("proposes_piecewise", px) if apart else Note("proposes_rigid", px)
        yield Proposal("motion.pw_rigid", value=apart, reason=reason)
    yield from _of_registration_patches(found)


def _of_registration_patches(found: Measurements) -> Iterator[Proposal]:
    size = found.measures["soma_diameter_px"]
    if size.estimate is None:
        for name in ("motion.strides", "motion.overlaps"):
            yield _refused(name, size.why_not or Note("not_measured"))
        return
    most = max(SMALLEST_STEP_PX, min(found.shape[1:]) // STEPS_PER_SIDE)
    step = _even(min(max(STEP_IN_CELLS * size.estimate.value, SMALLEST_STEP_PX), most))
    overlap = step // 2
    reason = Note("proposes_strides", {"px": step + overlap, "cells": (step + overlap) / size.estimate.value})
    yield Proposal("motion.strides", (step, step), reason)
    yield Proposal("motion.overlaps", (overlap, overlap), Note("proposes_overlaps", {"px": overlap}))


def _of_size(found: Measurements) -> Iterator[Proposal]:
    names = ("cnmf.gSig", "cnmf.gSiz", "cnmf.rf", "cnmf.stride", "cnmf.K")
    measure = found.measures["soma_diameter_px"]
    if measure.estimate is None:
        for name in names:
            yield _refused(name, measure.why_not or Note("not_measured"))
        return
    diameter, low, high = measure.estimate.value, measure.estimate.low, measure.estimate.high
    values = from_diameter(diameter, found.shape[1:])
    reason = Note("proposes_gSig", {"px": diameter, "low_px": low, "high_px": high, "n": measure.n})
    yield Proposal("cnmf.gSig", values["cnmf.gSig"], reason)
    yield Proposal("cnmf.gSiz", None, Note("proposes_gSiz", {"px": 2 * values["cnmf.gSig"][0] + 1}))
    rf, overlap = values["cnmf.rf"], values["cnmf.stride"]
    if rf is None:
        side = max(found.shape[1:])
        yield Proposal("cnmf.rf", None, Note("proposes_whole_field", {"cells": PATCH_IN_CELLS * 2}))
    else:
        side = 2 * rf + 1
        yield Proposal("cnmf.rf", rf, Note("proposes_rf", {"px": side, "cells": side / diameter}))
    yield Proposal("cnmf.stride", overlap, Note("proposes_stride", {"px": overlap}))
    seen = _cells_in_full_patch(found, side)
    K = max(FEWEST_PER_PATCH, math.ceil(seen) + 1)
    yield Proposal("cnmf.K", K, Note("proposes_K", {"n": seen, "px": side}))


def _cells_in_full_patch(found: Measurements, side: int) -> float:
    """Give how many of the measured cells the fuller patches hold, as patches laid half over each other show."""
    y, x = found.cells[:, 0], found.cells[:, 1]
    corners = [
        (top, left)
        for top in _starts(found.shape[1], found.rim_px[0], side)
        for left in _starts(found.shape[2], found.rim_px[1], side)
    ]
    counts = [int(((y >= top) & (y < top + side) & (x >= left) & (x < left + side)).sum()) for top, left in corners]
    return float(np.quantile(counts, FULL_PATCH))


def _starts(length: int, rim: int, side: int) -> list[int]:
    last = length - rim - side
    return list(range(rim, last + 1, max(1, side // 2))) if last >= rim else [max(0, (length - side) // 2)]


def _even(px: float) -> int:
    """Round to a multiple of four, as people write such numbers."""
    return 4 * round(px / 4)


def _rounded(value: float) -> float:
    """Keep two digits, three below two of the first: 0.41, 1.2, 0.137."""
    return float(f"{value:.3g}") if f"{value:e}"[0] == "1" else float(f"{value:.2g}")
