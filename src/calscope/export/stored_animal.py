"""One animal's results in the store, as reports and formats read them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_matrix

from calscope.export.exported_animal import AGREEMENT, Background, ExportedAnimal, Patches, TraceKind
from calscope.export.run_folder.injected_record import ENTRY, plain_of
from calscope.export.run_folder.motion_record import to_plain
from calscope.export.run_folder.table_columns import COMPONENTS, MOTION, as_table
from calscope.model.curation.component_flags import NOTHING_TOLD, FlagMeasures, flags_of, kinds_of, not_told
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.curation.judgements import NO_JUDGEMENTS, Judgements, judged
from calscope.model.curation.ratings import DISAGREE
from calscope.model.detection import Detection
from calscope.model.events import EventFile
from calscope.model.movie import FloatArray, Movie
from calscope.model.note_texts.all_texts import text
from calscope.model.notes import Note
from calscope.model.nwb.nwb_metadata import NO_METADATA, NwbMetadata
from calscope.model.results import (
    ComponentQuality,
    Components,
    CorrectedMovie,
    Evaluation,
    MotionEstimate,
    MotionQuality,
    RelativeFluorescence,
    SummaryImages,
)

NOT_EVALUATED = "not evaluated"
_IMAGES = ("mean", "max", "corr")


class StageResults(Protocol):
    """What the stages of one animal gave (`AnimalResults` of the store); None where a stage did not run."""

    @property
    def before(self) -> SummaryImages | None:
        """Summary images of the raw movie."""

    @property
    def motion_estimate(self) -> MotionEstimate | None:
        """Motion of every frame."""

    @property
    def corrected(self) -> CorrectedMovie | None:
        """The corrected movie."""

    @property
    def after(self) -> SummaryImages | None:
        """Summary images of the corrected movie."""

    @property
    def motion_quality(self) -> MotionQuality | None:
        """How good the motion correction is."""

    @property
    def refit(self) -> Components | None:
        """Components of the refit."""

    @property
    def component_quality(self) -> ComponentQuality | None:
        """Measures of the components."""

    @property
    def evaluation(self) -> Evaluation | None:
        """Accepted or rejected, and why."""

    @property
    def flags(self) -> FlagMeasures | None:
        """What speaks against each component."""

    @property
    def dff(self) -> RelativeFluorescence | None:
        """Relative fluorescence of the components."""

    @property
    def injected(self) -> Detection | None:
        """Which known cells were found when they were put into the movie."""


@dataclass(frozen=True)
class StoredAnimal(ExportedAnimal):
    """Results of one animal in the store; large arrays stay on the disk as maps."""

    record: Mapping[str, Any]
    """The record of the run as plain values (`AnimalRun.to_dict`)."""
    results: StageResults
    run: str = ""
    """Key of the run, for messages."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """What a person wrote of the animals of the project, by animal."""
    judgements: Judgements = NO_JUDGEMENTS
    """What persons decided of the components."""
    nwb_metadata: NwbMetadata = NO_METADATA
    events: EventFile | Note | None = None
    """Events of the recording, or why their file can't be used."""

    @property
    def name(self) -> str:
        """Name of the animal."""
        return str(self.record["name"])

    @property
    def place(self) -> str:
        """Name of the animal, and the run where it is known."""
        return f"{self.name} of run {self.run}" if self.run else self.name

    @cached_property
    def meta(self) -> Mapping[str, Any]:
        """The record, with the remark, the verdict on motion, how well raters agree, and the limits of detection."""
        values = {"recording" if name == "info" else name: value for name, value in self.record.items()}
        values["remark"] = self.remarks.get(self.name, "")
        values[AGREEMENT] = [one.to_json() for one in self.judgements.agreements]
        quality, injected = self.results.motion_quality, self.results.injected
        values |= {} if quality is None else {"motion_quality": to_plain(quality)}
        return values if injected is None else values | {ENTRY: plain_of(injected)}

    @cached_property
    def images(self) -> Mapping[str, FloatArray]:
        """Summary images; those of which nothing is known, as after an import, are left out."""
        both = (("before", self.results.before), ("after", self.results.after))
        found = {f"{kind}_{when}": getattr(images, kind) for when, images in both if images for kind in _IMAGES}
        return {name: image for name, image in found.items() if not np.isnan(image).all()}

    @cached_property
    def motion(self) -> pd.DataFrame | None:
        """Shifts and correlations, one row a frame; no correlations after an import without them."""
        found, corrected = self.results.motion_estimate, self.results.corrected
        if found is None or (corrected is None and not self.is_imported):
            return None
        frame = np.arange(len(found.shifts_rig))
        unknown = np.full(len(frame), np.nan)
        shifts = (found.shifts_rig[:, 0], found.shifts_rig[:, 1])
        matches = (found.corr_raw, unknown if corrected is None else corrected.corr_corrected)
        table = _frame(MOTION, [frame, self.times_s(frame), *shifts, *matches])
        return table.drop(columns=[name for name in ("corr_before", "corr_after") if table[name].isna().all()])

    @property
    def patches(self) -> Patches | None:
        """Shifts of the patches; None when rigid."""
        found = self.results.motion_estimate
        if found is None or found.shifts_els is None or found.centers_px is None:
            return None
        return Patches(found.shifts_els, found.centers_px)

    @property
    def movie(self) -> Movie | None:
        """The corrected movie."""
        return None if self.results.corrected is None else self.results.corrected.movie

    @property
    def movie_file(self) -> Path | None:
        """None: the store keeps the movie in its own form."""
        return None

    @cached_property
    def components(self) -> pd.DataFrame | None:
        """One row a component."""
        found = self.results.refit
        if found is None:
            return None
        measured = _measured_columns(found, self.results.component_quality)
        decided = _decided_columns(found.n, self.results.evaluation, self.judgements)
        columns = measured | decided | _flag_columns(found.n, self.flag_measures)
        return _frame(COMPONENTS, [columns[name] for name in COMPONENTS.names])

    @property
    def flag_measures(self) -> FlagMeasures | None:
        """What the flags of the components rest on; None where the run did not look for them."""
        found = self.results.flags
        return found if found is not None and found.n == self.n_components else None

    @property
    def curation(self) -> Sequence[CurationEntry]:
        """All that persons said of the components of the recording."""
        return self.judgements.log

    @property
    def injected(self) -> Detection | None:
        """Which known cells were found when they were put into the movie."""
        return self.results.injected

    @property
    def footprints(self) -> csc_matrix | None:
        """(H*W, K) footprints of the refit."""
        return None if self.results.refit is None else self.results.refit.A

    @property
    def background(self) -> Background | None:
        """Background components of the refit."""
        found = self.results.refit
        return None if found is None else Background(found.b, found.f)

    @property
    def model_values(self) -> Mapping[str, NDArray] | None:
        """What the fit and dF/F rest on."""
        found, dff = self.results.refit, self.results.dff
        if found is None:
            return None
        values = {name: getattr(found, name) for name in ("g", "bl", "c1", "neurons_sn")}
        values["sn"] = found.sn.reshape(found.dims, order="F")
        return values | ({"f0": dff.f0} if dff else {})

    @property
    def trace_kinds(self) -> tuple[TraceKind, ...]:
        """Kinds of traces that are there."""
        if self.results.refit is None:
            return ()
        return ("raw", "denoised", "spikes") if self.results.dff is None else ("raw", "denoised", "spikes", "dff")

    def each_trace(self, kinds: Sequence[TraceKind]) -> Iterator[tuple[int, dict[str, FloatArray]]]:
        """Give (component, {kind: (T,)}) one component after the other."""
        readers = {kind: self._reader(kind) for kind in kinds}
        for k in range(self.n_components):
            yield k, {kind: read(k) for kind, read in readers.items()}

    def traces(self, kind: TraceKind) -> FloatArray:
        """All traces of one kind, (K, T) float32; a map where they are stored as such."""
        return self._reader(kind)(slice(None))

    def _reader(self, kind: TraceKind) -> Callable[[int | slice], FloatArray]:
        found, dff = self.results.refit, self.results.dff
        if found is None or kind not in self.trace_kinds:
            raise self.missing(f"{kind} traces")
        if kind == "raw":
            return lambda k: found.C[k] + found.YrA[k]
        if kind == "dff" and dff is not None:
            return lambda k: dff.dff[k]
        values = found.C if kind == "denoised" else found.S
        return lambda k: values[k]


