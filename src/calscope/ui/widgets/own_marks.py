"""Values that single animals have of their own, beside the parameters for all: marked, kept, removed, used for all."""

from typing import Any

import streamlit as st

from calscope.model.fields import ParameterField
from calscope.model.params import Parameters, field_of, fields
from calscope.ui.frame import keys, messages
from calscope.ui.session import own_values, selection, shown_run
from calscope.ui.widgets import parameter_form


def show_mark(field: ParameterField) -> None:
    """Say under a parameter that the shown animal overrules it, with what can be done about it.

    Where all animals are shown, those that overrule it are named.
    """
    ref = shown_run.current()
    if ref is None:
        return
    if selection.shows_all():
        whose = [f"{name}: {_value(field, own)}" for name, own in own_values.by_animal().items() if field.dotted in own]
        if whose:
            st.caption(messages.plain(f"Of their own: {', '.join(whose)}."))
    elif field.dotted in (own := own_values.of(ref.name)):
        _show_own(field, ref.name, own)


def _show_own(field: ParameterField, animal: str, own: dict[str, Any]) -> None:
    with st.popover(
        messages.plain(f"{animal} has its own: {_value(field, own)}"),
        icon=":material/person:",
        type="tertiary",
        key=keys.own_mark(field.dotted),
    ):
        st.caption(f"Runs of this animal use it in place of the value of **{field.name}** for all.")
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Remove",
                key=keys.own_button("remove", field.dotted),
                on_click=own_values.remove,
                args=(animal, field.dotted),
                help="Runs of this animal use the value for all again.",
            )
            st.button(
                "Use for all",
                key=keys.own_button("use for all", field.dotted),
                on_click=own_values.use_for_all,
                args=(animal, field.dotted),
                help="Sets this value for all animals. Nothing runs yet.",
            )


def _value(field: ParameterField, own: dict[str, Any]) -> str:
    return parameter_form.words(own[field.dotted], field.spec)


def show_keeping(group: str) -> None:
    """Offer to keep what was changed in a group as the shown animal's own; the values for all go back."""
    ref = shown_run.current()
    if ref is None or len(shown_run.refs()) < 2 or selection.shows_all():
        return
    changed = _changed(group)
    told = ", ".join(
        f"{field_of(dotted).name} {own_values.value_words(dotted, before)} → {own_values.value_words(dotted, now)}"
        for dotted, (before, now) in changed.items()
    )
    with st.popover("One animal", icon=":material/person:", type="tertiary", key=keys.own_mark(group)):
        st.markdown(f"**Only for {messages.plain(ref.name)}**")
        st.caption(
            messages.plain(f"Changed above since the newest run: {told}.")
            if changed
            else "Change values here first: then they can be kept as this animal's own."
        )
        st.button(
            "Keep as its own",
            key=keys.own_button("keep", group),
            disabled=not changed,
            on_click=_keep,
            args=(ref.name, group),
            help="Runs of this animal use the changed values. For all animals they go back to what they were.",
        )
        if own := own_values.of(ref.name):
            st.caption(messages.plain(f"Its own now: {own_values.words(own)}."))


def _changed(group: str) -> dict[str, tuple[Any, Any]]:
    """Give values of a group that are not those for all of the newest run, else not the defaults: before and now."""
    run = shown_run.newest()
    before, now = run.params if run else Parameters(), parameter_form.values()
    return {
        field.dotted: (before.get(field.dotted), now[field.dotted])
        for field in fields()
        if field.group == group and before.get(field.dotted) != now[field.dotted]
    }


def _keep(animal: str, group: str) -> None:
    changed = _changed(group)
    for dotted, (before, _) in changed.items():
        parameter_form.put(field_of(dotted), before)
    own_values.keep(animal, own_values.of(animal) | {dotted: now for dotted, (_, now) in changed.items()})
