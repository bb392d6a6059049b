"""What reports and formats read of a run: one small interface, for results in the store and in a run's folder alike.

`StoredAnimal` reads the store, `AnimalFolder` what `calscope run` wrote. Any part may be absent: a run until motion has
no components, a rigid run no patches. What is absent reads as None. Parts are read when they are asked for.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.export.run_folder.motion_record import MotionRecord, from_plain
from calscope.model.curation.component_flags import FlagMeasures
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.detection import Detection
from calscope.model.errors import ParameterError, StoreError
from calscope.model.events import EventFile
from calscope.model.movie import FloatArray, Movie
from calscope.model.notes import Note
from calscope.model.nwb.nwb_metadata import NwbMetadata
from calscope.model.params import Parameters
from calscope.model.recording import Pair
from calscope.model.remark import tidy

AGREEMENT = "agreement"
"""In `meta`: how well raters agree, one entry for each two of them."""
TraceKind = Literal["raw", "denoised", "spikes", "dff"]
TRACE_KINDS: tuple[TraceKind, ...] = ("raw", "denoised", "spikes", "dff")


@dataclass(frozen=True)
class Patches:
    """Shifts of the registration patches."""

    shifts: FloatArray
    """(T, P, 2) px (y, x)."""
    centers: FloatArray
    """(P, 2) px (y, x)."""


@dataclass(frozen=True)
class Background:
    """Background components."""

    b: FloatArray
    """(H*W, nb), Fortran pixel order."""
    f: FloatArray
    """(nb, T)."""


class ExportedAnimal(Protocol):
    """One animal's results. Who implements it gives the parts; what follows from them stands here."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the animal."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where its results are, for messages."""

    @property
    @abstractmethod
    def meta(self) -> Mapping[str, Any]:
        """Record of the run as in `run.json`; empty when absent."""

    @property
    @abstractmethod
    def images(self) -> Mapping[str, FloatArray]:
        """Summary images by name (mean_before, corr_after, …), each (H, W); empty when absent."""

    @property
    @abstractmethod
    def motion(self) -> pd.DataFrame | None:
        """One row a frame: frame, time_s, shift_y_px, shift_x_px and, if measured, corr_before, corr_after."""

    @property
    @abstractmethod
    def patches(self) -> Patches | None:
        """Shifts of the patches; None when rigid."""

    @property
    @abstractmethod
    def movie(self) -> Movie | None:
        """The corrected movie; None where it was not kept."""

    @property
    @abstractmethod
    def movie_file(self) -> Path | None:
        """The corrected movie as a TIFF file that other files may point to; None where there is none."""

    @property
    @abstractmethod
    def components(self) -> pd.DataFrame | None:
        """One row a component: component, y_px, x_px, area_px, snr, r_value, cnn, accepted, reason, soma.

        Then what persons said: decision, decided_by, tag, note, carried_over, and accepted_by_thresholds and
        reason_by_thresholds. `accepted` is as persons decided, and as the thresholds did where nobody decided.
        At last flags and flags_not_told: kinds of what speaks against it, and of what could not be told, each separated
        by semicolons; and flags_why: what each flag rests on, in sentences.
        None when not run. Before evaluation `accepted` is empty; a measure that was not taken is NaN.
        """

    @property
    @abstractmethod
    def flag_measures(self) -> FlagMeasures | None:
        """What the flags of the components rest on; None where the run did not look for them."""

    @property
    @abstractmethod
    def events(self) -> EventFile | Note | None:
        """Events of the recording; a note where their file can't be used, None where there is none."""

    @property
    @abstractmethod
    def curation(self) -> Sequence[CurationEntry]:
        """All that persons said of the components of the recording, the oldest first; empty where nobody did."""

    @property
    @abstractmethod
    def nwb_metadata(self) -> NwbMetadata:
        """What persons said of the animal and its recording for NWB; empty where nobody did."""

    @property
    @abstractmethod
    def injected(self) -> Detection | None:
        """Which known cells were found when they were put into the movie; None where none were."""

    @property
    @abstractmethod
    def footprints(self) -> csc_matrix | None:
        """(H*W, K) footprints, Fortran pixel order; None when not run."""

    @property
    @abstractmethod
    def background(self) -> Background | None:
        """Background components; None when absent."""

    @property
    @abstractmethod
    def model_values(self) -> Mapping[str, NDArray] | None:
        """What the fit and dF/F rest on, by CaImAn's names: g, bl, c1, neurons_sn, sn (H, W), f0; None when absent."""

    @property
    @abstractmethod
    def trace_kinds(self) -> tuple[TraceKind, ...]:
        """Kinds of traces that are there."""

    @abstractmethod
    def each_trace(self, kinds: Sequence[TraceKind]) -> Iterator[tuple[int, dict[str, FloatArray]]]:
        """Give (component, {kind: (T,)}) one component after the other; never all of them in memory."""

    @abstractmethod
    def traces(self, kind: TraceKind) -> FloatArray:
        """All traces of one kind, (K, T) float32."""

    @property
    def error(self) -> str:
        """Why the run of this animal ended early; empty where it did not."""
        return str(self.meta.get("error") or "")

    @property
    def remark(self) -> str:
        """What a person wrote of this animal, in one short line; empty where nothing."""
        return tidy(self.meta.get("remark"))

    @property
    def agreements(self) -> Sequence[Mapping[str, Any]]:
        """How well each two raters agree, as `Agreement.to_json` gave it; empty where one person judged, or none."""
        found = self.meta.get(AGREEMENT)
        return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []

    @property
    def is_imported(self) -> bool:
        """Whether another program made these results, and Calscope only opened them."""
        return self.meta.get("engine") == "imported"

    @property
    def recording(self) -> Mapping[str, Any]:
        """What was known of the recording: path, shape, dtype, fingerprint, fr_hz, dxy_um and their sources."""
        found = self.meta.get("recording")
        return found if isinstance(found, Mapping) else {}

    @property
    def effective(self) -> Mapping[str, Mapping[str, Any]]:
        """Parameters in force, by group; empty when unknown."""
        return _groups(self.meta.get("effective"))

    @property
    def requested(self) -> Mapping[str, Mapping[str, Any]]:
        """Parameters as asked for, by group; empty when unknown."""
        return _groups(self.meta.get("requested"))

    @property
    def own_values(self) -> Mapping[str, Any]:
        """Parameters, by full name, that this animal has of its own in place of those for all of the run."""
        inputs = self.meta.get("inputs")
        own = inputs.get("parameters") if isinstance(inputs, Mapping) else None
        return own if isinstance(own, Mapping) else {}

    @property
    def params(self) -> Parameters | None:
        """Parameters in force; None when unknown, or another version's that no longer fit."""
        if not self.effective:
            return None
        try:
            return Parameters.from_dict(self.effective)
        except ParameterError:
            return None

    def param(self, dotted: str) -> Any:
        """One parameter in force by its full name; None when unknown."""
        group, _, name = dotted.partition(".")
        return self.effective.get(group, {}).get(name)

    @property
    def motion_quality(self) -> MotionRecord | None:
        """The verdict on the motion correction; None in older runs, and where motion was not corrected."""
        return from_plain(self.meta.get("motion_quality"))

    @property
    def dims(self) -> tuple[int, int]:
        """Rows, columns.

        Raises
        ------
        StoreError
            When neither an image nor the record says.
        """
        for image in self.images.values():
            return int(image.shape[0]), int(image.shape[1])
        shape = self.recording.get("shape")
        if isinstance(shape, Sequence) and len(shape) == 3:
            return int(shape[1]), int(shape[2])
        raise StoreError(f"{self.place} has neither images nor the shape of its recording; run the animal again.")

    @property
    def n_frames(self) -> int | None:
        """Number of frames that were processed."""
        if self.motion is not None:
            return len(self.motion)
        if self.background is not None:
            return int(self.background.f.shape[1])
        shape = self.recording.get("shape")
        return int(shape[0]) if isinstance(shape, Sequence) and len(shape) == 3 else None

    @property
    def fr_hz(self) -> float | None:
        """Frame rate; from the parameters, the recording, or the times of the frames."""
        for value in (self.param("dataset.fr"), self.recording.get("fr_hz")):
            if isinstance(value, int | float) and value > 0:
                return float(value)
        if self.motion is not None and "time_s" in self.motion and len(self.motion) > 1:
            first, last = self.motion["time_s"].iloc[[0, -1]]
            return float((len(self.motion) - 1) / (last - first)) if last > first else None
        return None

    def times_s(self, frame: NDArray) -> NDArray[np.float64]:
        """Give the times of frames by their numbers; NaN where the frame rate is not among the parameters."""
        rate_hz = self.param("dataset.fr")
        return np.asarray(frame / rate_hz if rate_hz else np.full(len(frame), np.nan), np.float64)

    @property
    def dxy_um(self) -> Pair | None:
        """Pixel size in µm per px (y, x); None when unknown."""
        value = self.param("dataset.dxy") or self.recording.get("dxy_um")
        return (float(value[0]), float(value[1])) if isinstance(value, Sequence) and len(value) == 2 else None

    @property
    def n_components(self) -> int:
        """Number of components; 0 when not run."""
        return 0 if self.footprints is None else int(self.footprints.shape[1])

    @property
    def accepted(self) -> NDArray[np.bool_] | None:
        """(K,) which components were accepted; None before evaluation."""
        if self.components is None or "accepted" not in self.components or self.components["accepted"].isna().any():
            return None
        return self.components["accepted"].to_numpy(np.bool_)

    def need_footprints(self) -> csc_matrix:
        """Give the footprints, for what makes no sense without.

        Raises
        ------
        StoreError
            When the run ended before extraction.
        """
        if self.footprints is None:
            raise self.missing("components")
        return self.footprints

    def missing(self, what: str) -> StoreError:
        """Say that the run did not come to something, and what to do: of one that failed, what it failed of."""
        if error := self.meta.get("error"):
            return StoreError(f"{self.place} has no {what}: its run failed. {error}")
        return StoreError(f"{self.place} has no {what}: its run ended before. Run it without --until.")

    def need_rate_hz(self) -> float:
        """Give the frame rate, for what makes no sense without; StoreError when it is unknown."""
        if self.fr_hz is None:
            raise StoreError(f"The frame rate of {self.place} is unknown. Run it again with --set dataset.fr=...")
        return self.fr_hz


