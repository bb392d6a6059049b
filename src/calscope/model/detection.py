"""Which of the cells that were put into a movie were found there again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality


@dataclass(frozen=True)
class Detection:
    """Injected cells, one entry each, and what the analysis made of them."""

    peak_snr: FloatArray
    """(n,) height of the largest transient over the noise of the cell's trace, both as the footprint weighs pixels."""
    found: NDArray
    """(n,) bool, whether a component lies in its place."""
    accepted: NDArray
    """(n,) bool, whether that component is accepted."""
    trace_r: FloatArray
    """(n,) correlation of that component's denoised trace with what was put in; NaN where none was found."""
    centers_px: FloatArray
    """(n, 2) places (y, x)."""
    quality: ComponentQuality | None = None
    """Measures of that component, (n,) each; NaN where none was found, None where they are not known."""
    round: NDArray | None = None
    """(n,) number of the round in which it was put in, of those that ran; None where it is not known."""
    decay_time_s: float = np.nan
    """Of transients in the recording."""
    gain: float = np.nan
    """Noise variance that comes with one unit of light, in units of the movie."""

    @property
    def n(self) -> int:
        """Number of cells that were put in."""
        return len(self.peak_snr)


@dataclass(frozen=True)
class Limit:
    """Peak SNR at which a share of cells is found; the interval holds 95 % of resampled experiments."""

    value: float
    """0 where even the dimmest cells are found more often, inf where even the brightest are found less often."""
    low: float
    high: float


@dataclass(frozen=True)
class DetectionLimits:
    """Peak SNR at which half, and nine in ten, of the cells are found and are accepted; None where too few tell."""

    found_50: Limit | None
    found_90: Limit | None
    accepted_50: Limit | None
    accepted_90: Limit | None
