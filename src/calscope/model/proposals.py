"""What was measured in a raw recording to choose parameters by, and what is proposed from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import Estimate

MeasureName = Literal[
    "soma_diameter_px",
    "decay_frames",
    "largest_shift_y_px",
    "largest_shift_x_px",
    "local_motion_px",
    "noise_sd",
    "noise_per_unit",
]


@dataclass(frozen=True)
class Measure:
    """One number with its interval, or why there is none."""

    estimate: Estimate | None
    n: int = 0
    """Cells, transients or frames that it rests on."""
    why_not: Note | None = None


@dataclass(frozen=True)
class AverageTransient:
    """The median of transients that stand alone, relative to their height."""

    before: int
    """Frames before the peak."""
    mean: FloatArray
    """(n,) from `before` frames before the peak on."""
    fitted: FloatArray
    """(n - before,) from the peak on."""
    skipped: int
    """Frames after the peak that were not fitted."""


@dataclass(frozen=True)
class Measurements:
    """What one recording says of its parameters; times in frames, so that it holds for any frame rate."""

    measures: Mapping[MeasureName, Measure]
    shape: tuple[int, int, int]
    """Of the recording: frames, rows, columns."""
    looked_at: tuple[int, int]
    """Frames (start, stop) in which cells were looked for."""
    cells: FloatArray
    """(n, 3) y, x and diameter of each cell that was measured, px."""
    rim_px: tuple[int, int]
    """Rim (y, x) in which no cell was looked for."""
    rise_frames: int
    """From a tenth of a transient's height to its peak; 0 where no transient was found."""
    corr: FloatArray
    """(H, W) local correlation image of what was looked at, settled."""
    transient: AverageTransient | None
    parts_px: FloatArray
    """(3, 3) movement of each part of the field on its own, px, root mean square; NaN where it could not be told."""
    noise_curve: FloatArray
    """(n, 2) light and noise variance of pixels that are about as bright, the darkest first; no rows without noise."""

    def get(self, name: MeasureName) -> Estimate | None:
        """Give one number; None where it could not be measured."""
        return self.measures[name].estimate


@dataclass(frozen=True)
class Proposal:
    """A value for one parameter, or why none is proposed."""

    name: str
    """The parameter's full name."""
    value: Any
    """As the parameter holds it; of no meaning where nothing is proposed."""
    reason: Note
    """Why this value, or why none."""
    is_made: bool = True


@dataclass(frozen=True)
class AnimalProposals:
    """What is proposed for one animal."""

    animal: str
    measurements: Measurements
    proposals: tuple[Proposal, ...]

    @property
    def values(self) -> dict[str, Any]:
        """Give the proposed values by full name."""
        return {one.name: one.value for one in self.proposals if one.is_made}
