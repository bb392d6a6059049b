"""A bundle becomes a run that has ended, in the store as results of other programs do: every page opens it, read-only.

What it holds gets keys of its own, made of the bundle's contents: it never stands for what this store computed itself.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from calscope.io.atomic_write import free_bytes
from calscope.io.bundles.bundle_reading import Bundle, open_bundle
from calscope.io.curation_log import CurationLog
from calscope.io.file_names import is_one_name
from calscope.jobs.bundles.bundle_parts import BUNDLED, CURATION, RUN, VALUES, part_of
from calscope.jobs.bundles.bundled_extras import read_events_of, read_film_of
from calscope.jobs.bundles.check_bundled import check_bundled
from calscope.jobs.bundles.older_bundles import run_of_today
from calscope.jobs.import_run_folder import keep_judgements
from calscope.model.errors import ParameterError, RecordingError, StoreError
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.model.progress import Check, unasked
from calscope.model.quantities import size
from calscope.model.recording import RecordingInfo
from calscope.pipeline.codecs import load_result
from calscope.pipeline.disk_files import store_trouble
from calscope.pipeline.import_results import ENGINE, keep_results
from calscope.pipeline.kept_remarks import keep_remark, remarks_of
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store, StoredResult

_CODE = ("calscope.pipeline.codecs", __name__)
_ROOM = 2.2
"""Parts are unpacked beside the store's results before they become some."""


def animals_of(path: Path) -> tuple[tuple[str, Path], ...]:
    """Give the names of the animals of a bundle, each with a place of its own, by which pages tell them apart.

    Raises
    ------
    RecordingError
        When it is no sound bundle.
    """
    names = open_bundle(path).manifest.animals
    if len(set(names)) != len(names) or not all(map(is_one_name, names)):
        raise RecordingError(f"{path} is damaged: its animals are not told apart by their names.")
    return tuple((name, path / name) for name in names)


def import_bundle(path: Path, store: Store, check: Check = unasked) -> tuple[AnimalRun, ...]:
    """Open a bundle and keep what it holds in the store; what is there is not unpacked again.

    Returns
    -------
    One record an animal; their engine is `ENGINE`, their engine version the program that ran.

    Raises
    ------
    RecordingError
        When it is no bundle, a newer version's, or a part is damaged, which is named.
    StoreError
        When the store can't be written, or has no room.
    """
    bundle = open_bundle(path)
    names = animals_of(path)
    if not names:
        raise RecordingError(f"{path} holds no animal that was run.")
    found = bundle.read_json(RUN)
    run = run_of_today(found, bundle.manifest.format_version) if isinstance(found, dict) else {}
    saved = run.get("animals")
    if not isinstance(saved, list) or len(saved) != len(names):
        raise bundle.damaged(RUN, "it has no record of each animal")
    _need_room(bundle, store)
    records = [_record(bundle, values, name) for values, (name, _) in zip(saved, names, strict=True)]
    animals = [
        _Bundled(bundle, number, record, place)
        for number, (record, (_, place)) in enumerate(zip(records, names, strict=True))
    ]
    with store.scratch() as scratch:  # all is unpacked and checked before anything is kept
        results = [_results(animal, scratch, check) for animal in animals]
        for number in range(len(animals)):
            read_events_of(bundle, number)
            read_film_of(bundle, number)
        kept = tuple(_kept(animal, own, store) for animal, own in zip(animals, results, strict=True))
        results.clear()  # on Windows a folder with an open map can't be removed
    _keep_remarks(store, path, run.get("remarks"), [name for name, _ in names])
    return kept


class _Bundled:
    """One animal of a bundle."""

    def __init__(self, bundle: Bundle, number: int, record: AnimalRun, place: Path) -> None:
        self.bundle, self.number, self.record, self.place = bundle, number, record, place
        told = "".join(
            f"{name} {entry.sha256}\n" for name, entry in sorted(bundle.manifest.parts.items()) if self._is_own(name)
        )
        self.print = hashlib.sha256(f"bundle {record.name}\n{told}".encode()).hexdigest()[:32]
        """Of the contents: the same bundle is found again, wherever it lies."""

    def _is_own(self, part: str) -> bool:
        return part.startswith(f"{part_of(self.number)}/") or part == RUN

    def stages(self) -> list[StageName]:
        """Give the stages of which the bundle holds results."""
        return [stage for stage in BUNDLED if part_of(self.number, stage, VALUES) in self.bundle.manifest.parts]


def _record(bundle: Bundle, values: Any, name: str) -> AnimalRun:
    try:
        record = AnimalRun.from_dict(values)
    except StoreError:
        raise bundle.damaged(RUN, f"the record of {name} is none that this version knows") from None
    if record.name != name:
        raise bundle.damaged(RUN, f"the record of {name} is that of {record.name}")
    return record


