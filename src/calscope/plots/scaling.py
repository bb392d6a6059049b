"""From values to what is drawn: display ranges by percentiles, lengths of scale bars, thinning of long traces."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair

DisplayRange = tuple[float, float]


def display_range(images: Sequence[NDArray], low: float = 50.0, high: float = 99.5) -> DisplayRange:
    """Give the display range shared by all `images`: percentiles of all their finite pixels together."""
    values = np.concatenate([image[np.isfinite(image)].ravel() for image in images])
    if values.size == 0:
        return 0.0, 1.0
    bottom, top = (float(v) for v in np.percentile(values, (low, high)))
    return (bottom, top) if top > bottom else (bottom, bottom + 1.0)


def to_codes(image: NDArray, shown: DisplayRange) -> NDArray[np.uint8]:
    """Map values to palette numbers 0 to 255; what lies outside of the range, and NaN, takes the nearest end."""
    bottom, top = shown
    scaled = (image.astype(np.float32) - bottom) * (255.0 / (top - bottom))
    return np.clip(np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0), 0, 255).astype(np.uint8)


def nice_length(longest: float) -> float:
    """Give the largest of 1, 2, 5 times a power of ten that is at most `longest`."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(step * power for step in (1, 2, 5) if step * power <= longest))


def short(value: float) -> str:
    """Write a number with three digits, never as a power of ten below a million."""
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.3g}"


@dataclass(frozen=True)
class ScaleBar:
    """A length to draw beside what is measured by it."""

    length_px: float
    text: str


def scale_bar(columns: float, dxy_um: Pair | None) -> ScaleBar:
    """Give a bar of a round length, at most a quarter of `columns` px; in px where the pixel size is unknown."""
    if dxy_um is None:
        length_px = nice_length(max(columns / 4, 1.0))
        return ScaleBar(length_px, f"{length_px:g} px")
    length_um = nice_length(columns * dxy_um[1] / 4)
    return ScaleBar(length_um / dxy_um[1], f"{length_um:g} µm")


def thin(values: FloatArray, most: int = 4000) -> tuple[NDArray[np.intp], FloatArray]:
    """Thin a long trace so that no peak is lost: the smallest and the largest value of each stretch stay, in order.

    Returns
    -------
    index, values
        (n,) positions in `values`, and the values there; everything when there are at most `most` values.
    """
    if values.size <= most:
        return np.arange(values.size), values
    edges = np.linspace(0, values.size, most // 2 + 1).astype(np.intp)
    kept = []
    for start, stop in itertools.pairwise(edges):
        part = values[start:stop]
        kept += sorted({start + int(part.argmin()), start + int(part.argmax())})
    index = np.asarray(kept, np.intp)
    return index, values[index]


def envelope(traces: FloatArray, most: int) -> tuple[FloatArray, int]:
    """Thin long traces so that no peak is lost: the smallest and largest value of each stretch, in order.

    Parameters
    ----------
    traces
        (K, T), with NaN where there is no value.
    most
        Values to keep of each trace; all stay where there are no more.

    Returns
    -------
    values, frames_per_pair
        (K, n), two values from each stretch of so many frames, NaN where it has none; or (K, T) and 1.
    """
    n_frames = traces.shape[1]
    if n_frames <= most:
        return traces, 1
    per = -(-n_frames // (most // 2))
    n_whole = n_frames // per
    parts = [_ends(traces[:, : n_whole * per].reshape(len(traces), n_whole, per))]
    if n_frames % per:
        parts.append(_ends(traces[:, None, n_whole * per :]))
    return np.concatenate(parts, axis=1).reshape(len(traces), 2 * -(-n_frames // per)), per


def _ends(stretches: FloatArray) -> FloatArray:
    """Give smallest and largest value of each stretch, (K, n, frames), in order, (K, n, 2); NaN where it has none."""
    found = _values_at(stretches, stretches.argmin(2), stretches.argmax(2))
    has_gap = np.isnan(found).any(axis=2)  # numpy takes NaN for the smallest and the largest
    if has_gap.any():
        gapped = stretches[has_gap]
        missing = np.isnan(gapped)
        low, high = (np.where(missing, np.inf, gapped).argmin(1), np.where(missing, -np.inf, gapped).argmax(1))
        found[has_gap] = _values_at(gapped, low, high)
    return found


def _values_at(stretches: FloatArray, *places: NDArray[np.intp]) -> FloatArray:
    ends = np.minimum(*places), np.maximum(*places)
    return np.stack([np.take_along_axis(stretches, at[..., None], axis=-1)[..., 0] for at in ends], axis=-1)
