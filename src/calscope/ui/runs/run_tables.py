"""Tables of the page Runs: all runs with what sets each apart, and the animals of one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import Job
from calscope.model.animal_inputs import NO_INPUTS
from calscope.model.errors import ParameterError, StoreError
from calscope.model.params import Parameters, field_of, fields
from calscope.model.quantities import duration, size
from calscope.pipeline.by_hand.edited_results import edited_run
from calscope.pipeline.kept_judgements import judgements_of, with_judged_counts
from calscope.pipeline.kept_remarks import remarks_of
from calscope.pipeline.records import PREVIEW_RUNS, AnimalRun
from calscope.ui.frame import wording
from calscope.ui.session import blind_rater, edited, own_values, places
from calscope.ui.widgets import parameter_form

ACCEPTED_HELP = "By the thresholds of the run, and as persons decided since."
CHANGED_HELP = "Compared with the previous run on the same folder; the first one, with the defaults."
SAME_HIDDEN = ("Folder", "Animals", "Engine")
"""Columns that say nothing where all runs have the same."""


def run_list(jobs: Sequence[Job]) -> pd.DataFrame:
    """One row a job, newest first."""
    return pd.DataFrame(
        {
            "Started": wording.moment(job.created_at),
            "What": wording.title(job),
            "State": state(job),
            "Changed": changed(job, run_before(job, jobs[place + 1 :])),
            "Folder": wording.folder(job),
            "Animals": _animals(job),
            "Time": _time(job),
            "Engine": job.spec.engine if job.spec.kind in ("run", "import") else "",
            "Run": job.id,
        }
        for place, job in enumerate(jobs)
    )


def state(job: Job) -> str:
    """Give the state of a job, with how far it is, or with how many of its animals failed."""
    n_failed = sum(bool(record.error) for record in job.results.values())
    if job.status.state == "running":
        return f"running, {100 * job.status.fraction:.0f} %"
    return f"{job.status.state}, {n_failed} failed" if n_failed and job.status.state != "failed" else job.status.state


def _animals(job: Job) -> str:
    """Say how many animals went well, of how many; nothing of jobs that leave no results of animals."""
    if job.spec.kind not in ("run", "import"):
        return ""
    n_good = sum(not record.error for record in job.results.values())
    n_all = len(job.spec.animals or ()) or (0 if job.status.is_active else len(job.results))
    return f"{n_good} of {n_all}" if n_all else str(n_good)


def run_before(job: Job, older: Sequence[Job]) -> Job | None:
    """Give the run before this one on the same folder; looks at the recordings are none."""
    return next((one for one in older if _is_run(one) and one.spec.data == job.spec.data), None)


def _is_run(job: Job) -> bool:
    return job.spec.kind == "run" and job.spec.until not in PREVIEW_RUNS


def changed(job: Job, before: Job | None) -> str:
    """Say in what the settings of a run differ from those of the run before it, or from the defaults."""
    if not _is_run(job):
        return ""
    try:
        now = job.spec.parameters()
        then = before.spec.parameters() if before else Parameters()
    except ParameterError:
        return "parameters of another version"
    parts = [
        f"{field.name} {parameter_form.words(now.get(field.dotted), field.spec)}"
        for field in fields()
        if now.get(field.dotted) != then.get(field.dotted)
    ]
    parts += _other_changes(job, before)
    return "; ".join(parts) or "nothing"


def _other_changes(job: Job, before: Job | None) -> list[str]:
    """Say what differs besides parameters."""
    spec, parts = job.spec, []
    then = before.spec if before else JobSpec(engine=spec.engine, animals=spec.animals)
    if spec.n_frames != then.n_frames:
        parts.append(f"first {spec.n_frames} frames" if spec.n_frames else "all frames")
    if spec.engine != then.engine:
        parts.append(f"engine {spec.engine}")
    parts += _changed_own_values(spec, then) + _changed_seeds(spec, then)
    if spec.animals != then.animals:
        parts.append(wording.animals(job) or "all animals")
    return parts


def _changed_own_values(now: JobSpec, before: JobSpec) -> list[str]:
    """Say which animals have other parameters of their own than before."""
    parts = []
    for animal in sorted({*now.inputs, *before.inputs}):
        own, then = (dict(spec.inputs.get(animal, NO_INPUTS).parameters) for spec in (now, before))
        names = [name for name in sorted({*own, *then}) if own.get(name) != then.get(name)]
        if names:
            parts.append(f"{animal}: " + ", ".join(_own_value(name, own) for name in names))
    return parts


def _own_value(dotted: str, own: Mapping[str, Any]) -> str:
    field = field_of(dotted)
    return f"{field.name} {parameter_form.words(own[dotted], field.spec) if dotted in own else 'as all'}"


def _changed_seeds(now: JobSpec, before: JobSpec) -> list[str]:
    seeds, then = ({name: own.seeds for name, own in spec.inputs.items() if own.seeds} for spec in (now, before))
    if seeds == then:
        return []
    n_seeds = sum(len(own) for own in seeds.values())
    return [wording.count(n_seeds, "seed") if n_seeds else "no seeds"]


def _time(job: Job) -> str:
    started, ended = job.status.started_at, job.status.ended_at
    return duration(ended - started) if started and ended else ""


def run_animals(job: Job) -> pd.DataFrame:
    """One row an animal of one job: counts as persons decided, times, memory, and what went wrong."""
    said = remarks_of(places.store().root, job.spec.data)
    return pd.DataFrame(
        {
            "Animal": record.name,
            "First fit": record.counts.get("first"),
            "Refit": record.counts.get("refit"),
            "Accepted": record.counts.get("accepted"),
            "Time": duration(sum(stage.seconds for stage in record.stages)),
            "From the store": f"{sum(stage.cached for stage in record.stages)} of {len(record.stages)} stages",
            "Peak memory": size(record.peak_memory_bytes) if record.peak_memory_bytes else "",
            "Own values": own_values.ran_with(record),
            "Error": record.error,
            "Remark": said.get(record.name, ""),
        }
        for record in map(_as_judged, job.results.values())
    )


def _as_judged(record: AnimalRun) -> AnimalRun:
    """Give the record with the number of the accepted as persons decided, or with why that can't be told."""
    results = edited.results_if_made(record)
    record = edited_run(record, results)
    try:
        return with_judged_counts(record, results, judgements_of(record, results, blind_rater.name()))
    except StoreError as error:
        return replace(record, error=f"{record.error} {error}".strip())
