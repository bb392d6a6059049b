"""The moments of a recording with the most movement, to jump to."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray

Kind = Literal["displacement", "jump"]


@dataclass(frozen=True)
class Moment:
    """A frame with much movement."""

    frame: int
    size_px: float
    kind: Kind
    """Far from where the tissue usually is, or far from where it was a frame before."""


def moments_of_motion(shifts: FloatArray, *, n: int, apart: int) -> tuple[Moment, ...]:
    """Give the `n` largest displacements and the `n` largest jumps from a frame to the next, each the largest first.

    Parameters
    ----------
    shifts
        (T, 2) or, per patch, (T, P, 2) px; of several patches the root mean square counts.
    apart
        Frames between two moments of a kind, at least: a neighbour of the largest peak is not another peak.
    """
    far = displacement(shifts)
    jump = np.zeros(len(far))
    jump[1:] = _length(np.diff(_per_patch(shifts), axis=0))
    return (*_peaks(far, "displacement", n, apart), *_peaks(jump, "jump", n, apart))


def displacement(shifts: FloatArray) -> NDArray[np.float64]:
    """How far each frame lies from where the tissue usually is, (T,) px; shifts as in `moments_of_motion`."""
    per_patch = _per_patch(shifts)
    return _length(per_patch - np.median(per_patch, axis=0))


def _per_patch(shifts: FloatArray) -> FloatArray:
    return shifts[:, None] if shifts.ndim == 2 else shifts


def _length(shifts: NDArray) -> NDArray[np.float64]:
    return np.asarray(np.sqrt((shifts.astype(np.float64) ** 2).sum(axis=-1).mean(axis=-1)))


def _peaks(size_px: NDArray, kind: Kind, n: int, apart: int) -> list[Moment]:
    left = np.array(size_px, np.float64)
    found: list[Moment] = []
    while len(found) < n and len(left) and left.max() > 0:
        frame = int(left.argmax())
        found.append(Moment(frame, float(size_px[frame]), kind))
        left[max(0, frame - apart) : frame + apart + 1] = 0
    return found
