"""All animals as small pictures of one size with their outlines; a click opens one."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import streamlit as st

from calscope.model.movie import FloatArray
from calscope.plots.contours import Outline
from calscope.plots.scaling import scale_bar
from calscope.plots.small_map import small_map
from calscope.ui.cohort.animal_measures import AnimalMeasures
from calscope.ui.cohort.cohort_table import Far, marks_of
from calscope.ui.frame import keys
from calscope.ui.session import cached, selection
from calscope.ui.widgets import charts
from calscope.ui.widgets.animal_strip import OWN

SIDE_PX = 260
"""Of the pictures; the page shows them half as wide, or a little more."""
Kind = Literal["Correlation", "Mean"]
KINDS: tuple[Kind, ...] = ("Correlation", "Mean")


def show(animals: Sequence[AnimalMeasures], far: Far) -> None:
    """Draw the choice of the image and the sheet; an animal that was clicked is opened on Evaluation."""
    key = keys.on_page("cohort", "sheet")
    if clicked := (st.session_state.get(key) or {}).get("opened"):
        selection.look_at_animal(str(clicked))
        st.switch_page("pages/evaluation.py")
    kind = st.segmented_control(
        "Image",
        KINDS,
        default=KINDS[0],
        required=True,
        key=keys.on_page("cohort", "image"),
        label_visibility="collapsed",
    )
    tiles = [_tile(one, kind or KINDS[0], far[one.name]) for one in animals]
    _component()(key=key, data={"tiles": tiles}, on_opened_change=lambda: None)


def _tile(one: AnimalMeasures, kind: Kind, far: dict[str, str] | Any) -> dict[str, Any]:
    marks = [*marks_of(one, far), OWN if one.ran_with else ""]
    told = [
        one.error and f"its run failed: {one.error}",
        *far.values(),
        one.ran_with and f"ran with its own {one.ran_with}",
        one.remark,
    ]
    return {
        "name": one.name,
        "title": " ".join(part for part in (one.name, *marks) if part),
        "is_marked": bool(far or one.error),
        "line": _line(one),
        "told": " · ".join(part for part in told if part),
        **_picture(one, kind),
    }


def _line(one: AnimalMeasures) -> str:
    if one.accepted is None:
        return "failed" if one.error else "not evaluated"
    return f"{one.accepted} of {one.components} accepted"


def _picture(one: AnimalMeasures, kind: Kind) -> dict[str, Any]:
    """Give the picture with its proportions and the scale bar, which is a share of its width."""
    results, view = one.animal.results, one.view
    images = results.after or results.before
    if images is None:
        return {"picture": "", "shape": "1 / 1", "bar": 0.0, "length": ""}
    image = images.corr if kind == "Correlation" else images.mean
    rows, columns = image.shape
    bar = scale_bar(columns, one.animal.dxy_um)
    lines = cached.contour_lines(view.keys[0], view.components) if view else ()
    accepted = view.evaluation.accepted if view and view.evaluation else np.ones(len(lines), bool)
    key = " ".join((*(view.keys if view else (results.keys.get("after") or results.keys["before"],)), kind))
    picture = _drawn(key, accepted.tobytes(), _image=image, _lines=lines)
    return {"picture": picture, "shape": f"{columns} / {rows}", "bar": bar.length_px / columns, "length": bar.text}


@charts.cached
def _drawn(key: str, accepted: bytes, _image: FloatArray, _lines: Sequence[Outline]) -> str:
    return small_map(_image, _lines, np.frombuffer(accepted, bool), SIDE_PX)


@cache
def _component() -> Callable[..., object]:
    html, css, js = (
        files("calscope.ui.cohort").joinpath(f"cohort_sheet.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    )
    return st.components.v2.component("calscope.cohort_sheet", html=html, css=css, js=js)
