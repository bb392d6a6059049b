"""The page Sweep: what is to be swept in the sidebar, the sheet and the curves beside each other."""

from functools import partial

import streamlit as st

from calscope.io.project import RecordingRef
from calscope.jobs.manager import Job
from calscope.model.recording import RecordingInfo
from calscope.model.sweeps.sweep_plan import at_point
from calscope.pipeline.sweeps.point_table import point_table
from calscope.ui.frame import box_changes, keys, messages, wording
from calscope.ui.session import cached, shown_run
from calscope.ui.sweep import (
    recurring_cells,
    search_choices,
    search_view,
    sheet,
    shown_sweep,
    sweep_choices,
    sweep_figures,
)
from calscope.ui.sweep.shown_sweep import ShownSweep
from calscope.ui.tune import keep_values, tune_view, tuning
from calscope.ui.tune.tuning import Tuning

SWEEP, SEARCH = "Sweep", "Find good values"
SHEET_PX = 470
_LOOK_EVERY_S = 1.0


def show() -> None:
    """Draw the page for the current animal."""
    ref = shown_run.current()
    if ref is None:
        return
    n_frames = st.session_state.get(keys.FRAMES)
    info = cached.recording(str(ref.path), n_frames).info  # one that can't be opened is told in words
    if not tune_view.has_rate(info):
        return
    tried = tuning.of_animal(str(ref.path), n_frames, keep_values.start_of(ref.name))
    if st.session_state.pop(keys.SWEEP_OPENED, False):
        st.switch_page("pages/tune.py")
    sweep = shown_sweep.chosen(shown_sweep.of_animal(ref))
    with st.sidebar:
        what = _pick_what()
        if what == SEARCH:
            search_choices.show(tried, ref, info)
        else:
            sweep_choices.show(tried, ref, info, sweep.results.crop if sweep else None)
    if refused := st.session_state.pop(keys.SWEEP_REFUSED, None):
        st.warning(messages.plain(refused), icon=":material/error:")
    if what == SEARCH:
        search_view.show(ref, tried)
        return
    if sweep is None:
        messages.nothing_yet(
            f"No sweep of {messages.plain(ref.name)} yet",
            "Choose a parameter and its values on the left, and press **Start the sweep**. Nothing that you set "
            "elsewhere changes by it.",
        )
        return
    messages.fragment(_draw, run_every=_LOOK_EVERY_S if sweep.job.status.is_active else None)(ref, info, tried)


def _pick_what() -> str:
    return str(
        st.segmented_control(
            "What",
            (SWEEP, SEARCH),
            default=SWEEP,
            required=True,
            key=keys.SWEEP_WHAT,
            label_visibility="collapsed",
            width="stretch",
            persist_state="session",
        )
    )


def _draw(ref: RecordingRef, info: RecordingInfo, tried: Tuning) -> None:
    if st.session_state.get(keys.SWEEP_OPENED):
        st.rerun()  # the whole page goes to Tune
    jobs = shown_sweep.of_animal(ref)
    sweep = shown_sweep.chosen(jobs)
    if sweep is None:
        return
    _show_head(sweep, jobs, info)
    current, on_open = sweep.number_of(tried.now.params), partial(_open, sweep, tried)
    with st.container(key=keys.beside("sweep")):
        left, right = st.columns([8, 7], gap="medium")
    with left:
        sheet.show(sweep, current, SHEET_PX, on_open)
    with right:
        curves, cells = st.tabs(["What it came to", "Does it change the cells?"])
        with curves:
            sweep_figures.show(sweep, current, on_open)
        with cells:
            recurring_cells.show(sweep, info.dxy_um)
    if sweep.done:
        with st.expander("All points as a table", icon=":material/table:"):
            st.dataframe(point_table(sweep.results.points).drop(columns="key"), hide_index=True)
        with st.expander("All cells that were accepted somewhere", icon=":material/table:"):
            recurring_cells.show_table(sweep)


def _open(sweep: ShownSweep, tried: Tuning, number: int) -> None:
    """Make a point's values a state of Tune, and go there."""
    point = sweep.done.get(number)
    if point is not None and not point.error:
        tried.show(at_point(sweep.params, point.values), sweep.results.crop)
        st.session_state[keys.SWEEP_OPENED] = True


def _show_head(sweep: ShownSweep, jobs: list[Job], info: RecordingInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if len(jobs) > 1:
            labels = wording.told_apart({job.id: _words(job) for job in jobs})
            key = keys.sweep_picker(sweep.job.id)
            st.selectbox(
                "Sweep",
                list(labels),
                index=list(labels).index(sweep.job.id),
                format_func=labels.__getitem__,
                key=key,
                on_change=box_changes.pass_on,
                args=(key, sweep.job.id, _pick),
                label_visibility="collapsed",
                width=420,
            )
        else:
            st.markdown(f"**{messages.plain(wording.title(sweep.job))}**", width="content")
        st.caption(messages.plain(_state(sweep, info)), width="stretch")


def _words(job: Job) -> str:
    return f"{wording.moment(job.created_at)} · {wording.title(job)}"


def _pick(job_id: str | None) -> None:
    st.session_state[keys.SWEEP_SHOWN] = job_id


def _state(sweep: ShownSweep, info: RecordingInfo) -> str:
    """Say how much is done, and on what."""
    status, plan = sweep.job.status, sweep.job.spec.sweep_plan()
    crop = sweep.results.crop or plan.crop
    where = "the whole recording" if plan.whole else "the part with most cells"
    if crop is not None:
        where = f"crop {crop.shape[1]} × {crop.shape[2]} px"
    if crop is not None and info.fr_hz:
        where += f", {crop.start / info.fr_hz:.0f} to {crop.stop / info.fr_hz:.0f} s"
    parts = [f"{len(sweep.done)} of {wording.count(len(sweep.points), 'point')}", where]
    parts += [] if status.state in ("done", "running") else [status.state]
    parts += [status.error] if status.error else []
    return " · ".join(parts)
