"""What the results of other programs are opened as, whichever program made them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality, Components, Evaluation, MotionEstimate


@dataclass(frozen=True)
class ImportedResults:
    """What another program found in a recording; nothing of it is changed or computed again."""

    name: str
    path: Path
    program: str
    """The program that made them, with its version where the files say it."""
    components: Components
    component_quality: ComponentQuality
    """NaN where the other program has no such measure."""
    evaluation: Evaluation | None
    """None where the other program evaluated none of them."""
    fr_hz: float | None = None
    images: Mapping[str, FloatArray] = field(default_factory=dict)
    """(H, W) each: what is there of `corr`, `mean` and `max`."""
    dff: FloatArray | None = None
    """(K, T)."""
    motion: MotionEstimate | None = None
    """What the other program found; NaN for what it does not measure."""
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The other program's parameters, by its own groups and names, as far as they are plain values."""
    notes: tuple[Note, ...] = ()
    """What the file lacks or means differently."""

    @property
    def image(self) -> FloatArray | None:
        """Give the image that the other program shows its components on: correlation, mean or maximum."""
        return next((self.images[name] for name in ("corr", "mean", "max") if name in self.images), None)


def unmeasured(n: int) -> FloatArray:
    """Give the values of a measure that the program did not make, (K,) NaN."""
    return np.full(n, np.nan, np.float32)


def evaluation_by(program: str, accepted: NDArray[np.bool_]) -> Evaluation:
    """Give the evaluation that another program made."""
    reasons = tuple(
        Note("accepted_by_program" if ok else "rejected_by_program", {"program": program}) for ok in accepted
    )
    return Evaluation(accepted=np.asarray(accepted, np.bool_), reasons=reasons)
