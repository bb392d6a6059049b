"""What is running, on every page: state, progress, time left, cancel. It polls only while something runs."""

import time

import streamlit as st

from calscope.io.server_rights import Right
from calscope.jobs.manager import Job
from calscope.model.errors import CalscopeError
from calscope.ui.frame import keys, messages, wording
from calscope.ui.frame.act_button import act_button
from calscope.ui.session import places, selection

POLL_S = 0.5
KEPT = "Stages that are finished stay in the store; a new run goes on from there."
YOUNG_S = 3.0
"""So long after its start it is only looked whether a job has ended: one that finds most in the store soon has, and
drawing the page for each of its animals would keep it from doing so."""
YOUNG_POLL_S = 0.2


def show(page: str = "") -> None:
    """Draw the panel at the bottom of the window, where it moves no button; nothing where nothing runs."""
    _open_finished_demo()
    st.session_state[keys.PAGE] = page
    _say_cancelled(page)
    busy = busy_jobs()
    _note_ended(busy)
    _say_ended()
    st.session_state[keys.ACTIVE_JOBS] = _digest(busy)
    if busy:
        with st.bottom:
            messages.fragment(_draw, run_every=YOUNG_POLL_S if any(map(_is_young, busy)) else POLL_S)()


def busy_jobs() -> list[Job]:
    """Give the jobs that run or wait, in the order in which they have their turn."""
    busy = [job for job in places.jobs() if job.status.is_active]
    return sorted(busy, key=lambda job: (job.status.state != "running", job.id))


def _draw() -> None:
    busy = busy_jobs()
    if _digest(busy) != st.session_state.get(keys.ACTIVE_JOBS):
        st.rerun()  # something began or ended: pages show other results, and the strip another state
    for place, job in enumerate(busy):
        show_job(job, _ahead_of(job, busy[:place]), alone=len(busy) == 1 and _is_of_this_folder(job))


def _ahead_of(job: Job, earlier: list[Job]) -> Job | None:
    """Give the job that this one waits for: exports and runs wait for their own kind only."""
    is_export = job.spec.kind == "export"
    return next((one for one in reversed(earlier) if (one.spec.kind == "export") == is_export), None)


def _is_of_this_folder(job: Job) -> bool:
    """Tell whether a job goes without saying whose it is: of the folder that is open, the demo's, or an export."""
    return job.spec.kind in ("demo", "export") or job.spec.data == st.session_state.get(keys.PROJECT)


def _is_young(job: Job) -> bool:
    return time.time() - job.created_at < YOUNG_S


def _digest(busy: list[Job]) -> tuple:
    """Give what must change before the page is drawn again."""
    return tuple(
        (job.id, *(() if _is_young(job) else (job.status.state, job.status.animal, *sorted(job.results))))
        for job in busy
    )


def show_job(job: Job, ahead: Job | None, *, alone: bool) -> None:
    """Draw one running or waiting job with its cancel button; `ahead` and `alone` as `wording.progress`."""
    stops = st.session_state.get(keys.CANCELLED, ("", ""))[0] == job.id
    words = f"{wording.title(job)} · stopping" if stops else wording.progress(job, ahead, alone=alone)
    with st.container(border=True, key=keys.job_row(job.id)):  # its heights are in page.css
        left, right = st.columns([6, 1], vertical_alignment="center")
        with left:
            st.progress(min(max(job.status.fraction, 0.0), 1.0), text=messages.plain(words))
        with right:
            act_button(
                Right.RUN,
                "Cancel",
                key=keys.cancel_button(job.id),
                icon=":material/stop:",
                on_click=_cancel,
                args=(job.id,),
                width="stretch",
                disabled=stops,
                help=None if job.spec.kind == "export" else KEPT,
            )


def _cancel(job_id: str) -> None:
    try:
        places.cancel(job_id)
    except CalscopeError as error:
        messages.show_error(error)
        return
    st.session_state[keys.CANCELLED] = (job_id, st.session_state.get(keys.PAGE, ""))


def _say_cancelled(page: str) -> None:
    """Say that a run was cancelled, until another one is started or another page is looked at."""
    job_id, told_on = st.session_state.get(keys.CANCELLED, ("", ""))
    job = places.job(job_id)
    if job is None or told_on != page or job.status.state not in ("queued", "running", "cancelled"):
        st.session_state.pop(keys.CANCELLED, None)
    elif job.status.state == "cancelled":
        what = messages.plain(f"{wording.title(job)} of {wording.subject(job)}")
        left = (
            "Nothing of it is left."
            if job.spec.kind == "export"
            else "What it finished is kept; a new run goes on from there."
        )
        st.bottom.caption(f":material/stop_circle: Cancelled: {what}. {left}")


def _note_ended(busy: list[Job]) -> None:
    """Note runs of other folders that were active when a page was drawn last, and have ended since."""
    active = {job.id for job in busy}
    gone = [entry[0] for entry in st.session_state.get(keys.ACTIVE_JOBS) or () if entry[0] not in active]
    if gone:
        st.session_state[keys.ENDED] = (*st.session_state.get(keys.ENDED, ()), *gone)


def _say_ended() -> None:
    """Say that runs of other folders have ended, until they are looked at or the word is put away."""
    noted = [places.job(job_id) for job_id in st.session_state.get(keys.ENDED, ())]
    told = [job for job in noted if job is not None and _is_news(job)]
    st.session_state[keys.ENDED] = tuple(job.id for job in told)
    for job in told:
        with st.bottom, st.container(horizontal=True, vertical_alignment="center", gap="small"):
            icon = ":material/check_circle:" if job.status.state == "done" else ":material/error:"
            st.markdown(f"{icon} {messages.plain(wording.ended(job))}", width="content")
            if st.button("Look at it", key=keys.ended_button("open", job.id), icon=":material/arrow_forward:"):
                _look_at(job)
            st.button(
                "Put away",
                key=keys.ended_button("put away", job.id),
                type="tertiary",
                on_click=_put_away,
                args=(job.id,),
            )


def _is_news(job: Job) -> bool:
    """Tell whether it is a run of a folder that is not open; one that was cancelled was so by somebody."""
    is_run = job.spec.kind == "run" and job.spec.until in wording.MADE
    is_elsewhere = job.spec.data != st.session_state.get(keys.PROJECT)
    return is_run and is_elsewhere and job.status.state in ("done", "failed", "interrupted")


def _look_at(job: Job) -> None:
    if selection.open_project_or_say(job.spec.data):
        st.switch_page(f"pages/{job.spec.until}.py")


def _put_away(job_id: str) -> None:
    st.session_state[keys.ENDED] = tuple(one for one in st.session_state.get(keys.ENDED, ()) if one != job_id)


def _open_finished_demo() -> None:
    """Open the demo that this person asked for, once it is made."""
    awaited = st.session_state.get(keys.AWAITED_DEMO)
    job = places.job(awaited)
    if job is None or job.status.is_active:
        return
    st.session_state.pop(keys.AWAITED_DEMO)
    if job.status.state == "done" and selection.open_project_or_say(job.spec.data):
        st.toast("The demo is ready.")
        st.switch_page("pages/data.py")
    elif job.status.state != "cancelled":
        st.error(messages.plain(f"The demo could not be made: {job.status.error or job.status.state}."))
