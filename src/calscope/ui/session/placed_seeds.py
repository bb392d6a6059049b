"""Seeds placed by hand: where the next refit begins components, per animal, kept for the session."""

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from calscope.model.seeds import Seeds, as_seeds
from calscope.ui.frame import keys
from calscope.ui.session import places, shown_run


def placed(name: str) -> Seeds:
    """Give the seeds of an animal: those of this session, else those of the run that is shown."""
    own: Seeds | None = _all().get(_place(name))
    return of_shown_run(name) if own is None else own


def of_shown_run(name: str) -> Seeds:
    """Give the seeds from which the refit on the page began components."""
    ref = next((ref for ref in shown_run.refs() if ref.name == name), None)
    record = shown_run.animal(ref, "refit").record if ref else None
    return record.inputs.seeds if record else ()


def add(name: str, place: tuple[int, int], apart_px: float) -> None:
    """Add a seed, (y, x) px, unless there is one nearer than `apart_px`."""
    own = placed(name)
    if all(math.dist(place, other) >= apart_px for other in own):
        _put(name, as_seeds([*own, place]))


def remove(name: str, place: tuple[int, int]) -> None:
    """Remove one seed."""
    _put(name, tuple(other for other in placed(name) if other != place))


def clear(name: str) -> None:
    """Remove all seeds of an animal."""
    _put(name, ())


def place_in(event: Mapping[str, Any] | None) -> tuple[int, int] | None:
    """Give the place, (y, x) px, of a click in a figure, from the point's own data; None where nothing was hit."""
    for point in ((event or {}).get("selection") or {}).get("points") or ():
        place = point.get("customdata")
        if isinstance(place, list | tuple) and len(place) == 2:
            return round(place[0]), round(place[1])
    return None


def _all() -> dict[str, Seeds]:
    return st.session_state.get(keys.SEEDS) or {}


def _put(name: str, own: Seeds) -> None:
    st.session_state[keys.SEEDS] = _all() | {_place(name): own}


def _place(name: str) -> str:
    """Animals of different folders may have the same name."""
    project = places.project()
    return f"{project.root if project else ''}\n{name}"
