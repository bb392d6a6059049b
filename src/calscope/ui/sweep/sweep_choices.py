"""What is to be swept: parameters, their values, where; what that takes, before it starts."""

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from calscope.algorithms.crop_choice import FRAMES, SIDE_PX
from calscope.engines.engine_registry import get_engine
from calscope.io.cropped_recording import cropped_info
from calscope.io.project import RecordingRef
from calscope.jobs.job_spec import JobSpec
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.crop import Crop
from calscope.model.errors import CalscopeError, ParameterError
from calscope.model.fields import ParameterField
from calscope.model.params import Parameters, field_of, fields
from calscope.model.recording import RecordingInfo
from calscope.model.sweeps.sweep_plan import SweepPlan, points_of, read_over
from calscope.pipeline.stage_keys import resolve_params
from calscope.pipeline.stages import stages_until
from calscope.pipeline.sweeps.run_points import expect_points, points_of_sweep, value_in_words
from calscope.pipeline.times import Expected, total
from calscope.pipeline.trials import trial_store
from calscope.ui.frame import keys, messages, wording
from calscope.ui.session import placed_seeds, places
from calscope.ui.session.lately import remembered
from calscope.ui.sweep import start_button
from calscope.ui.tune import controls, tried
from calscope.ui.tune.tuning import Tuning

CROP, WHOLE = "Tune's crop", "Whole recording"
FIRST = "cnmf.gSig"
FRESH_S = 2.0


@dataclass(frozen=True)
class Wanted:
    """What would be started."""

    plan: SweepPlan
    n_points: int
    expected: Expected


def show(tuning: Tuning, ref: RecordingRef, info: RecordingInfo, crop: Crop | None) -> None:
    """Draw the choices and the button that starts the sweep, and say what it takes.

    Parameters
    ----------
    crop
        The part that the program chose in an earlier sweep, where Tune has none yet.
    """
    top = st.container()
    first = _parameter("Parameter", keys.SWEEP_FIRST, FIRST)
    texts = [(first, _values(tuning, first))] if first else []
    second = _parameter("Second parameter", keys.SWEEP_SECOND, None)
    texts += [(second, _values(tuning, second, is_second=True))] if second else []
    where = st.segmented_control(
        "Where",
        (CROP, WHOLE),
        default=CROP,
        required=True,
        key=keys.SWEEP_WHERE,
        help="On Tune's crop every point takes seconds, and Tune shows it at once. On the whole recording a point "
        "takes as long as a run, without what it has in common with others.",
        persist_state="session",
    )
    injected = st.toggle(
        "Known cells (slow)",
        key=keys.SWEEP_INJECTED,
        help="Also puts known cells into the movie at every point, and tells which share is accepted: the movie is "
        "fitted once more at every point.",
        persist_state="session",
    )
    wanted, problem = None, ""
    try:
        wanted = _wanted(tuning, info, texts, tuning.now.crop or crop, is_whole=where == WHOLE, injected=bool(injected))
    except CalscopeError as error:
        problem = str(error)
    start_button.show(
        top,
        "Start the sweep",
        ":material/play_arrow:",
        keys.START_SWEEP,
        told=_costs(wanted) if wanted else "",
        problem=problem,
        start=partial(_start, tuning, ref, wanted),
    )


def _parameter(label: str, key: str, default: str | None) -> str | None:
    names = list(swept())
    other = {keys.SWEEP_SECOND: keys.SWEEP_FIRST}.get(key)
    taken = st.session_state.get(other) if other else None
    names = [name for name in names if name != taken]
    if st.session_state.get(key) not in names:
        st.session_state.pop(key, None)
    chosen: str | None = st.selectbox(
        label,
        names,
        index=names.index(default) if default in names else None,
        format_func=lambda name: f"{field_of(name).name} · {field_of(name).spec.label}",
        placeholder="none",
        key=key,
        help="Its values are tried one after the other; those of two parameters in all combinations.",
        persist_state="session",
    )
    return chosen


def swept() -> tuple[str, ...]:
    """Give the parameters that change what is found, those of Tune first."""
    stages = {stage.name for stage in stages_until("tuning")}
    tuned = [name for names in controls.GROUPS.values() for name in names]
    others = [field.dotted for field in fields() if stages & set(field.spec.stages) and field.dotted not in tuned]
    return tuple(name for name in [*tuned, *others] if len(field_of(name).spec.choices) != 1 and name != "dataset.fr")


