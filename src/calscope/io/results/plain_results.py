"""Another program's results as one npz file of plain arrays and a JSON text, and back; nothing in it can run."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.io.results.imported_results import ImportedResults
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality, Components, Evaluation, MotionEstimate

_TEXT = "json"
_MADE = (ImportedResults, Components, ComponentQuality, Evaluation, MotionEstimate, Note)
_KINDS = {kind.__name__: kind for kind in _MADE}
"""All that may be made when results are read again."""


def write_plain(file: IO[bytes], found: ImportedResults) -> None:
    """Write results to a file that is open for writing."""
    arrays: dict[str, NDArray] = {}
    text = json.dumps(_plain(found, arrays))
    np.savez(file, **{_TEXT: np.frombuffer(text.encode(), np.uint8)}, **arrays)  # type: ignore[arg-type]


def read_plain(file: IO[bytes]) -> ImportedResults:
    """Read what `write_plain` wrote; ValueError, KeyError or BadZipFile where it is something else."""
    with np.load(file, allow_pickle=False) as arrays:
        found = _made(json.loads(arrays[_TEXT].tobytes()), arrays)
    if not isinstance(found, ImportedResults):
        raise ValueError("it holds no results")
    return found


def _plain(value: Any, arrays: dict[str, NDArray]) -> Any:
    """Give a value in JSON's words; arrays go to `arrays`, under the name that stands in their place."""
    if isinstance(value, csc_matrix):
        parts = [_plain(part, arrays) for part in (value.data, value.indices, value.indptr)]
        return {"sparse": [parts, [int(n) for n in value.shape]]}
    if isinstance(value, np.ndarray):
        arrays[f"a{len(arrays)}"] = value
        return {"array": f"a{len(arrays) - 1}"}
    if is_dataclass(value):
        named = {field.name: _plain(getattr(value, field.name), arrays) for field in fields(value)}
        return {type(value).__name__: named}
    if isinstance(value, Mapping):
        return {"mapping": {str(name): _plain(entry, arrays) for name, entry in value.items()}}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_plain(entry, arrays) for entry in value]}
    return {"path": str(value)} if isinstance(value, Path) else value


def _made(value: Any, arrays: Mapping[str, NDArray]) -> Any:
    if not isinstance(value, dict):
        return value
    [(form, content)] = value.items()
    if form in ("array", "path"):
        return arrays[content] if form == "array" else Path(content)
    if form in ("list", "tuple"):
        entries = [_made(entry, arrays) for entry in content]
        return tuple(entries) if form == "tuple" else entries
    if form == "sparse":
        return _sparse([_made(part, arrays) for part in content[0]], content[1])
    named = {name: _made(entry, arrays) for name, entry in content.items()}
    return named if form == "mapping" else _KINDS[form](**named)


def _sparse(parts: list[NDArray], shape: list[int]) -> csc_matrix:
    matrix = csc_matrix(tuple(parts), shape=tuple(shape))
    matrix.check_format(full_check=True)  # a wrong index would be written through later, wherever it leads
    return matrix
