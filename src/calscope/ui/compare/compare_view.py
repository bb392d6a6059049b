"""The page Compare below its pickers: one animal in detail, then all of them; or in words why there is nothing."""

import streamlit as st

from calscope.io.project import RecordingRef
from calscope.ui.compare import compared_animals, compared_components, compared_runs, differences
from calscope.ui.compare.compared_components import Pair
from calscope.ui.compare.compared_runs import Side
from calscope.ui.frame import keys, messages, wording
from calscope.ui.session import selection, shown_run

TOO_FEW = "There are no two runs to compare yet"
HOW_TO_GET_TWO = (
    "Run this folder twice, with other parameters, another engine or other frames: change something on Motion, "
    "Extraction or Evaluation and press its run button. Results of CaImAn or suite2p of one of its animals, opened on "
    "Home, can be compared as well."
)


def say_too_few() -> None:
    """Say that there are no two runs, and how to get a second one."""
    messages.nothing_yet(TOO_FEW, HOW_TO_GET_TWO)


def show(ref: RecordingRef, a: Side, b: Side) -> None:
    """Draw two runs of one animal, and what they found in all of them."""
    if a.run.id == b.run.id:
        st.info("A and B are the same run, so that nothing can differ. Pick another run in one of the lists.")
        return
    if selection.shows_all():
        _show_all(a, b)
        return
    found = differences.differences(a, b)
    with st.container():  # what comes and goes in it leaves all below in its place
        pair, said = pair_of(a, b), said_of(ref, a, b)
        if pair is not None:
            line = messages.plain(differences.in_a_line(found))
            first = " ".join([summary(pair), *([f"**Differ:** {line}."] if line else [])])
            more = [f":orange[:material/info:] {messages.plain(words)}" for words in said]
            st.caption("  \n".join([first, *more]))  # one below the other, close together
        else:
            for words in said:
                st.info(messages.plain(words), icon=":material/info:")
    if pair is not None:
        compared_components.show(pair)
    with st.container(key=keys.beside("tables")):
        left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("What differs", anchor=False)
        differences.show(a, b, found)
    with right:
        st.subheader("Motion correction", anchor=False)
        differences.show_motion(a, b)
    st.subheader("All animals", anchor=False)
    _show_all(a, b)


def _show_all(a: Side, b: Side) -> None:
    compared_animals.show(
        [(compared_runs.side_of("A", a.run, one), compared_runs.side_of("B", b.run, one)) for one in shown_run.refs()]
    )


def summary(pair: Pair) -> str:
    """Say how many components each run accepted, and how many of them are the same."""
    counts = ", ".join(f"{side.letter} {int(side.accepted.sum())} of {len(side.accepted)}" for side in (pair.a, pair.b))
    return f"**Accepted:** {counts}: {compared_components.counts_in_words(pair)}."


def pair_of(a: Side, b: Side) -> Pair | None:
    """Give both with their components, where they are on the same field; None where they can't be laid together."""
    if a.components is None or b.components is None or a.components.dims != b.components.dims:
        return None
    return Pair(a, b, (a.components, b.components)) if a.results.after and b.results.after else None


def said_of(ref: RecordingRef, a: Side, b: Side) -> list[str]:
    """Say what can't be compared of two runs of an animal, and why."""
    said = [words for side in (a, b) for words in _said_of_one(ref, side)]
    first, second = a.components, b.components
    if first is None or second is None:
        return said
    if first.dims != second.dims:
        sizes = " and ".join(f"{rows} x {columns} px" for rows, columns in (first.dims, second.dims))
        said.append(f"The fields have different sizes, {sizes}, so that components can't be laid over each other.")
    if first.n_frames != second.n_frames:
        said.append(
            f"A has {first.n_frames} frames and B {second.n_frames}: traces are correlated over the first "
            f"{min(first.n_frames, second.n_frames)}, and SNR and counts are of different lengths."
        )
    if a.animal.fr_hz != b.animal.fr_hz:
        rates = " and ".join(f"{side.animal.fr_hz:g} Hz" if side.animal.fr_hz else wording.UNKNOWN for side in (a, b))
        said.append(f"The frame rates differ, {rates}, so that traces are drawn over frames.")
    return said


def _said_of_one(ref: RecordingRef, side: Side) -> list[str]:
    name, record = f"Run {side.letter}", side.record
    if record is None:
        return [f"{name} has not processed {ref.name}. Pick another run, or another animal."]
    said = [f"{name} failed for {ref.name}: {record.error}"] if record.error else []
    if compared_runs.is_guessed(side.run, ref):
        said.append(
            f"{name} was opened from {side.run.job.spec.data}. That it is of {ref.name} is taken from its name or the "
            "size of its field alone."
        )
    if side.components is None:
        gone = "refit" in record.keys
        said.append(
            f"The components of run {side.letter} are no longer in the store. Run again with its settings to compute "
            "them again."
            if gone
            else f"{name} did not look for components in {ref.name}: only motion and parameters can be compared."
        )
    elif side.results.after is None:
        said.append(f"The images of run {side.letter} are no longer in the store, so that there is no map.")
    elif not side.is_evaluated:
        said.append(
            f"{name} has no evaluation of {ref.name}: all its {wording.count(side.components.n, 'component')} are "
            "compared, accepted or not."
        )
    return said
