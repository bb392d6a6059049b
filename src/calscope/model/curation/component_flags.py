"""Flags: what speaks against a component without rejecting it. Measures are kept, flags follow from them at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.notes import Note

FlagKind = Literal["motion", "one_transient", "overlap", "rim", "saturated", "double", "neuropil", "drift"]
FLAG_KINDS: tuple[FlagKind, ...] = (
    *("motion", "double", "neuropil", "saturated"),
    *("rim", "overlap", "one_transient", "drift"),
)
"""In the order in which they are told."""
IntArray = NDArray[np.int32]

_PREFIX = "flag_"
MOTION_P = 0.05
"""Chance, of all components together, of a correlation with the shifts as high as the one that is told."""
LIMITS: Mapping[FlagKind, float] = MappingProxyType(
    {
        "motion": 0.33,
        "double": 0.6,
        "neuropil": 0.6,
        "saturated": 0.03,
        "rim": 0.7,
        "overlap": 0.35,
        "one_transient": 1.0,
        "drift": 0.5,
    }
)
"""From which value of its measure on a flag is raised; of `one_transient` at which. Chosen on simulated recordings."""


NOTHING_TOLD = Note("flags_untold", {"kinds": FLAG_KINDS})
"""Of a component of a run that did not look for flags."""


@dataclass(frozen=True)
class FlagMeasures:
    """What the flags of K components rest on; NaN where it could not be told."""

    motion_r: FloatArray
    """(K,) multiple correlation of the raw trace with the shift at its place and how it changes, 0 to 1."""
    motion_p: FloatArray
    """(K,) how often traces moved along in time do so as closely, corrected for the number of components."""
    transients: FloatArray
    """(K,) how many transients stand clear of the noise."""
    on_shifts: FloatArray
    """(K,) how many of them fall on a large shift."""
    overlap: FloatArray
    """(K,) share of the footprint's mass on the component `overlap_with`."""
    overlap_with: IntArray
    """(K,) the component that covers most of it; -1 where none does."""
    rim: FloatArray
    """(K,) length along which the footprint ends at the rim, relative to its diameter."""
    saturated: FloatArray
    """(K,) share of the pixels of its core that are at the recording's maximum in its highest transients."""
    double_r: FloatArray
    """(K,) correlation of its denoised trace with that of `double_with`; 0 where no component is near."""
    double_with: IntArray
    """(K,) the component near it whose trace is most alike; -1 where none is near."""
    neuropil_r: FloatArray
    """(K,) correlation of its raw trace with the surround's, background taken out of both."""
    drift: FloatArray
    """(K,) change of its baseline, relative to the height of its transients."""
    marks: Mapping[FlagKind, IntArray] = field(default_factory=dict)
    """Frames to be marked on the traces, by kind: (n, 3) component, first frame, the one after the last; rows are in
    the order of the components."""

    @property
    def n(self) -> int:
        """Number of components."""
        return len(self.overlap)


def flags_of(measures: FlagMeasures) -> tuple[tuple[Note, ...], ...]:
    """Give the flags of each component, (K,), the note of each kind with the values that it rests on.

    A last note `flags_untold` names the kinds that could not be told.
    """
    return tuple(tuple(_notes(measures, k)) for k in range(measures.n))


def kinds_of(notes: Sequence[Note]) -> tuple[str, ...]:
    """Give the kinds of a component's flags, without what could not be told."""
    return tuple(note.kind.removeprefix(_PREFIX) for note in notes if note.kind.startswith(_PREFIX))


def not_told(notes: Sequence[Note]) -> tuple[str, ...]:
    """Give the kinds that could not be told of a component."""
    return tuple(kind for note in notes if note.kind == NOTHING_TOLD.kind for kind in note.values["kinds"])


def rearranged(measures: FlagMeasures, numbers: Sequence[int]) -> FlagMeasures:
    """Give the measures of components in another order, by their numbers; -1 stands for one of which nothing is known.

    What one has in common with a component that is left out isn't known either.
    """
    at = np.asarray(numbers, np.intp)
    new = np.full(measures.n + 1, -1, np.int32)  # the last one is for -1
    new[at] = np.where(at >= 0, np.arange(len(at)), -1)
    names = [field.name for field in fields(FlagMeasures) if field.name != "marks"]
    moved: dict[str, Any] = {
        name: np.append(getattr(measures, name), np.nan)[at].astype(np.float32)
        for name in names
        if not name.endswith("_with")
    }
    for measure, other in (("overlap", "overlap_with"), ("double_r", "double_with")):
        before = np.append(getattr(measures, other), -1)[at]
        moved[other] = new[before]
        moved[measure][(before >= 0) & (moved[other] < 0)] = np.nan
    marks = {}
    for kind, rows in measures.marks.items():
        renumbered = np.column_stack([new[rows[:, 0]], rows[:, 1:]])
        kept = renumbered[renumbered[:, 0] >= 0]
        marks[kind] = kept[np.argsort(kept[:, 0], kind="stable")].astype(np.int32)
    return FlagMeasures(**moved, marks=marks)


def is_raised(of: FlagMeasures, kind: FlagKind) -> NDArray[np.bool_]:
    """Tell which components have a flag of that kind, (K,)."""
    measure, limit = measure_of(of, kind), LIMITS[kind]
    raised = measure == limit if kind == "one_transient" else measure >= limit
    return raised & (of.motion_p <= MOTION_P) if kind == "motion" else raised


def measure_of(of: FlagMeasures, kind: FlagKind) -> FloatArray:
    """Give the measure that decides on a kind, (K,)."""
    by_kind: dict[FlagKind, FloatArray] = {
        "motion": of.motion_r,
        "double": of.double_r,
        "neuropil": of.neuropil_r,
        "saturated": of.saturated,
        "rim": of.rim,
        "overlap": of.overlap,
        "one_transient": of.transients,
        "drift": of.drift,
    }
    return by_kind[kind]


def _notes(of: FlagMeasures, k: int) -> Iterator[Note]:
    for kind in FLAG_KINDS:
        if is_raised(of, kind)[k]:
            yield _note(of, kind, k)
    untold = [kind for kind in FLAG_KINDS if np.isnan(measure_of(of, kind)[k])]
    if untold:
        yield Note("flags_untold", {"kinds": untold})


def _note(of: FlagMeasures, kind: FlagKind, k: int) -> Note:
    """Give what a flag rests on."""
    share = measure_of(of, kind)[k]
    notes = {
        "motion": Note(
            "flag_motion",
            {"r": share, "p": of.motion_p[k], "n": _count(of.transients[k]), "on_shifts": _count(of.on_shifts[k])},
        ),
        "double": Note("flag_double", {"r": share, "other": of.double_with[k]}),
        "neuropil": Note("flag_neuropil", {"r": share}),
        "saturated": Note("flag_saturated", {"share": share}),
        "rim": Note("flag_rim", {"share": share}),
        "overlap": Note("flag_overlap", {"share": share, "other": of.overlap_with[k]}),
        "one_transient": Note("flag_one_transient"),
        "drift": Note("flag_drift", {"share": share}),
    }
    return notes[kind]


def _count(number: Any) -> int | None:
    return None if np.isnan(number) else int(number)
