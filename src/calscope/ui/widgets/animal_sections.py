"""The animal that a page shows, or all of them side by side; or in words why there is nothing to show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from calscope.io.project import Project
from calscope.model.fields import StageName
from calscope.model.note_texts.import_texts import IMPORTED
from calscope.pipeline.stages import stage_of, stages_until
from calscope.ui.frame import keys, messages, page_head, wording
from calscope.ui.session import animal_states, places, selection, shown_run
from calscope.ui.session.shown_run import ShownAnimal

Draw = Callable[[ShownAnimal], None]
IN_A_ROW = 3


@dataclass(frozen=True)
class Section:
    """What a page shows of an animal."""

    stages: Sequence[StageName]
    """The result that it needs, and what else will do where no run has it."""
    group: str
    """Parameters up to this group made it."""
    button: str
    """Name of the button that makes it."""
    draw: Draw
    """Draws one animal on the whole page."""
    draw_small: Draw
    """Draws one of several animals that stand side by side."""


def show(section: Section) -> None:
    """Draw the current animal, or all of them side by side, or say why there is nothing to see."""
    if project_or_say() is None:
        return
    if skipped := shown_run.why_skipped():
        st.info(messages.plain(skipped), icon=":material/history:")
    if selection.shows_all():
        _show_all(section)
        return
    ref = shown_run.current()
    if ref is not None:
        animal = shown_run.animal(ref, *section.stages)
        _say_imported(animal)
        with st.container():  # what comes and goes in it leaves all below in its place, so that nothing is drawn anew
            page_head.say_otherwise(animal, section.group)
        draw_or_say(animal, section, section.draw)


def _show_all(section: Section) -> None:
    st.page_link("pages/cohort.py", label="All of them in one table", icon=":material/groups:")
    animals = list(shown_run.animals(*section.stages))
    for first in range(0, len(animals), IN_A_ROW):
        for animal, place in zip(animals[first : first + IN_A_ROW], st.columns(IN_A_ROW), strict=False):
            with place:
                page_head.show_name(animal, section.group)
                draw_or_say(animal, section, section.draw_small)


def recordings_or_say() -> Project | None:
    """Give the project where recordings are open; else say how to open some."""
    project = project_or_say()
    if project is None or not places.shows_import():
        return project
    messages.nothing_yet(
        "Results without their recording",
        "Only results that were made elsewhere are open: there are no frames to look at, and nothing can be run. Look "
        "at them on Motion, Extraction, Evaluation and Traces. To look at frames, open the recording on Home.",
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


def _say_imported(animal: ShownAnimal) -> None:
    """Say of which program results are that were opened without their recording."""
    run = animal.run
    if run is None or not run.imported_from:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"imported from {messages.plain(run.imported_from)}, read-only", icon=":material/lock:")
        st.caption(messages.plain(run.job.spec.data))
    messages.notes(note for record in run.job.results.values() for note in record.notes if note.kind in IMPORTED)


def draw_or_say(animal: ShownAnimal, section: Section, draw: Draw) -> None:
    """Draw one animal, or say why there is nothing to draw."""
    if not any(animal.results.get(stage) is not None for stage in section.stages):
        _say_why_not(animal, section)
        return
    if animal.record is not None and animal.record.error:
        st.error(messages.plain(animal.record.error), icon=":material/error:")
    messages.guarded(lambda: draw(animal))


def _say_why_not(animal: ShownAnimal, section: Section) -> None:
    record, run, title = animal.record, animal.run, stage_of(section.stages[0]).title
    if run is not None and run.imported_from:
        is_gone = record is not None and any(stage in record.keys for stage in section.stages)
        st.info(
            "These results were pruned from the store. Open them again on Home."
            if is_gone
            else _not_imported(run.imported_from, section.stages[0])
        )
    elif places.shows_import():
        messages.nothing_yet("These results are not in the store", "Open them again on Home.")
    elif words := _busy_words(animal, section):
        st.info(words, icon=":material/hourglass_top:")
    elif record is not None and record.error:
        st.error(messages.plain(record.error), icon=":material/error:")
    elif record is not None and any(stage in record.keys for stage in section.stages):
        st.info(
            f"The {title} of this run is no longer in the store, or another version of Calscope made it. Press "
            f"**{section.button}** to compute it again."
        )
    elif record is None and shown_run.picked():
        messages.nothing_yet("This run has not processed this animal", "Other runs may have: show the newest results.")
        st.button("Show the newest results", icon=":material/history:", on_click=selection.show_newest, key=keys.NEWEST)
    elif record is None:
        messages.nothing_yet(
            "No run has processed this animal yet",
            f"Look at the parameters on the left and press **{section.button}**. Steps that come before it run first; "
            "you may close the browser meanwhile.",
        )
    else:
        st.info(f"There is no {title} for this animal. Press **{section.button}**; stored results are used again.")


def _busy_words(animal: ShownAnimal, section: Section) -> str:
    """Say what goes on with an animal, and whether this page will show it; empty where nothing does."""
    job, picked = animal_states.job_of(animal.name), shown_run.picked()
    if job is None or (picked is not None and picked.id != job.id):
        return ""
    state = "is going on" if animal_states.busy(animal.name) == "runs" else "waits for its turn"
    begin = f"{wording.title(job)} of {messages.plain(animal.name)} {state}."
    if any(stage.name in section.stages for stage in stages_until(job.spec.until)):
        return f"{begin} What it finds appears here when it is through."
    return f"{begin} It doesn't reach this page: press **{section.button}** to have that done after it."


def _not_imported(program: str, stage: StageName) -> str:
    if stage == "evaluation":
        return f"Not evaluated: {messages.plain(program)} accepted and rejected nothing in this file. See Traces."
    return f"The file imported from {messages.plain(program)} contains no {stage_of(stage).title}."
