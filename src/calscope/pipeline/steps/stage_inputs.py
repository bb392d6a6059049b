"""What the step of a stage may use: the recording, parameters, engine, and the results of its parents."""

from dataclasses import dataclass
from typing import TypeVar

from calscope.algorithms.artefacts.repaired_movie import repaired
from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.engines.engine import Context, Engine
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs
from calscope.model.artefacts import RecordingCheck
from calscope.model.detection import KnownCells
from calscope.model.errors import StoreError
from calscope.model.fields import StageName
from calscope.model.movie import FrameSource
from calscope.model.params import Parameters
from calscope.model.results import Components, CorrectedMovie, MotionEstimate
from calscope.pipeline.animal_results import AnimalResults

Result = TypeVar("Result")


@dataclass(frozen=True)
class StageInputs:
    """What a stage may use."""

    source: FrameSource
    params: Parameters
    engine: Engine
    parents: AnimalResults
    context: Context
    animal_inputs: AnimalInputs = NO_INPUTS
    """Only the parts that the stage declares."""

    @property
    def check(self) -> RecordingCheck:
        """What was found in the recording, which must be there."""
        return needed(self.parents.check, "check")

    @property
    def repaired(self) -> FrameSource:
        """The raw movie without what the check found, and without the offset between rows that a person entered."""
        return repaired(self.source, self.check, self.params.dataset.line_offset_px)

    @property
    def estimate(self) -> MotionEstimate:
        """The motion, which must be there."""
        return needed(self.parents.motion_estimate, "estimate")

    @property
    def corrected(self) -> CorrectedMovie:
        """The corrected movie, which must be there."""
        return needed(self.parents.corrected, "apply")

    @property
    def border_px(self) -> int:
        """Rim in which no components are looked for, px."""
        return often_filled_px(self.estimate, self.corrected.border_px)

    @property
    def first(self) -> Components:
        """The first fit, which must be there."""
        return needed(self.parents.first, "fit")

    @property
    def components(self) -> Components:
        """The refit, which must be there."""
        return needed(self.parents.refit, "refit")

    @property
    def known_cells(self) -> KnownCells:
        """The known cells, which must be there."""
        return needed(self.parents.known_cells, "known_cells")


def needed(result: Result | None, stage: StageName) -> Result:
    """Give the result of a stage that must be there; StoreError where it is gone."""
    if result is None:
        raise StoreError(
            f"The stored result of the stage {stage} is no longer there: something removed it while the run used it. "
            "Run again."
        )
    return result
