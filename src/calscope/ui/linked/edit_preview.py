"""What merging, splitting or drawing would give, before a person says so: footprints and traces, now and then."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from calscope.io.server_rights import Right, require
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.errors import ParameterError
from calscope.model.movie import FloatArray
from calscope.model.note_texts.all_texts import text
from calscope.model.results import Components
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.edited_results import can_be_edited, make_edited, with_edits
from calscope.plots import png
from calscope.plots.scaling import display_range, to_codes
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal

NOW, THEN = 254, 255
"""Codes of the rims of footprints as they are, and as they would be."""
COLOURS = {NOW: (255, 127, 14), THEN: (56, 148, 255)}
AROUND_PX = 8
MOST_POINTS = 400
"""Pairs of the smallest and the largest value that a trace is drawn by."""


def planned(view: EvaluatedAnimal, before: Sequence[CurationEntry], new: Sequence[CurationEntry]) -> AnimalResults:
    """Give the results of an animal with a change that was not said yet.

    Raises
    ------
    ParameterError
        When the change can't be made, with the reason.
    CalscopeError
        When it can't be computed.
    NotAllowedError
        When no component is changed on this server.
    """
    require(Right.CHANGE)
    record = view.animal.record
    if record is None or not can_be_edited(record):
        raise ParameterError(
            "Components of these results can't be merged, split or drawn: they were not run here, so there is no "
            "corrected movie to fit them to."
        )
    found = with_edits(record, view.animal.results.as_fitted, [*before, *new])
    act = new[0].act
    lost = next((one.why for one in found.edits.lost if one.said.act == act), None) if found.edits else None
    if lost is not None:
        raise ParameterError(text(lost))
    make_edited(record, found, only_components=True)
    edited, edits = found.edited, found.edits
    if edited is not None and edits is not None:
        number = next((i for i, said in enumerate(edits.said) if said.act == act), -1)
        if number in edited.refused:
            raise ParameterError(text(edited.refused[number]))
    return found


def pictures(view: EvaluatedAnimal, then: AnimalResults, act: str, numbers: Sequence[int]) -> dict[str, Any]:
    """Give what a change would give, as the browser draws it."""
    edits, edited = then.edits, then.edited
    if edits is None or edited is None:
        raise ParameterError("The change is no longer there. Try again.")
    new = [k for k, part in enumerate(edited.parts) if edits.place_of(part)[0] == act]
    now, later = view.components, edited.components
    box = _box([(now, k) for k in numbers] + [(later, k) for k in new], now.dims)
    image = view.after.corr
    return {
        "now": _picture(image, box, now, numbers, NOW),
        "then": _picture(image, box, later, new, THEN),
        "traces": [
            *([f"component {k} now", _drawn(now, k), "now"] for k in numbers),
            *([f"then, part {i + 1}" if len(new) > 1 else "then", _drawn(later, k), "then"] for i, k in enumerate(new)),
        ],
    }


def _box(which: Sequence[tuple[Components, int]], dims: tuple[int, int]) -> tuple[slice, slice]:
    pixels = np.concatenate([components.A[:, [k]].indices for components, k in which])
    x, y = np.divmod(pixels, dims[0])
    rows, columns = (
        slice(max(0, int(at.min()) - AROUND_PX), min(n, int(at.max()) + AROUND_PX + 1))
        for at, n in zip((y, x), dims, strict=True)
    )
    return rows, columns


def _picture(
    image: FloatArray, box: tuple[slice, slice], components: Components, numbers: Sequence[int], code: int
) -> str:
    codes = np.minimum(to_codes(image, display_range([image], 1.0, 99.7)), NOW - 1)
    for k in numbers:
        weights = components.footprint(k)
        inside = weights > 0.2 * weights.max(initial=0)
        edge = np.pad(inside, 1)
        whole = edge[:-2, 1:-1] & edge[2:, 1:-1] & edge[1:-1, :-2] & edge[1:-1, 2:]
        codes[inside & ~whole] = code
    palette = png.palette("gray").copy()
    for at, colour in COLOURS.items():
        palette[at] = colour
    return png.data_uri(np.ascontiguousarray(codes[box]), palette)


def _drawn(components: Components, k: int) -> list[float]:
    """Give pairs of the smallest and the largest value of stretches of a raw trace, 0 to 1."""
    trace = components.C[k] + components.YrA[k]
    low, high = float(np.nanmin(trace)), float(np.nanmax(trace))
    stretches = np.array_split(trace, min(MOST_POINTS, len(trace)))
    values = [value for one in stretches for value in (float(np.nanmin(one)), float(np.nanmax(one)))]
    return [round((value - low) / ((high - low) or 1.0), 3) for value in values]
