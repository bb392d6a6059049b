"""From what the sidebar says to a job, or to the reason why it can't start."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import streamlit as st

from calscope.engines.engine_registry import ENGINES, get_engine
from calscope.engines.fit_estimate import check_fit
from calscope.io.project import RecordingRef
from calscope.jobs.job_spec import DEMOS, JobSpec
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs
from calscope.model.errors import CalscopeError, ParameterError, RecordingError
from calscope.model.params import Parameters, fields
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.records import Until
from calscope.pipeline.room import check_movies_fit
from calscope.pipeline.runner import plan_keys
from calscope.pipeline.stages import stages_until
from calscope.ui.frame import keys, messages
from calscope.ui.session import cached, own_values, placed_seeds, places, shown_run
from calscope.ui.widgets import parameter_form

STORED = "All of it was in the store: nothing had to be run."
SEEDED = ("extraction", "evaluation", "injected")
"""Runs whose refit begins components at the seeds that were placed by hand."""


class FrameRateUnknownError(ParameterError):
    """A run would need a frame rate that is neither in the files nor entered."""


def start_run(until: Until) -> str:
    """Submit a run of the chosen animals with the sidebar's settings; give its number.

    Raises
    ------
    CalscopeError
        When there is nothing to run on, a parameter that is used is not allowed, a frame rate is unknown, or the engine
        is absent.
    """
    return _submit(until, shown_run.chosen_recordings())


def _submit(until: Until, refs: Sequence[RecordingRef]) -> str:
    project = places.project()
    if project is None:
        raise RecordingError("No folder is open. Open one on Home, or make the demo there.")
    if places.shows_import():
        raise RecordingError("These are results without their recording: nothing can be run. Open it on Home.")
    params = parameter_form.parameters(groups_used(until))
    if until != "summary":
        _need_frame_rates(params, refs)
    check_fits(params, until, refs)
    check_disk(params, until, refs)
    spec = JobSpec(
        kind="run",
        data=str(project.root),
        animals=tuple(ref.name for ref in refs),
        n_frames=st.session_state.get(keys.FRAMES),
        params=params.to_dict(),
        engine=engine_name(until),
        until=until,
        inputs=own_values.inputs_of(refs, with_seeds=takes_seeds(until)),
    )
    job_id = places.submit(spec)
    st.session_state.pop(keys.SETTINGS_KEPT, None)  # what was run is kept with the folder, also what a link brought
    if until != "summary":
        st.session_state.pop(keys.RUN, None)  # what it finds is looked at as soon as it is there
    return job_id


def start_injected(name: str) -> str:
    """Submit the search for known cells in one animal with the sidebar's settings; errors as `start_run`."""
    return _submit("injected", tuple(ref for ref in shown_run.refs() if ref.name == name))


def takes_seeds(until: Until) -> bool:
    """Tell whether such a run begins components at the seeds that were placed by hand."""
    return until in SEEDED and ENGINES[engine_name(until)].takes_seeds


def groups_used(until: Until) -> set[str]:
    """Give the groups of parameters that such a run reads; what is typed for later steps can't stop it."""
    stages = {stage.name for stage in stages_until(until)}
    return {"dataset"} | {field.group for field in fields() if stages & set(field.spec.stages)}


def start_look(name: str, until: Literal["preview", "proposals"]) -> str:
    """Submit a look at one animal before any run, with the sidebar's settings; errors as `start_run`."""
    project = places.project()
    if project is None:
        raise RecordingError("No folder is open. Open one on Home, or make the demo there.")
    spec = JobSpec(
        data=str(project.root),
        animals=(name,),
        n_frames=st.session_state.get(keys.FRAMES),
        params=parameter_form.parameters(groups_used(until)).to_dict(),
        engine=engine_name(until),
        until=until,
        inputs={name: AnimalInputs(own)} if (own := own_values.of(name)) else {},
    )
    for job in shown_run.looks_at(name, until):
        if not job.status.is_active:
            places.remove(job.id)  # its result stays in the store; the list of runs would fill up with looks
    return places.submit(spec)


def start_refit(run: shown_run.ShownRun) -> str:
    """Submit the shown run again with the seeds placed since; what comes before the refit is in the store.

    Raises
    ------
    CalscopeError
        When a seed lies outside of its field, or the engine takes none.
    """
    spec = run.job.spec
    inputs = {
        name: replace(spec.inputs.get(name, NO_INPUTS), seeds=placed_seeds.placed(name)) for name in run.job.results
    }
    job_id = places.submit(replace(spec, inputs={name: own for name, own in inputs.items() if not own.is_empty}))
    st.session_state.pop(keys.RUN, None)
    return job_id


