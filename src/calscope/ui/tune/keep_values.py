"""From what was tried to what runs use: for all animals, or as this animal's own."""

import streamlit as st

from calscope.model.errors import CalscopeError
from calscope.model.params import Parameters, field_of
from calscope.ui.frame import keys, messages
from calscope.ui.session import launch, own_values, project_settings
from calscope.ui.tune import controls
from calscope.ui.tune.tuning import Tuning
from calscope.ui.widgets import parameter_form


def start_of(animal: str) -> Parameters:
    """Give the parameters that a run of this animal would use now; the defaults of groups that are not allowed."""
    return own_values.parameters(animal, parameter_form.parameters(used=()))


def show(tuning: Tuning, animal: str) -> None:
    """Draw what can be done with the values; buttons are always all there, so that none moves."""
    changed = _changed(tuning, animal)
    with st.container(horizontal=True, gap="xxsmall"):
        st.button(
            "Use for all and run",
            type="primary",
            icon=":material/play_arrow:",
            key=keys.USE_AND_RUN,
            on_click=_use_and_run,
            args=(tuning, animal),
            help="Sets these values for all animals, on every page, and runs everything with them.",
        )
        st.button(
            "Use for all",
            key=keys.USE_FOR_ALL,
            disabled=not changed,
            on_click=_use_for_all,
            args=(tuning, animal),
            help="Sets these values for all animals, on every page. Nothing runs yet.",
        )
        st.button(
            "Keep as its own",
            key=keys.KEEP_AS_OWN,
            disabled=not changed,
            on_click=_keep_as_own,
            args=(tuning, animal),
            help=f"Runs of {messages.plain(animal)} use these values; other animals go on with those for all.",
        )


def show_drop(animal: str) -> None:
    """Draw the button that has runs of the animal use the values for all again."""
    own = own_values.of(animal)
    its = f"Its own: {', '.join(own)}." if own else "It has none."
    st.button(
        "No own values",
        type="tertiary",
        icon=":material/remove_circle:",
        key=keys.DROP_OWN,
        disabled=not own,
        on_click=_drop,
        args=(animal,),
        help=f"Runs of {messages.plain(animal)} use those for all again. {its}",
    )


def say(tuning: Tuning, animal: str) -> None:
    """Say how the values that are tried differ from those that runs of this animal use."""
    told = "; ".join(_changed(tuning, animal)) or "as runs of this animal use them"
    st.caption(messages.plain(f"These values: {told}."))


def _changed(tuning: Tuning, animal: str) -> list[str]:
    return controls.values_in_words(tuning.now.params, start_of(animal))


def _use_for_all(tuning: Tuning, animal: str) -> None:
    own_values.keep(animal, {})
    for dotted, value in own_values.differing(tuning.now.params, parameter_form.parameters(used=())).items():
        parameter_form.put(field_of(dotted), value)
    project_settings.keep()


def _use_and_run(tuning: Tuning, animal: str) -> None:
    _use_for_all(tuning, animal)
    try:
        launch.start_run("evaluation")
    except CalscopeError as error:
        st.session_state[keys.TUNE_REFUSED] = str(error)


def _keep_as_own(tuning: Tuning, animal: str) -> None:
    own_values.keep(animal, own_values.differing(tuning.now.params, parameter_form.parameters(used=())))


def _drop(animal: str) -> None:
    own_values.keep(animal, {})
