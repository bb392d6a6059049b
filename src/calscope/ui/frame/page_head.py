"""The top of every page with results: title, which run is shown, how to read the page, all animals in one row."""

from collections.abc import Callable, Sequence

import streamlit as st

from calscope.model.fields import StageName
from calscope.ui.frame import box_changes, keys, messages, next_page, setting_words, wording
from calscope.ui.session import launch, places, remarks, seen_pages, selection, shown_run
from calscope.ui.session.shown_run import ShownAnimal, ShownRun
from calscope.ui.widgets import animal_strip, truth_view

NEWEST = ""
"""Stands for the newest result of each animal in the picker of runs."""


def show(
    title: str,
    how_to_read: str,
    *stages: StageName,
    with_animals: bool = True,
    more: Callable[[], None] = lambda: None,
) -> None:
    """Draw the top of a page; the button that says how to read it has a frame at the first visit.

    Parameters
    ----------
    stages
        The result that the page shows, and what else will do; none where it shows no results of runs.
    more
        Draws what else stands in the row of the title.
    """
    is_first = seen_pages.is_first_visit(title)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=keys.PAGE_HEAD):
        st.title(title, anchor=False, width="content")
        if stages and not places.shows_import():
            _pick_run(stages, of_all=selection.shows_all() or not with_animals)
            if with_animals and stages[0] in truth_view.SHOWN_WITH:
                truth_view.show_switch()
        with st.popover("Help", icon=":material/help:", width="content", type="secondary" if is_first else "tertiary"):
            st.markdown(how_to_read)
        more()
        if stages and with_animals:
            remarks.show_box()
        else:
            st.space("stretch")
        next_page.show(title)
    if with_animals:
        animal_strip.show()


def _pick_run(stages: Sequence[StageName], *, of_all: bool) -> None:
    """Draw the choice of the run whose results pages show, of one animal or of all; it says which run that is."""
    picked = shown_run.picked()
    found = {run.id: run for run in shown_run.runs() if run.job.results or run == picked}
    if not found:
        return
    at = picked.id if picked and picked.id in found else NEWEST
    named = {run_id: run_words(run) for run_id, run in found.items()}
    labels = {NEWEST: _newest_words(stages, of_all=of_all)} | wording.told_apart(named)
    key = keys.run_picker(at, labels[at])  # the browser sends back the words: with others it is another widget
    st.selectbox(
        "Results of",
        list(labels),
        index=list(labels).index(at),
        format_func=labels.__getitem__,
        key=key,
        on_change=box_changes.pass_on,
        args=(key, at, _picked),
        label_visibility="collapsed",
        width="stretch",
    )


def _newest_words(stages: Sequence[StageName], *, of_all: bool) -> str:
    """Say of which run the newest result of the current animal is; of several, only that it is the newest of each."""
    ref = None if of_all else shown_run.current()
    run = None if shown_run.picked() or ref is None else shown_run.animal(ref, *stages).run
    return f"Newest: {run_words(run)}" if run else "Newest result of each animal"


def _picked(chosen: str | None) -> None:
    if chosen:
        st.session_state[keys.RUN] = chosen
    else:
        st.session_state.pop(keys.RUN, None)


def run_words(run: ShownRun) -> str:
    """Say which run it is: when, what, of which animals and frames, with which engine, and how it ended."""
    job = run.job
    parts = [wording.moment(job.created_at), wording.title(job)]
    parts += [wording.animals(job)] if 0 < len(job.spec.animals or ()) < len(shown_run.refs()) else []
    parts += [f"first {job.spec.n_frames} frames"] if job.spec.n_frames else []
    parts += [f"engine {job.spec.engine}"] if job.spec.engine != "builtin" else []
    parts += [job.status.state] if job.status.state != "done" else []
    return " · ".join(parts)


def say_overruled_rates() -> None:
    """Say where a frame rate that was entered by hand overrules that of files."""
    if rates := setting_words.overruled_rates():
        st.warning(messages.plain(rates), icon=":material/warning:")


def say_failed_runs() -> None:
    """Say why the newest run failed for the current animal, or for each one where all are shown."""
    current = shown_run.current()
    for ref in shown_run.refs() if selection.shows_all() or current is None else (current,):
        animal = shown_run.animal(ref, "dff")
        if why := animal.failed_since or (animal.record.error if animal.record else ""):
            told = messages.plain(f"The newest run failed for {ref.name}: {why}")
            st.error(told, icon=":material/error:")


def show_name(animal: ShownAnimal, group: str) -> None:
    """Say which animal it is, and in short what `say_otherwise` says: the rest is told where the mouse rests."""
    differences = messages.plain("; ".join(setting_words.differing(animal, group)))
    name = f"**{messages.plain(animal.name)}**"
    st.markdown(f"{name} · of other settings" if differences else name, help=differences or None)


def say_otherwise(animal: ShownAnimal, group: str) -> None:
    """Say where the newest run failed for an animal, what is set wrongly, and what otherwise than in the run shown."""
    if animal.failed_since:
        why = messages.plain(animal.failed_since)
        st.error(f"The newest run failed for this animal: {why}", icon=":material/error:")
    if problem := setting_words.problem(group):
        st.warning(messages.plain(problem), icon=":material/error:")
    say_overruled_rates()
    differences = setting_words.differing(animal, group)
    if not differences:
        return
    told = messages.plain("; ".join(differences))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=keys.AS_RUN):
        st.caption(f":material/info: **These pictures are of other settings than the sidebar's:** {told}.")
        st.button(
            "Use this run's settings",
            key=keys.as_run_button(group),
            type="tertiary",
            icon=":material/undo:",
            help="Sets parameters, engine and frames to those of the run shown, on every page.",
            on_click=launch.take_settings_of,
            args=(animal.run,),
        )
