"""The two runs that are compared, each in a list that says what sets it apart."""

from functools import partial

import streamlit as st

from calscope.io.project import RecordingRef
from calscope.jobs.manager import Job
from calscope.ui.compare import compared_runs
from calscope.ui.compare.compared_runs import Letter, Side
from calscope.ui.frame import box_changes, keys, messages, wording
from calscope.ui.runs import run_tables
from calscope.ui.session import selection, shown_run
from calscope.ui.session.shown_run import ShownRun

COLOURS: dict[Letter, messages.Colour] = {"A": "orange", "B": "blue"}


def show(ref: RecordingRef) -> tuple[Side, Side] | None:
    """Draw the two lists; give the two runs with what they have of the animal, None where there are no two."""
    found = compared_runs.candidates(ref)
    for problem in compared_runs.missing(found):
        st.warning(messages.plain(problem), icon=":material/link_off:")
    pair = compared_runs.compared(ref, found)
    if pair is None:
        return None
    labels = wording.told_apart({run.id: words(run) for run in found})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _pick("A", pair[0], labels)
        st.button(
            "",
            icon=":material/swap_horiz:",
            help="Swap A and B",
            key=keys.SWAP,
            on_click=selection.compare,
            args=(pair[1].id, pair[0].id),
        )
        _pick("B", pair[1], labels)
    st.session_state[keys.COMPARED_NOW] = {"a": pair[0].id, "b": pair[1].id}
    return compared_runs.side_of("A", pair[0], ref), compared_runs.side_of("B", pair[1], ref)


def _pick(letter: Letter, run: ShownRun, labels: dict[str, str]) -> None:
    st.badge(letter, color=COLOURS[letter])
    key = keys.compared_picker(letter, run.id, labels[run.id])  # with other words the browser has another widget
    st.selectbox(
        f"Run {letter}",
        list(labels),
        index=list(labels).index(run.id),
        format_func=labels.__getitem__,
        key=key,
        on_change=box_changes.pass_on,
        args=(key, run.id, partial(_picked, letter)),
        label_visibility="collapsed",
        width="stretch",
    )


def _picked(letter: Letter, chosen: str) -> None:
    own = keys.COMPARED_A if letter == "A" else keys.COMPARED_B
    now = st.session_state.get(keys.COMPARED_NOW) or {}
    other = (keys.COMPARED_B, now.get("b")) if letter == "A" else (keys.COMPARED_A, now.get("a"))
    st.session_state[own] = chosen
    st.session_state[other[0]] = other[1]  # what stood beside it stays there


def words(run: ShownRun) -> str:
    """Say which run it is: when, in what it differs from the run before it, what, and by which program."""
    job = run.job
    changed = wording.folder(job) if run.imported_from else run_tables.changed(job, _before(run))
    parts = [wording.moment(job.created_at), changed, wording.title(job), run.imported_from or job.spec.engine]
    parts += [job.status.state] if job.status.state != "done" else []
    return " · ".join(part for part in parts if part)


def _before(run: ShownRun) -> Job | None:
    jobs = shown_run.of_project()
    at = next((i for i, job in enumerate(jobs) if job.id == run.id), len(jobs))
    return run_tables.run_before(run.job, jobs[at + 1 :])
