"""How fast calcium indicators fall, with the source of each figure.

Only figures that could be traced to a source stand here. jRGECO1a (Dana et al. 2016, eLife 5:e12727) does not: public
programs set its time constant to anything from 0.15 to 1.5 s and name no measurement. Papers mostly give half-decay
times, after one spike; `decay_time` is a time constant, which for an exponential is the half-decay time over ln 2. For
the GCaMP6 family stand the time constants that suite2p's documentation recommends, which are those of transients in
tissue.
"""

import math
from dataclasses import dataclass

_JGCAMP8 = (
    "Janelia's page on jGCaMP8, janelia.org/jgcamp8-calcium-indicators; the indicators are those of Zhang et al. 2023, "
    "Nature 615:884"
)
_SUITE2P = (
    "recommended by the documentation of suite2p, suite2p.readthedocs.io; the indicators are those of Chen et al. "
    "2013, Nature 499:295"
)


@dataclass(frozen=True)
class Indicator:
    """One indicator."""

    name: str
    time_constant_s: float
    """Of an exponential that falls as a transient does."""
    figure: str
    """What the source gives, in words."""
    source: str

    def in_words(self) -> str:
        """Say what the figure is and where it comes from."""
        return f"{self.name}: {self.figure} ({self.source})."


def _measured(name: str, half_decay_s: float, spread_s: float) -> Indicator:
    constant_s = half_decay_s / math.log(2)
    figure = (
        f"half-decay time {1000 * half_decay_s:.0f} ± {1000 * spread_s:.0f} ms, that is a time constant of "
        f"{1000 * constant_s:.0f} ms. After several spikes, and in tissue, transients may fall more slowly"
    )
    return Indicator(name, constant_s, figure, _JGCAMP8)


def _recommended(name: str, time_constant_s: float, said: str) -> Indicator:
    return Indicator(name, time_constant_s, f"time constant {said}", _SUITE2P)


INDICATORS: tuple[Indicator, ...] = (
    _recommended("GCaMP6f", 0.7, "0.7 s; CaImAn's documentation calls 0.4 s right for it"),
    _recommended("GCaMP6m", 1.0, "1.0 s"),
    _recommended("GCaMP6s", 1.4, "1.25 to 1.5 s"),
    _measured("jGCaMP7f", 0.1819, 0.0760),
    _measured("jGCaMP8f", 0.0674, 0.0112),
    _measured("jGCaMP8m", 0.1183, 0.0132),
    _measured("jGCaMP8s", 0.3067, 0.0322),
)
