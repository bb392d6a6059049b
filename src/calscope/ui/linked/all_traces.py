"""The traces of all components in a few bytes each, for the stack and the raster.

Each trace is thinned to pairs of its smallest and largest value in stretches of some frames, so that no peak is lost,
and coded in one byte a value between its own smallest and largest value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.results import Components, Evaluation, RelativeFluorescence
from calscope.plots.scaling import envelope
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import mounting, packing
from calscope.ui.widgets import charts

Kind = Literal["dF/F", "denoised", "raw", "spikes"]
UNITS: dict[Kind, str] = {"dF/F": "dF/F", "denoised": "a.u.", "raw": "a.u.", "spikes": "a.u."}
MOST_VALUES, MOST_VALUES_OF_STRETCH = 900_000, 350_000
"""Of all traces together: as a whole, and of the stretch that is looked at closely. A page sends 4/3 bytes for each."""
MOST_POINTS = 4000
"""Of one trace."""
MISSING = 255
"""Code of a value that is not a number; 0 to 254 span the range of a trace."""
MEAN_OF = ("all", "accepted", "rejected")
_AT_ONCE = 64
_ADDED_AT_ONCE = 256
"""A product of two arrays takes a fixed time for each frame as well."""
Stretch = tuple[int, int]
"""First frame, and the one after the last."""


@dataclass(frozen=True)
class CodedTraces:
    """Traces, thinned and coded."""

    codes: NDArray[np.uint8]
    """(K, n): two from each stretch of `frames_per_pair` frames, or one a frame where that is 1."""
    low: FloatArray
    """(K,) the value of code 0; NaN where a trace has no value."""
    high: FloatArray
    """(K,) the value of the largest code."""
    frames_per_pair: int

    def peaks(self) -> FloatArray:
        """Give the largest value of each stretch, (K, n), with NaN where it has none."""
        span = (self.high - self.low) / (MISSING - 1)
        values = np.where(self.codes == MISSING, np.nan, self.low[:, None] + self.codes * span[:, None])
        peaks = values if self.frames_per_pair == 1 else np.fmax(values[:, ::2], values[:, 1::2])
        return np.asarray(peaks, np.float32)


def kinds_of(view: EvaluatedAnimal) -> list[Kind]:
    """Give the kinds of traces that an animal has; dF/F only where it was computed."""
    return [kind for kind in UNITS if kind != "dF/F" or view.animal.results.dff is not None]


def whole(view: EvaluatedAnimal, kind: Kind) -> CodedTraces:
    """Give all traces of one kind over the whole recording."""
    return _coded(_keys(view), kind, None, _components=view.components, _dff=view.animal.results.dff)


def closely(view: EvaluatedAnimal, kind: Kind, key: str) -> tuple[Stretch, CodedTraces] | None:
    """Give the stretch that the browser looks at, which it told the view of that key; None where it looks at all."""
    stretch = stretch_in(mounting.told(key, "window"), view.components.n_frames)
    if stretch is None:
        return None
    return stretch, _coded(_keys(view), kind, stretch, _components=view.components, _dff=view.animal.results.dff)


def stretch_in(told: Any, n_frames: int) -> Stretch | None:
    """Give the stretch that the browser tells, as far as there are frames; None where it tells none."""
    if not (isinstance(told, list) and len(told) == 2 and all(isinstance(end, int) for end in told)):
        return None
    start, stop = max(told[0], 0), min(told[1], n_frames)
    return (start, stop) if start < stop else None


def _keys(view: EvaluatedAnimal) -> tuple[str, str]:
    return view.keys[0], view.animal.results.keys.get("dff", "")


@charts.cached
def _coded(
    keys: tuple[str, str],
    kind: Kind,
    stretch: Stretch | None,
    _components: Components,
    _dff: RelativeFluorescence | None,
) -> CodedTraces:
    return coded(_components, _dff, kind, stretch)


def coded(
    components: Components, dff: RelativeFluorescence | None, kind: Kind, stretch: Stretch | None = None
) -> CodedTraces:
    """Thin and code the traces of all components, a few at a time."""
    start, stop = stretch or (0, components.n_frames)
    most = MOST_VALUES_OF_STRETCH if stretch else MOST_VALUES
    per_trace = int(np.clip(most // max(components.n, 1), 2, MOST_POINTS))
    parts = [coded_values(*envelope(values, per_trace)) for values in _blocks(components, dff, kind, start, stop)]
    if not parts:
        return coded_values(np.empty((0, 0), np.float32), 1)
    return CodedTraces(
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.high for part in parts]),
        parts[0].frames_per_pair,
    )


def coded_values(values: FloatArray, frames_per_pair: int) -> CodedTraces:
    """Code thinned traces, (K, n)."""
    is_value = np.isfinite(values)
    low = np.where(is_value, values, np.inf).min(axis=1, initial=np.inf)
    high = np.where(is_value, values, -np.inf).max(axis=1, initial=-np.inf)
    low, high = (np.where(is_value.any(axis=1), end, np.nan).astype(np.float32) for end in (low, high))
    span = np.where(high > low, high - low, 1.0)
    scaled = np.where(is_value, (values - low[:, None]) / span[:, None] * (MISSING - 1), MISSING)
    return CodedTraces(np.rint(scaled).astype(np.uint8), low, high, frames_per_pair)


def _blocks(
    components: Components, dff: RelativeFluorescence | None, kind: Kind, start: int, stop: int
) -> Iterator[FloatArray]:
    for first in range(0, components.n, _AT_ONCE):
        yield _values(components, dff, kind, slice(first, first + _AT_ONCE), slice(start, stop))


def _values(
    components: Components,
    dff: RelativeFluorescence | None,
    kind: Kind,
    which: slice | Sequence[int],
    frames: slice,
) -> FloatArray:
    """Give the traces of some components, (n, T), in some frames."""
    part = which, frames
    if kind == "dF/F":
        return np.full_like(components.C[part], np.nan) if dff is None else dff.dff[part]
    if kind == "raw":
        return np.asarray(components.C[part] + components.YrA[part])
    return components.C[part] if kind == "denoised" else components.S[part]


def traces_of(components: Components, dff: RelativeFluorescence | None, kind: Kind) -> FloatArray:
    """Give all traces of one kind, (K, T)."""
    return _values(components, dff, kind, slice(None), slice(None))


def data_of(
    traces: CodedTraces, near: tuple[Stretch, CodedTraces] | None, kind: Kind, n_frames: int, fr_hz: float | None
) -> dict[str, Any]:
    """Give what both views draw: the whole recording, and closely the stretch that is looked at."""
    return {
        "n": len(traces.codes),
        "n_frames": n_frames,
        "fr_hz": fr_hz,
        "time_title": "time (s)" if fr_hz else "frame (frame rate unknown)",
        "unit": UNITS[kind],
        "kind": kind,
        "whole": part_data(traces, (0, n_frames)),
        "window": part_data(near[1], near[0]) if near else None,
    }


def part_data(traces: CodedTraces, stretch: Stretch) -> dict[str, Any]:
    """Give the traces of a stretch as the page's script unpacks them."""
    return {
        "start": stretch[0],
        "frames": stretch[1] - stretch[0],
        "frames_per_pair": traces.frames_per_pair,
        "values": traces.codes.shape[1],
        "codes": packing.codes(traces.codes),
        "low": packing.floats(traces.low),
        "high": packing.floats(traces.high),
    }


