"""New components at seeds: places of cells that the first fit missed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, hstack

from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.footprints import normalised
from calscope.algorithms.cnmf.initialization import initialise_patch
from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.cnmf.patch_fit import Where, effective_tsub, mean_of_frames, read_patch, spread_in_time
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.progress import Progress
from calscope.model.seeds import Seeds

WINDOWS = 2
"""Half-side of the patch around a seed, in seed windows (gSiz)."""


def add_seeds(
    factors: Factors,
    movie: BackgroundSubtractedMovie,
    seeds: Seeds,
    *,
    gSig: tuple[int, int],
    gSiz: tuple[int, int],
    placed_by_hand: bool = True,
    pool: WorkerPool,
    progress: Progress,
) -> Factors:
    """Begin a component at each seed from what the others and the background leave of the movie around it.

    As if one after another, so that two seeds on one cell don't take its light twice; those too far apart to see each
    other start at the same time. A seed in whose reach nothing is left gives none. Those that no person asked for may
    be joined with others or dropped later.
    """
    n_before, order, done = factors.n, [], 0
    for turn in _batches_without_overlap([_window_around(seed, gSiz, factors.dims) for seed in seeds]):
        progress(done / len(seeds), f"Missed cell {done + 1} of {len(seeds)}")
        residual = _Residual.of(movie, factors)
        start = partial(_new_component, residual, gSig=gSig, gSiz=gSiz)
        for i, new in zip(turn, pool.map(start, [seeds[i] for i in turn]), strict=True):
            if new is not None:
                factors = _with(factors, new, i if placed_by_hand else -1)
                order.append(i)
        done += len(turn)
    return factors.select(np.append(np.arange(n_before), n_before + np.argsort(order, kind="stable")).astype(np.intp))


def _batches_without_overlap(places: list[Where]) -> list[list[int]]:
    """Group places so that none overlaps another of its group, and each follows those before it that it overlaps."""
    turns: list[list[int]] = []
    for i, place in enumerate(places):
        earlier = [t for t, turn in enumerate(turns) if any(_overlap(place, places[j]) for j in turn)]
        turn = max(earlier, default=-1) + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(i)
    return turns


def _overlap(one: Where, other: Where) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))


def away_from(seeds: Seeds, places: Seeds, gSiz: tuple[int, int]) -> Seeds:
    """Give the places in whose window (gSiz) there is no seed."""
    return tuple(
        (y, x) for y, x in places if not any(abs(y - v) <= gSiz[0] and abs(x - u) <= gSiz[1] for v, u in seeds)
    )


def note_seeds(factors: Factors, seeds: Seeds, notes: list[Note]) -> None:
    """Say which seeds became components and which did not."""
    if seeds:
        kept = set(factors.seeds_of().tolist())
        lost = [place for i, place in enumerate(seeds) if i not in kept]
        notes.append(Note("seeds_placed", {"n": len(seeds), "lost": lost}))


@dataclass(frozen=True)
class _Residual:
    """What components and background leave of a movie."""

    movie: BackgroundSubtractedMovie
    noise: FloatArray
    """(H, W)."""
    A: csr_matrix
    C: FloatArray
    """(K + nb, T / every)."""
    every: int

    @classmethod
    def of(cls, movie: BackgroundSubtractedMovie, factors: Factors) -> "_Residual":
        every = effective_tsub(1, movie.shape[0])
        A, C = factors.with_background()
        return cls(movie, factors.sn.reshape(factors.dims), csr_matrix(A), mean_of_frames(C.T, every).T, every)

    def patch(self, where: Where) -> FloatArray:
        """(h, w, T / every) of a patch."""
        out = read_patch(self.movie, where, self.every)
        pixels = np.arange(self.noise.size).reshape(self.noise.shape)[where].ravel()
        out -= np.asarray(self.A[pixels] @ self.C, np.float32).reshape(out.shape)
        return out


def _new_component(
    residual: _Residual, seed: tuple[int, int], *, gSig: tuple[int, int], gSiz: tuple[int, int]
) -> tuple[csc_matrix, FloatArray] | None:
    """Give the footprint, (H*W, 1), and trace, (1, T), of a component at a seed; None where there is nothing."""
    dims = residual.movie.shape[1:]
    where = _window_around(seed, gSiz, dims)
    y, x = np.mgrid[where]
    allowed = ((y - seed[0]) / gSig[0]) ** 2 + ((x - seed[1]) / gSig[1]) ** 2 <= 1
    found = initialise_patch(
        movie=residual.patch(where),
        noise=residual.noise[where] / np.float32(np.sqrt(residual.every)),
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
        return None
    image = np.zeros(dims, np.float32)
    image[where] = found.A[0]
    return normalised(
        csc_matrix(image.reshape(-1, 1)), spread_in_time(found.C, residual.every, residual.movie.shape[0])
    )


def _with(factors: Factors, new: tuple[csc_matrix, FloatArray], number: int) -> Factors:
    """Add a component; `number` is that of the seed by which a person asked for it, or -1."""
    a, c = new
    return replace(
        factors,
        A=csc_matrix(hstack([factors.A, a], format="csc", dtype=np.float32)),
        C=np.concatenate([factors.C, c]),
        seed_of=np.append(factors.seeds_of(), number),
    )


def _window_around(seed: tuple[int, int], gSiz: tuple[int, int], dims: Sequence[int]) -> Where:
    rows, columns = (
        slice(max(0, at - WINDOWS * size), min(n, at + WINDOWS * size + 1))
        for at, size, n in zip(seed, gSiz, dims, strict=True)
    )
    return rows, columns
