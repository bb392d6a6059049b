"""Parameters that one animal has of its own, in place of those for all; kept with the project."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters, fields
from calscope.ui.frame import keys
from calscope.ui.session import placed_seeds, shown_run


def of(animal: str) -> dict[str, Any]:
    """Give an animal's own values by full name; nothing where it has none."""
    return dict((st.session_state.get(keys.OWN_VALUES) or {}).get(animal) or {})


def keep(animal: str, values: Mapping[str, Any]) -> None:
    """Set an animal's own values in place of those that it had."""
    others = {name: own for name, own in (st.session_state.get(keys.OWN_VALUES) or {}).items() if name != animal}
    plain = {dotted: list(value) if isinstance(value, tuple) else value for dotted, value in values.items()}
    st.session_state[keys.OWN_VALUES] = others | ({animal: plain} if plain else {})


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


def inputs_of_chosen(*, with_seeds: bool) -> dict[str, AnimalInputs]:
    """Give what is set for single ones of the chosen animals: their own parameters, and the seeds placed by hand."""
    seeded = placed_seeds.inputs_of_chosen() if with_seeds else {}
    found = {
        ref.name: replace(seeded.get(ref.name, NO_INPUTS), parameters=of(ref.name))
        for ref in shown_run.chosen_recordings()
    }
    return {name: inputs for name, inputs in found.items() if not inputs.is_empty}
