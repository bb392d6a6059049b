"""What a run of one animal leaves behind for people and programs: where its results are and how they came about."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError

from calscope.io.file_names import is_one_name
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs
from calscope.model.errors import CalscopeError, StoreError
from calscope.model.fields import StageName
from calscope.model.notes import Note
from calscope.model.recording import RecordingInfo
from calscope.pipeline.older_records import record_of_today

Until = Literal[
    "summary",
    "preview",
    "proposals",
    "motion",
    "extraction",
    "evaluation",
    "injected",
    "tuning",
    "known cells",
    "tuning with known cells",
    "search",
]
PREVIEW_RUNS: tuple[Until, ...] = ("summary", "preview", "proposals")
"""Runs that only show what a recording holds: they need no frame rate, and no later run goes on from them."""
Groups = dict[str, dict[str, Any]]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**53)]
SavedNote = Annotated[Note, BeforeValidator(lambda saved: saved if isinstance(saved, Note) else Note.from_json(saved))]


def _usable_as_folder(name: str) -> str:
    if not is_one_name(name):
        raise ValueError("the name of an animal is that of its folder in an export, and no path")
    return name


AnimalName = Annotated[str, AfterValidator(_usable_as_folder)]
"""Checked where a record is read: somebody else may have written it."""


@dataclass(frozen=True)
class StageRecord:
    """One stage of a run."""

    stage: StageName
    key: str
    seconds: Seconds
    """Time it took in this run; next to nothing where it was served from the store."""
    cached: bool


@dataclass(frozen=True)
class AnimalRun:
    """One animal's run, complete or up to where it failed."""

    name: AnimalName
    info: RecordingInfo | None
    """None where the recording could not even be opened."""
    requested: Groups = field(default_factory=dict)
    """Parameters as the person gave them, for all animals or for this one."""
    inputs: AnimalInputs = NO_INPUTS
    """What the person set for this animal alone."""
    effective: Groups = field(default_factory=dict)
    """Parameters as they were used: what belongs to the recording filled in, what the engine changed changed."""
    reasons: dict[str, SavedNote] = field(default_factory=dict)
    """Why each effective value that differs from the requested one does, by the parameter's full name."""
    engine_values: dict[str, Any] = field(default_factory=dict)
    """What the engine reports of its own settings, under its own names, where it reports any."""
    engine: str = ""
    engine_version: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of Calscope, Python and the libraries that compute."""
    until: Until = "evaluation"
    keys: dict[StageName, str] = field(default_factory=dict)
    """Key of every stage that is done."""
    stages: tuple[StageRecord, ...] = ()
    """In the order in which they ran."""
    peak_memory_bytes: Count = 0
    load_report: tuple[SavedNote, ...] = ()
    """What was found in the recording's frames and files, most serious first."""
    notes: tuple[SavedNote, ...] = ()
    """What the stages report."""
    counts: dict[str, Count] = field(default_factory=dict)
    """How many components: `first`, `refit`, `accepted`, `rejected`, as far as the run came."""
    error: str = ""
    """Why it ended early, in words; empty where it did not."""

    def to_dict(self) -> dict[str, Any]:
        """Give plain values that JSON can hold."""
        # Known cells are chosen within sweeps alone, and `AnimalInputs` reads no part that only sweeps may set.
        leave_out = {"inputs": {"known_cells"}}
        values: dict[str, Any] = _ANIMAL_RUN.dump_python(self, mode="json", exclude=leave_out)
        return values

    @classmethod
    def from_dict(cls, values: object) -> "AnimalRun":
        """Read what `to_dict` gave.

        Raises
        ------
        StoreError
            When the values are something else.
        """
        try:
            return _ANIMAL_RUN.validate_python(values)
        except ValidationError as error:
            raise StoreError(f"This is not the record of a run: {error.error_count()} entries don't fit.") from None


class RunError(CalscopeError):
    """A run of one animal that ended early; its text names the stage, its record what was done before."""

    def __init__(self, message: str, run: AnimalRun) -> None:
        super().__init__(message)
        self.run = run


StoredRun = Annotated[AnimalRun, BeforeValidator(record_of_today)]
"""The record of a run as it is read, an earlier version's too."""
_ANIMAL_RUN: TypeAdapter[AnimalRun] = TypeAdapter(StoredRun)
