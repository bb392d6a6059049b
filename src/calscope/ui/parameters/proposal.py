"""What a parameter file or a preset would change, shown before it is taken."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from calscope.model.animal_inputs import AnimalInputs, parameters_of
from calscope.model.errors import ParameterError
from calscope.model.note_texts.all_texts import texts
from calscope.model.parameter_file import ParameterFile
from calscope.model.params import field_of
from calscope.ui.frame import keys, messages, wording
from calscope.ui.session import own_values, shown_run
from calscope.ui.widgets import parameter_form

AS_ALL = "as all"
COLUMNS = ("Parameter", "Now", "New", "For")
ROWS_IN_VIEW = 8
ROW_PX = 35


@dataclass(frozen=True)
class Proposal:
    """A file or a preset that a person asked for, not taken yet."""

    name: str
    file: ParameterFile


def propose(name: str, file: ParameterFile) -> None:
    """Show what this would change from now on.

    Raises
    ------
    ParameterError
        When what it says of one animal does not fit the rest.
    """
    for animal, own in file.animals.items():
        parameters_of(animal, file.params, AnimalInputs(own))
    st.session_state[keys.PROPOSED] = Proposal(name, file)
    st.session_state.pop(keys.TAKEN, None)


def drop() -> None:
    """Show nothing of the kind any more."""
    st.session_state.pop(keys.PROPOSED, None)


def show() -> None:
    """Draw the changes that wait for a person's word, or say what was taken last."""
    found = st.session_state.get(keys.PROPOSED)
    if found is None:
        if taken := st.session_state.get(keys.TAKEN):
            st.info(messages.plain(taken), icon=":material/check_circle:")
        return
    rows = changes(found.file)
    with st.container(border=True):
        what = f"would change {wording.count(len(rows), 'value')}" if len(rows) else "would change nothing"
        st.markdown(f"**{messages.plain(found.name)}** {what}.")
        for sentence in (*texts(found.file.notes), *_left_out(found.file)):
            st.caption(messages.plain(sentence))
        if len(rows):
            height = ROW_PX * (min(len(rows), ROWS_IN_VIEW) + 1) + 3
            st.dataframe(rows, hide_index=True, height=height, width="content")
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Take these values",
                type="primary",
                icon=":material/check:",
                key=keys.TAKE_PROPOSED,
                on_click=_take,
                args=(found, len(rows)),
                disabled=not len(rows),
            )
            st.button("Leave all as it is", key=keys.DROP_PROPOSED, on_click=drop)


def _take(found: Proposal, n_changes: int) -> None:
    parameter_form.fill(found.file.params)
    for animal, own in _own_here(found.file).items():
        own_values.keep(animal, own)
    drop()
    st.session_state[keys.TAKEN] = (
        f"{found.name} was taken: {wording.count(n_changes, 'value')} changed. Nothing runs yet."
    )


def changes(file: ParameterFile) -> pd.DataFrame:
    """Give one row a value that would be another one: what it is now, what it would be, and for which animals."""
    return pd.DataFrame([*_for_all(file), *_for_single(file)], columns=COLUMNS)


def _for_all(file: ParameterFile) -> Iterator[tuple[str, str, str, str]]:
    own = own_values.by_animal() | _own_here(file)
    for dotted, now in parameter_form.values().items():
        new = file.params.get(dotted)
        if new != now:
            apart = [animal for animal, values in own.items() if dotted in values]
            whom = f"all but {', '.join(apart)}" if apart else "all animals"
            yield _title(dotted), own_values.value_words(dotted, now), own_values.value_words(dotted, new), whom


def _for_single(file: ParameterFile) -> Iterator[tuple[str, str, str, str]]:
    for animal, new in _own_here(file).items():
        now = own_values.of(animal)
        for dotted in dict.fromkeys((*new, *now)):
            if now.get(dotted) != new.get(dotted):
                yield _title(dotted), _own(dotted, now), _own(dotted, dict(new)), animal


def _title(dotted: str) -> str:
    try:
        field = field_of(dotted)
    except ParameterError:
        return dotted
    return f"{field.spec.label} ({field.name})"


def _own(dotted: str, own: dict[str, Any]) -> str:
    return own_values.value_words(dotted, own[dotted]) if dotted in own else AS_ALL


def _own_here(file: ParameterFile) -> dict[str, dict[str, Any]]:
    """Give the own values that every animal of the open folder would have; none where the file tells of no animal."""
    if not file.animals:
        return {}
    return {ref.name: dict(file.animals.get(ref.name, {})) for ref in shown_run.refs()}


def _left_out(file: ParameterFile) -> Iterator[str]:
    """Say which animals are not here, and which keep values that the file does not tell of."""
    here = {ref.name for ref in shown_run.refs()}
    if missing := [animal for animal in file.animals if animal not in here]:
        yield f"Left out, for the open folder has no such animal: {', '.join(missing)}."
    if not file.animals and (own := own_values.by_animal()):
        yield f"What {', '.join(own)} has of its own stays."
