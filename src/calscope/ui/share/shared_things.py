"""What can be handed over of a run, about how large it becomes, and the jobs that make or made it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import streamlit as st

from calscope.export.exported_animal import ExportedRun
from calscope.export.formats import format_words
from calscope.export.formats.format_words import Words, bytes_of_format, extent_of
from calscope.export.formats.nwb import write_nwb
from calscope.export.report.methods_text import write_methods
from calscope.export.stored_animal import StoredAnimal
from calscope.io import safe_paths
from calscope.io.file_names import safe_name
from calscope.jobs.bundles.write_bundle import bundle_bytes
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import ExportFormat, ExportSettings, JobSpec
from calscope.jobs.manager import Job
from calscope.model.errors import StoreError
from calscope.model.quantities import size
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_judgements import entries_of
from calscope.pipeline.records import AnimalRun
from calscope.ui.frame import wording
from calscope.ui.session import places
from calscope.ui.session.shown_run import ShownRun

_REPORT_BYTES = 10_000_000
"""A report keeps itself below that, whatever the run."""
_FILM_BYTES = 3_000_000


@dataclass(frozen=True)
class Chosen:
    """A run and those of its animals that are handed over."""

    run: ShownRun
    animals: tuple[str, ...]
    """All names, also where that means all of the run."""
    with_film: bool = False
    """Whether bundles take a short film along."""
    with_paths: bool = False
    """Whether reports tell where on this machine the recordings lie."""

    @property
    def records(self) -> list[AnimalRun]:
        """Records of the animals."""
        return [self.run.job.results[name] for name in self.animals]

    @property
    def has_movie(self) -> bool:
        """Whether the corrected movies of all of them are in the store."""
        return all(places.store().has(record.keys.get("apply", "")) for record in self.records)

    @property
    def asked(self) -> tuple[str, ...] | None:
        """The animals as a job names them; None where they are all of the run."""
        return None if set(self.animals) == set(self.run.job.results) else self.animals

    @property
    def n_judgements(self) -> int:
        """How many entries the logs of the animals have."""
        store = places.store()
        return sum(len(entries_of(record, AnimalResults(store, record.keys))[0]) for record in self.records)

    @property
    def folder_name(self) -> str:
        """Name of the folder of this run below the one that a person chose: runs never replace each other's files."""
        moment = wording.moment(self.run.job.created_at).replace(" ", "_").replace(":", "")
        return f"{safe_name(wording.folder(self.run.job))}_{moment}"


@dataclass(frozen=True)
class Thing:
    """One thing to hand over."""

    name: ExportFormat
    words: Words
    n_bytes: int | None
    lacks: str = ""
    """What it needs and is not there; empty where it can be made."""
    remedy: str = ""
    """How to get that, where it can be got."""

    @property
    def about(self) -> str:
        """About how large it becomes."""
        if self.lacks:
            return self.lacks
        return "size unknown" if self.n_bytes is None else f"about {size(self.n_bytes)}"


def things_of(chosen: Chosen) -> list[Thing]:
    """Give what can be handed over, with sizes."""
    sizes = dict(_sizes(chosen.run.id, chosen.animals, _chosen=chosen))
    if chosen.with_film:
        sizes["bundle"] = (sizes["bundle"] or 0) + _FILM_BYTES * len(chosen.animals)
    has_movie = chosen.has_movie
    words = {name: format_words.words_of(name) for name in sizes}
    return [Thing(name, words[name], sizes[name], *_lacks(words[name], has_movie=has_movie)) for name in sizes]


def _lacks(words: Words, *, has_movie: bool) -> tuple[str, str]:
    """Say what is not there to make something, and how to get it."""
    if words.needs_movie and not has_movie:
        return "the corrected movie is not in these results", ""
    if words.package and find_spec(words.package) is None:
        return f"needs {words.package}", f"`{write_nwb.EXTRA}`, then look again."
    return "", ""


