"""What in a recording is no tissue, found before anything is computed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.notes import Note

PATTERN_SHARE = 0.02
"""Share of the changes from frame to frame from which on a pattern is reported."""


@dataclass(frozen=True)
class RecordingCheck:
    """Artefacts of one recording."""

    light_artefacts: NDArray[np.bool_]
    """(T,) frames into which other light fell, in a band of rows or all over."""
    line_offset_px: float
    """Offset of rows 1, 3, 5 … against the others, px, to the right positive; 0 where none is certain."""
    pattern_share: float
    """Share of the changes from frame to frame that a regular pattern makes, 0 to 1."""
    has_still_image: bool
    """Whether pixels differ from each other in a lasting way; not so in z-scores or dF/F."""
    still_fill: FloatArray
    """(H, W) what fills the pixels that never change, as a border around the tissue; NaN where there is tissue."""
    notes: tuple[Note, ...] = ()

    @property
    def has_pattern(self) -> bool:
        """Whether a regular pattern (interference, hum) moves through the picture."""
        return self.pattern_share >= PATTERN_SHARE
