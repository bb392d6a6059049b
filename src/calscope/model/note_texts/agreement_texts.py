"""How well two raters agree, in words; from plain values, so that a run's folder says the same as the store."""

from collections.abc import Mapping
from typing import Any

WHAT_IT_IS = (
    "Kappa is 1 where two raters always agree and 0 where they agree no more often than by chance; its interval is one "
    "of 95 %. Only decisions count that were made without knowing the other rater's."
)


def sentence(found: Mapping[str, Any]) -> str:
    """Say how well two raters agree, from what `Agreement.to_json` gave."""
    first, second = found["raters"]
    sure, n = found["without_unsure"], found["n"]
    told = f"{first} and {second} both judged {_components(n)}, independently of each other, and agree on "
    told += f"{_share(found)}. Cohen's kappa {_kappa(found)}"
    told += f"; without 'unsure' {_kappa(sure)}, on {_components(sure['n'])}." if sure["n"] != n else "."
    return f"{told} {_settled(found)}".strip()


def short(found: Mapping[str, Any]) -> str:
    """Say it in a few words, for a line of a page."""
    both = f"{found['raters'][0]} and {found['raters'][1]} agree on {found['n_same']} of {found['n']}"
    return f"{both}, kappa {_kappa(found)}"


def _components(n: int) -> str:
    return "1 component" if n == 1 else f"{n} components"


def _share(found: Mapping[str, Any]) -> str:
    return f"{found['n_same']} ({100 * found['n_same'] / found['n']:.0f} %)"


def _kappa(found: Mapping[str, Any]) -> str:
    if found["kappa"] is None:
        return "can't be told, as both gave one answer only"
    return f"{found['kappa']:.2f} ({found['kappa_low']:.2f} to {found['kappa_high']:.2f})"


def _settled(found: Mapping[str, Any]) -> str:
    n = len(found["disagreements"])
    n_settled = sum(one["settled"] is not None for one in found["disagreements"])
    if not n:
        return ""
    were = "One disagreement" if n == 1 else f"{n} disagreements"
    held = "" if n_settled == n else "; where they are not settled, the thresholds decide"
    return f"{were}, {n_settled} settled{held}."
