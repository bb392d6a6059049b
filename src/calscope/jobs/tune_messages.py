"""What the server and the process that tunes say to each other: one JSON object a line, each way."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs
from calscope.model.crop import Crop
from calscope.model.errors import StoreError
from calscope.model.fields import StageName
from calscope.pipeline.records import AnimalRun

TrialEnd = Literal["tuning", "tuning with known cells"]
"""Last step of what is tried: evaluation, or the search for known cells after it."""


@dataclass(frozen=True)
class TuneRequest:
    """Parameters to try on a crop of one animal."""

    number: int
    """Higher for a newer request."""
    who: str
    """Name of the window that asks; a newer request of it replaces an older one."""
    path: str
    """The recording."""
    params: dict[str, dict[str, Any]]
    """Groups of parameters; what is missing has its default."""
    n_frames: int | None = None
    """Only the first so many frames of the recording."""
    crop: Crop | None = None
    """None where the program is to choose."""
    inputs: AnimalInputs = NO_INPUTS
    """What is set for this animal alone."""
    until: TrialEnd = "tuning"

    def to_line(self) -> bytes:
        """Give the line that `from_line` reads."""
        return _REQUEST.dump_json(self) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "TuneRequest":
        """Read what `to_line` gave; StoreError where the line is something else."""
        try:
            return _REQUEST.validate_json(line)
        except ValidationError as error:
            raise StoreError(f"This is no request to tune: {error.error_count()} entries don't fit.") from None


@dataclass(frozen=True)
class TuneAnswer:
    """How far a request is."""

    number: int
    who: str
    crop: Crop | None = None
    """Known as soon as it is chosen."""
    fraction: float = 0.0
    note: str = ""
    keys: dict[StageName, str] = field(default_factory=dict)
    """Of the stages that are done."""
    record: AnimalRun | None = None
    """There when all is done."""
    error: str = ""
    """Why it ended early, in words."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.record is not None or bool(self.error)

    def to_line(self) -> bytes:
        """Give the line that `from_line` reads."""
        return _ANSWER.dump_json(self) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "TuneAnswer":
        """Read what `to_line` gave; StoreError where the line is something else."""
        try:
            return _ANSWER.validate_json(line)
        except ValidationError as error:
            raise StoreError(f"This is no answer of a process that tunes: {error.error_count()} entries.") from None


_REQUEST: TypeAdapter[TuneRequest] = TypeAdapter(TuneRequest)
_ANSWER: TypeAdapter[TuneAnswer] = TypeAdapter(TuneAnswer)
