"""One animal's results, each opened when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calscope.algorithms.curation.fold_log import Place
from calscope.algorithms.curation.said_edits import EditsOfRun
from calscope.model.artefacts import RecordingCheck
from calscope.model.curation.component_flags import FlagMeasures, rearranged
from calscope.model.curation.edits import OF_FIT, EditedComponents
from calscope.model.detection import Detection, FoundCells, KnownCells
from calscope.model.errors import StoreError
from calscope.model.fields import StageName
from calscope.model.motion_preview import MotionPreview, MotionSurvey
from calscope.model.proposals import Measurements
from calscope.model.results import (
    ComponentQuality,
    Components,
    Confirmation,
    CorrectedMovie,
    Evaluation,
    HalfFits,
    MotionCorrection,
    MotionEstimate,
    MotionQuality,
    RelativeFluorescence,
    Residual,
    SummaryImages,
)
from calscope.pipeline.opened_results import OPENED
from calscope.pipeline.store import Store


class AnimalResults:
    """Results by stage; None where a stage did not run, or its result was pruned since or is of another version.

    It holds none of them: those that were used last stay open for all, whatever the number (`opened_results`).
    """

    def __init__(self, store: Store, keys: Mapping[StageName, str], edits: "Edited | None" = None) -> None:
        """Take the keys; those of what was edited by hand where something was, with what the run itself found."""
        self.store = store
        self.keys = dict(keys)
        self._edits = edits
        self._seen: set[StageName] = set()

    def get(self, stage: StageName) -> Any:
        """Give a stage's result, or None."""
        if stage not in self._seen and not self._is_there(stage):
            return None
        self._seen.add(stage)
        try:
            return OPENED.get(self.store, stage, self.keys[stage])
        except StoreError:
            return None  # pruned since, or made by another version

    @property
    def before(self) -> SummaryImages | None:
        """Summary images of the raw movie."""
        return self.get("before")

    @property
    def check(self) -> RecordingCheck | None:
        """What in the recording is no tissue."""
        return self.get("check")

    @property
    def survey(self) -> MotionSurvey | None:
        """Roughly how the movie moves."""
        return self.get("survey")

    @property
    def preview(self) -> MotionPreview | None:
        """What the motion correction does where the movie moves most."""
        return self.get("preview")

    @property
    def proposals(self) -> Measurements | None:
        """What the recording says of the parameters it needs."""
        return self.get("proposals")

    @property
    def motion_estimate(self) -> MotionEstimate | None:
        """Motion of every frame."""
        return self.get("estimate")

    @property
    def corrected(self) -> CorrectedMovie | None:
        """The corrected movie."""
        return self.get("apply")

    @property
    def motion(self) -> MotionCorrection | None:
        """Motion and the corrected movie; None where either is absent."""
        estimate, corrected = self.motion_estimate, self.corrected
        return None if estimate is None or corrected is None else MotionCorrection(estimate, corrected)

    @property
    def after(self) -> SummaryImages | None:
        """Summary images of the corrected movie."""
        return self.get("after")

    @property
    def motion_quality(self) -> MotionQuality | None:
        """How good the motion correction is, with a verdict."""
        return self.get("motion_quality")

    @property
    def first(self) -> Components | None:
        """Components of the first fit."""
        return self.get("fit")

    @property
    def refit(self) -> Components | None:
        """Components of the refit."""
        return self.get("refit")

    @property
    def edits(self) -> EditsOfRun | None:
        """What persons changed by hand in the set of components, or would have; None where nobody did."""
        return self._edits.of_run if self._edits else None

    @property
    def edited(self) -> EditedComponents | None:
        """The components after those changes; None where there are none."""
        return self.get("edited")

    @property
    def as_fitted(self) -> "AnimalResults":
        """What the run itself found, whatever was changed by hand."""
        return self._edits.found if self._edits else self

    @property
    def component_places(self) -> tuple[Place, ...] | None:
        """What entries of a log call each component; None where these are the refit's, by number."""
        edits, edited = self.edits, self.edited
        return tuple(edits.place_of(part) for part in edited.parts) if edits and edited else None

    @property
    def residual(self) -> Residual | None:
        """What the refit left in the movie."""
        return self.get("residual")

    @property
    def component_quality(self) -> ComponentQuality | None:
        """Measures of the components."""
        return self.get("component_quality")

    @property
    def evaluation(self) -> Evaluation | None:
        """Accepted or rejected, and why."""
        return self.get("evaluation")

    @property
    def flags(self) -> FlagMeasures | None:
        """What speaks against each component; nothing is told of those that were made by hand."""
        found, edited = self.get("flags"), self.edited
        if found is None or edited is None:
            return found
        return rearranged(found, [number if edit == OF_FIT else -1 for edit, number in edited.parts])

    @property
    def dff(self) -> RelativeFluorescence | None:
        """Relative fluorescence of the components."""
        return self.get("dff")

    @property
    def known_cells(self) -> KnownCells | None:
        """Known cells that can be put into the movie."""
        return self.get("known_cells")

    @property
    def known_found(self) -> FoundCells | None:
        """In which components they lie, before any is accepted."""
        return self.get("known_found")

    @property
    def injected(self) -> Detection | None:
        """Which known cells were found when they were put into the movie."""
        return self.get("injected")

    @property
    def half_fits(self) -> HalfFits | None:
        """Components of each half of the frames, before any is accepted."""
        return self.get("half_fits")

    @property
    def halves(self) -> Confirmation | None:
        """How many components both halves of the frames give."""
        return self.get("halves")

    def _is_there(self, stage: StageName) -> bool:
        key = self.keys.get(stage)
        return key is not None and self.store.has(key)


@dataclass(frozen=True)
class Edited:
    """What results that were edited by hand are made from."""

    found: AnimalResults
    """The run's own."""
    of_run: EditsOfRun
