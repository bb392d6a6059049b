"""Which of the cells that were put into a movie were found there again, and how bright a cell must be for that."""

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality

_Z95 = 1.96


@dataclass(frozen=True)
class InjectedCells:
    """Cells that are put into a movie together."""

    A: csc_matrix
    """(H*W, n) footprints, 1 at their brightest pixel, Fortran pixel order."""
    C: FloatArray
    """(n, T) light at the brightest pixel, in units of the movie."""
    peak_snr: FloatArray
    """(n,)."""
    centers_px: FloatArray
    """(n, 2) y, x."""

    @property
    def n(self) -> int:
        """How many."""
        return len(self.peak_snr)


@dataclass(frozen=True)
class KnownCells:
    """All cells that are to be put into a movie, in rounds."""

    A: csc_matrix
    """(H*W, n) footprints, 1 at their brightest pixel, Fortran pixel order."""
    C: FloatArray
    """(n, T) light at the brightest pixel, in units of the movie."""
    peak_snr: FloatArray
    """(n,)."""
    centers_px: FloatArray
    """(n, 2) y, x."""
    round: NDArray
    """(n,) number of the round in which it is put in, from 0."""
    decay_time_s: float
    """Of transients in the recording."""
    gain: float
    """Noise variance that comes with one unit of light, in units of the movie."""

    @property
    def n_rounds(self) -> int:
        """How many rounds there are."""
        return int(self.round.max(initial=-1)) + 1

    def of_round(self, number: int) -> InjectedCells:
        """Give the cells of one round."""
        own = np.flatnonzero(self.round == number)
        return InjectedCells(csc_matrix(self.A[:, own]), self.C[own], self.peak_snr[own], self.centers_px[own])


@dataclass(frozen=True)
class FoundCells:
    """Known cells, one entry each, and the components that lie in their places, before any is accepted."""

    peak_snr: FloatArray
    """(n,) height of the largest transient over the noise of the cell's trace, both as the footprint weighs pixels."""
    found: NDArray
    """(n,) bool, whether a component lies in its place."""
    trace_r: FloatArray
    """(n,) correlation of that component's denoised trace with what was put in; NaN where none was found."""
    centers_px: FloatArray
    """(n, 2) places (y, x)."""
    quality: ComponentQuality | None
    """Measures of that component, (n,) each; NaN where none was found, None where there are no cells."""
    round: NDArray
    """(n,) number of the round in which it was put in, from 0."""
    decay_time_s: float
    """Of transients in the recording."""
    gain: float
    """Noise variance that comes with one unit of light, in units of the movie."""


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

    found_50: Limit | None = None
    found_90: Limit | None = None
    accepted_50: Limit | None = None
    accepted_90: Limit | None = None


@dataclass(frozen=True)
class ShareCurve:
    """Share of cells over their peak SNR, as fitted; (m,) each, none where too few cells tell."""

    peak_snr: tuple[float, ...] = ()
    share: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    """Between this and `high` lie 95 % of resampled experiments."""
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Curves:
    """What was fitted to the cells that were put in."""

    limits: DetectionLimits = field(default_factory=DetectionLimits)
    found: ShareCurve = field(default_factory=ShareCurve)
    accepted: ShareCurve = field(default_factory=ShareCurve)


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
    curves: Curves = field(default_factory=Curves)
    decay_time_s: float = np.nan
    """Of transients in the recording."""
    gain: float = np.nan
    """Noise variance that comes with one unit of light, in units of the movie."""

    @property
    def n(self) -> int:
        """Number of cells that were put in."""
        return len(self.peak_snr)

    @property
    def limits(self) -> DetectionLimits:
        """Peak SNR at which half, and nine in ten, of the cells are found and are accepted."""
        return self.curves.limits


@dataclass(frozen=True)
class LevelShare:
    """How many of the cells of one brightness succeeded; the interval is Wilson's (1927, J Am Stat Assoc 22:209)."""

    peak_snr: float
    n: int
    n_succeeded: int
    low: float
    """End of the 95 % interval of the share."""
    high: float

    @property
    def share(self) -> float:
        """Share that succeeded."""
        return self.n_succeeded / self.n


def level_shares(peak_snr: FloatArray, success: NDArray) -> Iterator[LevelShare]:
    """Give the share that succeeded at each level of brightness, the dimmest first."""
    for level in np.unique(peak_snr):
        at = peak_snr == level
        n, k = int(at.sum()), int(success[at].sum())
        middle, wide = (k + _Z95**2 / 2) / (n + _Z95**2), _Z95 / (n + _Z95**2)
        half = wide * np.sqrt(k * (n - k) / n + _Z95**2 / 4)
        yield LevelShare(float(level), n, k, float(max(middle - half, 0.0)), float(min(middle + half, 1.0)))


def curves_to_json(curves: Curves) -> dict[str, Any]:
    """Give plain values that JSON can hold: a limit beyond the brightest cells is "inf"."""
    limits = {
        name: found and {end: _plain(value) for end, value in asdict(found).items()}
        for name, found in vars(curves.limits).items()
    }
    return {"limits": limits, "found": asdict(curves.found), "accepted": asdict(curves.accepted)}


def curves_from_json(values: Mapping[str, Any]) -> Curves:
    """Read what `curves_to_json` gave; TypeError, KeyError or ValueError where it is something else."""
    limits = {
        name: None if found is None else Limit(**{end: float(value) for end, value in _entries(found)})
        for name, found in _entries(values["limits"])
    }
    found, accepted = (
        ShareCurve(**{name: tuple(float(one) for one in part) for name, part in _entries(values[of])})
        for of in ("found", "accepted")
    )
    return Curves(DetectionLimits(**limits), found, accepted)


def _entries(values: Any) -> ItemsView[str, Any]:
    if not isinstance(values, Mapping):
        raise TypeError("a part of what was fitted is no object")
    return values.items()


def _plain(value: float) -> float | str:
    return value if np.isfinite(value) else "inf"
