"""The run that is shown: its parameters, and each animal's results or why there are none."""

from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.io.project import RecordingRef
from calscope.jobs.manager import Job
from calscope.model.errors import ParameterError
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import PREVIEW_RUNS, AnimalRun
from calscope.pipeline.runner import plan_keys
from calscope.ui.frame import keys, wording
from calscope.ui.session import cached, places


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
    """One animal of the shown run."""

    name: str
    record: AnimalRun | None
    results: AnimalResults
    info: RecordingInfo | None = None

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


def shown() -> ShownRun | None:
    """Give the run to look at, which `update` chose; None where there is none."""
    chosen = st.session_state.get(keys.RUN)
    job = next((job for job in of_project() if job.id == chosen), None)
    return None if job is None else ShownRun(job, job.spec.parameters())


def update() -> None:
    """Choose the run to look at, once before a page is drawn.

    It is one that the person awaited and that has ended, else the one chosen before, else the newest of the project
    that has results. One whose parameters this version does not know is skipped; `why_skipped` says so.
    """
    jobs = of_project()
    _follow_awaited(jobs)
    skipped = ""
    for job in _candidates(jobs):
        try:
            job.spec.parameters()
        except ParameterError as error:
            skipped = skipped or _cannot_be_shown(job, error)
        else:
            _show(job.id, skipped)
            return
    _show("", skipped)


def _show(job_id: str, skipped: str) -> None:
    """Look at a run, at none where its number is empty; `skipped` says why another one is not shown."""
    if skipped:
        st.session_state[keys.SKIPPED_RUN] = (job_id, skipped)
    if job_id:
        st.session_state[keys.RUN] = job_id
    else:
        st.session_state.pop(keys.RUN, None)


def why_skipped(run: ShownRun | None) -> str:
    """Say which run can't be shown, where this one is looked at in its place; else an empty text."""
    instead, text = st.session_state.get(keys.SKIPPED_RUN, ("", ""))
    return text if instead == (run.id if run else "") else ""


def _candidates(jobs: list[Job]) -> Iterator[Job]:
    """Give the jobs that may be looked at, the likeliest first."""
    chosen = st.session_state.get(keys.RUN)
    runs = [job for job in jobs if job.spec.until not in PREVIEW_RUNS]
    yield from (job for job in jobs if job.id == chosen)
    yield from (job for job in runs if _has_results(job))
    yield from (job for job in runs if not job.status.is_active)


def _cannot_be_shown(job: Job, error: ParameterError) -> str:
    return (
        f"The run of {wording.moment(job.created_at)} can't be shown: another version of Calscope made it, and this "
        f"one does not know its parameters. {error} Run again with today's parameters."
    )


def wait_for(job_id: str) -> None:
    """Look at that run when it has ended; those awaited before are still awaited."""
    st.session_state[keys.AWAITED_RUNS] = (*st.session_state.get(keys.AWAITED_RUNS, ()), job_id)


def _follow_awaited(jobs: list[Job]) -> None:
    """Look at the newest run that this person started and that has ended since."""
    names = st.session_state.pop(keys.AWAITED_RUNS, ())
    awaited = [job for job in jobs if job.id in names]
    if still := tuple(job.id for job in awaited if job.status.is_active):
        st.session_state[keys.AWAITED_RUNS] = still
    for job in awaited:
        if not job.status.is_active and (job.status.state != "cancelled" or _has_results(job)):
            st.session_state[keys.RUN] = job.id
            break


def _has_results(job: Job) -> bool:
    return any(len(record.keys) > 1 for record in job.results.values())


def chosen_recordings() -> list[RecordingRef]:
    """Give the recordings chosen in the sidebar, all where none is."""
    project = places.project()
    if project is None:
        return []
    chosen = st.session_state.get(keys.ANIMALS)
    if places.shows_import():
        return list(project.recordings)
    return [ref for ref in project.recordings if not chosen or ref.name in chosen]


def raw_animals() -> list[ShownAnimal]:
    """Give the chosen animals with the summary of their raw movie, whichever run made it."""
    n_frames = st.session_state.get(keys.FRAMES)
    return [_raw_animal(ref, n_frames) for ref in chosen_recordings()]


def _raw_animal(ref: RecordingRef, n_frames: int | None) -> ShownAnimal:
    info = cached.info_or_none(str(ref.path), n_frames)
    planned = plan_keys(info, Parameters(), ENGINES["builtin"]) if info else {}
    kept: dict[StageName, str] = {stage: key for stage, key in planned.items() if stage == "before"}
    return ShownAnimal(ref.name, None, cached.results(kept), info)


def animals() -> Iterator[ShownAnimal]:
    """Give the chosen animals with the results of the shown run."""
    run = shown()
    for ref in chosen_recordings():
        record = run.record(ref) if run else None
        info = record.info if record else None
        yield ShownAnimal(ref.name, record, cached.results(_all_keys(run, record)), info)


def _all_keys(run: ShownRun | None, record: AnimalRun | None) -> dict[StageName, str]:
    """Give the keys of what the run made, and of what other runs made with the very same parameters."""
    if run is None or record is None or record.info is None:
        return dict(record.keys) if record else {}
    engine = ENGINES.get(run.job.spec.engine)
    planned = plan_keys(record.info, run.params, engine, record.inputs) if engine else {}
    return {**planned, **record.keys}
