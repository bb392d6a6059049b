"""What a run would do with what is set now: which stages of which animals run again, because of what, and the time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.io.project import RecordingRef
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import CalscopeError
from calscope.model.fields import ParameterField, StageName
from calscope.model.params import Parameters, fields
from calscope.model.recording import RecordingInfo
from calscope.model.seeds import Seeds
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.records import Until
from calscope.pipeline.runner import plan_keys
from calscope.pipeline.stages import stage_of, stages_until
from calscope.pipeline.times import Expected, StageTimes, total
from calscope.ui.frame import keys, wording
from calscope.ui.session import animal_states, cached, launch, own_values, places, run_cost, shown_run
from calscope.ui.session.lately import remembered
from calscope.ui.widgets import parameter_form

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
    params: Parameters


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
    by_stage: Mapping[StageName, Expected]
    """What each of these stages takes, of all animals together."""
    expected: Expected
    """What all of it takes, one after the other."""
    served: tuple[StageName, ...]
    """What is in the store of all of them."""


class Told(NamedTuple):
    """What is said of a run before it starts; empty where nothing can be said."""

    line: str = ""
    """What it takes, which stages it would do again, and because of what."""
    in_full: str = ""
    """Stage by stage, with what is taken from the store."""
    lacking: str = ""
    """Where it would not fit into memory or on the disk."""


def of_everything() -> Told:
    """Say what running everything would do."""
    if animal_states.is_going_on():
        return Told("A run of this folder is going on.")
    chosen = shown_run.chosen_recordings()
    whose = chosen[0].name if len(chosen) == 1 else f"{len(chosen)} animals"
    told = of_run("evaluation")
    line = f"Motion correction, extraction and evaluation of {whose}. {told.line}".rstrip()
    return told._replace(line=line)


def of_run(until: Until, only: str | None = None) -> Told:
    """Say what a run of the chosen animals, or of `only` one, would do.

    Nothing where what is set is wrong, which is said when the button is pressed.
    """
    try:
        plan = make(until, only)
    except CalscopeError:
        return Told()
    if not plan.n_chosen:
        return Told()
    in_full = run_cost.in_full(plan.by_stage, plan.served)
    return Told(_sentence(plan), in_full, run_cost.warning(plan.expected))


def _sentence(plan: RunPlan) -> str:
    if not plan.stages:
        return "All of it is in the store with these settings: no time."
    what = "everything runs" if plan.is_whole else _listed(plan.stages)
    whom = f" of {wording.count(plan.n_to_run, 'animal')}" if plan.n_to_run < plan.n_chosen else ""
    again = " again" if plan.reasons else ""
    said = f"{what}{again}{whom}{_because(plan)}{'' if plan.is_whole else '; the rest is in the store'}"
    cost = run_cost.short(plan.expected, plan.by_stage)
    return f"{cost} {said[0].upper()}{said[1:]}.".strip()


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


def make(until: Until, only: str | None = None) -> RunPlan:
    """Look at what is set and at what is stored, of the chosen animals or of one; errors as `launch.start_run`."""
    refs = [ref for ref in shown_run.refs() if ref.name == only] if only else shown_run.chosen_recordings()
    params, engine = parameter_form.parameters(launch.groups_used(until)), launch.engine_name(until)
    inputs = own_values.inputs_of(refs, with_seeds=launch.takes_seeds(until))
    stages = tuple(stage.name for stage in stages_until(until))
    costs: dict[StageName, list[Expected]] = {}
    reasons: dict[str, None] = {}
    n_chosen, n_to_run = 0, 0
    for ref, info in _with_infos(refs):
        own = inputs.get(ref.name, NO_INPUTS)
        of_it = parameters_of(ref.name, params, own)
        work = _Work(_planned(info, of_it, engine, own.seeds), info.shape, stages, engine, of_it)
        missing = dict(_left(work, str(places.store().root), _changes()))
        n_chosen, n_to_run = n_chosen + 1, n_to_run + bool(missing)
        for stage, one in missing.items():
            costs.setdefault(stage, []).append(one)
        reasons |= dict.fromkeys(_reasons(ref, info, of_it, own, set(missing)))
    by_stage = {stage: total(costs[stage]) for stage in stages if stage in costs}
    served = tuple(stage for stage in stages if stage not in costs)
    whole = total(by_stage.values())
    return RunPlan(n_chosen, n_to_run, tuple(by_stage), not served, tuple(reasons), by_stage, whole, served)


def _with_infos(refs: Sequence[RecordingRef]) -> Iterator[tuple[RecordingRef, RecordingInfo]]:
    n_frames = st.session_state.get(keys.FRAMES)
    for ref in refs:
        if info := cached.info_or_none(str(ref.path), n_frames):
            yield ref, info


@lru_cache(maxsize=256)
def _planned(info: RecordingInfo, params: Parameters, engine: str, seeds: Seeds) -> _Keys:
    """Give the keys by stage; without a frame rate, only those of the first stages."""
    return tuple(plan_keys(info, params, ENGINES[engine], AnimalInputs(seeds=seeds)).items())


def _changes() -> tuple[tuple[str, str, int], ...]:
    """Give what changes when a run ends or is through with an animal."""
    return tuple((job.id, job.status.state, len(job.results)) for job in shown_run.of_project()[:_NEWEST])


@remembered(FRESH_S)
def _left(work: _Work, root: str, changes: object) -> tuple[tuple[StageName, Expected], ...]:
    """Give the stages that are not in the store, and what they take."""
    store, by_stage = places.store(), dict(work.planned)
    missing = tuple(stage for stage in work.stages if stage not in by_stage or not store.has(by_stage[stage]))
    times = StageTimes(store.root, work.engine, cpu_count())
    return tuple((stage, times.expected(stage_of(stage), work.shape, work.params)) for stage in missing)


@lru_cache(maxsize=256)
def _differing(params: Parameters, others: Parameters) -> tuple[ParameterField, ...]:
    return tuple(field for field in fields() if params.get(field.dotted) != others.get(field.dotted))


def _reasons(
    ref: RecordingRef, info: RecordingInfo, params: Parameters, inputs: AnimalInputs, missing: set[StageName]
) -> Iterator[str]:
    """Say which settings are not those of an animal's newest results, of those that the missing stages read."""
    animal = shown_run.animal(ref, "refit", "fit", "apply")
    if not missing or animal.run is None or animal.record is None:
        return
    run, record = animal.run, animal.record
    if run.job.spec.engine != launch.engine_name("evaluation") and any(stage_of(one).uses_engine for one in missing):
        yield f"engine {run.job.spec.engine} → {launch.engine_name('evaluation')}"
    if record.info is not None and record.info.shape[0] != info.shape[0]:
        yield f"frames {record.info.shape[0]} → {info.shape[0]}"
    used = own_values.used(animal, run)
    for field in _differing(used, params):
        was, now = used.get(field.dotted), params.get(field.dotted)
        if missing & set(field.spec.stages):
            plain = replace(field.spec, unit="")
            whose = f" of {ref.name} alone" if {field.dotted} & {*inputs.parameters, *record.inputs.parameters} else ""
            yield f"{field.name} {parameter_form.words(was, plain)} → {parameter_form.words(now, plain)}{whose}"
    if "refit" in missing and record.inputs.seeds != inputs.seeds:
        yield "seeds"
