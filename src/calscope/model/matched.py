"""What two engines found alike in one recording."""

from dataclasses import dataclass

from scipy.sparse import csc_matrix

from calscope.model.movie import FloatArray


@dataclass(frozen=True)
class MatchedComponents:
    """Matched components of the built-in engine and CaImAn, in this order, to be drawn over each other."""

    image: FloatArray
    """(H, W) local correlation of the movie that the built-in engine corrected."""
    footprints: tuple[csc_matrix, csc_matrix]
    """(H*W, N) each, Fortran pixel order, pair by pair."""
    shown: tuple[int, int] | None
    """Numbers of the pair whose traces are shown: that of the median correlation; None where nothing matched."""
    traces: tuple[FloatArray, FloatArray]
    """(T,) denoised traces of that pair, each divided by its largest value; empty where nothing matched."""
    correlation: float
    """Of the two; 0 where nothing matched."""
    fr_hz: float | None
