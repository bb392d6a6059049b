"""One measure of the components against another with the thresholds as lines, as a linked view."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from calscope.model.acceptance_rule import measure_rules
from calscope.model.groups import Thresholds
from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality, Evaluation
from calscope.plots import style
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import mounting, packing
from calscope.ui.widgets import charts

NAME = "measure_scatter"
PAIRS = (("SNR", "spatial r"), ("SNR", "soma"), ("soma", "spatial r"))
"""What can be drawn: up, and to the right."""


class _Measure(NamedTuple):
    name: str
    title: str
    short: str
    """Name beside a threshold's line."""
    values: FloatArray
    upper: float | None
    """The threshold above which a component is accepted; None where it isn't used."""
    lowest: float | None
    """The threshold below which it is rejected; None where it isn't used."""
    ends: tuple[float, float] | None = None
    """What is shown of the axis; None for as much as there is."""


def show(view: EvaluatedAnimal, thresholds: Thresholds, page: str, height_px: int) -> None:
    """Draw one point a component, or say that nothing was measured."""
    data = _data_of(view, thresholds, height_px)
    if data is None:
        st.info("The imported file contains no SNR or spatial r, so there is nothing to plot.")
        return
    label = f"Measures of {view.components.n} components in {view.animal.name} against each other"
    mounting.mount(NAME, view, page, {**data, "label": label})


def _data_of(view: EvaluatedAnimal, thresholds: Thresholds, height_px: int) -> dict[str, Any] | None:
    """Give what the view draws; None where nothing was measured or evaluated."""
    if view.unjudged is None:
        return None
    keys = (view.animal.results.keys["component_quality"], view.unjudged_keys[2])
    data = _data(keys, thresholds, height_px, _quality=view.quality, _evaluation=view.unjudged)
    return data if data["pairs"] else None


@charts.cached
def _data(
    keys: tuple[str, str], thresholds: Thresholds, height_px: int, _quality: ComponentQuality, _evaluation: Evaluation
) -> dict[str, Any]:
    return make_data(_quality, _evaluation, thresholds, height_px)


def make_data(
    quality: ComponentQuality, evaluation: Evaluation, thresholds: Thresholds, height_px: int
) -> dict[str, Any]:
    """Give what the view draws; only pairs of which both were measured in some component."""
    measures = [measure for measure in _measures(quality, thresholds) if np.isfinite(measure.values).any()]
    names = {measure.name for measure in measures}
    return {
        "height": height_px,
        "pairs": [list(pair) for pair in PAIRS if names.issuperset(pair)],
        "measures": [_measure_data(measure) for measure in measures],
        "groups": list(_groups(evaluation.accepted, unlike_soma(evaluation))),
    }


def unlike_soma(evaluation: Evaluation) -> NDArray[np.bool_]:
    """Tell which of the rejected would be accepted but for their likeness to a soma, (K,).

    They lie among the accepted wherever that likeness isn't an axis, so they have a mark of their own. It is looked at
    only in what is accepted otherwise, so a rejected one whose reason names it is such a one.
    """
    unlike = np.zeros_like(evaluation.accepted)
    for k, reason in enumerate(evaluation.reasons):
        checks = reason.values.get("checks", ())
        unlike[k] = not evaluation.accepted[k] and any(check.get("measure") == "soma" for check in checks)
    return unlike


def _measures(quality: ComponentQuality, thresholds: Thresholds) -> list[_Measure]:
    rules = {rule.name: rule for rule in measure_rules(thresholds.model_dump())}
    snr, r = rules["snr"], rules["r_value"]
    soma = thresholds.min_soma if thresholds.tests_soma else None
    return [
        _Measure("SNR", "SNR", "SNR", quality.snr, snr.upper, snr.lowest if snr.has_lowest else None),
        _Measure("spatial r", "spatial r", "r", quality.r_value, r.upper, r.lowest if r.has_lowest else None),
        _Measure("soma", "soma (likeness to a cell body)", "soma", quality.soma, None, soma, ends=(-0.03, 1.03)),
    ]


def _measure_data(measure: _Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "title": measure.title,
        "values": packing.floats(measure.values),
        "ends": list(measure.ends) if measure.ends else None,
        "thresholds": list(_thresholds(measure)),
    }


def _thresholds(measure: _Measure) -> Iterator[dict[str, Any]]:
    if measure.upper is not None:
        text = f"{measure.short} {measure.upper:g}"
        yield {"value": measure.upper, "text": text, "colour": style.ACCEPTED, "dashes": "6 4"}
    if measure.lowest is not None:
        text = f"{measure.short} {measure.lowest:g}" if measure.upper is None else "lowest"
        yield {"value": measure.lowest, "text": text, "colour": style.REJECTED, "dashes": "2 3"}


def _groups(accepted: NDArray[np.bool_], unlike: NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    yield _group("accepted", style.ACCEPTED, "disc", accepted)
    if not unlike.any():
        yield _group("rejected", style.REJECTED, "triangle", ~accepted)
        return
    yield _group("rejected: too low", style.REJECTED, "triangle", ~accepted & ~unlike)
    yield _group("rejected: unlike a soma", style.REJECTED, "diamond", unlike)


def _group(name: str, colour: str, marker: str, is_in: NDArray[np.bool_]) -> dict[str, Any]:
    members: Sequence[int] = np.flatnonzero(is_in).tolist()
    return {"name": name, "colour": colour, "marker": marker, "members": members}
