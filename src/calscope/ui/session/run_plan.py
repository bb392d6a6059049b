"""What a run would do with what is set now: which stages of which animals run again, because of what, and the time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.io.project import RecordingRef
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import CalscopeError
from calscope.model.fields import StageName
from calscope.model.params import Parameters, fields
from calscope.model.quantities import duration
from calscope.model.recording import RecordingInfo
from calscope.model.seeds import Seeds
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.records import Until
from calscope.pipeline.runner import plan_keys
from calscope.pipeline.stages import stage_of, stages_until
from calscope.pipeline.times import Expected, StageTimes, is_first_run, total
from calscope.ui.frame import keys, wording
from calscope.ui.session import animal_states, cached, launch, own_values, places, shown_run
from calscope.ui.widgets import parameter_form

FIRST_RUN = "The first run here also compiles its kernels: up to a minute more."
MOST_STAGES = 3
"""Of more stages, the first is named and the others are counted."""
MOST_REASONS = 3
FRESH_S = 2.0
"""So long it is taken for true what is in the store; the end of a run is seen at once."""
_NEWEST = 4
_Keys = tuple[tuple[StageName, str], ...]


class _Work(NamedTuple):
    """What a run of one animal would make."""

    planned: _Keys
    shape: tuple[int, int, int]
    stages: tuple[StageName, ...]
    engine: str


@dataclass(frozen=True)
class RunPlan:
    """What a run over the chosen animals would do."""

    n_chosen: int
    n_to_run: int
    """Animals of which something is not in the store."""
    stages: tuple[StageName, ...]
    """What is not in the store of any of them, in order."""
    is_whole: bool
    """Whether that is all that such a run does."""
    reasons: tuple[str, ...]
    """Why, as far as that is known: settings that are not those of the newest results."""
    left_s: float | None
    """Time that it takes, s; None where nothing like it ran here yet."""


def words_for_everything() -> str:
    """Say in one line what running everything would do."""
    if animal_states.is_going_on():
        return "A run of this folder is going on."
    chosen = shown_run.chosen_recordings()
    whose = chosen[0].name if len(chosen) == 1 else f"{len(chosen)} animals"
    return f"Motion correction, extraction and evaluation of {whose}. {words('evaluation')}".rstrip()


def words(until: Until) -> str:
    """Say which stages a run would do again, because of what, and how long it takes; empty where it can't be said."""
    try:
        plan = make(until)
    except CalscopeError:
        return ""  # what is wrong is said when the button is pressed
    return _sentence(plan) if plan.n_chosen else ""


def _sentence(plan: RunPlan) -> str:
    if not plan.stages:
        return "All of it is in the store with these settings: no time."
    what = "everything runs" if plan.is_whole else _listed(plan.stages)
    whom = f" of {wording.count(plan.n_to_run, 'animal')}" if plan.n_to_run < plan.n_chosen else ""
    again = " again" if plan.reasons else ""
    said = f"{what}{again}{whom}{_because(plan)}{'' if plan.is_whole else '; the rest is in the store'}"
    time = f"About {duration(plan.left_s)}. " if plan.left_s else ""
    first = f" {FIRST_RUN}" if is_first_run(places.store().root) else ""
    return f"{time}{said[0].upper()}{said[1:]}.{first}"


def _listed(stages: tuple[StageName, ...]) -> str:
    titles = [stage_of(stage).title for stage in stages]
    if len(titles) > MOST_STAGES:
        return f"{titles[0]} and {len(titles) - 1} stages after it run"
    return f"{', '.join(titles)} {'runs' if len(titles) == 1 else 'run'}"


def _because(plan: RunPlan) -> str:
    if not plan.reasons:
        return ""
    more = len(plan.reasons) - MOST_REASONS
    return ": " + ", ".join(plan.reasons[:MOST_REASONS]) + (f" and {more} more" if more > 0 else "")


