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
    """Draw the buttons, and what they would change in words."""
    now, for_all = tuning.now.params, start_of(animal)
    changed = controls.values_in_words(now, for_all)
    own = own_values.of(animal)
    told = "; ".join(changed) if changed else "as runs of this animal use them"
    st.caption(messages.plain(f"These values: {told}."))
    with st.container(horizontal=True, gap="small"):
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
            f"Keep as {messages.plain(animal)}'s own",
            key=keys.KEEP_AS_OWN,
            disabled=not changed,
            on_click=_keep_as_own,
            args=(tuning, animal),
            help="Runs of this animal use these values; other animals go on with those for all.",
        )
        if own:
            st.button(
                "No own values",
                key=keys.DROP_OWN,
                on_click=_drop,
                args=(animal,),
                help=f"Runs of this animal use those for all again. Its own: {', '.join(own)}.",
            )


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