def _values(tuning: Tuning, name: str, *, is_second: bool = False) -> str:
    field = field_of(name)
    key = keys.sweep_values(name)
    if key not in st.session_state:
        st.session_state[key] = _first_values(field, tuning)
    return str(
        st.text_input(
            f"Values of {field.name}" if not is_second else f"Values of {field.name}, too",
            key=key,
            help=f"One after the other, as 3, 4, 5; or a range as FROM:TO:COUNT, such as 3:8:6. A number for a pair is "
            f"for both, y and x; different ones are [3, 4]. Allowed: {field.spec.allowed()}.",
            persist_state="session",
        )
    )


def _first_values(field: ParameterField, tuning: Tuning) -> str:
    """Give values to begin with: around the one in use, or what there is to choose from."""
    spec = field.spec
    if spec.kind == "bool":
        return "on, off"
    if spec.kind == "choice":
        return ", ".join(spec.choices)
    value = tuning.now.params.get(field.dotted)
    number = (value[0] if isinstance(value, tuple) else value) or (spec.usual or (2, 2))[1] / 2
    around = [number * (2 + step) / 4 for step in range(5)]
    listed = (round(one) if spec.kind.startswith("int") else float(f"{one:.3g}") for one in around)
    allowed = [one for one in dict.fromkeys(listed) if _is_allowed(field.dotted, one)]
    return ", ".join(f"{one:g}" for one in allowed)


def _is_allowed(name: str, value: float) -> bool:
    try:
        Parameters.one_value(name, value)
    except ParameterError:
        return False
    return True


def _wanted(
    tuning: Tuning,
    info: RecordingInfo,
    texts: list[tuple[str, str]],
    crop: Crop | None,
    *,
    is_whole: bool,
    injected: bool,
) -> Wanted:
    """Give what would be started; ParameterError where that can't be, with what is allowed."""
    if not texts:
        raise ParameterError("Choose a parameter.")
    overs = tuple(read_over(name, text) for name, text in texts)
    points = points_of(overs, tuning.now.params)
    plan = SweepPlan(overs, None if is_whole else crop, is_whole, injected)
    resolve_params(tuning.now.params, info)
    expected = _expected(str(plan), tried_info(info, plan.crop, is_whole=plan.whole), tuning.now.params, _plan=plan)
    return Wanted(plan, len(points), expected)


def tried_info(info: RecordingInfo, crop: Crop | None, *, is_whole: bool = False) -> RecordingInfo:
    """Give what is known of what is tried; of a crop that is not chosen yet, its usual size."""
    if is_whole:
        return info
    if crop is not None:
        return cropped_info(info, crop)
    frames, rows, columns = info.shape
    return replace(info, shape=(min(FRAMES, frames), min(SIDE_PX, rows), min(SIDE_PX, columns)))


@remembered(FRESH_S)
def _expected(plan: str, info: RecordingInfo, params: Parameters, _plan: SweepPlan) -> Expected:
    """Give about how long all points take; `plan` says what `_plan` is, which has no hash."""
    store = places.store() if _plan.whole else trial_store(places.store().root)
    points = points_of_sweep(_plan, params)
    return total(expect_points(info, points, params, engine=get_engine(tried.ENGINE), store=store).values())


def _costs(wanted: Wanted) -> str:
    """Say how many points there are, of which values, and about how long they take."""
    listed = "; ".join(
        f"{field_of(one.parameter).name} {', '.join(value_in_words(value) for value in one.values)}"
        for one in wanted.plan.over
    )
    time = "nothing to compute" if not wanted.expected.seconds else wanted.expected.in_words()
    return messages.plain(f"{wording.count(wanted.n_points, 'point')}, {time}: {listed}")


def _start(tuning: Tuning, ref: RecordingRef, wanted: Wanted | None) -> None:
    project = places.project()
    if project is None or wanted is None:
        return
    plan = wanted.plan
    seeds = placed_seeds.placed(ref.name) if plan.whole else ()
    spec = JobSpec(
        kind="sweep",
        data=str(project.root),
        animals=(ref.name,),
        n_frames=tuning.n_frames,
        params=tuning.now.params.to_dict(),
        engine=tried.ENGINE,
        sweep=plan,
        inputs={ref.name: AnimalInputs(seeds=seeds)} if seeds else {},
    )
    try:
        st.session_state[keys.SWEEP_SHOWN] = places.submit(spec)
    except CalscopeError as error:
        st.session_state[keys.SWEEP_REFUSED] = str(error)
