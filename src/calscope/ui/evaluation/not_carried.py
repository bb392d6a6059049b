"""What persons said in other runs and no component of this one is like: judgements, and merges, splits and drawings.

Each comes with a picture of its place and with outlines, so that a person finds it on the map.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.ndimage import binary_erosion
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.curation.said_edits import SaidEdit
from calscope.model.curation.curation_entry import Target
from calscope.model.curation.judgements import LostJudgement
from calscope.model.movie import FloatArray
from calscope.model.note_texts.all_texts import text
from calscope.model.notes import Note
from calscope.pipeline.kept_judgements import edit_note, lost_edits, place_of_change
from calscope.plots import png
from calscope.plots.contours import outlines
from calscope.plots.scaling import display_range, to_codes
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import packing

MOST_SHOWN = 24
"""Of each kind, with a picture."""
PICTURE_PX = 28
"""Side of that picture, px of the field."""
_OUTLINE = 255
"""Code of the pixels around a footprint that is shown."""


def to_browser(view: EvaluatedAnimal) -> dict[str, Any]:
    """Give both kinds as the views take them."""
    judgements, edits = view.judgements.lost, _lost_edits(view)
    return {
        "n_lost": len(judgements) + len(edits),
        "lost": [
            *(_of_judgement(one, view.after.corr) for one in judgements[:MOST_SHOWN]),
            *(_of_edit(said, why, view.after.corr) for said, why in edits[:MOST_SHOWN]),
        ],
        "dismiss_all": [_dismiss(one) for one in targets(view)],
    }


def targets(view: EvaluatedAnimal) -> list[Target]:
    """Give what can be dismissed of both kinds."""
    return [*(one.target for one in view.judgements.lost), *(_target_of(said) for said, _ in _lost_edits(view))]


def _lost_edits(view: EvaluatedAnimal) -> list[tuple[SaidEdit, Note]]:
    return lost_edits(view.animal.results, view.judgements.dismissed)


def _of_judgement(one: LostJudgement, image: FloatArray) -> dict[str, Any]:
    judgement, target = one.judgement, one.target
    decided = f"{judgement.decision} by {judgement.decided_by}" if judgement.decision else ""
    parts = ["raters disagree" if judgement.is_disputed else decided, judgement.tag]
    place = f"y {target.y_px:.0f}, x {target.x_px:.0f} px (component {target.component} of its run)"
    words = " · ".join(part for part in (*parts, judgement.note, place) if part)
    return {"words": words, "dismiss": _dismiss(target), **_shown([target], image)}


def _of_edit(said: SaidEdit, why: Note, image: FloatArray) -> dict[str, Any]:
    words = text(edit_note(said, why))
    return {"words": words, "dismiss": _dismiss(_target_of(said)), **_shown(said.targets, image)}


def _target_of(said: SaidEdit) -> Target:
    run, number = place_of_change(said)
    return replace(said.targets[0], run=run, component=number)


def _dismiss(target: Target) -> list[Any]:
    return ["dismiss", target.component, target.run]


def _shown(targets: Sequence[Target], image: FloatArray) -> dict[str, Any]:
    """Give a picture of the field around footprints, with their rims in orange, and their outlines."""
    A = csc_matrix(hstack([_column(target, image.shape) for target in targets]))
    dims = (image.shape[0], image.shape[1])
    center = [sum(values) / len(targets) for values in zip(*((one.y_px, one.x_px) for one in targets), strict=True)]
    return {
        "picture": _picture(np.asarray(A.sum(axis=1)).reshape(dims, order="F") > 0, center, image),
        "outlines": packing.outlines(outlines(A, dims), dims),
        "place": [round(one, 1) for one in center],
    }


def _column(target: Target, shape: tuple[int, ...]) -> csc_matrix:
    """Give a footprint as a column; an empty one where it is damaged or of another field."""
    nothing = csc_matrix((int(np.prod(shape)), 1), dtype=np.float32)
    try:
        return target.footprint.column() if target.footprint.dims == shape else nothing
    except ValueError:
        return nothing


def _picture(inside: np.ndarray[Any, np.dtype[np.bool_]], center: Sequence[float], image: FloatArray) -> str:
    codes = np.minimum(to_codes(image, display_range([image], 1.0, 99.7)), _OUTLINE - 1)
    codes[inside & ~binary_erosion(inside)] = _OUTLINE
    top, left = (
        int(np.clip(place - PICTURE_PX // 2, 0, max(size - PICTURE_PX, 0)))
        for place, size in zip(center, image.shape, strict=True)
    )
    palette = png.palette("gray").copy()
    palette[_OUTLINE] = (255, 127, 14)
    return png.data_uri(codes[top : top + PICTURE_PX, left : left + PICTURE_PX], palette)