@st.cache_data(max_entries=64, show_spinner=False)
def _sizes(run_id: str, animals: Sequence[str], _chosen: Chosen) -> dict[ExportFormat, int | None]:
    run = as_exported(_chosen)
    extents = []
    for animal in run.animals:
        try:
            extents.append(extent_of(animal))
        except StoreError:
            continue  # of an animal that failed nothing is known
    found: dict[str, int | None] = {name: bytes_of_format(name, extents) for name in format_words.all_names()}
    bundled = bundle_bytes(run, places.store())
    report = min(_REPORT_BYTES, 300_000 + sum(8 * one.n_pixels + it_traces(one.trace) for one in extents))
    return found | {format_words.REPORT: report, format_words.BUNDLE: bundled}  # type: ignore[return-value]


def it_traces(n_values: int) -> int:
    """Give the bytes that a report takes for traces: they are thinned."""
    return min(5 * n_values, 1_000_000)


def as_exported(chosen: Chosen) -> ExportedRun:
    """Give the run as reports and formats read it, without what persons decided."""
    store = places.store()
    animals = tuple(
        StoredAnimal(record.to_dict(), AnimalResults(store, record.keys), chosen.run.id) for record in chosen.records
    )
    return ExportedRun(wording.folder(chosen.run.job), animals)


def provenance_of(chosen: Chosen) -> dict[str, Any]:
    """Give what the numbers of the run rest on: its id, programs, and of each animal the recording and the keys."""
    animals = {
        record.name: {
            "recording": {"path": record.info.path, "fingerprint": record.info.fingerprint} if record.info else {},
            "engine": f"{record.engine} {record.engine_version}".strip(),
            "versions": record.versions,
            "results": record.keys,
            "parameters": record.effective,
        }
        for record in chosen.records
    }
    return {"run": chosen.run.id, "animals": animals}


def methods_of(chosen: Chosen) -> str:
    """Give the text for a manuscript, with what it cites."""
    methods = write_methods(as_exported(chosen))
    return "\n\n".join((*methods.paragraphs, *methods.references))


def order_download(chosen: Chosen, thing: Thing) -> None:
    """Start the job that makes a file; those that made the same before are forgotten. Errors as `places.submit`."""
    for job in downloads_of(chosen, thing):
        if not job.status.is_active:
            places.remove(job.id)
    places.submit(_spec(chosen, thing, ""))


def order_writing(chosen: Chosen, thing: Thing, folder: str) -> None:
    """Start the job that writes into a folder; errors as `places.submit`, and where the folder may not be written."""
    place = safe_paths.resolve_new_folder(safe_paths.plain_path(folder), safe_paths.allowed_roots())
    for job in writings_of(chosen, thing):
        if not job.status.is_active:
            places.remove(job.id)
    places.submit(_spec(chosen, thing, str(place / chosen.folder_name / thing.name)))


def _spec(chosen: Chosen, thing: Thing, folder: str) -> JobSpec:
    return JobSpec(kind="export", data=folder, animals=chosen.asked, export=_settings(chosen, thing))


def _settings(chosen: Chosen, thing: Thing) -> ExportSettings:
    return ExportSettings(
        run=chosen.run.id,
        format=thing.name,
        n_judgements=chosen.n_judgements,
        with_film=chosen.with_film and thing.name == format_words.BUNDLE,
        with_paths=chosen.with_paths and thing.name == format_words.REPORT,
    )


def downloads_of(chosen: Chosen, thing: Thing) -> list[Job]:
    """Give the jobs that make or made the same to be downloaded, the newest first."""
    return [job for job in _orders(chosen, thing) if not job.spec.data]


def writings_of(chosen: Chosen, thing: Thing) -> list[Job]:
    """Give the jobs that write or wrote the same into a folder, the newest first."""
    return [job for job in _orders(chosen, thing) if job.spec.data]


def _orders(chosen: Chosen, thing: Thing) -> list[Job]:
    wanted = _settings(chosen, thing)
    return [
        job
        for job in places.jobs()
        if job.spec.kind == "export"
        and job.spec.export is not None
        and replace(job.spec.export, n_judgements=wanted.n_judgements) == wanted
        and job.spec.animals == chosen.asked
    ]


def made_file(job: Job) -> tuple[str, int] | None:
    """Give name and size of the file that a job made; None where it made none, or it was removed."""
    file = JobFolder(job.folder).made_file()
    return None if file is None else (file.name, file.stat().st_size)
