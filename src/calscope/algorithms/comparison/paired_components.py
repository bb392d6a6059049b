"""The components of two analyses of one movie side by side: what is accepted in both, in one, or divided otherwise."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.agreement import cosines, match_footprints, trace_correlations
from calscope.algorithms.comparison.changes import Changes, compare_components

Fate = Literal["both", "first", "second", "split", "merged"]
"""Accepted in both or in one of them; split: one in the first, several in the second; merged the other way round."""
FATES: tuple[Fate, ...] = ("both", "first", "second", "split", "merged")
NONE = -1
"""Stands where there is no component."""


@dataclass(frozen=True)
class Pairing:
    """One row for each component, or for each two that belong together; those that differ most are first."""

    fates: tuple[Fate, ...]
    """(n,)."""
    first: NDArray[np.intp]
    """(n,) number in the first analysis, NONE where it has none. One that is split has a row for each of its parts."""
    second: NDArray[np.intp]
    """(n,) number in the second. Beside one that is accepted in the other alone stands its like among the rejected."""
    cosines: NDArray[np.float32]
    """(n,) of the two footprints; NaN where one of them is missing."""
    correlations: NDArray[np.float32]
    """(n,) of the two traces over the frames that both have; NaN where one of them is missing."""

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.fates)

    def count(self, fate: Fate) -> int:
        """Count the components of that fate; those that are split or merged, not their parts."""
        wholes = {"split": self.first, "merged": self.second}.get(fate)
        mine = [i for i, one in enumerate(self.fates) if one == fate]
        return len(mine) if wholes is None else len({int(wholes[i]) for i in mine})


def pair_components(
    footprints: tuple[csc_matrix, csc_matrix],
    traces: tuple[NDArray, NDArray],
    accepted: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Pairing:
    """Put the accepted components of two analyses beside each other (`changes.compare_components`).

    Parameters
    ----------
    footprints
        (H*W, K1) and (H*W, K2) on the same field.
    traces
        (K1, T1) and (K2, T2), which begin with the same frame.
    accepted
        (K1,) and (K2,).
    """
    A, B = footprints
    numbers = [np.flatnonzero(chosen) for chosen in accepted]
    changes = compare_components(csc_matrix(A[:, numbers[0]]), csc_matrix(B[:, numbers[1]]))
    cosine = cosines(A, B)
    rows = _divided(changes, numbers[0], numbers[1], cosine)
    rows += [("first", i, j) for i, j in _likes(numbers[0][changes.only_first], ~accepted[1], A, B)]
    rows += [("second", j, i) for i, j in _likes(numbers[1][changes.only_second], ~accepted[0], B, A)]
    rows += [("both", int(numbers[0][i]), int(numbers[1][j])) for i, j in reversed(changes.pairs)]
    first, second = (np.array([row[side] for row in rows], np.intp) for side in (1, 2))
    is_whole = (first != NONE) & (second != NONE)
    found, related = np.full((2, len(rows)), np.nan, np.float32)
    found[is_whole] = cosine[first[is_whole], second[is_whole]]
    related[is_whole] = _correlations(traces, np.stack([first, second], axis=1)[is_whole])
    return Pairing(tuple(row[0] for row in rows), first, second, found, related)


_Row = tuple[Fate, int, int]


def _divided(changes: Changes, first: NDArray, second: NDArray, cosine: NDArray) -> list[_Row]:
    """Give the rows of those that are split or merged, with their numbers among all components."""
    split = _wholes_of(second[changes.split_second], first[changes.split_first], cosine.T)
    merged = _wholes_of(first[changes.merged_first], second[changes.merged_second], cosine)
    return [("split", whole, part) for part, whole in split] + [("merged", part, whole) for part, whole in merged]


def _wholes_of(parts: NDArray, wholes: NDArray, cosine: NDArray) -> list[tuple[int, int]]:
    """Give each part with the whole that it is most like, then wholes that no part is most like, by themselves."""
    found = [(int(part), int(wholes[np.argmax(cosine[part, wholes])]) if len(wholes) else NONE) for part in parts]
    left = sorted({int(whole) for whole in wholes} - {whole for _, whole in found})
    return found + [(NONE, whole) for whole in left]


def _likes(numbers: NDArray, others: NDArray[np.bool_], A: csc_matrix, B: csc_matrix) -> list[tuple[int, int]]:
    """Give each component with its like among others of the other analysis, NONE where there is none."""
    candidates = np.flatnonzero(others)
    matches = match_footprints(csc_matrix(A[:, numbers]), csc_matrix(B[:, candidates]))
    like = {int(numbers[i]): int(candidates[j]) for i, j in matches.pairs}
    return [(int(number), like.get(int(number), NONE)) for number in numbers]


def _correlations(traces: tuple[NDArray, NDArray], pairs: NDArray[np.intp]) -> NDArray[np.float32]:
    n_frames = min(part.shape[1] for part in traces)
    return trace_correlations(traces[0][:, :n_frames], traces[1][:, :n_frames], pairs)
