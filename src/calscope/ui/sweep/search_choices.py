"""What is to be searched: parameters, their ranges, how widely; and the button that starts it."""

from functools import partial

import streamlit as st

from calscope.engines.engine_registry import get_engine
from calscope.io.project import RecordingRef
from calscope.jobs.job_spec import JobSpec
from calscope.model.errors import CalscopeError
from calscope.model.fields import ParameterField
from calscope.model.params import Parameters, field_of
from calscope.model.recording import RecordingInfo
from calscope.model.sweeps.search_plan import (
    FEWEST_POINTS,
    MOST_POINTS,
    MOST_RANGES,
    SearchPlan,
    as_value,
    check_search,
    read_range,
)
from calscope.pipeline.stage_keys import resolve_params
from calscope.pipeline.sweeps.find_values import first_points
from calscope.pipeline.sweeps.run_points import PointSet, expect_points
from calscope.pipeline.times import Expected, total
from calscope.pipeline.trials import trial_store
from calscope.ui.frame import keys, wording
from calscope.ui.session import places
from calscope.ui.session.lately import remembered
from calscope.ui.sweep import start_button, sweep_choices
from calscope.ui.tune import tried
from calscope.ui.tune.tuning import Tuning

_FIRST = ("cnmf.gSig", "cnmf.K", "evaluation.min_SNR")


def show(tuning: Tuning, ref: RecordingRef, info: RecordingInfo) -> None:
    """Draw the choices, and the button that starts the search."""
    top = st.container()
    names = [name for name in sweep_choices.swept() if field_of(name).spec.kind.startswith(("int", "float"))]
    chosen = st.multiselect(
        "Parameters",
        names,
        default=_FIRST,
        max_selections=MOST_RANGES,
        format_func=lambda name: field_of(name).name,
        key=keys.SEARCH_PARAMETERS_OF,
        help="Each is tried inside of its range, all of them at once.",
        persist_state="session",
    )
    texts = [(name, _range(tuning, field_of(name))) for name in chosen]
    n_points = st.number_input(
        "Points on the crop",
        min_value=FEWEST_POINTS,
        max_value=MOST_POINTS,
        value=16,
        key=keys.SEARCH_POINTS,
        help="More fill the ranges more closely. Each fits the crop some times: with known cells in it, and in halves.",
        persist_state="session",
    )
    most = st.number_input(
        "Unconfirmed at most",
        min_value=0,
        value=None,
        placeholder="as many as now",
        key=keys.SEARCH_UNCONFIRMED,
        help="Components accepted in one half of the frames that the other half doesn't give: what noise makes seldom "
        "comes twice. Points with more come behind all others. Empty: as many as the values in use have.",
        persist_state="session",
    )
    on_whole = st.toggle(
        "End on the whole recording",
        value=True,
        key=keys.SEARCH_WHOLE,
        help="The best points of the crop are tried on a larger crop, and the best of those on the whole recording.",
        persist_state="session",
    )
    plan, told, problem = None, "", ""
    try:
        ranges = tuple(read_range(name, text) for name, text in texts)
        plan = SearchPlan(ranges, int(n_points), tuning.now.crop, bool(on_whole), most)
        told = _costs(plan, tuning, info)
    except CalscopeError as error:
        problem = str(error)
    start_button.show(
        top,
        "Search",
        ":material/search:",
        keys.START_SEARCH,
        told=told,
        problem=problem,
        start=partial(_start, tuning, ref, plan),
    )


def _costs(plan: SearchPlan, tuning: Tuning, info: RecordingInfo) -> str:
    """Say how many points the first round has and about how long it takes; CalscopeError where it can't be."""
    check_search(plan)
    params = tuning.now.params
    resolve_params(params, info)
    points = wording.count(len(first_points(plan, params)), "point")
    expected = _expected(str(plan), sweep_choices.tried_info(info, plan.crop), params, _plan=plan)
    return f"{points} on the crop, {expected.in_words()}, then the best on more. Nothing is set by it."


@remembered(sweep_choices.FRESH_S)
def _expected(plan: str, info: RecordingInfo, params: Parameters, _plan: SearchPlan) -> Expected:
    """Give about how long the first round takes; `plan` says what `_plan` is, which has no hash."""
    points, store = PointSet(first_points(_plan, params), "search"), trial_store(places.store().root)
    return total(expect_points(info, points, params, engine=get_engine(tried.ENGINE), store=store).values())


def _range(tuning: Tuning, field: ParameterField) -> str:
    key = keys.search_range(field.dotted)
    if key not in st.session_state:
        st.session_state[key] = _first_range(field, tuning)
    text = st.text_input(
        f"{field.name} from : to",
        key=key,
        help=f"Two numbers, as 3 : 8; those of a pair are for both, y and x. Allowed: {field.spec.allowed()}.",
        persist_state="session",
    )
    return str(text)


def _first_range(field: ParameterField, tuning: Tuning) -> str:
    """Give half to one and a half times the value in use, as far as that is allowed."""
    value = tuning.now.params.get(field.dotted)
    number = float((value[0] if isinstance(value, tuple) else value) or (field.spec.usual or (2, 2))[1] / 2)
    ends = []
    for end in (number / 2, number * 1.5):
        one = as_value(field.dotted, end)
        plain = float(one[0] if isinstance(one, list) else one)
        low, high = field.spec.low, field.spec.high
        ends.append(min(max(plain, plain if low is None else low), plain if high is None else high))
    return f"{ends[0]:g} : {ends[1]:g}"


def _start(tuning: Tuning, ref: RecordingRef, plan: SearchPlan | None) -> None:
    project = places.project()
    if project is None or plan is None:
        return
    spec = JobSpec(
        kind="search",
        data=str(project.root),
        animals=(ref.name,),
        n_frames=tuning.n_frames,
        params=tuning.now.params.to_dict(),
        engine=tried.ENGINE,
        search=plan,
    )
    try:
        places.submit(spec)
    except CalscopeError as error:
        st.session_state[keys.SWEEP_REFUSED] = str(error)
