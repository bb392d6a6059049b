"""What is left to judge of an animal: which verdicts are doubtful, and how many are likely to be wrong."""

from typing import Any

import numpy as np
import streamlit as st

from calscope.algorithms.curation.likely_wrong import what_is_left
from calscope.model.curation.what_is_left import WhatIsLeft
from calscope.model.note_texts import left_texts
from calscope.model.results import ComponentQuality, Components, Evaluation
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.linked import packing
from calscope.ui.session import project_settings
from calscope.ui.session.lately import remembered

OFF = "off"


def is_on() -> bool:
    """Tell whether the estimate is shown; it is unless it was switched off in this folder."""
    return st.session_state.get(keys.LEFT_TO_JUDGE) != OFF


def switch(*, on: bool) -> None:
    """Show the estimate or leave it out, in this folder from now on."""
    st.session_state[keys.LEFT_TO_JUDGE] = None if on else OFF
    project_settings.keep()


def to_browser(view: EvaluatedAnimal) -> dict[str, Any] | None:
    """Give the estimate as the views take it; None where it is off, or there are no verdicts that could be wrong."""
    left = of(view) if is_on() else None
    if left is None:
        return None
    return {
        "words": left_texts.sentence(left),
        "about": left_texts.about(left),
        "wrong": packing.numbers(left.wrong, 3),
    }


def of(view: EvaluatedAnimal) -> WhatIsLeft | None:
    """Estimate what is left after the decisions that hold; None without verdicts, or where nothing can be judged."""
    evaluation, thresholds = view.unjudged, thresholds_panel.in_force(view.animal.name)
    if evaluation is None or not view.components.n or view.closed:
        return None
    judgements = view.judgements.by_component.items()
    said = tuple((k, one.decision or "") for k, one in judgements if one.decision or one.is_disputed)
    values = None if thresholds is None else tuple(thresholds.model_dump().items())
    return _estimate(
        view.unjudged_keys, said, values, _components=view.components, _quality=view.quality, _evaluation=evaluation
    )


@remembered()
def _estimate(
    shown: tuple[str, ...],
    said: tuple[tuple[int, str], ...],
    thresholds: tuple[tuple[str, Any], ...] | None,
    _components: Components,
    _quality: ComponentQuality,
    _evaluation: Evaluation,
) -> WhatIsLeft:
    decided = np.full(_components.n, np.nan, np.float32)
    seen = np.zeros(_components.n, np.bool_)
    for component, decision in said:
        seen[component] = True
        if decision in ("accept", "reject"):
            decided[component] = decision == "accept"
    values = None if thresholds is None else dict(thresholds)
    return what_is_left(
        _quality, _components.A.getnnz(axis=0), _evaluation.accepted, values, decided=decided, seen=seen
    )
