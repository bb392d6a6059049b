"""How fast calcium indicators fall, with the source of each figure.

Only figures that could be traced to a source stand here. Papers mostly give half-decay times; `decay_time` is a time
constant, which for an exponential is the half-decay time over ln 2.
"""

import math
from dataclasses import dataclass

_JGCAMP8 = (
    "Janelia's page on jGCaMP8, janelia.org/jgcamp8-calcium-indicators; the indicators are those of Zhang et al. 2023, "
    "Nature 615:884"
)


@dataclass(frozen=True)
class Indicator:
    """One indicator."""

    name: str
    half_decay_s: float
    """Time in which a transient falls to half of its height, mean."""
    spread_s: float
    """As its source gives it beside the mean."""
    source: str

    @property
    def time_constant_s(self) -> float:
        """Time constant of an exponential of that half-decay time."""
        return self.half_decay_s / math.log(2)

    def in_words(self) -> str:
        """Say what the figure is and where it comes from."""
        return (
            f"{self.name}: half-decay time {1000 * self.half_decay_s:.0f} ± {1000 * self.spread_s:.0f} ms, that is a "
            f"time constant of {1000 * self.time_constant_s:.0f} ms ({self.source}). After several spikes, "
            "and in tissue, transients may fall more slowly."
        )


INDICATORS: tuple[Indicator, ...] = (
    Indicator("jGCaMP7f", 0.1819, 0.0760, _JGCAMP8),
    Indicator("jGCaMP8f", 0.0674, 0.0112, _JGCAMP8),
    Indicator("jGCaMP8m", 0.1183, 0.0132, _JGCAMP8),
    Indicator("jGCaMP8s", 0.3067, 0.0322, _JGCAMP8),
)