def _kept(animal: _Bundled, results: dict[StageName, Any], store: Store) -> AnimalRun:
    record = animal.record
    program = _program(animal)
    about = {
        "recording": record.name,
        "fingerprint": animal.print,
        "engine_version": program,
        "path": str(animal.place),
    }
    keys = keep_results(results, store, about, _CODE)
    results.clear()
    _keep_curation(animal, store, keys)
    return replace(
        record,
        info=_info(animal),
        requested=_known(record.requested),
        engine=ENGINE,
        engine_version=program,
        keys=keys,
        stages=(),
    )


def _program(animal: _Bundled) -> str:
    engine = "" if animal.record.engine in ("", "builtin", ENGINE) else f", engine {animal.record.engine}"
    before = f" ({animal.record.engine_version})" if animal.record.engine == ENGINE else ""
    return f"Calscope {animal.bundle.manifest.calscope}{engine}{before}"


def _info(animal: _Bundled) -> RecordingInfo | None:
    info = animal.record.info
    return None if info is None else replace(info, path=str(animal.place), fingerprint=animal.print)


def _known(requested: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the parameters as asked for; none where this version does not know them."""
    try:
        return Parameters.from_dict(dict(requested)).to_dict()
    except ParameterError:
        return {}


def _results(animal: _Bundled, scratch: Path, check: Check) -> dict[StageName, Any]:
    """Unpack and decode the results of one animal, and check that they fit together."""
    found: dict[StageName, Any] = {}
    for stage in animal.stages():
        with store_trouble(scratch.parents[1]):
            files = animal.bundle.unpack(scratch, f"{part_of(animal.number, stage)}/", check)
        found[stage] = _decoded(animal, stage, files)
    info = animal.record.info
    try:
        if info is None and found:
            raise ValueError("its record does not say of which recording it is")
        if info is not None:
            check_bundled(found, info.shape)
    except ValueError as error:
        raise animal.bundle.damaged(part_of(animal.number), str(error)) from None
    return found


def _decoded(animal: _Bundled, stage: StageName, files: list[Path]) -> Any:
    part = part_of(animal.number, stage)
    values = animal.bundle.read_json(f"{part}/{VALUES}")
    if not isinstance(values, dict) or not isinstance(values.get("values"), dict):
        raise animal.bundle.damaged(f"{part}/{VALUES}", "it holds no values")
    arrays = {file.stem: file.name for file in files if file.suffix == ".npy"}
    folder = files[0].parent
    _check_arrays(animal, part, folder, arrays)
    try:
        return load_result(stage, StoredResult("", folder, arrays, values["values"], {}))
    except StoreError as error:
        why = str(error.__cause__ or "another version made it")
        raise animal.bundle.damaged(part, f"something is missing or of another kind ({why})") from None


def _check_arrays(animal: _Bundled, part: str, folder: Path, arrays: Mapping[str, str]) -> None:
    """Refuse files that are no arrays of numbers, or say that they are larger than they are."""
    for name in arrays.values():
        try:
            _check_header(folder / name)
        except (ValueError, OSError, EOFError, TypeError, OverflowError) as error:
            raise animal.bundle.damaged(f"{part}/{name}", f"it is no array ({error})") from None


def _check_header(path: Path) -> None:
    formats = np.lib.format
    with path.open("rb") as file:
        is_first = formats.read_magic(file) == (1, 0)
        shape, _, dtype = (formats.read_array_header_1_0 if is_first else formats.read_array_header_2_0)(file)
        if dtype.hasobject or math.prod(shape) * dtype.itemsize != path.stat().st_size - file.tell():
            raise ValueError("it holds something else than it says")


def _keep_curation(animal: _Bundled, store: Store, keys: Mapping[StageName, str]) -> None:
    """Keep what persons said of these components apart from what is said here of runs of the same recording."""
    part = part_of(animal.number, CURATION)
    if part not in animal.bundle.manifest.parts:
        return
    own, info = animal.record.keys.get("refit"), animal.record.info
    with store.scratch() as scratch:
        (file,) = animal.bundle.unpack(scratch, part)
        entries = CurationLog(file, info.fingerprint if info else "").entries()
    keep_judgements(store, entries, animal.print, own=own, refit=keys.get("refit", ""))


def _keep_remarks(store: Store, path: Path, remarks: Any, names: list[str]) -> None:
    there = remarks_of(store.root, str(path))
    for name in names:
        said = remarks.get(name) if isinstance(remarks, dict) else None
        if isinstance(said, str) and said and name not in there:
            keep_remark(store.root, str(path), name, said)


def _need_room(bundle: Bundle, store: Store) -> None:
    free, needed = free_bytes(store.root), int(_ROOM * bundle.n_bytes)
    if free is not None and needed > free:
        raise StoreError(
            f"To open {bundle.path.name} takes {size(needed)} in the store at {store.root}, where {size(free)} are "
            "free. Free some space, or prune the store on the page Runs."
        )