@dataclass(frozen=True)
class ExportedRun:
    """The animals of one run."""

    name: str
    animals: tuple[ExportedAnimal, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)
    """The run's own record, as in OUT/run.json; empty when absent."""

    def only(self, names: Sequence[str] | None) -> "ExportedRun":
        """Give the run with these animals alone; with all of them where None.

        Raises
        ------
        StoreError
            When the run has none of such a name.
        """
        if names is None:
            return self
        there = [animal.name for animal in self.animals]
        check_names(names, there, self.name)
        meta = {**self.meta, "animals": [entry for entry in self._entries() if entry.get("name") in names]}
        return replace(self, animals=tuple(animal for animal in self.animals if animal.name in names), meta=meta)

    def _entries(self) -> list[Mapping[str, Any]]:
        """Give what the run's own record says of each animal."""
        listed = self.meta.get("animals")
        return [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []

    @property
    def failures(self) -> Mapping[str, str]:
        """Animals that failed and left nothing to show, with the reason in words."""
        entries = self._entries()
        told = {entry["name"]: entry["error"] for entry in entries if entry.get("name") and entry.get("error")}
        shown = {animal.name for animal in self.animals}
        return {str(name): str(error) for name, error in told.items() if name not in shown}


def check_names(names: Sequence[str], there: Sequence[str], run: str) -> None:
    """Refuse names of animals that a run doesn't have; StoreError that lists those it has."""
    if unknown := [name for name in names if name not in there]:
        raise StoreError(f"The run {run} has no {', '.join(unknown)}. Its animals: {', '.join(there)}.")


def _groups(value: Any) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping):
        return {}
    return {name: group for name, group in value.items() if isinstance(group, Mapping)}
