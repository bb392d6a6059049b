"""What is set in the sidebar, in words: against the defaults, against a run, against the files."""

from collections.abc import Iterator

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.model.errors import ParameterError
from calscope.model.params import field_of, fields
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.frame import keys
from calscope.ui.session import cached, own_values, shown_run
from calscope.ui.session.shown_run import ShownAnimal, ShownRun
from calscope.ui.widgets import parameter_form


def changed(groups: set[str]) -> str:
    """Say which parameters of some groups differ from the defaults; one line."""
    values = parameter_form.values()
    found = [
        f"{field.name} {parameter_form.words(values[field.dotted], field.spec)}"
        for field in fields()
        if field.group in groups and values[field.dotted] != field.default
    ]
    return "; ".join(found)


def differing(animal: ShownAnimal, group: str) -> list[str]:
    """Say what of the sidebar, up to a group of parameters, is not as in the run that an animal's pictures are from.

    Thresholds that the pictures follow are left out.
    """
    if animal.run is None or animal.run.imported_from:
        return []
    return [*_differing_parameters(animal, animal.run, group), *_other_differences(animal.run)]


def _differing_parameters(animal: ShownAnimal, run: ShownRun, group: str) -> Iterator[str]:
    are_followed = thresholds_panel.entered() is not None
    order = list(dict.fromkeys(field.group for field in fields()))
    before = order[: order.index(group) + 1]
    used_by_animal = own_values.used(animal, run)
    own = own_values.of(animal.name)
    for dotted, value in own_values.values(animal.name).items():
        field = field_of(dotted)
        used = used_by_animal.get(dotted)
        is_followed = are_followed and field.spec.stages == ("evaluation",)
        if field.group in before and value != used and not is_followed:
            was, now = parameter_form.words(used, field.spec), parameter_form.words(value, field.spec)
            yield f"{field.name} was {was}, now {now}{f', of {animal.name} alone' if dotted in own else ''}"


def _other_differences(run: ShownRun) -> Iterator[str]:
    spec = run.job.spec
    engine, n_frames = st.session_state.get(keys.ENGINE) or next(iter(ENGINES)), st.session_state.get(keys.FRAMES)
    if engine != spec.engine:
        yield f"engine was {spec.engine}, now {engine}"
    if n_frames != spec.n_frames:
        yield f"frames were {_frames(spec.n_frames)}, now {_frames(n_frames)}"


def _frames(n_frames: int | None) -> str:
    return f"the first {n_frames}" if n_frames else "all"


def problem(group: str) -> str:
    """Say which of the values of a group are not allowed or don't fit together; empty where all do."""
    try:
        parameter_form.parameters(used=(group,))
    except ParameterError as error:
        return " ".join(str(error).splitlines())
    return ""


def overruled_rates() -> str:
    """Say which files' own frame rate the one entered by hand overrules; empty where it overrules none."""
    entered = parameter_form.value("dataset.fr")
    if not entered:
        return ""
    n_frames = st.session_state.get(keys.FRAMES)
    infos = [cached.info_or_none(str(ref.path), n_frames) for ref in shown_run.chosen_recordings()]
    rates = {info.name: info.fr_hz for info in infos if info is not None and info.fr_hz not in (None, entered)}
    if not rates:
        return ""
    own = sorted({f"{rate:.4g} Hz" for rate in rates.values()})
    whose = next(iter(rates)) if len(rates) == 1 else f"{len(rates)} animals"
    return (
        f"The frame rate entered by hand, {entered:g} Hz, overrules {' and '.join(own)} in the files of {whose}. Empty "
        "the box on the page Data to use the files' own."
    )
