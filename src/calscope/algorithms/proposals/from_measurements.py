"""From what was measured in a recording to values of parameters, each with its reason.

A value in use that serves what was measured is kept: inside of what the engine forgives, another value finds other
cells by chance alone (F1 moves by a component or two, in either direction).
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from calscope.model.notes import Note
from calscope.model.proposals import Measurements, Proposal
from calscope.model.results import Estimate

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
FEWEST_STEPS = 2
"""A step in use serves where so many fit along a side."""
OWN_MOTION_PX = 0.1
"""Movement of parts from which on they are corrected on their own; activity and noise alone look like less."""
VISIBLE_RISE = 3
"""Frames of a rise from which on it is modelled."""
SERVED = 1.6
"""Cells this much larger or smaller than gSig is made for are found as well: on simulated recordings of cells of 6 to
15 px, F1 with a gSig of 4 was as high as with the one that follows from their size, and of 18 px lower."""
SERVED_DECAY = 1.15
SERVED_SHIFT = 2.5
"""A limit this many times as large as the largest shift still keeps frames from being laid on the wrong place."""
PATCH_RANGE, OVERLAP_RANGE, STEP_RANGE = (1.9, 6.0), (0.5, 2.0), (2.5, 8.0)
"""Sides and overlaps of patches of cells, and steps between those of registration, that serve; diameters of a cell."""
SHARED_RANGE = (0.25, 0.75)
"""Overlaps of patches of registration that serve, as a share of the step."""
MOST_SPARE = 2
"""K may be this many times what is needed."""
ROOM = 4 / (31 / 10) ** 2
"""Components for each square as wide as a cell that new patches get, as the defaults have: 4 in 31 px, for cells of
10 px. Only cells that were active, whole and in focus are measured, in dim light a third of all."""
_DECAY_LIMITS_S = (0.01, 30.0)

InUse = Callable[[str], Any]
"""Gives the value that is in use for a parameter's full name."""


def propose(found: Measurements, fr_hz: float | None, in_use: InUse) -> tuple[Proposal, ...]:
    """Give a value for each parameter that can be chosen from the recording, or why there is none.

    Parameters
    ----------
    fr_hz
        None where it is unknown; then nothing in seconds is proposed.
    in_use
        The values that runs would use now; one that serves what was measured is proposed as it is.
    """
    return (*_of_decay(found, fr_hz, in_use), *_of_motion(found, in_use), *_of_size(found, in_use))


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


def _of_decay(found: Measurements, fr_hz: float | None, in_use: InUse) -> Iterator[Proposal]:
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
        told = {"s": seconds, "low_s": low, "high_s": high, "n": measure.n}
        now_s = in_use("dataset.decay_time")
        if low / SERVED_DECAY <= now_s <= high * SERVED_DECAY:
            yield Proposal("dataset.decay_time", now_s, Note("keeps_decay", {**told, "now_s": now_s}))
        else:
            value = min(max(_rounded(seconds), _DECAY_LIMITS_S[0]), _DECAY_LIMITS_S[1])
            yield Proposal("dataset.decay_time", value, Note("proposes_decay", told))
    if rise >= VISIBLE_RISE:
        yield Proposal("cnmf.p", 2, Note("proposes_rise", {"frames": rise}))
    else:
        yield Proposal("cnmf.p", 1, Note("proposes_no_rise", {"frames": rise}))


def _of_motion(found: Measurements, in_use: InUse) -> Iterator[Proposal]:
    yield _of_shifts(found, in_use)
    local = found.measures["local_motion_px"]
    if local.estimate is None:
        yield _refused("motion.pw_rigid", local.why_not or Note("not_measured"))
    else:
        apart, px = local.estimate.low > OWN_MOTION_PX, {"px": local.estimate.value}
        reason = Note("proposes_piecewise", px) if apart else Note("proposes_rigid", px)
        yield Proposal("motion.pw_rigid", value=apart, reason=reason)
    yield from _of_registration_patches(found, in_use)


def _of_shifts(found: Measurements, in_use: InUse) -> Proposal:
    largest = [found.measures[name] for name in ("largest_shift_y_px", "largest_shift_x_px")]
    furthest = [one.estimate.value for one in largest if one.estimate is not None]
    if len(furthest) < 2:
        return _refused("motion.max_shifts", largest[0].why_not or Note("not_measured"))
    limits = [math.ceil(px + max(LEAST_MARGIN_PX, MARGIN * px)) for px in furthest]
    told, now = {"y_px": furthest[0], "x_px": furthest[1]}, in_use("motion.max_shifts")
    if all(
        least <= limit <= max(least, SERVED_SHIFT * px) for least, limit, px in zip(limits, now, furthest, strict=True)
    ):
        return Proposal("motion.max_shifts", now, Note("keeps_max_shifts", told))
    return Proposal("motion.max_shifts", (limits[0], limits[1]), Note("proposes_max_shifts", told))


