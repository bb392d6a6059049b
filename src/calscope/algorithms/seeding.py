"""New components at places where a person saw a cell that the first fit missed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, hstack

from calscope.algorithms.factors import Factors
from calscope.algorithms.footprints import normalised
from calscope.algorithms.initialization import initialise_patch
from calscope.algorithms.local_background import ClearedMovie
from calscope.algorithms.patch_fit import Where, effective_tsub, mean_of_frames, read_patch, spread_in_time
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress
from calscope.model.seeds import Seeds

WINDOWS = 2
"""Half-side of the patch around a seed, in seed windows (gSiz)."""


def add_seeds(
    factors: Factors,
    movie: ClearedMovie,
    seeds: Seeds,
    *,
    gSig: tuple[int, int],
    gSiz: tuple[int, int],
    asked_for: bool = True,
    progress: Progress,
) -> Factors:
    """Begin a component at each seed from what the others and the background leave of the movie around it.

    One after another, so that two seeds on one cell don't take its light twice. A seed in whose reach nothing is left
    gives none. Those that no person asked for may be joined with others or dropped later.
    """
    for i, seed in enumerate(seeds):
        progress(i / len(seeds), f"Missed cell {i + 1} of {len(seeds)}")
        factors = _with_seed(factors, movie, i if asked_for else -1, seed, gSig=gSig, gSiz=gSiz)
    return factors


def away_from(seeds: Seeds, places: Seeds, gSiz: tuple[int, int]) -> Seeds:
    """Give the places in whose window (gSiz) there is no seed."""
    return tuple(
        (y, x) for y, x in places if not any(abs(y - v) <= gSiz[0] and abs(x - u) <= gSiz[1] for v, u in seeds)
    )


def note_seeds(factors: Factors, seeds: Seeds, notes: list[str]) -> None:
    """Say which seeds became components and which did not."""
    if not seeds:
        return
    kept = set(factors.seeds_of().tolist())
    lost = [f"({y}, {x})" for i, (y, x) in enumerate(seeds) if i not in kept]
    text = f"{len(seeds) - len(lost)} of {len(seeds)} seeds that were placed by hand became components."
    if lost:
        text += f" Around {', '.join(lost)} (y, x) nothing was left that could be one."
    notes.append(text)


def _with_seed(
    factors: Factors,
    movie: ClearedMovie,
    number: int,
    seed: tuple[int, int],
    *,
    gSig: tuple[int, int],
    gSiz: tuple[int, int],
) -> Factors:
    where = _around(seed, gSiz, factors.dims)
    every = effective_tsub(1, movie.shape[0])
    y, x = np.mgrid[where]
    allowed = ((y - seed[0]) / gSig[0]) ** 2 + ((x - seed[1]) / gSig[1]) ** 2 <= 1
    found = initialise_patch(
        movie=_residual(factors, movie, where, every),
        noise=factors.sn.reshape(factors.dims)[where] / np.float32(np.sqrt(every)),
        allowed=allowed,
        K=1,
        gSig=gSig,
        gSiz=gSiz,
        nb=0,
        ssub=1,
        tsub=1,
        rolling_sum=False,
    )
    if not found.A.any() or not found.C.any():
        return factors
    image = np.zeros(factors.dims, np.float32)
    image[where] = found.A[0]
    a, c = normalised(csc_matrix(image.reshape(-1, 1)), spread_in_time(found.C, every, movie.shape[0]))
    return replace(
        factors,
        A=csc_matrix(hstack([factors.A, a], format="csc", dtype=np.float32)),
        C=np.concatenate([factors.C, c]),
        seed_of=np.append(factors.seeds_of(), number),
    )


def _around(seed: tuple[int, int], gSiz: tuple[int, int], dims: Sequence[int]) -> Where:
    rows, columns = (
        slice(max(0, at - WINDOWS * size), min(n, at + WINDOWS * size + 1))
        for at, size, n in zip(seed, gSiz, dims, strict=True)
    )
    return rows, columns


def _residual(factors: Factors, movie: ClearedMovie, where: Where, every: int) -> FloatArray:
    """(h, w, T / every) what the components and the background leave of a patch."""
    out = read_patch(movie, where, every)
    pixels = np.arange(factors.A.shape[0]).reshape(factors.dims)[where].ravel()
    A, C = factors.with_background()
    part = csr_matrix(A)[pixels]
    out -= np.asarray(part @ mean_of_frames(C.T, every).T, np.float32).reshape(out.shape)
    return out
