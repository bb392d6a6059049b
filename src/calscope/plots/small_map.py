"""A small picture of a field with outlines burnt in, as an address that a page can show."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.plots import png
from calscope.plots.contours import Outline
from calscope.plots.scaling import DisplayRange, display_range, to_codes

_BLUE, _ORANGE = (254, (73, 176, 255)), (255, (255, 138, 31))
"""Places of the two colours in the palette, the rest of which is gray."""


def small_map(
    image: FloatArray,
    lines: Sequence[Outline],
    accepted: NDArray[np.bool_],
    side_px: int,
    shown: DisplayRange | None = None,
    *,
    accepted_px: int = 1,
) -> str:
    """Draw the outlines of accepted components in blue, of others in orange.

    Parameters
    ----------
    image
        (rows, columns).
    lines, accepted
        One for each component.
    side_px
        Length of the picture's longer side.
    shown
        Display range; that of the image where None.
    accepted_px
        Width of the accepted ones, which lie over the others; those are 1 px wide.
    """
    rows, columns = image.shape
    scale = side_px / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = cv2.resize(np.nan_to_num(image), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    codes = np.minimum(to_codes(small, shown or display_range([small], 1.0, 99.7)), _BLUE[0] - 1)
    for which, place, width_px in ((~accepted, _ORANGE[0], 1), (accepted, _BLUE[0], accepted_px)):
        for number in np.flatnonzero(which).tolist():
            _draw(codes, (lines[number] + 0.5) * scale - 0.5, place, width_px)
    colours = png.palette("gray").copy()
    for place, colour in (_BLUE, _ORANGE):
        colours[place] = colour
    return png.data_uri(codes, colours)


def _draw(codes: NDArray[np.uint8], line: Outline, place: int, width_px: int) -> None:
    for piece in np.split(line, np.flatnonzero(np.isnan(line[:, 0]))):
        points = piece[~np.isnan(piece[:, 0])]
        if len(points):
            rounded = np.round(points).astype(np.int32)
            cv2.polylines(codes, [rounded], isClosed=True, color=place, thickness=width_px)