def _of_registration_patches(found: Measurements, in_use: InUse) -> Iterator[Proposal]:
    size = found.measures["soma_diameter_px"]
    if size.estimate is None:
        for name in ("motion.strides", "motion.overlaps"):
            yield _refused(name, size.why_not or Note("not_measured"))
        return
    diameter = size.estimate.value
    most = max(SMALLEST_STEP_PX, min(found.shape[1:]) // STEPS_PER_SIDE)
    steps, overlaps = in_use("motion.strides"), in_use("motion.overlaps")
    is_kept = all(
        _is_within(px / diameter, STEP_RANGE) and px <= max(most, side // FEWEST_STEPS)
        for px, side in zip(steps, found.shape[1:], strict=True)
    )
    if not is_kept:
        step = _even(min(max(STEP_IN_CELLS * diameter, SMALLEST_STEP_PX), most))
        steps = (step, step)
    shares = is_kept and all(_is_within(px / step, SHARED_RANGE) for px, step in zip(overlaps, steps, strict=True))
    if not shares:
        overlaps = (steps[0] // 2, steps[1] // 2)
    side = steps[0] + overlaps[0]
    reason = Note("keeps_strides" if is_kept else "proposes_strides", {"px": side, "cells": side / diameter})
    yield Proposal("motion.strides", steps, reason)
    reason = Note("keeps_overlaps" if shares else "proposes_overlaps", {"px": overlaps[0]})
    yield Proposal("motion.overlaps", overlaps, reason)


def _of_size(found: Measurements, in_use: InUse) -> Iterator[Proposal]:
    names = ("cnmf.gSig", "cnmf.gSiz", "cnmf.rf", "cnmf.stride", "cnmf.K")
    measure = found.measures["soma_diameter_px"]
    if measure.estimate is None:
        for name in names:
            yield _refused(name, measure.why_not or Note("not_measured"))
        return
    values = from_diameter(measure.estimate.value, found.shape[1:])
    gSig = _of_gSig(measure.estimate, measure.n, values["cnmf.gSig"], in_use("cnmf.gSig"))
    yield gSig
    yield Proposal("cnmf.gSiz", None, Note("proposes_gSiz", {"px": 2 * max(gSig.value) + 1}))
    rf = _of_rf(found.shape[1:], measure.estimate.value, values["cnmf.rf"], in_use("cnmf.rf"))
    yield rf
    yield _of_stride(measure.estimate.value, values["cnmf.stride"], in_use("cnmf.stride"), rf.value)
    yield _of_K(found, measure.estimate.value, rf.value, in_use)


def _of_gSig(size: Estimate, n: int, value: tuple[int, int], now: tuple[int, int]) -> Proposal:
    told = {"px": size.value, "low_px": size.low, "high_px": size.high, "n": n}
    serves = GAUSSIAN * min(now) / SERVED, GAUSSIAN * max(now) * SERVED
    if max(now) <= SERVED * min(now) and size.low <= serves[1] and size.high >= serves[0]:
        return Proposal("cnmf.gSig", now, Note("keeps_gSig", {**told, "from_px": serves[0], "to_px": serves[1]}))
    return Proposal("cnmf.gSig", value, Note("proposes_gSig", told))


def _of_rf(dims: tuple[int, ...], diameter: float, value: int | None, now: int | None) -> Proposal:
    if value is None and now is None:
        return Proposal("cnmf.rf", None, Note("proposes_whole_field", {"cells": PATCH_IN_CELLS * 2}))
    if now is not None and _is_within((2 * now + 1) / diameter, PATCH_RANGE) and 2 * now + 1 <= min(dims):
        return Proposal("cnmf.rf", now, Note("keeps_rf", {"px": 2 * now + 1, "cells": (2 * now + 1) / diameter}))
    if value is None:
        return Proposal("cnmf.rf", None, Note("proposes_whole_field", {"cells": PATCH_IN_CELLS * 2}))
    return Proposal("cnmf.rf", value, Note("proposes_rf", {"px": 2 * value + 1, "cells": (2 * value + 1) / diameter}))


def _of_stride(diameter: float, value: int, now: int, rf: int | None) -> Proposal:
    fits = rf is None or now < 2 * rf + 1
    if fits and _is_within(now / diameter, OVERLAP_RANGE):
        return Proposal("cnmf.stride", now, Note("keeps_stride", {"px": now, "cells": now / diameter}))
    return Proposal("cnmf.stride", value, Note("proposes_stride", {"px": value}))


def _of_K(found: Measurements, diameter: float, rf: int | None, in_use: InUse) -> Proposal:
    """Propose as many components as cells were seen in a patch and one more, or as there is room for."""
    height, width = found.shape[1:] if rf is None else (min(side, 2 * rf + 1) for side in found.shape[1:])
    seen = _cells_in_full_patch(found, max(height, width))
    needed, room = max(FEWEST_PER_PATCH, math.ceil(seen) + 1), round(ROOM * height * width / diameter**2)
    told, now = {"n": seen, "px": max(height, width)}, in_use("cnmf.K")
    # K in use was chosen for the patches in use: others need as much room
    least = needed - 1 if rf == in_use("cnmf.rf") else max(needed - 1, room)
    if least <= now <= MOST_SPARE * max(needed, room):
        return Proposal("cnmf.K", now, Note("keeps_K", told))
    return Proposal("cnmf.K", max(needed, room), Note("proposes_K_for_room" if room > needed else "proposes_K", told))


def _is_within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


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
