"""How well two persons agree who judged the same components independently."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calscope.model.curation.curation_entry import Decision


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa of two raters (Cohen 1960), and the share on which they agree."""

    n: int
    """Components that count."""
    n_same: int
    """Of these with the same decision."""
    kappa: float
    """1 where they always agree, 0 where no more often than by chance; NaN where it is undefined."""
    low: float
    """Of the 95 % interval; NaN where kappa is undefined."""
    high: float

    def to_json(self) -> dict[str, Any]:
        """Give plain values; None where undefined."""
        known = not math.isnan(self.kappa)
        numbers = {"kappa": self.kappa, "kappa_low": self.low, "kappa_high": self.high}
        share = round(self.n_same / self.n, 4) if self.n else None
        rounded = {name: round(value, 4) if known else None for name, value in numbers.items()}
        return {"n": self.n, "n_same": self.n_same, "share_same": share, **rounded}


@dataclass(frozen=True)
class Disagreement:
    """A component about which two raters decided otherwise."""

    component: int
    decisions: tuple[Decision, Decision]
    settled: Decision | None = None
    settled_by: str = ""


@dataclass(frozen=True)
class Agreement:
    """What two raters decided of the components that both judged without knowing the other one's decision."""

    raters: tuple[str, str]
    all: Kappa
    """Accept, reject and unsure."""
    without_unsure: Kappa
    """Only components of which both were sure."""
    table: Mapping[tuple[Decision, Decision], int] = field(default_factory=dict)
    """How often the first decided the one and the second the other."""
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def n_settled(self) -> int:
        """Disagreements that somebody settled."""
        return sum(one.settled is not None for one in self.disagreements)

    def to_json(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "raters": list(self.raters),
            **self.all.to_json(),
            "without_unsure": self.without_unsure.to_json(),
            "table": [[*both, n] for both, n in self.table.items()],
            "disagreements": [_plain(one) for one in self.disagreements],
        }


def _plain(one: Disagreement) -> dict[str, Any]:
    return {
        "component": one.component,
        "decisions": list(one.decisions),
        "settled": one.settled,
        "settled_by": one.settled_by,
    }