def _measured_columns(components: Components, quality: ComponentQuality | None) -> dict[str, Any]:
    """Columns of the table of components that are measures."""
    n, centers = components.n, components.centers_px()
    unknown = np.full(n, np.nan)
    return {
        "component": np.arange(n),
        "y_px": centers[:, 0],
        "x_px": centers[:, 1],
        "area_px": np.diff(components.A.indptr),
        "snr": quality.snr if quality else unknown,
        "r_value": quality.r_value if quality else unknown,
        "cnn": quality.cnn if quality else unknown,
        "soma": quality.soma if quality else unknown,
    }


def _decided_columns(n: int, evaluation: Evaluation | None, judgements: Judgements) -> dict[str, Any]:
    """Columns of the table of components that say what was decided and by whom; before evaluation `accepted` is empty.

    What a person decided counts before the thresholds; these have columns of their own.
    """
    said = [judgements.of(component) for component in range(n)]
    decided = evaluation and judged(evaluation, judgements)
    return {
        "accepted": decided.accepted if decided else [None] * n,
        "reason": [text(reason) for reason in decided.reasons] if decided else [NOT_EVALUATED] * n,
        "decision": [DISAGREE if one.is_disputed else one.decision or "" for one in said],
        "decided_by": [one.decided_by for one in said],
        "tag": [one.tag for one in said],
        "note": [one.note for one in said],
        "carried_over": [one.is_carried for one in said],
        "accepted_by_thresholds": evaluation.accepted if evaluation else [None] * n,
        "reason_by_thresholds": [text(why) for why in evaluation.reasons] if evaluation else [NOT_EVALUATED] * n,
    }


def _flag_columns(n: int, flags: FlagMeasures | None) -> dict[str, Any]:
    """Columns of the table of components that say what speaks against them; nothing is told where no run looked."""
    told = flags_of(flags) if flags is not None else ((NOTHING_TOLD,),) * n
    return {
        "flags": [";".join(kinds_of(notes)) for notes in told],
        "flags_not_told": [";".join(not_told(notes)) for notes in told],
        "flags_why": [" ".join(text(note) for note in notes if kinds_of([note])) for notes in told],
    }


def _frame(schema: pa.Schema, columns: Sequence[ArrayLike]) -> pd.DataFrame:
    return as_table(schema, columns).to_pandas()
