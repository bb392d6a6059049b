"""A run of the store as one file that another Calscope opens: all that pages show, but the movies."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

import pyarrow.parquet as pq

import calscope
from calscope.export.exported_animal import ExportedRun
from calscope.export.run_folder.table_columns import COMPONENTS, table_of
from calscope.export.stored_animal import StoredAnimal
from calscope.io.bundles.bundle_manifest import ENDING, Manifest
from calscope.io.bundles.bundle_writing import BundleWriter, bundle_writer
from calscope.io.curation_log import line_of
from calscope.io.event_files import events_text
from calscope.io.file_names import safe_name
from calscope.jobs.bundles.bundle_parts import (
    BUNDLED,
    COMPONENTS_FILE,
    CURATION,
    EVENTS,
    FILM,
    README,
    RUN,
    VALUES,
    part_of,
)
from calscope.jobs.bundles.bundled_film import film_of
from calscope.model.errors import StoreError
from calscope.model.events import EventFile
from calscope.model.fields import StageName
from calscope.model.notes import Note
from calscope.model.progress import Progress, Repeated, silent
from calscope.pipeline.codecs import save_result
from calscope.pipeline.result_writer import ResultWriter
from calscope.pipeline.store import Store

_README = """This file is a bundle: one run of Calscope {version}, to be opened by another Calscope.

    calscope app {name}.calscope

or on its page Home, under "Results of others". Nothing of it is run: it holds no code. It is a zip file; other programs
can read its parts:

    run.json                        parameters, versions and a record of each animal
    animals/N/components.parquet    the table of components of animal N (pandas, R arrow)
    animals/N/STAGE/ARRAY.npy       arrays (numpy.load), among them in refit/: C denoised traces, S spikes, YrA residual
                                    (components, frames); A_data, A_indices, A_indptr the footprints as a scipy CSC
                                    matrix, its rows pixels in Fortran order (index = y + x * height)
    animals/N/curation.jsonl        what persons decided, an entry a line
    animals/N/events.csv            events of the recording, where it has some

The movies are not in it. Animals: {animals}
"""


def write_bundle(
    run: ExportedRun, store: Store, target: Path, progress: Progress = silent, *, with_film: bool = False
) -> Path:
    """Write a run whose results are in the store, streamed from there.

    Parameters
    ----------
    run
        As `stored_run` gives it; its results must not be pruned meanwhile.
    target
        The file, `.calscope`; an older bundle there is replaced.
    with_film
        Whether a short film of each animal goes along, at most 4 MB each; none where the movie is no longer there.

    Returns
    -------
    target

    Raises
    ------
    StoreError
        When something else is at `target`, it can't be written, or results are not in the store.
    Cancelled
        When `progress` says so; nothing is left.
    """
    animals = [animal for animal in run.animals if isinstance(animal, StoredAnimal)]
    told = Repeated(progress)
    about = Manifest(
        calscope=calscope.__version__,
        made_at=_now(),
        name=run.name,
        animals=[animal.name for animal in animals],
    )
    with bundle_writer(target, about, told.again) as writer:
        writer.add_text(README, _readme(run.name, about.animals))
        writer.add_json(RUN, _run_json(run, animals))
        for number, animal in enumerate(animals):
            told(number / len(animals), animal.name)
            _add_animal(writer, number, animal, store)
            _add_extras(writer, number, animal.events, film_of(animal) if with_film else None)
    return target


def bundle_name(run: ExportedRun) -> str:
    """Give the name of the file of a run's bundle."""
    return f"{safe_name(run.name)}{ENDING}"


def bundle_bytes(run: ExportedRun, store: Store) -> int:
    """Give about how large the bundle of a run is: what its results take in the store, packed a little."""
    keys = [
        animal.record["keys"].get(stage)
        for animal in run.animals
        if isinstance(animal, StoredAnimal)
        for stage in BUNDLED
    ]
    return int(0.8 * sum(store.n_bytes(key) for key in keys if key))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _readme(name: str, animals: Sequence[str]) -> str:
    return _README.format(version=calscope.__version__, name=name, animals=", ".join(animals))


def _run_json(run: ExportedRun, animals: Sequence[StoredAnimal]) -> dict[str, Any]:
    """Give what ran; of places on this machine only the last names."""
    about = {name: value for name, value in run.meta.items() if name not in {"animals", "requested", "versions"}}
    return {
        **about,
        "data": _last_name(str(run.meta.get("data", ""))),
        "animals": [_record(animal.record, animal.events) for animal in animals],
        "remarks": {animal.name: animal.remark for animal in animals if animal.remark},
    }


def _record(record: Mapping[str, Any], events: EventFile | Note | None) -> dict[str, Any]:
    """Give the record of an animal; why its events don't go along is a note of it."""
    info, notes = record.get("info"), [events.to_json()] if isinstance(events, Note) else []
    told = dict(record) | {"notes": [*record.get("notes", ()), *notes]}
    return told | ({"info": info | {"path": _last_name(info["path"])}} if info else {})


def _last_name(path: str) -> str:
    return (PureWindowsPath(path) if "\\" in path else PurePath(path)).name


def _add_animal(writer: BundleWriter, number: int, animal: StoredAnimal, store: Store) -> None:
    if (table := animal.components) is not None:
        with store.scratch() as scratch:
            pq.write_table(table_of(COMPONENTS, table), scratch / COMPONENTS_FILE)
            writer.add_file(part_of(number, COMPONENTS_FILE), scratch / COMPONENTS_FILE)
    if animal.curation:
        writer.add_text(part_of(number, CURATION), "".join(f"{line_of(entry)}\n" for entry in animal.curation))
    for stage in BUNDLED:
        key = animal.record["keys"].get(stage)
        if key and stage == "flags":
            _add_flags(writer, number, animal, store)
        elif key:
            _add_result(writer, number, stage, key, store)


def _add_extras(writer: BundleWriter, number: int, events: EventFile | Note | None, film: bytes | None) -> None:
    if isinstance(events, EventFile):
        writer.add_text(part_of(number, EVENTS), events_text(events))
    if film is not None:
        writer.add_bytes(part_of(number, FILM), film)


def _add_flags(writer: BundleWriter, number: int, animal: StoredAnimal, store: Store) -> None:
    """Add the flags of the components as they are after changes by hand, which the store has of those before alone."""
    measures = animal.results.flags
    if measures is None:
        return
    with store.scratch() as scratch:
        made = ResultWriter(scratch, store.root, {}, durable=False)
        save_result("flags", made, measures)
        writer.add_json(part_of(number, "flags", VALUES), {"values": made.values})
        for file in sorted(scratch.glob("*.npy")):
            writer.add_file(part_of(number, "flags", file.name), file)


def _add_result(writer: BundleWriter, number: int, stage: StageName, key: str, store: Store) -> None:
    stored = store.open(key)
    writer.add_json(part_of(number, stage, VALUES), {"values": dict(stored.values)})
    for name, file in stored.arrays.items():
        try:
            writer.add_file(part_of(number, stage, f"{name}.npy"), stored.folder / file)
        except FileNotFoundError:
            raise StoreError(f"The result {key} was removed from the store meanwhile. Run the animal again.") from None