def take_settings_of(run: shown_run.ShownRun) -> None:
    """Put the settings of a run into the sidebar; only before the widgets are drawn, as in a callback."""
    parameter_form.fill(run.params)
    st.session_state[keys.ENGINE] = run.job.spec.engine
    st.session_state[keys.FRAMES] = run.job.spec.n_frames
    for name in run.job.results:
        own_values.put(name, run.job.spec.inputs.get(name, NO_INPUTS).parameters)


def begin_as_picked() -> None:
    """Take the settings of the run that a link asks for, where the project has none of its own yet."""
    run = shown_run.picked()
    if run is not None and run.job.spec.kind == "run":
        take_settings_of(run)


def engine_name(until: Until) -> str:
    """Give the engine chosen, which must be able to run; summary images need none."""
    if until in ("summary", "proposals"):
        return "builtin"
    name = st.session_state.get(keys.ENGINE) or next(iter(ENGINES))
    get_engine(name)
    return name


def request(until: Until) -> None:
    """Note that a run button was pressed: a callback, for `carry_out`.

    A press that comes while the page is drawn, right after a value was changed in a fragment, may reach a run of that
    fragment alone, which doesn't see the button. Callbacks are called there, too.
    """
    st.session_state[keys.REQUESTED] = until


def carry_out(until: Until) -> None:
    """Submit the run whose button was pressed."""
    if st.session_state.get(keys.REQUESTED) == until:
        try_run(until)


def try_run(until: Until) -> None:
    """Submit a run and draw the page again, or say why it can't start, where that moves no button."""
    st.session_state.pop(keys.REQUESTED, None)
    try:
        job = places.job(start_run(until))
    except CalscopeError as error:
        with st.bottom:
            messages.show_error(error)
            if isinstance(error, FrameRateUnknownError):
                st.page_link("pages/data.py", label="Enter it on Data", icon=":material/arrow_forward:")
    else:
        if job is not None and not job.status.is_active:
            st.toast(STORED)
        st.rerun()


def without_frame_rate(params: Parameters | None, refs: Sequence[RecordingRef] | None = None) -> list[str]:
    """Give the chosen animals, or other ones, whose frame rate is neither in their files nor in the parameters."""
    if params is not None and params.dataset.fr is not None:
        return []
    n_frames = st.session_state.get(keys.FRAMES)
    found = [ref for ref in _or_chosen(refs) if not own_values.of(ref.name).get("dataset.fr")]
    infos = [cached.info_or_none(str(ref.path), n_frames) for ref in found]
    return [info.name for info in infos if info is not None and info.fr_hz is None]


def _or_chosen(refs: Sequence[RecordingRef] | None) -> Sequence[RecordingRef]:
    return shown_run.chosen_recordings() if refs is None else refs


def check_fits(params: Parameters, until: Until, refs: Sequence[RecordingRef] | None = None) -> None:
    """Refuse a fit that can't work on one of the chosen animals, or of other ones; ParameterError as `check_fit`."""
    if not any(stage.name == "fit" for stage in stages_until(until)):
        return
    n_frames = st.session_state.get(keys.FRAMES)
    for ref in _or_chosen(refs):
        if info := cached.info_or_none(str(ref.path), n_frames):
            check_fit(own_values.parameters(ref.name, params), info.shape, cpu_count())


def check_disk(params: Parameters, until: Until, refs: Sequence[RecordingRef] | None = None) -> None:
    """Refuse a run whose corrected movies have no room on the disk; StoreError as `check_movies_fit`."""
    if not any(stage.name == "apply" for stage in stages_until(until)):
        return
    engine, store, movies = ENGINES[engine_name(until)], places.store(), {}
    for ref in _or_chosen(refs):
        if info := cached.info_or_none(str(ref.path), st.session_state.get(keys.FRAMES)):
            key = plan_keys(info, own_values.parameters(ref.name, params), engine).get("apply", "")
            if key and not store.has(key):
                movies[key] = info.shape
    check_movies_fit(movies, store.root, "Prune the store on the page Runs, or run fewer animals or frames.")


def _need_frame_rates(params: Parameters, refs: Sequence[RecordingRef]) -> None:
    missing = without_frame_rate(params, refs)
    if missing:
        raise FrameRateUnknownError(
            f"The frame rate of {', '.join(missing)} is unknown: the files don't state it, and it is never guessed. "
            "Enter it on the page Data, under Frame rate."
        )


def start_demo(name: str) -> str:
    """Submit the making of a demo; give its number."""
    spec = JobSpec(kind="demo", data=str(places.demo_folder() / name), demo=DEMOS[name])
    job_id = places.submit(spec)
    st.session_state[keys.AWAITED_DEMO] = job_id
    return job_id


def demo_is_made(name: str) -> bool:
    """Tell whether the demo of that name is already there, whole."""
    folder = str(places.demo_folder() / name)
    made = any(
        job.spec.kind == "demo" and job.spec.data == folder and job.status.state == "done" for job in places.jobs()
    )
    return made and (places.demo_folder() / name).is_dir()
