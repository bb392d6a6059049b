"""Cohen's kappa of the raters of one run, with its interval.

Kappa is (p_o - p_e) / (1 - p_e), with p_o the share of components with the same decision and p_e the share that is
expected where both decide by chance, as often as they do (Cohen 1960, Educ. Psychol. Meas. 20:37). The usual standard
error (Fleiss, Cohen & Everitt 1969) is 0 where two raters agree always, and its interval is far too narrow with few
components. So the interval is that of the kappa of 4000 tables of probabilities, drawn from what the counts leave
possible: a Dirichlet distribution with, before any count, a weight of one for the whole table (Perks 1947).
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from calscope.model.curation.curation_entry import DECISIONS, Decision
from calscope.model.curation.judgements import Judgement, Judgements
from calscope.model.curation.raters_agree import Agreement, Disagreement, Kappa
from calscope.model.curation.ratings import independent

_N_DRAWS = 4000
_INTERVAL = (0.025, 0.975)
_SURE = 2
"""Accept and reject stand before unsure."""


def agreements(judgements: Judgements) -> tuple[Agreement, ...]:
    """Compare each two raters who both judged a component independently; those with most components in common first."""
    rated = {component: independent(one.ratings) for component, one in judgements.by_component.items()}
    raters = sorted({who for decisions in rated.values() for who in decisions})
    found = []
    for pair in combinations(raters, 2):
        first, second = pair
        both = {k: (one[first], one[second]) for k, one in sorted(rated.items()) if first in one and second in one}
        if both:
            found.append(_agreement(pair, both, judgements))
    return tuple(sorted(found, key=lambda one: -one.all.n))


def _agreement(pair: tuple[str, str], both: dict[int, tuple[Decision, Decision]], judgements: Judgements) -> Agreement:
    table = np.zeros((len(DECISIONS), len(DECISIONS)), int)
    for one, other in both.values():
        table[DECISIONS.index(one), DECISIONS.index(other)] += 1
    counts = {(one, other): int(table[i, j]) for i, one in enumerate(DECISIONS) for j, other in enumerate(DECISIONS)}
    return Agreement(
        pair,
        kappa_of(table),
        kappa_of(table[:_SURE, :_SURE]),
        {decisions: n for decisions, n in counts.items() if n},
        tuple(_disagreements(both, judgements)),
    )


def _disagreements(both: dict[int, tuple[Decision, Decision]], judgements: Judgements) -> Iterator[Disagreement]:
    for component, decisions in both.items():
        if decisions[0] != decisions[1]:
            yield Disagreement(component, decisions, *_settled(judgements.of(component)))


def _settled(judgement: Judgement) -> tuple[Decision | None, str]:
    return (judgement.decision, judgement.decided_by) if judgement.held.state == "settled" else (None, "")


def kappa_of(table: NDArray) -> Kappa:
    """Give kappa from a table of counts, (C, C): how often the first rater decided i and the second j.

    Undefined where nothing was counted, or both gave one and the same answer only.
    """
    n, n_same = int(table.sum()), int(np.trace(table))
    used = (table.sum(axis=0) + table.sum(axis=1)) > 0
    if used.sum() < 2:
        return Kappa(n, n_same, np.nan, np.nan, np.nan)
    own = table[np.ix_(used, used)].astype(np.float64)  # an answer that nobody gave changes nothing
    kappa = float(_kappa(own))
    rng = np.random.default_rng(0)  # the same counts give the same interval
    drawn = _kappa(rng.gamma(np.broadcast_to(own + 1 / own.size, (_N_DRAWS, *own.shape))))
    low, high = np.quantile(drawn, _INTERVAL)
    return Kappa(n, n_same, kappa, min(float(low), kappa), max(float(high), kappa))


def _kappa(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = tables / tables.sum(axis=(-2, -1), keepdims=True)
    same = np.trace(shares, axis1=-2, axis2=-1)
    by_chance = (shares.sum(axis=-1) * shares.sum(axis=-2)).sum(axis=-1)
    return (same - by_chance) / np.maximum(1 - by_chance, np.finfo(np.float64).tiny)
