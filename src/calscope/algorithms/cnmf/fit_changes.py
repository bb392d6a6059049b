"""What became of the components of a first fit in the second: kept, merged, dropped; and what was added.

Components are recognised by their footprints; where those changed a lot, or lie in part on several others, the traces
must agree too. Each component of one fit is paired with at most one of the other, the most alike first. What is left of
the first fit was merged where it lies on a component of the second that moves with it, and dropped otherwise; what is
left of the refit was added.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix

from calscope.algorithms.cnmf.footprints import column_norms
from calscope.model.results import Components

SAME_COSINE = 0.5
"""Cosine of two footprints from which on they may be the same component, whatever their traces."""
PART_COSINE = 0.2
"""The same where the traces agree: a fragment is only a part of the component that took it in."""
PART_CORRELATION = 0.5
"""Correlation of two traces that agree."""


@dataclass(frozen=True)
class Merged:
    """Several components of the first fit that became one."""

    first: tuple[int, ...]
    """Their numbers in the first fit, ascending."""
    refit: int


@dataclass(frozen=True)
class FitChanges:
    """Every component of both fits stands in exactly one of these."""

    kept: tuple[tuple[int, int], ...]
    """Numbers in the first fit and in the second."""
    merged: tuple[Merged, ...]
    dropped: tuple[int, ...]
    """Numbers in the first fit."""
    added: tuple[int, ...]
    """Numbers in the refit."""

    @property
    def n_merged(self) -> int:
        """How many components of the first fit were merged."""
        return sum(len(one.first) for one in self.merged)


def compare_fits(first: Components, refit: Components) -> FitChanges:
    """Match the components of two fits of one movie."""
    alike = _alike(first, refit)
    partner = _pairs(alike)
    members: dict[int, list[int]] = {j: [i] for i, j in partner.items()}
    dropped = []
    for i in range(first.n):
        if i in partner:
            continue
        into = next(
            (link.refit for link in alike if link.first == i and link.moves_along and link.refit in members), -1
        )
        if into < 0:
            dropped.append(i)
        else:
            members[into].append(i)
    kept = tuple((own[0], j) for j, own in sorted(members.items()) if len(own) == 1)
    merged = tuple(Merged(tuple(sorted(own)), j) for j, own in sorted(members.items()) if len(own) > 1)
    added = tuple(j for j in range(refit.n) if j not in members)
    return FitChanges(kept, merged, tuple(dropped), added)


@dataclass(frozen=True)
class _Link:
    """Two components that may be the same, or one a part of the other."""

    first: int
    refit: int
    cosine: float
    moves_along: bool


def _alike(first: Components, refit: Components) -> list[_Link]:
    """Give the pairs that may be the same, the most alike first."""
    products = coo_matrix(first.A.T @ refit.A)
    norms = column_norms(first.A)[products.row] * column_norms(refit.A)[products.col]
    links = []
    for i, j, product, norm in zip(products.row, products.col, products.data, norms, strict=True):
        if product < PART_COSINE * norm or norm <= 0:
            continue
        moves_along = _correlation(first.C[i], refit.C[j]) >= PART_CORRELATION
        if moves_along or product >= SAME_COSINE * norm:
            links.append(_Link(int(i), int(j), float(product / norm), moves_along))
    return sorted(links, key=lambda link: (-link.cosine, link.first, link.refit))


def _pairs(alike: list[_Link]) -> dict[int, int]:
    """Pair components, each once."""
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for link in alike:
        if link.first not in partner and link.refit not in taken:
            partner[link.first] = link.refit
            taken.add(link.refit)
    return partner


def _correlation(one: NDArray, other: NDArray) -> float:
    a, b = one - one.mean(), other - other.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else 0.0
