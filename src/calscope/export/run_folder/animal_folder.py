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
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.export.run_folder.motion_record import MotionRecord, from_plain
from calscope.export.run_folder.read_files import DAMAGE, load_npz, one_component, read_json, sparse, starts_of
from calscope.model.errors import ParameterError, StoreError
from calscope.model.movie import FloatArray
from calscope.model.params import Parameters
from calscope.model.recording import Pair

TraceKind = Literal["raw", "denoised", "spikes", "dff"]
TRACE_KINDS: tuple[TraceKind, ...] = ("raw", "denoised", "spikes", "dff")
_T = TypeVar("_T")


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


@dataclass(frozen=True)
class AnimalFolder:
    """Results of one animal, read when asked for."""

    path: Path

    @property
    def name(self) -> str:
        """Name of the animal, which is the folder's."""
        return self.path.name

    @property
    def error(self) -> str:
        """Why the run of this animal ended early; empty where it did not."""
        return str(self.meta.get("error") or "")

    @cached_property
    def meta(self) -> Mapping[str, Any]:
        """`run.json` as it stands; empty when absent."""
        return read_json(self.path / "run.json")

    @cached_property
    def recording(self) -> Mapping[str, Any]:
        """What was known of the recording: path, shape, dtype, fingerprint, fr_hz, dxy_um and their sources."""
        found = self.meta.get("recording")
        return found if isinstance(found, Mapping) else {}

    @cached_property
    def effective(self) -> Mapping[str, Mapping[str, Any]]:
        """Parameters in force, by group; empty when `run.json` doesn't say."""
        return _groups(self.meta.get("effective"))

    @cached_property
    def requested(self) -> Mapping[str, Mapping[str, Any]]:
        """Parameters as asked for, by group; empty when `run.json` doesn't say."""
        return _groups(self.meta.get("requested"))

    @cached_property
    def params(self) -> Parameters | None:
        """Parameters in force; None when `run.json` has none, or another version's that no longer fit."""
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

    @cached_property
    def motion_quality(self) -> MotionRecord | None:
        """The verdict on the motion correction; None in older folders, and where motion was not corrected."""
        return from_plain(self.meta.get("motion_quality"))

    @cached_property
    def images(self) -> Mapping[str, FloatArray]:
        """Summary images by name, each (H, W); empty when absent."""
        return self._arrays("images.npz") or {}

    @cached_property
    def motion(self) -> pd.DataFrame | None:
        """One row a frame: frame, time_s, shift_y_px, shift_x_px and, if measured, corr_before, corr_after."""
        return self._table("motion.parquet")

    @cached_property
    def patches(self) -> Patches | None:
        """Shifts of the patches; None when rigid."""
        found = self._arrays("motion_patches.npz", ("shifts", "centers"))
        return Patches(found["shifts"], found["centers"]) if found else None

    @cached_property
    def components(self) -> pd.DataFrame | None:
        """One row a component: component, y_px, x_px, area_px, snr, r_value, cnn, accepted, reason, soma.

        None when not run. Before evaluation there is no `accepted`; a measure is NaN and `reason` empty where the file
        has none.
        """
        found = self._table("components.parquet")
        if found is None:
            return None
        if self.footprints is not None and self.footprints.shape[1] != len(found):
            raise self._damaged(
                "components.parquet", f"it has {len(found)} rows for {self.footprints.shape[1]} footprints"
            )
        absent: dict[str, Any] = {"snr": np.nan, "r_value": np.nan, "cnn": np.nan, "reason": "", "soma": np.nan}
        return found.assign(**{name: value for name, value in absent.items() if name not in found})

    @cached_property
    def footprints(self) -> csc_matrix | None:
        """(H*W, K) footprints, Fortran pixel order; None when not run."""
        found = self._arrays("footprints.npz", ("data", "indices", "indptr", "shape"))
        if found is None:
            return None
        matrix = self._guarded("footprints.npz", lambda: sparse(found))
        if self.images and matrix.shape[0] != math.prod(self.dims):
            raise self._damaged("footprints.npz", f"it has {matrix.shape[0]} pixels for a field of {self.dims}")
        return matrix

    def need_footprints(self) -> csc_matrix:
        """Give the footprints, for what makes no sense without.

        Raises
        ------
        StoreError
            When the run ended before extraction.
        """
        if self.footprints is None:
            raise StoreError(f"{self.path} has no components: its run ended before extraction. Run it without --until.")
        return self.footprints

    def need_rate_hz(self) -> float:
        """Give the frame rate, for what makes no sense without; StoreError when it is unknown."""
        if self.fr_hz is None:
            raise StoreError(f"The frame rate of {self.path} is unknown. Run it again with --set dataset.fr=...")
        return self.fr_hz

    @cached_property
    def background(self) -> Background | None:
        """Background components; None when absent."""
        found = self._arrays("background.npz", ("b", "f"))
        return Background(found["b"], found["f"]) if found else None

    @cached_property
    def model_values(self) -> dict[str, NDArray] | None:
        """What the fit and dF/F rest on, by CaImAn's names: g, bl, c1, neurons_sn, sn (H, W), f0; None when absent."""
        return self._arrays("cnmf.npz", ("g", "bl", "c1", "neurons_sn", "sn"))

    @cached_property
    def dims(self) -> tuple[int, int]:
        """Rows, columns.

        Raises
        ------
        StoreError
            When neither an image nor `run.json` says.
        """
        for image in self.images.values():
            return int(image.shape[0]), int(image.shape[1])
        shape = self.recording.get("shape")
        if isinstance(shape, Sequence) and len(shape) == 3:
            return int(shape[1]), int(shape[2])
        raise StoreError(f"{self.path} has neither images.npz nor a shape in run.json; run the animal again.")

    @cached_property
    def n_frames(self) -> int | None:
        """Number of frames that were processed."""
        if self.motion is not None:
            return len(self.motion)
        if self.background is not None:
            return int(self.background.f.shape[1])
        shape = self.recording.get("shape")
        return int(shape[0]) if isinstance(shape, Sequence) and len(shape) == 3 else None

    @cached_property
    def fr_hz(self) -> float | None:
        """Frame rate; from the parameters, the recording, or the times in `motion.parquet`."""
        for value in (self.param("dataset.fr"), self.recording.get("fr_hz")):
            if isinstance(value, int | float) and value > 0:
                return float(value)
        if self.motion is not None and "time_s" in self.motion and len(self.motion) > 1:
            first, last = self.motion["time_s"].iloc[[0, -1]]
            return float((len(self.motion) - 1) / (last - first)) if last > first else None
        return None

    @cached_property
    def dxy_um(self) -> Pair | None:
        """Pixel size in µm per px (y, x); None when unknown."""
        value = self.param("dataset.dxy") or self.recording.get("dxy_um")
        return (float(value[0]), float(value[1])) if isinstance(value, Sequence) and len(value) == 2 else None

    @property
    def n_components(self) -> int:
        """Number of components; 0 when not run."""
        return 0 if self.footprints is None else int(self.footprints.shape[1])

    @cached_property
    def accepted(self) -> NDArray[np.bool_] | None:
        """(K,) which components were accepted; None before evaluation."""
        if self.components is None or "accepted" not in self.components or self.components["accepted"].isna().any():
            return None
        return self.components["accepted"].to_numpy(np.bool_)

    @cached_property
    def trace_kinds(self) -> tuple[TraceKind, ...]:
        """Kinds of traces that are there."""
        if not self._has("traces.parquet"):
            return ()
        names = self._guarded("traces.parquet", lambda: pq.read_schema(self.path / "traces.parquet").names)
        return tuple(kind for kind in TRACE_KINDS if kind in names)

    def each_trace(self, kinds: Sequence[TraceKind]) -> Iterator[tuple[int, dict[str, FloatArray]]]:
        """Give (component, {kind: (T,)}) one component after the other; never all of them in memory.

        Raises
        ------
        StoreError
            When the file is damaged, or a component's frames are not together.
        """
        rest: pa.Table | None = None
        with self._open_table("traces.parquet") as file:
            for group in range(file.num_row_groups):
                rows = self._guarded("traces.parquet", partial(file.read_row_group, group, ["component", *kinds]))
                rows = rows if rest is None else pa.concat_tables([rest, rows])
                starts = starts_of(rows["component"].to_numpy())
                for start, stop in pairwise(starts):
                    yield one_component(rows.slice(start, stop - start), kinds)
                # The last component may go on in the next row group.
                rest = rows.slice(starts[-1])
        if rest is not None and len(rest):
            yield one_component(rest, kinds)

    def traces(self, kind: TraceKind) -> FloatArray:
        """All traces of one kind, (K, T) float32."""
        out = np.empty((self.n_components, self.n_frames or 0), np.float32)
        seen = 0
        for number, found in self.each_trace([kind]):
            if number >= len(out) or found[kind].size != out.shape[1] or number != seen:
                raise self._damaged(
                    "traces.parquet", f"component {number} doesn't fit {out.shape[0]} traces of {out.shape[1]} frames"
                )
            out[number] = found[kind]
            seen += 1
        if seen != len(out):
            raise self._damaged("traces.parquet", f"it has {seen} of {len(out)} components")
        return out

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

    def _table(self, file: str) -> pd.DataFrame | None:
        if not self._has(file):
            return None
        return self._guarded(file, lambda: pq.read_table(self.path / file).to_pandas())

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


def _groups(value: Any) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping):
        return {}
    return {name: group for name, group in value.items() if isinstance(group, Mapping)}
