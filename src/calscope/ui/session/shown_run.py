"""What pages show of each animal: its newest result, or that of the run that was picked; and how far the animal is."""

from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.io.project import RecordingRef
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import Job
from calscope.model.crop import Crop
from calscope.model.errors import ParameterError
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import PREVIEW_RUNS, AnimalRun, Until
from calscope.pipeline.runner import plan_keys
from calscope.ui.frame import keys, wording
from calscope.ui.session import cached, edited, places
from calscope.ui.session.lately import remembered


@dataclass(frozen=True)
class ShownRun:
    """A run with everything pages ask of it."""

    job: Job
    params: Parameters
    """As the person gave them for all animals."""

    @property
    def id(self) -> str:
        """Number of the run."""
        return self.job.id

    @property
    def imported_from(self) -> str:
        """The program whose results these are, with its version; empty where it was run here."""
        record = next(iter(self.job.results.values()), None)
        return record.engine_version if self.job.spec.kind == "import" and record else ""

    def record(self, ref: RecordingRef) -> AnimalRun | None:
        """Give what the run left of one animal; None where it did not process it."""
        same_file = (run for run in self.job.results.values() if run.info and run.info.path == str(ref.path))
        return next(same_file, None) or self.job.results.get(ref.name)


@dataclass(frozen=True)
class ShownAnimal:
    """One animal with the results that a page shows of it, and the run that they are from."""

    name: str
    record: AnimalRun | None
    results: AnimalResults
    info: RecordingInfo | None = None
    run: ShownRun | None = None
    failed_since: str = ""
    """Why the newest run ended early for this animal, where what is shown is from an earlier one."""
    crop: Crop | None = None
    """The part of the recording that the results are of; None where they are of all of it."""
    not_edited: str = ""
    """Why components are shown as they were found and not as persons changed them; empty where they are."""

    @property
    def fr_hz(self) -> float | None:
        """Frame rate that the run used, else the recording's own."""
        used = (self.record.effective.get("dataset") or {}).get("fr") if self.record else None
        return used or (self.info.fr_hz if self.info else None)

    @property
    def dxy_um(self) -> tuple[float, float] | None:
        """Pixel size (y, x) that the run used, else the recording's own."""
        pair = (self.record.effective.get("dataset") or {}).get("dxy") if self.record else None
        pair = pair or (self.info.dxy_um if self.info else None)
        return (pair[0], pair[1]) if pair else None


def of_project() -> list[Job]:
    """Give the runs of the open project, newest first."""
    project = places.project()
    if project is None:
        return []
    return [job for job in places.jobs() if job.spec.kind in ("run", "import") and job.spec.data == str(project.root)]


def looks_at(animal: str, until: Until) -> list[Job]:
    """Give the looks at one animal before any run, such as previews, newest first."""
    return [job for job in of_project() if job.spec.until == until and job.spec.animals == (animal,)]


def runs() -> Iterator[ShownRun]:
    """Give the runs that can be looked at, newest first; those of which this version knows the parameters."""
    yield from (run for job in _of_results() if (run := as_shown(job)))


def as_shown(job: Job) -> ShownRun | None:
    """Give a job as a run that can be looked at; None where this version does not know its parameters."""
    params = _parameters(job)
    return ShownRun(job, params) if isinstance(params, Parameters) else None


def why_skipped() -> str:
    """Say that the newest run that left results can't be shown, and why; empty where it can."""
    newest = next((job for job in _of_results() if job.results), None)
    why = _parameters(newest) if newest else None
    if newest is None or isinstance(why, Parameters):
        return ""
    return (
        f"The run of {wording.moment(newest.created_at)} can't be shown: another version of Calscope made it, and this "
        f"one does not know its parameters. {why} Run again with today's parameters."
    )


def _of_results() -> list[Job]:
    return [job for job in of_project() if job.spec.until not in PREVIEW_RUNS]


def _parameters(job: Job) -> Parameters | ParameterError:
    return _parsed(job.id, job.spec)


@remembered()
def _parsed(job_id: str, _spec: JobSpec) -> Parameters | ParameterError:
    try:
        return _spec.parameters()
    except ParameterError as error:
        return error


def picked() -> ShownRun | None:
    """Give the run that was picked; None where each animal's newest result is looked at."""
    chosen = st.session_state.get(keys.RUN)
    return next((run for run in runs() if run.id == chosen), None) if chosen else None


def looked_at() -> Iterator[ShownRun]:
    """Give the runs whose results pages show, newest first: the one that was picked, else all."""
    only = picked()
    yield from [only] if only else runs()


def newest() -> ShownRun | None:
    """Give the run that was picked, else the newest one that left results."""
    return picked() or next((run for run in runs() if run.job.results), None)


def refs() -> tuple[RecordingRef, ...]:
    """Give the recordings of the project."""
    project = places.project()
    return project.recordings if project else ()


def chosen_recordings() -> list[RecordingRef]:
    """Give the recordings that runs work on: those chosen in the sidebar, all where none is."""
    chosen = st.session_state.get(keys.ANIMALS)
    return [ref for ref in refs() if not chosen or ref.name in chosen or places.shows_import()]


def current() -> RecordingRef | None:
    """Give the recording that pages show: the chosen one, else the first."""
    chosen = st.session_state.get(keys.ANIMAL)
    found = refs()
    return next((ref for ref in found if ref.name == chosen), found[0] if found else None)


def animals(stage: StageName, *instead: StageName) -> Iterator[ShownAnimal]:
    """Give every animal of the project as `animal` does."""
    yield from (animal(ref, stage, *instead) for ref in refs())


def animal(ref: RecordingRef, stage: StageName, *instead: StageName) -> ShownAnimal:
    """Give one animal with its newest results that reach a stage, or with those of the run that was picked.

    Parameters
    ----------
    stage, instead
        What is looked for, and what is taken where no run reached that. Where none reached any, it is what the newest
        run left of the animal.
    """
    newest_pair, reached = _newest(ref, (stage, *instead))
    if newest_pair is None:
        return ShownAnimal(ref.name, None, cached.results({}), None, picked())
    run, record = next((reached[wanted] for wanted in (stage, *instead) if wanted in reached), newest_pair)
    failed_since = "" if newest_pair[1] is record else newest_pair[1].error
    results, not_edited = edited.results_of(record)
    return ShownAnimal(ref.name, record, results, record.info, run, failed_since, not_edited=not_edited)


_Found = tuple[ShownRun, AnimalRun]


def _newest(ref: RecordingRef, stages: tuple[StageName, ...]) -> tuple[_Found | None, dict[StageName, _Found]]:
    """Give the newest run of an animal, and the newest that reached each stage; the first stage ends the search."""
    newest_pair: _Found | None = None
    reached: dict[StageName, _Found] = {}
    for run in looked_at():
        record = run.record(ref)
        if record is None:
            continue
        newest_pair = newest_pair or (run, record)
        for stage in stages:
            if stage in record.keys:
                reached.setdefault(stage, (run, record))
        if stages[0] in reached:
            break
    return newest_pair, reached


def raw_animal(ref: RecordingRef) -> ShownAnimal:
    """Give one animal with the summary of its raw movie, whichever run made it."""
    info = cached.info_or_none(str(ref.path), st.session_state.get(keys.FRAMES))
    key = plan_keys(info, Parameters(), ENGINES["builtin"])["before"] if info else None
    return ShownAnimal(ref.name, None, cached.results({"before": key} if key else {}), info)
