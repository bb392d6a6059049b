"""What persons decided, for all linked views of an animal, and what they decide now on its way to the log."""

import getpass
import os
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from calscope.model.curation.curation_entry import MOST_NAME, MOST_NOTE, MOST_TAG
from calscope.model.curation.judgements import Judgement, LostJudgement
from calscope.model.movie import FloatArray
from calscope.model.note_texts.all_texts import texts, why
from calscope.model.results import Evaluation
from calscope.plots import png
from calscope.plots.scaling import display_range, to_codes
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.linked import choice, kept_acts, mounting

NAME = "judging"
MOST_LOST = 24
"""Lost judgements that are shown with a picture."""
LOST_PX = 28
"""Side of that picture, px of the field."""
_OUTLINE = 255
"""Code of the pixels around a footprint that is shown."""


def show(view: EvaluatedAnimal, page: str) -> None:
    """Lay what persons decided over the views, and let the person decide; nothing of it is visible itself."""
    told = {number: _entry(one, view.evaluation, number) for number, one in view.judgements.by_component.items()}
    data = {
        "n": view.components.n,
        "entries": {str(number): entry for number, entry in told.items()},
        "answers": _answers().get(choice.name_of(view), {}),
        "who": login_name(),
        "closed": view.closed,
        "most": {"who": MOST_NAME, "tag": MOST_TAG, "note": MOST_NOTE},
        "notes": texts(view.judgements.notes),
        "n_lost": len(view.judgements.lost),
        "lost": [_lost(one, view.after.corr) for one in view.judgements.lost[:MOST_LOST]],
        "dismiss_all": [_dismiss(one) for one in view.judgements.lost],
    }
    key = mounting.key_of(NAME, view, page)
    mounting.mount(NAME, view, page, data, on_acts_change=partial(_take, key, view))


def login_name() -> str:
    """Give the name that one is logged in by, which stands until another one is typed."""
    try:
        return getpass.getuser()[:MOST_NAME]
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"


def _take(key: str, view: EvaluatedAnimal) -> None:
    """Keep what was decided, and remember what to answer."""
    acts = kept_acts.parsed(mounting.told(key, "acts"))
    if acts:
        _answers()[choice.name_of(view)] = kept_acts.keep(view, acts)


def _answers() -> dict[str, kept_acts.Answers]:
    if keys.JUDGING_ANSWERS not in st.session_state:
        st.session_state[keys.JUDGING_ANSWERS] = {}
    return st.session_state[keys.JUDGING_ANSWERS]


def _entry(one: Judgement, evaluation: Evaluation | None, number: int) -> list[Any]:
    decided = one.decision in ("accept", "reject") and evaluation is not None and bool(evaluation.reasons)
    reason = why(evaluation.reasons[number]) if decided and evaluation else ""
    return [one.decision or "", one.decided_by, one.is_carried, one.tag, one.note, reason]


def _lost(one: LostJudgement, image: FloatArray) -> dict[str, Any]:
    judgement, target = one.judgement, one.target
    parts = [f"{judgement.decision} by {judgement.decided_by}" if judgement.decision else "", judgement.tag]
    place = f"y {target.y_px:.0f}, x {target.x_px:.0f} px (component {target.component} of its run)"
    words = " · ".join(part for part in (*parts, judgement.note, place) if part)
    return {"words": words, "picture": _picture(one, image), "dismiss": _dismiss(one)}


def _dismiss(one: LostJudgement) -> list[Any]:
    return ["dismiss", one.target.component, one.target.run]


def _picture(one: LostJudgement, image: FloatArray) -> str:
    """Give the field around a lost component, with its pixels' rim in orange."""
    codes = np.minimum(to_codes(image, display_range([image], 1.0, 99.7)), _OUTLINE - 1)
    inside = _mask(one, image.shape)
    rim = inside & ~(np.roll(inside, 1, 0) & np.roll(inside, -1, 0) & np.roll(inside, 1, 1) & np.roll(inside, -1, 1))
    codes[rim] = _OUTLINE
    top, left = (
        int(np.clip(place - LOST_PX // 2, 0, max(size - LOST_PX, 0)))
        for place, size in zip((one.target.y_px, one.target.x_px), image.shape, strict=True)
    )
    palette = png.palette("gray").copy()
    palette[_OUTLINE] = (255, 127, 14)
    return png.data_uri(codes[top : top + LOST_PX, left : left + LOST_PX], palette)


def _mask(one: LostJudgement, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Give where the footprint lies; nowhere where it is damaged or of another field."""
    footprint = one.target.footprint
    if footprint.dims != shape:
        return np.zeros(shape, bool)
    try:
        return footprint.column().toarray().reshape(shape, order="F") > 0
    except ValueError:
        return np.zeros(shape, bool)
