"""What a job should do, as a value that goes through JSON."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import StoreError
from calscope.model.params import Parameters
from calscope.model.sweeps.search_plan import SearchPlan, check_search
from calscope.model.sweeps.sweep_plan import SweepPlan, points_of
from calscope.pipeline.older_records import job_of_today
from calscope.pipeline.records import Until


@dataclass(frozen=True)
class DemoSettings:
    """Which demo recordings to make."""

    animals: int = 5
    frames: int = 1500
    size: int = 256
    """Side of the square field, px."""
    seed: int = 0


DEMOS = {
    "Demo, 2 animals": DemoSettings(animals=2, frames=400, size=128),
    "Demo, 5 animals": DemoSettings(animals=5, frames=1500, size=256),
}
"""By the name of the folder that they are made in."""

ExportFormat = Literal[
    "report",
    "bundle",
    "nwb",
    "caiman",
    "suite2p",
    "suite2p-with-movie",
    "csv",
    "matlab",
    "imagej",
    "images",
    "movie",
    "run",
]
"""A report, a bundle, what other programs read, or the files of `calscope run`."""


@dataclass(frozen=True)
class ExportSettings:
    """What to export."""

    run: str
    """Id of the job whose results they are."""
    format: ExportFormat
    n_judgements: int = 0
    """Entries in the logs of the animals when it was ordered: with more, it is no longer what pages show."""
    with_film: bool = False
    """Whether a bundle takes a short film of each animal along."""
    with_paths: bool = False
    """Whether a report tells where on this machine the recordings lie."""


@dataclass(frozen=True)
class JobSpec:
    """A run over the animals of a folder, a sweep or search on one, the demo's making, opened results, or an export."""

    kind: Literal["run", "sweep", "search", "demo", "import", "export"] = "run"
    data: str = ""
    """Folder or file with the recordings, or another program's results; for a demo or an export, the folder to write.
    An export without one makes a file to be downloaded.
    """
    animals: tuple[str, ...] | None = None
    """Names of the animals to run or to export, all of them when None."""
    n_frames: int | None = None
    """Only the first so many frames, all of them when None."""
    params: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Groups of parameters; what is missing has its default."""
    engine: str = "builtin"
    until: Until = "evaluation"
    workers: int | None = None
    """Threads, one for each CPU when None."""
    demo: DemoSettings | None = None
    """For a demo only."""
    export: ExportSettings | None = None
    """For an export only."""
    sweep: SweepPlan | None = None
    """For a sweep only; it has one animal."""
    search: SearchPlan | None = None
    """For a search only; it has one animal."""
    inputs: dict[str, AnimalInputs] = field(default_factory=dict)
    """By animal: what a person set for it alone."""

    def parameters(self) -> Parameters:
        """Give the parameters for all animals.

        Raises
        ------
        ParameterError
            When these, or those that one animal has of its own, are not allowed or are another version's.
        """
        params = Parameters.from_dict(self.params)
        for animal, inputs in self.inputs.items():
            parameters_of(animal, params, inputs)
        return params

    def one_animal(self) -> tuple[str, Parameters]:
        """Give the animal of a sweep or a search, and its parameters with its own values among them.

        Raises
        ------
        ParameterError
            When these are not allowed.
        StoreError
            When it has not one animal.
        """
        if self.animals is None or len(self.animals) != 1:
            raise StoreError("The job's description lacks its one animal.")
        animal = self.animals[0]
        return animal, parameters_of(animal, self.parameters(), self.inputs.get(animal, NO_INPUTS))

    def sweep_plan(self) -> SweepPlan:
        """Give what a sweep tries; StoreError where it is none, ParameterError where the points are not allowed."""
        if self.sweep is None:
            raise StoreError("The job's description lacks the points of the sweep.")
        points_of(self.sweep.over, self.one_animal()[1])
        return self.sweep

    def search_plan(self) -> SearchPlan:
        """Give what a search tries; StoreError where it is none, ParameterError where its ranges are not allowed."""
        if self.search is None:
            raise StoreError("The job's description lacks the ranges of the search.")
        self.one_animal()
        check_search(self.search)
        return self.search

    def to_json(self) -> str:
        """Give JSON text that `from_json` reads."""
        return _SPEC.dump_json(self, indent=1).decode()

    @classmethod
    def from_json(cls, text: str) -> "JobSpec":
        """Read what `to_json` gave.

        Raises
        ------
        StoreError
            When the text is something else.
        """
        try:
            return _SPEC.validate_json(text)
        except ValidationError as error:
            raise StoreError(
                f"The description of the job can't be read: {error.error_count()} entries don't fit."
            ) from None


_SPEC: TypeAdapter[JobSpec] = TypeAdapter(Annotated[JobSpec, BeforeValidator(job_of_today)])
