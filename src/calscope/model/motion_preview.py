"""What a look at a movie's motion gives before a whole run: where it moves most, and what a correction does there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import MotionMeasures, MotionVerdict, MotionVersion, SummaryImages


@dataclass(frozen=True)
class MotionSurvey:
    """Roughly how a movie moves: shifts of whole frames, found on binned frames."""

    frames: NDArray[np.int64]
    """(n,) frames that were looked at; every one, or evenly spread over a long movie."""
    shifts: FloatArray
    """(n, 2) px of the movie, as applied to lay the frame on the template; finite."""
    shows: NDArray[np.bool_]
    """(n,) the frame shows the picture; the shift of one that doesn't is that of its neighbours."""
    template: FloatArray
    """(h, w) mean of aligned frames, binned."""
    binning: int
    """Pixels of the movie along a side of a pixel of the template."""

    @property
    def every(self) -> int:
        """Frames from one that was looked at to the next."""
        return int(self.frames[1] - self.frames[0]) if len(self.frames) > 1 else 1


@dataclass(frozen=True)
class MovingPart:
    """The stretch of frames and the part of the field that a preview of the motion correction looks at."""

    start: int
    """First frame."""
    stop: int
    """Frame behind the last."""
    top: int
    left: int
    height: int
    width: int

    @property
    def rows(self) -> slice:
        """Rows of the field."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """Columns of the field."""
        return slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class PreviewVersion:
    """One version of the crop."""

    images: SummaryImages
    """Of the crop, (h, w)."""
    template_r: float
    """Mean correlation of a frame with the template that all versions share, inside the border, equally smoothed."""
    measures: MotionMeasures | None
    """None where there were too few frames to measure."""


@dataclass(frozen=True)
class MotionPreview:
    """Raw, rigid and piecewise-rigid beside each other where the movie moves most."""

    crop: MovingPart
    versions: dict[MotionVersion, PreviewVersion]
    """Piecewise only where the crop holds more than one patch."""
    verdict: MotionVerdict
    why: Note
    """The gains that the verdict rests on."""
    n_evaluated: int
    """Frames that versions were compared on."""
    notes: tuple[Note, ...] = ()
    """On the preview as a whole."""
    crop_notes: tuple[Note, ...] = ()
    """Of the correction of the crop."""