def verdicts(n: int, evaluation: Evaluation | None) -> list[bool | None]:
    """Tell of each component whether it is accepted; None where none was evaluated."""
    return [None] * n if evaluation is None else evaluation.accepted.tolist()


Sums = dict[str, NDArray[np.float64]]
"""By each of MEAN_OF, (2, T): the sum of the values that there are, and their number."""


def sums_of(
    components: Components, dff: RelativeFluorescence | None, kind: Kind, accepted: Sequence[bool | None]
) -> Sums:
    """Add up all traces, those of the accepted and those of the rejected."""
    members = np.array([[True, one is True, one is False] for one in accepted], np.float32).reshape(-1, len(MEAN_OF)).T
    sums = np.zeros((len(MEAN_OF), 2, components.n_frames))
    for first in range(0, components.n, _ADDED_AT_ONCE):
        part = slice(first, first + _ADDED_AT_ONCE)
        sums += _sum(_values(components, dff, kind, part, slice(None)), members[:, part])
    return dict(zip(MEAN_OF, sums, strict=True))


def with_moved(
    sums: Sums,
    components: Components,
    dff: RelativeFluorescence | None,
    kind: Kind,
    *,
    before: Sequence[bool | None],
    now: Sequence[bool | None],
) -> Sums:
    """Give the sums after some components were accepted or rejected otherwise, from these components alone."""
    moved = dict(sums)
    for name, verdict in (("accepted", True), ("rejected", False)):
        signs = [(new is verdict) - (old is verdict) for old, new in zip(before, now, strict=True)]
        numbers = [k for k, sign in enumerate(signs) if sign]
        for first in range(0, len(numbers), _ADDED_AT_ONCE):
            some = numbers[first : first + _ADDED_AT_ONCE]
            weights = np.array([[signs[k] for k in some]], np.float32)
            moved[name] = moved[name] + _sum(_values(components, dff, kind, some, slice(None)), weights)[0]
    return moved


def means_of(sums: Sums) -> dict[str, FloatArray]:
    """Give the mean traces, (T,); values that are missing don't count."""
    return {
        name: np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0.5).astype(np.float32)
        for name, (total, count) in sums.items()
    }


def _sum(values: FloatArray, members: FloatArray) -> NDArray[np.float64]:
    """Give sums and numbers of values, (M, 2, T), of traces, (n, T), weighted by each row of `members`, (M, n)."""
    total = members @ values
    if np.isfinite(total).all():
        return np.stack([total, np.broadcast_to(members.sum(axis=1, keepdims=True), total.shape)], axis=1)
    is_value = np.isfinite(values)
    return np.stack([members @ np.where(is_value, values, 0), members @ is_value.astype(np.float32)], axis=1)
