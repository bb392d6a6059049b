"""The list of runs, and one of them in detail."""

from functools import partial

import streamlit as st

from calscope.io.server_rights import Right
from calscope.jobs.manager import Job
from calscope.model.errors import CalscopeError
from calscope.pipeline.records import PREVIEW_RUNS
from calscope.ui.frame import keys, messages, wording
from calscope.ui.frame.act_button import act_button
from calscope.ui.runs import run_tables
from calscope.ui.session import places, selection

STATE_COLOURS: dict[str, messages.Colour] = {
    "done": "blue",
    "failed": "orange",
    "interrupted": "orange",
    "cancelled": "gray",
}
LOG_LINES = 40
NO_RESULTS = "No animal of this run was through before it ended, so there is nothing to look at."
CHANGED_PX = 120
COHORT_HELP = "Pictures and numbers of all animals of this run, and which lie far from the others."
SHARE_HELP = "A report, a bundle, and files for other programs, of this run."
_PAGES = {"motion": "pages/motion.py", "extraction": "pages/extraction.py"}
EMPTY = ""
"""Stands in cells for which there is nothing to say."""


def choose(jobs: list[Job]) -> Job:
    """Draw the list; give the job that is chosen in it, the newest where none is."""
    listed = run_tables.run_list(jobs)
    hidden = ["Run", *(name for name in run_tables.SAME_HIDDEN if listed[name].nunique() == 1)]
    event = st.dataframe(
        listed,
        key=keys.on_page("runs", "list"),
        hide_index=True,
        height=min(38 + 35 * len(jobs), 360),
        placeholder=EMPTY,
        column_config={
            "Changed": st.column_config.TextColumn(help=run_tables.CHANGED_HELP, width=CHANGED_PX),
        }
        | dict.fromkeys(hidden),
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event["selection"]["rows"]
    return jobs[rows[0]] if rows and rows[0] < len(jobs) else jobs[0]


def show(job: Job) -> None:
    """Draw one job: state, animals, errors, log, and what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(wording.title(job), anchor=False, width="content")
        st.badge(run_tables.state(job), color=STATE_COLOURS.get(job.status.state, "blue"))
        st.caption(messages.plain(f"{wording.moment(job.created_at)} · {job.spec.data} · {job.id}"))
    if job.status.error:
        st.error(messages.plain(job.status.error), icon=":material/error:")
    _show_actions(job)
    if job.results:
        animals = run_tables.run_animals(job)
        hidden = [name for name in ("Own values", "Error", "Remark") if not animals[name].astype(bool).any()]
        columns = {"Accepted": st.column_config.NumberColumn(help=run_tables.ACCEPTED_HELP)} | dict.fromkeys(hidden)
        st.dataframe(animals, hide_index=True, placeholder=EMPTY, column_config=columns)
    with st.expander("Log", expanded=job.status.state in ("failed", "interrupted")):
        st.code(places.log_tail(job.id, LOG_LINES) or "(empty)", language=None, height=260)


def _show_actions(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        can_open = job.spec.kind in ("run", "import") and job.spec.until not in PREVIEW_RUNS
        if can_open and st.button(
            "Look at this run",
            type="primary",
            icon=":material/visibility:",
            key=keys.LOOK_AT_RUN,
            disabled=not job.results,
            help="Pages show this run alone until another one is picked at their top." if job.results else NO_RESULTS,
        ):
            _open(job, _PAGES.get(job.spec.until, "pages/evaluation.py"))
        if can_open and job.results:
            if st.button("All animals", icon=":material/groups:", key=keys.COHORT_OF_RUN, help=COHORT_HELP):
                _open(job, "pages/cohort.py")
            if st.button("Share", icon=":material/ios_share:", key=keys.SHARE_RUN, help=SHARE_HELP):
                _open(job, "pages/share.py")
            _show_comparing(job)
        if job.status.is_active:
            _show_cancelling(job.id)
        else:
            _show_forgetting(job.id)


def _show_cancelling(job_id: str) -> None:
    act_button(Right.RUN, "Cancel", icon=":material/stop:", on_click=_cancel, args=(job_id,), key=keys.CANCEL_RUN)


def _cancel(job_id: str) -> None:
    messages.guarded(partial(places.cancel, job_id))


def _show_comparing(job: Job) -> None:
    """Draw the list of the other runs of this folder that left results; one that is picked is compared with this."""
    others = [
        other
        for other in places.jobs()
        if other.id != job.id
        and other.results
        and other.spec.data == job.spec.data
        and other.spec.kind == job.spec.kind
        and other.spec.until not in PREVIEW_RUNS
    ]
    if not others:
        return
    labels = wording.told_apart(
        {other.id: f"{wording.moment(other.created_at)} · {wording.title(other)}" for other in others}
    )
    picked = st.selectbox(
        "Compare with",
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder="Compare with …",
        key=keys.compare_with(job.id),
        label_visibility="collapsed",
        width=280,
    )
    if picked and selection.open_project_or_say(job.spec.data):
        selection.compare(*sorted((job.id, picked)))  # numbers of runs are in order of time: the older one is A
        st.switch_page("pages/compare.py")


def _show_forgetting(job_id: str) -> None:
    """Draw the button that removes a run from the list; pressed, it asks once more in its place."""
    if st.session_state.get(keys.FORGETTING) != job_id:
        act_button(
            Right.REMOVE,
            "Forget this run",
            icon=":material/delete:",
            on_click=_ask_about,
            args=(job_id,),
            key=keys.FORGET_RUN,
            help="Removes it from this list. Its results stay in the store until they are pruned.",
        )
        return
    st.markdown("Remove this run, its settings and its log from the list permanently?", width="content")
    st.button("Forget it", icon=":material/delete:", on_click=_forget, args=(job_id,), key=keys.FORGET_IT)
    st.button("Keep it", on_click=_ask_about, args=("",), key=keys.KEEP_IT)


def _ask_about(job_id: str) -> None:
    st.session_state[keys.FORGETTING] = job_id


def _open(job: Job, page: str) -> None:
    if selection.open_project_or_say(job.spec.data):
        selection.show_run(job.id)
        st.switch_page(page)


def _forget(job_id: str) -> None:
    st.session_state.pop(keys.FORGETTING, None)
    try:
        places.remove(job_id)
    except CalscopeError as error:
        messages.show_error(error)
    if st.session_state.get(keys.RUN) == job_id:
        st.session_state.pop(keys.RUN)
