"""Overlapping patches that cover the field (Giovannucci et al. 2019, "map-reduce" over the field of view)."""


def patch_grid(height: int, width: int, rf: int | None, stride: int) -> list[tuple[slice, slice]]:
    """Cut the field into patches of side 2·rf + 1 that overlap by `stride`.

    The last patch of a row or column is moved back inside, so that each has the full side unless the field is smaller.

    Parameters
    ----------
    rf
        Half-size of a patch, px; None takes the whole field as one patch.
    stride
        Overlap of neighbouring patches, px.

    Returns
    -------
    (rows, columns) of each patch, row by row.
    """
    if rf is None:
        return [(slice(0, height), slice(0, width))]
    side = 2 * rf + 1
    step = max(1, side - stride)
    return [(rows, columns) for rows in _cuts(height, side, step) for columns in _cuts(width, side, step)]


def area_px(where: tuple[slice, slice]) -> int:
    """Give the number of pixels of a patch."""
    return (where[0].stop - where[0].start) * (where[1].stop - where[1].start)


def _cuts(length: int, side: int, step: int) -> list[slice]:
    if length <= side:
        return [slice(0, length)]
    starts = [*range(0, length - side, step), length - side]
    return [slice(start, start + side) for start in starts]
