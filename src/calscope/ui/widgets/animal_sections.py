"""Walks over the chosen animals of a page: each one's picture, or in words why there is none."""

from collections.abc import Callable

import streamlit as st

from calscope.io.project import Project
from calscope.model.fields import StageName
from calscope.pipeline.stages import stage_of
from calscope.ui.frame import messages, wording
from calscope.ui.session import places, shown_run
from calscope.ui.session.shown_run import ShownAnimal, ShownRun

Draw = Callable[[ShownAnimal], None]


def run_or_say(button: str) -> ShownRun | None:
    """Give the run to look at, with a line that says which it is; where there is none, say what to do first.

    Parameters
    ----------
    button
        Name of the button that makes this page's results.
    """
    if project_or_say() is None:
        return None
    run = shown_run.shown()
    if skipped := shown_run.why_skipped(run):
        st.info(messages.plain(skipped), icon=":material/history:")
    if run is not None:
        show_run_line(run)
    elif places.shows_import():
        messages.nothing_yet("These results are not in the store", "Open them again on Home.")
    else:
        messages.nothing_yet(
            "Nothing was run on these recordings yet",
            f"Look at the parameters on the left and press **{button}**. Stages that come before it run first; you may "
            "close the browser meanwhile.",
        )
    return run


def recordings_or_say() -> Project | None:
    """Give the project where recordings are open; else say how to open some."""
    project = project_or_say()
    if project is None or not places.shows_import():
        return project
    messages.nothing_yet(
        "Results without their recording",
        "Another program made these results, and only they are open: there are no frames to look at. Look at them on "
        "Extraction, Evaluation and Traces. To look at frames, open the recording on Home.",
    )
    return None


def project_or_say() -> Project | None:
    """Give the open project; where there is none, say how to open one."""
    project = places.project()
    if project is None:
        messages.nothing_yet(
            "No folder is open", "Open a folder with recordings on Home, or make the demo there with one click."
        )
        st.page_link("pages/home.py", label="Go to Home", icon=":material/home:")
    return project


def show_run_line(run: ShownRun) -> None:
    """Say which run is on the page, and what went wrong in it as a whole."""
    job = run.job
    if run.imported_from:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(f"imported from {messages.plain(run.imported_from)}, read-only", icon=":material/lock:")
            st.caption(messages.plain(f"{job.spec.data} · opened {wording.moment(job.created_at)}"))
        messages.notes(note for record in job.results.values() for note in record.notes)
        return
    parts = [
        f"Run of {wording.moment(job.created_at)}",
        wording.title(job).lower(),
        f"engine {job.spec.engine}",
        job.status.state,
    ]
    if job.spec.n_frames:
        parts.insert(2, f"first {job.spec.n_frames} frames")
    st.caption(messages.plain(" · ".join(parts)))
    if job.status.state in ("failed", "interrupted") and not job.results:
        st.error(messages.plain(job.status.error or "The run ended early; its log is on the page Runs."))
    elif job.status.state == "cancelled":
        st.info("This run was cancelled. What it finished before is shown; run again to go on from there.")


def each(stage: StageName, draw: Draw, *, button: str) -> None:
    """Draw every chosen animal that has the result of `stage`, under its name; say why where there is none."""
    for animal in shown_run.animals():
        st.subheader(messages.plain(animal.name), anchor=False)
        draw_or_say(animal, stage, draw, button=button)


def draw_or_say(animal: ShownAnimal, stage: StageName, draw: Draw, *, button: str) -> None:
    """Draw one animal, or say why there is nothing to draw."""
    if stage == "fit" and places.shows_import():
        stage = "refit"  # other programs keep one fit
    if animal.results.get(stage) is None:
        _say_why_not(animal, stage, button)
    else:
        if animal.record is not None and animal.record.error:
            st.error(messages.plain(animal.record.error), icon=":material/error:")
        messages.guarded(lambda: draw(animal))


def _say_why_not(animal: ShownAnimal, stage: StageName, button: str) -> None:
    record = animal.record
    run = shown_run.shown()
    if run is not None and run.imported_from:
        is_gone = record is not None and stage in record.keys
        st.info(
            "These results were pruned from the store. Open them again on Home."
            if is_gone
            else _not_imported(run.imported_from, stage)
        )
    elif record is not None and record.error:
        st.error(messages.plain(record.error), icon=":material/error:")
    elif record is None:
        st.info(f"This animal was not processed in this run. Press **{button}** to run it.")
    else:
        st.info(
            f"This run has no {stage_of(stage).title} for this animal. Press **{button}**; stored results are reused."
        )


def _not_imported(program: str, stage: StageName) -> str:
    if stage == "evaluation":
        return f"Not evaluated: {messages.plain(program)} accepted and rejected nothing in this file. See Traces."
    return f"The file imported from {messages.plain(program)} contains no {stage_of(stage).title}."
