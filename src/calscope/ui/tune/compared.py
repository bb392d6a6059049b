"""What is shown against what is held: which accepted components are in both, and what differs, in words and colours."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from calscope.algorithms.comparison.changes import Changes, compare_components
from calscope.plots.contours import Group
from calscope.plots.style import IN_BOTH, MERGED, NEUTRAL, ONLY_HELD, ONLY_SHOWN, SPLIT
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal


@dataclass(frozen=True)
class Comparison:
    """The accepted components of two states on one field."""

    shown: tuple[Group, ...]
    held: tuple[Group, ...]
    words: str
    """How many are in both, only in one, split, merged."""


def compare(shown: EvaluatedAnimal, held: EvaluatedAnimal) -> Comparison:
    """Match the accepted components of two states of the same crop."""
    ours, theirs = _accepted(shown), _accepted(held)
    key = "".join((*shown.keys, *held.keys))
    changes = _changes(key, ours.tobytes(), theirs.tobytes(), _shown=shown, _held=held)
    return Comparison(
        shown=_groups(
            _group("in both", IN_BOTH, ours[changes.pairs[:, 1]]),
            _group("only now", ONLY_SHOWN, ours[changes.only_second]),
            _group("split", SPLIT, ours[changes.split_second]),
            _group("merged", MERGED, ours[changes.merged_second]),
            _group("rejected", NEUTRAL, _others(shown)),
        ),
        held=_groups(
            _group("in both", IN_BOTH, theirs[changes.pairs[:, 0]]),
            _group("only held", ONLY_HELD, theirs[changes.only_first]),
            _group("split", SPLIT, theirs[changes.split_first]),
            _group("merged", MERGED, theirs[changes.merged_first]),
            _group("rejected", NEUTRAL, _others(held)),
        ),
        words=_words(changes),
    )


def match(before: EvaluatedAnimal, after: EvaluatedAnimal, component: int | None) -> int | None:
    """Give the component of another state that lies where this one does; None where there is none."""
    if component is None or component >= before.components.n or not after.components.n:
        return None
    own = before.components.A[:, [component]]
    overlap = np.asarray((after.components.A.T @ own).todense()).ravel()
    return int(np.argmax(overlap)) if overlap.max() > 0 else None


def _accepted(view: EvaluatedAnimal) -> NDArray[np.intp]:
    return np.array(view.listed("accepted"), np.intp)


def _others(view: EvaluatedAnimal) -> NDArray[np.intp]:
    return np.array(view.listed("rejected"), np.intp)


def _groups(*groups: Group) -> tuple[Group, ...]:
    """Give those that are not empty; all accepted ones are in one of them."""
    return tuple(group for group in groups if group.components)


def _group(name: str, colour: str, numbers: NDArray[np.intp]) -> Group:
    return Group(name, colour, tuple(numbers.tolist()))


@st.cache_resource(max_entries=32, show_spinner=False)
def _changes(key: str, ours: bytes, theirs: bytes, _shown: EvaluatedAnimal, _held: EvaluatedAnimal) -> Changes:
    return compare_components(
        _held.components.A[:, np.frombuffer(theirs, np.intp)], _shown.components.A[:, np.frombuffer(ours, np.intp)]
    )


def _words(changes: Changes) -> str:
    parts = [
        f"{len(changes.pairs)} in both",
        f"{len(changes.only_second)} only now",
        f"{len(changes.only_first)} only held",
    ]
    if len(changes.split_first):
        parts.append(f"{len(changes.split_first)} split into {len(changes.split_second)}")
    if len(changes.merged_second):
        parts.append(f"{len(changes.merged_first)} merged into {len(changes.merged_second)}")
    return ", ".join(parts)
