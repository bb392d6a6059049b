"""All animals of the project in one row, each with a small picture, its counts and how far it is; one is chosen."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import cv2
import streamlit as st

from calscope.model.movie import FloatArray
from calscope.plots import png
from calscope.plots.scaling import display_range, to_codes
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.frame import keys, wording
from calscope.ui.session import animal_states, own_values, remarks, selection, shown_run
from calscope.ui.session.animal_states import STEPS, AnimalState
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import charts

PICTURE_PX = 44
ALL = ""
"""Value of the first tile; no animal has an empty name."""
OWN = "◆"
"""Marks an animal that ran with values of its own."""
TRIED = "these thresholds"
"""Stands where counts are of thresholds that were not run."""
_BUSY: Mapping[str, str] = MappingProxyType({"runs": "running", "waits": "waits for its turn"})
_GRID = {
    "line": "in a grid",
    "counts": None,
    "told": "the pictures of all animals beside each other",
    "state": "",
    "step": "",
    "tried": False,
}


def show() -> None:
    """Draw the row; nothing for results without their recording, which are one animal."""
    refs = shown_run.refs()
    if len(refs) < 2:
        return
    grid = {"value": ALL, "name": f"All {len(refs)}", "picture": "", "n_steps": 0, "n_done": 0} | _GRID
    tiles = [grid, *(_tile(state) for state in animal_states.states())]
    current = shown_run.current()
    chosen = ALL if selection.shows_all() or current is None else current.name
    _component()(
        key=keys.ANIMAL_STRIP,
        data={"animals": tiles, "chosen": chosen},
        on_chosen_change=_choose,
        on_judged_change=_count_again,
    )


def show_for_one() -> None:
    """Draw the row of a page that has no grid of all: where all were looked at, one animal is chosen."""
    if selection.shows_all():
        current = shown_run.current()
        selection.look_at_animal(current.name if current else "")
    show()


def _count_again() -> None:
    """Stand where the row asks for new counts: drawing the page gives them."""


def _choose() -> None:
    chosen = (st.session_state.get(keys.ANIMAL_STRIP) or {}).get("chosen")
    if chosen is not None:
        selection.look_at_animal(str(chosen))


def _tile(state: AnimalState) -> dict[str, Any]:
    ref = next(ref for ref in shown_run.refs() if ref.name == state.name)
    animal = shown_run.animal(ref, "evaluation", "refit", "fit", "apply")
    line, is_tried = _line(state, animal), thresholds_panel.are_tried(animal)
    remark, ran_with = remarks.all_of_project().get(state.name, ""), own_values.ran_with(animal.record)
    return {
        "value": state.name,
        "name": " ".join(part for part in (state.name, OWN if ran_with else "", "✎" if remark else "") if part),
        "line": line,
        "counts": _counts(animal),
        "told": " · ".join(part for part in (*_told(state, animal, line), *_own(state.name, ran_with), remark) if part),
        "step": TRIED if is_tried else state.step,
        "tried": is_tried,
        "picture": _picture(animal) or _picture(shown_run.raw_animal(ref)),
        "n_steps": len(STEPS),
        "n_done": STEPS.index(state.step) + 1,
        "state": "busy" if state.busy == "runs" else "failed" if state.failed else "",
    }


def _line(state: AnimalState, animal: ShownAnimal) -> str:
    """Say in a few words what there is of an animal, and what goes on."""
    if state.failed and not state.busy:
        return "▲ failed in the newest run"
    fit, counted = animal.results.refit or animal.results.first, _counts(animal)
    counts = wording.count(fit.n, "component") if fit is not None else ""
    if counted is not None:
        counts = f"{counted[0]} of {counted[1]}" + ("" if state.busy else " accepted")
    if state.busy:
        return f"{state.busy} · {counts}" if counts else _BUSY[state.busy]
    return counts or state.step


def _counts(animal: ShownAnimal) -> tuple[int, int] | None:
    """Give how many components are accepted, of how many; the browser changes these words as a person decides."""
    evaluation, fit = thresholds_panel.evaluation_of(animal), animal.results.refit or animal.results.first
    return None if evaluation is None or fit is None else (evaluation.n_accepted, fit.n)


def _told(state: AnimalState, animal: ShownAnimal, line: str) -> Iterator[str]:
    """Say in full what the card has no room for."""
    evaluation, stored = thresholds_panel.evaluation_of(animal), animal.results.evaluation
    yield _BUSY[state.busy] if state.busy else line
    if state.busy and evaluation is not None:
        yield f"{evaluation.n_accepted} of {len(evaluation.accepted)} accepted until now"
    if stored is not None and thresholds_panel.are_tried(animal):
        yield f"with the thresholds set now, which were not run: the run accepted {stored.n_accepted}"
    yield _verdict(animal)
    yield _reached(state)


def _own(name: str, ran_with: str) -> Iterator[str]:
    """Say which values an animal ran with that others did not, and which it has of its own now."""
    if ran_with:
        yield f"ran with its own {ran_with}"
    if (now := own_values.words(own_values.of(name))) != ran_with:
        yield f"its own now: {now or 'none'}"


def _reached(state: AnimalState) -> str:
    """Say what the marks of the steps mean."""
    return f"step {STEPS.index(state.step) + 1} of {len(STEPS)} ({', '.join(STEPS)})"


def _verdict(animal: ShownAnimal) -> str:
    quality = animal.results.motion_quality
    return f"motion: {quality.verdict}" if quality else ""


def _picture(animal: ShownAnimal) -> str:
    """Give the max projection, of the corrected movie where there is one; empty where there is none."""
    found = animal.results
    if found.after is not None:
        return _small(found.keys["after"], _image=found.after.max)
    return _small(found.keys["before"], _image=found.before.max) if found.before is not None else ""


@charts.cached
def _small(key: str, _image: FloatArray) -> str:
    """Give the image, small, as an address that the page can show."""
    scale = 2 * PICTURE_PX / max(_image.shape)
    size = tuple(max(1, round(side * scale)) for side in reversed(_image.shape))
    small = cv2.resize(_image, size, interpolation=cv2.INTER_AREA)
    return png.data_uri(to_codes(small, display_range([small], 20.0, 99.7)), png.palette("gray"))


@cache
def _component() -> Callable[..., object]:
    html, css, js = (
        files("calscope.ui.widgets").joinpath(f"animal_strip.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    )
    return st.components.v2.component("calscope.animal_strip", html=html, css=css, js=js)
