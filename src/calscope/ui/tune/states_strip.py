"""The last states as small pictures to go back to; undo, redo, hold."""

from typing import Any

import numpy as np
import streamlit as st

from calscope.plots.small_map import small_map
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.session import cached
from calscope.ui.tune import controls, tried
from calscope.ui.tune.assets import component
from calscope.ui.tune.tuning import Tuning
from calscope.ui.widgets import charts

PICTURE_PX = 96


def show(tuning: Tuning) -> None:
    """Draw the states, and what can be done with the one that is shown."""
    key = keys.of_component(keys.on_page("tune", f"states {tuning.who}"))
    data = {
        "states": [_entry(tuning, at) for at in range(len(tuning.states))],
        "at": tuning.at,
        "can_hold": tuning.now.is_there and tuning.now != tuning.held,
        "holds": tuning.held is not None,
    }
    component("states")(key=key, data=data, on_act_change=lambda: _act(key, tuning))


def _act(key: str, tuning: Tuning) -> None:
    told = (st.session_state.get(key) or {}).get("act")
    what, state = (told.get("what"), told.get("state")) if isinstance(told, dict) else (None, None)
    if what in ("undo", "redo"):
        tuning.go(tuning.at + (1 if what == "redo" else -1))
    elif what == "go" and isinstance(state, int):
        tuning.go(state)
    elif what == "hold" and tuning.now.is_there:
        tuning.held = tuning.now
    elif what == "drop":
        tuning.held = None


def line_of(tuning: Tuning, at: int) -> str:
    """Say how a state differs from the one before it.

    The first one here may have been opened by a link, or those before it are forgotten: then it says how it differs
    from what everyone begins with.
    """
    state = tuning.states[at]
    before = tuning.states[at - 1] if at else None
    changed = controls.values_in_words(state.params, before.params if before else tuning.start)
    moved = before is not None and before.crop != state.crop and before.is_there
    return "; ".join([*changed, *(["another crop"] if moved else [])]) or ("start" if before is None else "the same")


def _entry(tuning: Tuning, at: int) -> dict[str, Any]:
    state, line = tuning.states[at], line_of(tuning, at)
    view = tried.view(state)
    return {
        "line": line,
        "told": line,
        "counts": _counts(view) if view else ("failed" if state.error else "…"),
        "picture": _picture(view) if view else "",
        "held": tuning.held == state,
    }


def _counts(view: EvaluatedAnimal) -> str:
    accepted = view.evaluation.n_accepted if view.evaluation else 0
    return f"{accepted} of {view.components.n}"


def _picture(view: EvaluatedAnimal) -> str:
    accepted = view.evaluation.accepted if view.evaluation else np.ones(view.components.n, bool)
    return _small("".join(view.keys), accepted.tobytes(), _view=view)


@charts.cached
def _small(key: str, accepted: bytes, _view: EvaluatedAnimal) -> str:
    """Give the correlation image with the outlines, small, as an address that the page can show."""
    lines = cached.contour_lines(_view.keys[0], _view.components)
    return small_map(_view.after.corr, lines, np.frombuffer(accepted, bool), PICTURE_PX)
