"""A part of a recording: a stretch of its frames and a rectangle of its field."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from calscope.model.errors import RecordingError
from calscope.model.json_text import quoted

SMALLEST_SIDE_PX, FEWEST_FRAMES = 32, 100
"""Less holds no whole cell with its surround, or no transient with what lies between them."""


@dataclass(frozen=True)
class Crop:
    """Frames `start` to `stop`, rows `top` to `bottom`, columns `left` to `right`; each end exclusive."""

    start: int
    stop: int
    top: int
    bottom: int
    left: int
    right: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.stop - self.start, self.bottom - self.top, self.right - self.left

    def check_inside(self, shape: tuple[int, int, int]) -> None:
        """Refuse a crop that is not inside of a recording of that shape, or too small to tune on.

        Raises
        ------
        RecordingError
            Saying what is allowed.
        """
        ends = ((self.start, self.stop), (self.top, self.bottom), (self.left, self.right))
        for (low, high), size, what in zip(ends, shape, ("frames", "rows", "columns"), strict=True):
            if not 0 <= low < high <= size:
                raise RecordingError(f"A crop of {what} {low} to {high} is not inside of the recording's 0 to {size}.")
        frames, rows, columns = self.shape
        if min(rows, columns) < min(SMALLEST_SIDE_PX, *shape[1:]):
            raise RecordingError(
                f"A crop of {rows} x {columns} px is too small: at least {SMALLEST_SIDE_PX} px each way are needed."
            )
        if frames < min(FEWEST_FRAMES, shape[0]):
            raise RecordingError(f"A crop of {frames} frames is too short: at least {FEWEST_FRAMES} are needed.")

    def to_dict(self) -> dict[str, int]:
        """Give plain values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: object) -> "Crop":
        """Read what `to_dict` gave.

        Raises
        ------
        RecordingError
            When the values are something else.
        """
        names = [field.name for field in fields(cls)]
        if (
            not isinstance(values, Mapping)
            or set(values) != set(names)
            or not all(isinstance(value, int) and not isinstance(value, bool) for value in values.values())
        ):
            raise RecordingError(f"A crop is six whole numbers ({', '.join(names)}), not {quoted(values)}.")
        return cls(**values)
