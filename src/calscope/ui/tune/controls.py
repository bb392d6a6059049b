"""The parameters that matter, in the order of work, each with a slider; a value is tried when it is let go."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from calscope.model.errors import ParameterError
from calscope.model.fields import ParameterField
from calscope.model.note_texts.all_texts import text
from calscope.model.params import Parameters, field_of
from calscope.model.proposals import Proposal
from calscope.ui.frame import keys
from calscope.ui.tune.assets import component
from calscope.ui.tune.tuning import Tuning
from calscope.ui.widgets import parameter_form

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Motion": ("motion.pw_rigid", "motion.max_shifts", "motion.strides"),
    "Components": ("cnmf.gSig", "cnmf.K", "cnmf.rf", "cnmf.stride", "cnmf.merge_thr", "cnmf.p", "dataset.decay_time"),
    "Evaluation": ("evaluation.min_SNR", "evaluation.rval_thr", "evaluation.min_soma", "evaluation.use_soma"),
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "motion.max_shifts": (1, 30),
    "motion.strides": (16, 128),
    "cnmf.merge_thr": (0.1, 1.0),
    "cnmf.p": (0, 2),
    "dataset.decay_time": (0.05, 3.0),
}
"""Of sliders, where the parameter names no usual range."""


def show(tuning: Tuning, proposed: Sequence[Proposal]) -> None:
    """Draw the parameters with the values that are tried now, and beside them what is proposed."""
    values = {dotted: _plain(tuning.now.params.get(dotted)) for names in GROUPS.values() for dotted in names}
    key = keys.of_component(keys.on_page("tune", f"controls {tuning.who}"))
    component("controls")(
        key=key,
        data={"groups": _with_proposals(proposed), "values": values, "stamp": tuning.stamp, "session": tuning.who},
        on_values_change=lambda: _take(key, tuning),
    )


def _take(key: str, tuning: Tuning) -> None:
    """Try what was let go, unless something newer was chosen since."""
    told = (st.session_state.get(key) or {}).get("values")
    if not isinstance(told, dict) or told.get("session") != tuning.who or not isinstance(told.get("values"), dict):
        return
    stamp = told.get("stamp")
    if not isinstance(stamp, int) or stamp < tuning.stamp:
        return
    try:
        params = tuning.now.params.replace(
            {dotted: value for dotted, value in told["values"].items() if _is_ours(dotted)}
        )
    except ParameterError as error:
        st.session_state[keys.TUNE_REFUSED] = str(error)
        tuning.stamp = stamp + 1
        return
    tuning.change(params)
    tuning.stamp = stamp


def _is_ours(dotted: str) -> bool:
    return any(dotted in names for names in GROUPS.values())


def _with_proposals(proposed: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Give the rows, those with a proposal with its value and reason."""
    made = {one.name: {"value": _plain(one.value), "reason": text(one.reason)} for one in proposed if one.is_made}

    def with_proposal(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"proposed": made[row["name"]]} if row["name"] in made else row

    return [{**group, "rows": [with_proposal(row) for row in group["rows"]]} for group in _groups()]


@cache
def _groups() -> list[dict[str, Any]]:
    return [{"title": title, "rows": [_row(field_of(dotted)) for dotted in names]} for title, names in GROUPS.items()]


def _row(field: ParameterField) -> dict[str, Any]:
    spec = field.spec
    row = {
        "name": field.dotted,
        "label": f"{spec.label}{f', {spec.unit}' if spec.unit else ''} · {field.name}",
        "help": f"{spec.help()}\n\nAllowed: {spec.allowed()}.",
        "allowed": spec.allowed(),
        "default": _plain(field.default),
        "kind": "number",
    }
    if spec.kind == "bool" and not spec.none_means:
        return row | {"kind": "bool"}
    if spec.kind == "bool":
        return row | {"kind": "choice", "choices": [[None, spec.none_means], [True, "on"], [False, "off"]]}
    low, high = spec.usual or _RANGES[field.dotted]
    is_whole = spec.kind.startswith("int")
    return row | {
        "low": spec.low,
        "high": spec.high,
        "from": low,
        "to": high,
        "step": 1 if is_whole else parameter_form.step(spec),
        "whole": is_whole,
        "pair": spec.kind.endswith("pair"),
        "none": spec.none_means,
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def values_in_words(params: Parameters, other: Parameters) -> list[str]:
    """Give what differs in one set of parameters from another, as 'name old → new'."""
    told = []
    for names in GROUPS.values():
        for dotted in names:
            ours, others = params.get(dotted), other.get(dotted)
            if ours != others:
                spec = field_of(dotted).spec
                before, after = (parameter_form.words(value, spec) for value in (others, ours))
                told.append(f"{field_of(dotted).name} {before} → {after}")
    return told
