"""Parameters that one animal has of its own, in place of those for all; kept with the project."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from calscope.io.project import RecordingRef
from calscope.model.animal_inputs import AnimalInputs, parameters_of
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters, field_of, fields
from calscope.pipeline.records import AnimalRun
from calscope.ui.frame import keys
from calscope.ui.session import placed_seeds, project_settings
from calscope.ui.session.shown_run import ShownAnimal, ShownRun
from calscope.ui.widgets import parameter_form


def by_animal() -> dict[str, dict[str, Any]]:
    """Give the own values of all animals that have any."""
    return dict(st.session_state.get(keys.OWN_VALUES) or {})


def of(animal: str) -> dict[str, Any]:
    """Give an animal's own values by full name; nothing where it has none."""
    return dict(by_animal().get(animal) or {})


def keep(animal: str, values: Mapping[str, Any]) -> None:
    """Set an animal's own values in place of those that it had, and write them down."""
    put(animal, values)
    project_settings.keep()


def put(animal: str, values: Mapping[str, Any]) -> None:
    """Set an animal's own values in place of those that it had."""
    others = {name: own for name, own in by_animal().items() if name != animal}
    plain = {dotted: list(value) if isinstance(value, tuple) else value for dotted, value in values.items()}
    st.session_state[keys.OWN_VALUES] = others | ({animal: plain} if plain else {})


def remove(animal: str, dotted: str) -> None:
    """Have an animal use the value for all again."""
    keep(animal, {name: value for name, value in of(animal).items() if name != dotted})


def use_for_all(animal: str, dotted: str) -> None:
    """Make an animal's own value the one for all; only before the widgets are drawn, as in a callback."""
    value = of(animal)[dotted]
    parameter_form.put(field_of(dotted), tuple(value) if isinstance(value, list) else value)
    remove(animal, dotted)


def values(animal: str) -> dict[str, Any]:
    """Give the values that count for an animal, by full name: the widgets' with its own in their place."""
    own = {dotted: tuple(value) if isinstance(value, list) else value for dotted, value in of(animal).items()}
    return parameter_form.values() | own


def used(animal: ShownAnimal, run: ShownRun) -> Parameters:
    """Give the parameters that an animal's run was asked for: those for all with its own in their place."""
    try:
        return parameters_of(animal.name, run.params, animal.record.inputs) if animal.record else run.params
    except ParameterError:
        return run.params  # another version's


def ran_with(record: AnimalRun | None) -> str:
    """Say which values an animal ran with that were its own; empty where it ran as all others."""
    return words(record.inputs.parameters) if record else ""


def words(own: Mapping[str, Any]) -> str:
    """Say own values in one line; those of another version under the name that they had."""
    return ", ".join(
        f"{dotted.partition('.')[2] or dotted} {value_words(dotted, value)}" for dotted, value in own.items()
    )


def value_words(dotted: str, value: Any) -> str:
    """Say a value as people write it; one of another version as it is."""
    try:
        return parameter_form.words(value, field_of(dotted).spec)
    except ParameterError:
        return str(value)


def parameters(animal: str, params: Parameters) -> Parameters:
    """Give the parameters of an animal: those for all with its own in their place, where these are allowed."""
    try:
        return parameters_of(animal, params, AnimalInputs(of(animal)))
    except ParameterError:
        return params


def differing(params: Parameters, others: Parameters) -> dict[str, Any]:
    """Give the values in which parameters differ from others, by full name."""
    return {
        field.dotted: params.get(field.dotted)
        for field in fields()
        if params.get(field.dotted) != others.get(field.dotted)
    }


def inputs_of(refs: Sequence[RecordingRef], *, with_seeds: bool) -> dict[str, AnimalInputs]:
    """Give what is set for single ones of these animals: their own parameters, and the seeds placed by hand."""
    found = {ref.name: AnimalInputs(of(ref.name), placed_seeds.placed(ref.name) if with_seeds else ()) for ref in refs}
    return {name: inputs for name, inputs in found.items() if not inputs.is_empty}