def make(until: Until) -> RunPlan:
    """Look at what is set and at what is stored; errors as `launch.start_run`."""
    params, engine = parameter_form.parameters(launch.groups_used(until)), launch.engine_name(until)
    inputs = own_values.inputs_of_chosen(with_seeds=launch.takes_seeds(until))
    stages = tuple(stage.name for stage in stages_until(until))
    pending: set[StageName] = set()
    reasons: dict[str, None] = {}
    times, n_chosen, n_to_run = [], 0, 0
    for ref, info in _chosen():
        own = inputs.get(ref.name, NO_INPUTS)
        work = _Work(
            _planned(info, parameters_of(ref.name, params, own), engine, own.seeds), info.shape, stages, engine
        )
        missing, time = _left(work, str(places.store().root), _changes())
        times.append(time)
        n_chosen, n_to_run = n_chosen + 1, n_to_run + bool(missing)
        pending |= set(missing)
        reasons |= dict.fromkeys(_reasons(ref, info, own, set(missing)))
    left = total(times)
    found = tuple(stage for stage in stages if stage in pending)
    return RunPlan(n_chosen, n_to_run, found, found == stages, tuple(reasons), left.seconds if left.is_known else None)


def _chosen() -> Iterator[tuple[RecordingRef, RecordingInfo]]:
    n_frames = st.session_state.get(keys.FRAMES)
    for ref in shown_run.chosen_recordings():
        if info := cached.info_or_none(str(ref.path), n_frames):
            yield ref, info


@lru_cache(maxsize=256)
def _planned(info: RecordingInfo, params: Parameters, engine: str, seeds: Seeds) -> _Keys:
    """Give the keys by stage; without a frame rate, only those of the first stages."""
    return tuple(plan_keys(info, params, ENGINES[engine], AnimalInputs(seeds=seeds)).items())


def _changes() -> tuple[tuple[str, str, int], ...]:
    """Give what changes when a run ends or is through with an animal."""
    return tuple((job.id, job.status.state, len(job.results)) for job in shown_run.of_project()[:_NEWEST])


@st.cache_resource(ttl=FRESH_S, max_entries=256, show_spinner=False)
def _left(work: _Work, root: str, changes: object) -> tuple[tuple[StageName, ...], Expected]:
    """Give the stages that are not in the store, and the time that they take."""
    store, by_stage = places.store(), dict(work.planned)
    missing = tuple(stage for stage in work.stages if stage not in by_stage or not store.has(by_stage[stage]))
    times = StageTimes(store.root, work.engine, cpu_count())
    return missing, total(times.expected(stage_of(stage), work.shape) for stage in missing)


def _reasons(ref: RecordingRef, info: RecordingInfo, inputs: AnimalInputs, missing: set[StageName]) -> Iterator[str]:
    """Say which settings are not those of an animal's newest results, of those that the missing stages read."""
    animal = shown_run.animal(ref, "refit", "fit", "apply")
    if not missing or animal.run is None or animal.record is None:
        return
    run, record, values = animal.run, animal.record, own_values.values(ref.name)
    if run.job.spec.engine != launch.engine_name("evaluation") and any(stage_of(one).uses_engine for one in missing):
        yield f"engine {run.job.spec.engine} → {launch.engine_name('evaluation')}"
    if record.info is not None and record.info.shape[0] != info.shape[0]:
        yield f"frames {record.info.shape[0]} → {info.shape[0]}"
    used = own_values.used(animal, run)
    for field in fields():
        was, now = used.get(field.dotted), values[field.dotted]
        if was != now and missing & set(field.spec.stages):
            plain = replace(field.spec, unit="")
            whose = f" of {ref.name} alone" if {field.dotted} & {*inputs.parameters, *record.inputs.parameters} else ""
            yield f"{field.name} {parameter_form.words(was, plain)} → {parameter_form.words(now, plain)}{whose}"
    if "refit" in missing and record.inputs.seeds != inputs.seeds:
        yield "seeds"
