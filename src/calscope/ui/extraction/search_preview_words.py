"""The parameters of the search in numbers and words."""

import itertools

from calscope.model.recording import Pair
from calscope.plots.search_overlay import Search
from calscope.ui.frame import wording

SQUARE_UM = SQUARE_PX = 100
"""Side of the square for densities."""


def captions(search: Search, dims: tuple[int, ...], dxy_um: Pair | None) -> tuple[str, str, str]:
    """Say what soma size, patches and K come to; of patches and K nothing where the values don't fit together."""
    if not search.patches:
        return soma(search, dxy_um), "No patches are drawn: these values don't fit together.", "No seeds are drawn."
    return soma(search, dxy_um), patches(search, dxy_um), seeds(search, (dims[0], dims[1]), dxy_um)


def soma(search: Search, dxy_um: Pair | None) -> str:
    """Say how large a soma is, and the window around it."""
    across = (2 * search.gSig[0] + 1, 2 * search.gSig[1] + 1)
    return (
        f"Ring: a soma of {_size(across, dxy_um)}, 2·gSig + 1. Dotted: the window of {_size(search.gSiz, dxy_um)} for "
        "the first footprint. The rings should follow the edges of the cells."
    )


def patches(search: Search, dxy_um: Pair | None) -> str:
    """Say how many patches there are, how large, and what neighbours share."""
    rows = sorted({(a.start, a.stop) for a, _ in search.patches})
    columns = sorted({(b.start, b.stop) for _, b in search.patches})
    if len(search.patches) == 1:
        return "One patch: the whole field at once."
    side = (rows[0][1] - rows[0][0], columns[0][1] - columns[0][0])
    shared_px = max(cuts[0][1] - cuts[1][0] for cuts in (rows, columns) if len(cuts) > 1)
    ends = " The last ones of each row and column are moved back into the field." if _is_uneven(rows, columns) else ""
    overlap = (
        f"overlap by {_length(shared_px, dxy_um)} (blue)" if shared_px > 0 else "don't overlap: cells at edges are cut"
    )
    return (
        f"{len(rows)} × {len(columns)} = **{len(search.patches)} patches** of {_size(side, dxy_um)} (one is outlined); "
        f"neighbours {overlap}.{ends}"
    )


def _is_uneven(*cuts: list[tuple[int, int]]) -> bool:
    steps = [{b[0] - a[0] for a, b in itertools.pairwise(one)} for one in cuts]
    return any(len(own) > 1 for own in steps)


def seeds(search: Search, dims: tuple[int, int], dxy_um: Pair | None) -> str:
    """Say how many components are looked for, how dense that is, and how many spots of the image get a seed."""
    n_patches, n_spots, n_seeds = len(search.patches), len(search.spots_px), len(search.seeds_px)
    wanted = search.K * n_patches
    where = "in the whole field" if n_patches == 1 else f"in each of {n_patches} patches"
    left = n_spots - n_seeds
    fate = "none is left out" if left == 0 else f"**{left} are left out** (circles)"
    return (
        f"K {search.K} {where}: **{wanted} components** are looked for, {_density(wanted, dims, dxy_um)}. Of "
        f"{wording.count(n_spots, 'spot')} in this image {n_seeds} get a seed (dots), {fate}. "
        + (
            "The others begin at dimmer places; many of them are merged or rejected later."
            if wanted > n_seeds and left == 0
            else ""
        )
    ).strip()


def alt(search: Search) -> str:
    """Say what the picture shows, for people who can't see it."""
    if not search.patches:
        return "Rings of a soma's size on bright spots; no patches, because the values don't fit together"
    return f"Rings of a soma's size on bright spots, {len(search.patches)} patches, and {len(search.seeds_px)} seeds"


def _density(count: int, dims: tuple[int, int], dxy_um: Pair | None) -> str:
    area = dims[0] * dims[1] * (dxy_um[0] * dxy_um[1] if dxy_um else 1)
    unit, side = ("µm", SQUARE_UM) if dxy_um else ("px", SQUARE_PX)
    return f"{count * side * side / area:.3g} per square of {side} {unit}"


def _size(pair_px: tuple[int, int], dxy_um: Pair | None) -> str:
    text = f"{pair_px[0]} × {pair_px[1]} px"
    return text if dxy_um is None else f"{text}, {pair_px[0] * dxy_um[0]:.3g} × {pair_px[1] * dxy_um[1]:.3g} µm"


def _length(length_px: int, dxy_um: Pair | None) -> str:
    if dxy_um is None or abs(dxy_um[0] - dxy_um[1]) > 1e-6 * dxy_um[0]:
        return f"{length_px} px"
    return f"{length_px} px, {length_px * dxy_um[0]:.3g} µm"
