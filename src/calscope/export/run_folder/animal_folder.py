"""One animal's folder that `calscope run` wrote, read part by part as it is asked for.

Any part may be absent: a run until motion has no components, a rigid run no patches, an older folder no `mean_before`
and no verdict on the motion correction. What is absent reads as None; what is there and can't be read is an error that
names the file.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.export.exported_animal import TRACE_KINDS, Background, ExportedAnimal, Patches, TraceKind
from calscope.export.run_folder.check_parts import check_columns, check_counted, image_shape, numbers, typed
from calscope.export.run_folder.check_record import check_record
from calscope.export.run_folder.injected_record import ENTRY, detection_of
from calscope.export.run_folder.read_files import (
    CURATION,
    DAMAGE,
    FLAGS,
    INJECTED_FILE,
    load_npz,
    one_component,
    read_json,
    sparse,
    starts_of,
)
from calscope.export.run_folder.table_columns import COMPONENTS, INJECTED, MOTION
from calscope.io.curation_log import CurationLog
from calscope.io.event_files import read_events
from calscope.io.file_names import EVENTS_FILE
from calscope.model.curation.component_flags import FLAG_KINDS, FlagMeasures
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.curation.flag_arrays import MEASURES, check_named, flags_from_arrays
from calscope.model.detection import Detection
from calscope.model.errors import RecordingError, StoreError
from calscope.model.events import EventFile
from calscope.model.movie import FloatArray, Movie
from calscope.model.notes import Note
from calscope.model.nwb.nwb_metadata import NO_METADATA, NwbMetadata

_T = TypeVar("_T")


@dataclass(frozen=True)
class AnimalFolder(ExportedAnimal):
    """Results of one animal, read when asked for."""

    path: Path
    nwb_metadata: NwbMetadata = NO_METADATA

    @property
    def name(self) -> str:
        """Name of the animal, which is the folder's."""
        return self.path.name

    @property
    def place(self) -> str:
        """Path of the folder."""
        return str(self.path)

    @cached_property
    def meta(self) -> Mapping[str, Any]:
        """`run.json` as it stands; empty when absent."""
        found = read_json(self.path / "run.json")
        self._guarded("run.json", lambda: check_record(found))
        return found

    @cached_property
    def images(self) -> Mapping[str, FloatArray]:
        """Summary images by name, each (H, W); empty when absent."""
        found = self._arrays("images.npz")
        if not found:
            return {}
        shape = self._guarded("images.npz", lambda: image_shape(found, self.recording.get("shape")))
        return self._checked("images.npz", found, dict.fromkeys(found, shape))

    @cached_property
    def motion(self) -> pd.DataFrame | None:
        """One row a frame: frame, time_s, shift_y_px, shift_x_px and, if measured, corr_before, corr_after."""
        found, recorded = self._table("motion.parquet", MOTION, 4, "frame"), self.recording.get("shape")
        if found is not None and (not len(found) or (recorded and len(found) != recorded[0])):
            of_recording = f", the recording {recorded[0]}" if recorded else ""
            raise self._damaged("motion.parquet", f"it has {len(found)} frames{of_recording}")
        return found

    @cached_property
    def patches(self) -> Patches | None:
        """Shifts of the patches; None when rigid."""
        found = self._arrays("motion_patches.npz", ("shifts", "centers"))
        if not found:
            return None
        n = found["centers"].shape[:1]
        shapes = {"shifts": (self.n_frames, *n, 2), "centers": (*n, 2)}
        return Patches(**self._checked("motion_patches.npz", found, shapes))

    @property
    def movie(self) -> Movie | None:
        """None: the movie in the folder is one for other programs, see `movie_file`."""
        return None

    @property
    def movie_file(self) -> Path | None:
        """The corrected movie, where the run was asked to write it."""
        return self.path / "corrected.tif" if self._has("corrected.tif") else None

    @cached_property
    def components(self) -> pd.DataFrame | None:
        """One row a component, with the columns of `ExportedAnimal.components`.

        None when not run. Before evaluation there is no `accepted`; a measure is NaN and `reason` empty where the file
        has none. In a folder of an older version nobody decided anything.
        """
        found = self._table("components.parquet", COMPONENTS, 4, "component")
        if found is None:
            return None
        if self.footprints is not None and self.footprints.shape[1] != len(found):
            raise self._damaged(
                "components.parquet", f"it has {len(found)} rows for {self.footprints.shape[1]} footprints"
            )
        absent: dict[str, Any] = {"snr": np.nan, "r_value": np.nan, "cnn": np.nan, "reason": "", "soma": np.nan}
        nothing: dict[str, Any] = dict.fromkeys(("decision", "decided_by", "tag", "note"), "") | {"carried_over": False}
        nothing |= {"flags": "", "flags_not_told": ";".join(FLAG_KINDS), "flags_why": ""}
        found = found.assign(**{name: value for name, value in (absent | nothing).items() if name not in found})
        found = found.fillna(nothing)
        by_thresholds = {f"{name}_by_thresholds": found[name] for name in ("accepted", "reason") if name in found}
        return found.assign(**{name: value for name, value in by_thresholds.items() if name not in found})

    @cached_property
    def flag_measures(self) -> FlagMeasures | None:
        """What the flags of the components rest on; None in a folder without, as older versions wrote."""
        found = self._arrays(FLAGS, MEASURES)
        if found is None:
            return None
        shapes = dict.fromkeys(MEASURES, (self.n_components,))
        measures = flags_from_arrays(self._checked(FLAGS, found, shapes))
        self._guarded(FLAGS, lambda: check_named(measures, self.n_frames or 0))
        return measures

    @cached_property
    def events(self) -> EventFile | Note | None:
        """Events of the recording; a note where the file can't be used, None where there is none."""
        try:
            return read_events(self.path / EVENTS_FILE) if self._has(EVENTS_FILE) else None
        except RecordingError as error:
            return Note("events_not_bundled", {"why": str(error)})

    @cached_property
    def curation(self) -> Sequence[CurationEntry]:
        """All that persons said of the components of the recording; empty when absent.

        Raises
        ------
        StoreError
            When it is another recording's.
        """
        return CurationLog(self.path / CURATION, str(self.recording.get("fingerprint"))).entries()

    @cached_property
    def injected(self) -> Detection | None:
        """Which known cells were found when they were put into the movie; None in folders without."""
        cells, values = self._table(INJECTED_FILE, INJECTED, len(INJECTED), ""), self.meta.get(ENTRY)
        if cells is None or values is None:
            return None
        return self._guarded(INJECTED_FILE, lambda: detection_of(cells, values))

    @cached_property
    def footprints(self) -> csc_matrix | None:
        """(H*W, K) footprints, Fortran pixel order; None when not run."""
        found = self._arrays("footprints.npz", ("data", "indices", "indptr", "shape"))
        if found is None:
            return None
        matrix = self._guarded("footprints.npz", lambda: sparse(numbers({"data": found["data"]}, {}) | found))
        if (self.images or self.recording.get("shape")) and matrix.shape[0] != math.prod(self.dims):
            raise self._damaged("footprints.npz", f"it has {matrix.shape[0]} pixels for a field of {self.dims}")
        return matrix

    @cached_property
    def background(self) -> Background | None:
        """Background components; None when absent."""
        found = self._arrays("background.npz", ("b", "f"))
        if not found:
            return None
        n = found["f"].shape[:1]
        shapes = {"b": (math.prod(self.dims), *n), "f": (*n, None if self.motion is None else len(self.motion))}
        return Background(**self._checked("background.npz", found, shapes))

    @cached_property
    def model_values(self) -> dict[str, NDArray] | None:
        """What the fit and dF/F rest on, by CaImAn's names: g, bl, c1, neurons_sn, sn (H, W), f0; None when absent."""
        found = self._arrays("cnmf.npz", ("g", "bl", "c1", "neurons_sn", "sn"))
        if not found:
            return None
        n = self.n_components
        each = dict.fromkeys(("bl", "c1", "neurons_sn"), (n,))
        return self._checked("cnmf.npz", found, {"g": (n, None), "sn": self.dims, "f0": (n, self.n_frames), **each})

    @cached_property
    def trace_kinds(self) -> tuple[TraceKind, ...]:
        """Kinds of traces that are there."""
        if not self._has("traces.parquet"):
            return ()
        found = self._guarded("traces.parquet", lambda: pq.read_schema(self.path / "traces.parquet"))
        self._guarded("traces.parquet", lambda: check_columns(found, ["component"]))
        return tuple(kind for kind in TRACE_KINDS if kind in found.names and not self._is_empty(kind))

    def each_trace(self, kinds: Sequence[TraceKind]) -> Iterator[tuple[int, dict[str, FloatArray]]]:
        """Give (component, {kind: (T,)}) one component after the other; never all of them in memory.

        Raises
        ------
        StoreError
            When the file is damaged, or a component's frames are not together, not all there, or out of turn.
        """
        seen = 0
        for rows in self._rows_by_component(kinds):
            number, found = self._guarded("traces.parquet", partial(one_component, rows, kinds))
            if number != seen or number >= self.n_components or len(rows) != (self.n_frames or 0):
                wanted = f"{self.n_components} traces of {self.n_frames} frames"
                raise self._damaged("traces.parquet", f"component {number} of {len(rows)} frames doesn't fit {wanted}")
            yield number, found
            seen += 1
        if seen != self.n_components:
            raise self._damaged("traces.parquet", f"it has {seen} of {self.n_components} components")

    def _rows_by_component(self, kinds: Sequence[TraceKind]) -> Iterator[pa.Table]:
        rest: pa.Table | None = None
        with self._open_table("traces.parquet") as file:
            for group in range(file.num_row_groups):
                rows = self._guarded("traces.parquet", partial(file.read_row_group, group, ["component", *kinds]))
                rows = rows if rest is None else pa.concat_tables([rest, rows])
                starts = self._guarded("traces.parquet", partial(starts_of, rows))
                for start, stop in pairwise(starts):
                    yield rows.slice(start, stop - start)
                # The last component may go on in the next row group.
                rest = rows.slice(starts[-1])
        if rest is not None and len(rest):
            yield rest

    def traces(self, kind: TraceKind) -> FloatArray:
        """All traces of one kind, (K, T) float32."""
        out = np.empty((self.n_components, self.n_frames or 0), np.float32)
        for number, found in self.each_trace([kind]):
            out[number] = found[kind]
        return out

    def _is_empty(self, kind: TraceKind) -> bool:
        """Whether a column is there only because the table has it always: dF/F of a run that ended before it."""
        keys = self.meta.get("keys")
        return kind == "dff" and isinstance(keys, Mapping) and bool(keys) and "dff" not in keys

    def _has(self, file: str) -> bool:
        return (self.path / file).is_file()

    def _arrays(self, file: str, needed: Sequence[str] = ()) -> dict[str, NDArray] | None:
        if not self._has(file):
            return None
        found = self._guarded(file, lambda: load_npz(self.path / file))
        missing = [name for name in needed if name not in found]
        if missing:
            raise self._damaged(file, f"it has no {', '.join(missing)}")
        return found

    def _checked(
        self, file: str, found: Mapping[str, NDArray], shapes: Mapping[str, tuple[int | None, ...]]
    ) -> dict[str, FloatArray]:
        return self._guarded(file, lambda: numbers(found, shapes))

    def _table(self, file: str, schema: pa.Schema, needed: int, counted: str) -> pd.DataFrame | None:
        if not self._has(file):
            return None
        found = self._guarded(file, lambda: typed(pq.read_table(self.path / file), schema, needed))
        if counted:
            self._guarded(file, lambda: check_counted(found[counted], counted))
        return found

    def _open_table(self, file: str) -> pq.ParquetFile:
        if not self._has(file):
            raise StoreError(f"{self.path / file} is missing; run the animal again.")
        return self._guarded(file, lambda: pq.ParquetFile(self.path / file))

    def _guarded(self, file: str, read: Callable[[], _T]) -> _T:
        try:
            return read()
        except DAMAGE as error:
            raise self._damaged(file, str(error)) from error

    def _damaged(self, file: str, why: str) -> StoreError:
        return StoreError(f"{self.path / file} is damaged or of another kind: {why}. Run the animal again.")
