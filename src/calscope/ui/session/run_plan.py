"""What a run of everything would do with what is set now: of which animals, what of it is stored, and the time."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs
from calscope.model.errors import CalscopeError
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.model.quantities import duration
from calscope.model.recording import RecordingInfo
from calscope.pipeline.runner import expect_run, plan_keys
from calscope.pipeline.times import is_first_run
from calscope.ui.frame import keys, wording
from calscope.ui.session import animal_states, cached, launch, placed_seeds, places, shown_run
from calscope.ui.widgets import parameter_form

_LAST_OF: dict[str, StageName] = {"motion correction": "after", "extraction": "refit", "evaluation": "evaluation"}
_STEPS = "motion correction, extraction and evaluation"

FIRST_RUN = "The first run here also compiles its kernels: up to a minute more."


@dataclass(frozen=True)
class RunPlan:
    """A run over the chosen animals until the evaluation."""

    n_animals: int
    n_stored: Mapping[str, int]
    """By step, of how many animals it is in the store."""
    left_s: float | None
    """Time that the rest takes, s; None where nothing like it ran here yet."""

    @property
    def is_stored(self) -> bool:
        """Whether all of it is in the store."""
        return all(n == self.n_animals for n in self.n_stored.values())


def words() -> str:
    """Say in one line what pressing the button would do."""
    if animal_states.is_going_on():
        return "A run of this folder is going on."
    chosen = shown_run.chosen_recordings()
    whose = chosen[0].name if len(chosen) == 1 else f"{len(chosen)} animals"
    try:
        plan = make()
    except CalscopeError:
        plan = None  # what is wrong is said when the button is pressed
    return f"{_STEPS.capitalize()} of {whose}." + (f" {_stored(plan)}" if plan else "")


def _stored(plan: RunPlan) -> str:
    if plan.is_stored:
        return "All of it is in the store with these settings: no time."
    parts = [
        step if n == plan.n_animals else f"{step} of {wording.count(n, 'animal')}"
        for step, n in plan.n_stored.items()
        if n
    ]
    found = ", ".join(parts) or "nothing yet"
    stored = f"In the store with these settings: {found}."
    if not plan.left_s:
        return stored
    first = f" {FIRST_RUN}" if is_first_run(places.store().root) else ""
    return f"{stored} About {duration(plan.left_s)}.{first}"


def make() -> RunPlan:
    """Look at what is set and at what is stored; errors as `launch.start_run`."""
    params = parameter_form.parameters(launch.groups_used("evaluation"))
    engine = ENGINES[launch.engine_name("evaluation")]
    inputs = placed_seeds.inputs_of_chosen() if engine.takes_seeds else {}
    stored, seconds, is_known = dict.fromkeys(_LAST_OF, 0), 0.0, True
    infos = _infos()
    for info in infos:
        own = inputs.get(info.name, NO_INPUTS)
        for step in _stored_steps(info, params, own):
            stored[step] += 1
        expected = expect_run(info, params, engine=engine, store=places.store(), inputs=own)
        seconds, is_known = seconds + expected.seconds, is_known and expected.is_known
    return RunPlan(len(infos), stored, seconds if is_known else None)


def _infos() -> list[RecordingInfo]:
    n_frames = st.session_state.get(keys.FRAMES)
    found = (cached.info_or_none(str(ref.path), n_frames) for ref in shown_run.chosen_recordings())
    return [info for info in found if info is not None]


def _stored_steps(info: RecordingInfo, params: Parameters, inputs: AnimalInputs) -> list[str]:
    engine, store = ENGINES[launch.engine_name("evaluation")], places.store()
    planned = plan_keys(info, params, engine, inputs)  # without a frame rate, only that of the first stages
    return [step for step, stage in _LAST_OF.items() if stage in planned and store.has(planned[stage])]
