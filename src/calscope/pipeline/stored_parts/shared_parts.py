"""Parts of results that several kinds have in common, as they are kept in the store."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality
from calscope.pipeline.result_writer import ResultWriter
from calscope.pipeline.store import StoredResult


def save_floats(writer: ResultWriter, result: object, *names: str) -> None:
    """Write arrays of a result under their names."""
    for name in names:
        writer.save(name, np.asarray(getattr(result, name), np.float32))


def array_or_none(stored: StoredResult, name: str) -> FloatArray | None:
    """Give an array, or None where the result has none of that name."""
    array: NDArray[np.float32] | None = stored.array(name) if name in stored.arrays else None
    return array


def save_footprints(writer: ResultWriter, A: csc_matrix, of: str = "") -> None:
    """Write footprints, (H*W, K); `of` stands before the names of the arrays."""
    A = A.copy()
    A.sum_duplicates()  # also sorts; a read-only matrix could not do it later
    writer.save(f"{of}A_data", np.asarray(A.data, np.float32))
    writer.save(f"{of}A_indices", A.indices)
    writer.save(f"{of}A_indptr", A.indptr)


def load_footprints(stored: StoredResult, n_px: int, of: str = "") -> csc_matrix:
    """Read what `save_footprints` wrote."""
    parts = tuple(stored.array(f"{of}A_{name}") for name in ("data", "indices", "indptr"))
    A = csc_matrix(parts, shape=(n_px, len(parts[2]) - 1), copy=False)
    A.has_canonical_format = True
    return A


_MEASURES = ("snr", "r_value", "cnn")


def save_component_quality(writer: ResultWriter, quality: ComponentQuality, of: str = "") -> None:
    """Write measures of components."""
    for name in (*_MEASURES, *(["soma_parts"] if quality.soma_parts is not None else [])):
        writer.save(f"{of}{name}", np.asarray(getattr(quality, name), np.float32))


def load_component_quality(stored: StoredResult, of: str = "") -> ComponentQuality:
    """Read what `save_component_quality` wrote."""
    measures = {name: stored.array(f"{of}{name}") for name in _MEASURES}
    return ComponentQuality(**measures, soma_parts=array_or_none(stored, f"{of}soma_parts"))
