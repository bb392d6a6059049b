"""Results of another program, put into the store as a run's are, so that every page opens them without a special case.

Nothing is computed and nothing of the other program's files is changed. What they don't hold (the movie, a first fit)
has no key in the record.
"""

import hashlib
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import calscope
from calscope.code_digest import code_digest
from calscope.io.readers.fingerprint import fingerprint
from calscope.io.results.imported_results import ImportedResults
from calscope.io.results.open_results import code_for, files_of, open_results, results_at
from calscope.model.caiman_params import from_caiman
from calscope.model.errors import ParameterError
from calscope.model.fields import StageName
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.recording import RecordingInfo
from calscope.model.results import RelativeFluorescence, SummaryImages
from calscope.pipeline.codecs import save_result
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store
from calscope.pipeline.versions import library_versions

ENGINE = "imported"
"""Stands in records where the engine's name does; no engine is called so."""
_KEY_DIGITS = 40


def import_results(path: Path, store: Store) -> AnimalRun:
    """Open a CaImAn HDF5 file or a suite2p folder, and keep it in the store; one that is there is not read again.

    Returns
    -------
    AnimalRun
        Its engine is `ENGINE`, its engine version the program that made the results.

    Raises
    ------
    RecordingError
        When it is neither, is damaged, or could only be read by running code that is in it.
    StoreError
        When the store can't be written.
    """
    place = results_at(path) or path
    found = open_results(place)
    print_ = fingerprint(files_of(place))
    info = RecordingInfo(
        name=found.name,
        path=str(place),
        shape=(found.components.n_frames, *found.components.dims),
        dtype="float32",
        n_files=len(files_of(place)),
        fingerprint=print_,
        fr_hz=found.fr_hz,
        fr_source=found.program if found.fr_hz else "",
    )
    params, notes = _params(found)
    about = {"recording": found.name, "fingerprint": print_, "engine_version": found.program, "path": str(found.path)}
    keys = keep_results(_results(found), store, about, code_for(place))
    return AnimalRun(
        name=found.name,
        info=info,
        requested=params,
        effective=params,
        engine=ENGINE,
        engine_version=found.program,
        versions=library_versions(),
        keys=keys,
        notes=(*found.notes, *notes, *(() if found.images else (Note("imported_without_picture"),))),
        counts=_counts(found),
    )


def keep_results(
    results: Mapping[StageName, Any], store: Store, about: Mapping[str, str], code: Collection[str]
) -> dict[StageName, str]:
    """Put results by stage into the store, as far as they are not there; give their keys, and that of the source.

    Parameters
    ----------
    about
        What is kept beside each; its `fingerprint` of the files is part of the keys.
    code
        Modules that read them.
    """
    digest, print_ = code_digest(tuple(code)), about["fingerprint"]
    keys: dict[StageName, str] = {stage: _key(stage, print_, digest) for stage in results}
    for stage, result in results.items():
        if not store.has(keys[stage]):
            provenance = {"stage": stage, "engine": ENGINE, "versions": library_versions(), **about}
            with store.writer(keys[stage], provenance) as writer:
                save_result(stage, writer, result)
    return {"source": _key("source", print_, digest), **keys}


def _counts(found: ImportedResults) -> dict[str, int]:
    evaluation = found.evaluation
    counts = {} if evaluation is None else {"accepted": evaluation.n_accepted, "rejected": evaluation.n_rejected}
    return {"refit": found.components.n, **counts}


def _results(found: ImportedResults) -> dict[StageName, Any]:
    results: dict[StageName, Any] = {
        "after": _pictures(found),
        "refit": found.components,
        "component_quality": found.component_quality,
    }
    if found.motion is not None:
        results["estimate"] = found.motion
    if found.evaluation is not None:
        results["evaluation"] = found.evaluation
    if found.dff is not None:
        unknown = np.broadcast_to(np.float32(np.nan), found.dff.shape)
        results["dff"] = RelativeFluorescence(dff=found.dff, f0=np.asarray(unknown))
    return results


def _pictures(found: ImportedResults) -> SummaryImages:
    """Give the pictures that are there; under outlines stands the correlation image, or what comes nearest."""
    image = found.image if found.image is not None else _drawn(found)
    unknown: FloatArray = np.full(found.components.dims, np.nan, np.float32)
    return SummaryImages(mean=found.images.get("mean", unknown), max=found.images.get("max", unknown), corr=image)


def _drawn(found: ImportedResults) -> FloatArray:
    if not found.components.n:
        return np.zeros(found.components.dims, np.float32)
    peaks = np.asarray(found.components.A.max(axis=1).toarray(), np.float32)
    return peaks.reshape(found.components.dims, order="F")


def _params(found: ImportedResults) -> tuple[dict[str, dict[str, Any]], tuple[Note, ...]]:
    """Give the other program's parameters under our names; ours have limits that theirs may pass.

    Where it tells none, only the rate is known: our defaults were not used.
    """
    rate: dict[str, dict[str, Any]] = {"dataset": {"fr": found.fr_hz}} if found.fr_hz else {}
    if not found.params:
        return rate, ()
    groups = _pairs(found.params)
    if groups.get("data", {}).get("dxy") == [1, 1]:
        del groups["data"]["dxy"]  # CaImAn writes it where nobody gave a pixel size
    try:
        params, _ = from_caiman(groups)
        params = params.replace({"dataset.fr": found.fr_hz})
    except ParameterError as error:
        return rate, (Note("imported_parameters_not_shown", {"why": str(error)}),)
    return params.to_dict(), ()


def _pairs(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give truth values as such: HDF5 has them as numbers here and as truth values there."""
    yes_or_no = {"pw_rigid", "use_cnn", "only_init", "rolling_sum", "bas_nonneg"}
    return {
        group: {
            name: bool(value) if name in yes_or_no and value is not None else _whole(value)
            for name, value in entries.items()
        }
        for group, entries in groups.items()
    }


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(entry) for entry in value]
    is_whole = isinstance(value, float) and math.isfinite(value) and value == int(value)
    return int(value) if is_whole else value


def _key(stage: StageName, print_: str, code: str) -> str:
    text = f"imported {stage} {print_} {code} {calscope.__version__}"
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]
