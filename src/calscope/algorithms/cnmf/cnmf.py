"""Constrained non-negative matrix factorisation: a movie as cells times their activity, plus background and noise.

Pnevmatikakis et al. 2016 (Neuron 89:285), Giovannucci et al. 2019 (eLife 8:e38173). `fit` looks for cells in
overlapping patches and joins what they find; `refit` starts from that and updates footprints and traces over the whole
field.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.cnmf.factors import Factors, to_components
from calscope.algorithms.cnmf.field_model import COUNTED, FieldModel, merge_all, smallest_footprint_px
from calscope.algorithms.cnmf.footprints import from_fortran, swap_order
from calscope.algorithms.cnmf.initialization import PatchFactors, initialise_patch
from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.cnmf.noise import NoiseMeter
from calscope.algorithms.cnmf.patch_fit import (
    Where,
    check_length,
    effective_tsub,
    join_patches,
    read_patch,
    spread_in_time,
    update_patch,
)
from calscope.algorithms.cnmf.patches import area_px, patch_grid
from calscope.algorithms.cnmf.residual_seeds import find_residual_seeds
from calscope.algorithms.cnmf.seeding import add_seeds, away_from, note_seeds
from calscope.algorithms.cnmf.zero_level import raised, with_level, without_level, zero_level
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import Movie
from calscope.model.notes import Note, summed
from calscope.model.progress import Progress, Repeated, part, silent
from calscope.model.results import Components
from calscope.model.seeds import Seeds

Result = TypeVar("Result")
ROUNDS = 2
"""Rounds of footprints, traces and merging in `refit`."""


def fit(
    movie: Movie,
    *,
    border_px: int,
    K: int,
    rf: int | None,
    stride: int,
    gSig: tuple[int, int],
    gSiz: tuple[int, int],
    nb: int,
    p: int,
    merge_thr: float,
    bas_nonneg: bool,
    ssub: int = 1,
    tsub: int = 1,
    rolling_sum: bool = True,
    only_init: bool = True,
    workers: int = 1,
    progress: Progress = silent,
) -> Components:
    """Find components patch by patch and join them.

    Parameters
    ----------
    movie
        Motion-corrected.
    border_px
        Rim in which no component may be seeded, because some frames had to be filled in there.
    K
        Components per patch; fewer come out where nothing is left to take out.
    rf, stride
        Half-size of a patch (None: the whole field is one) and overlap of neighbouring patches, px.
    gSig, gSiz
        Half-size of a soma and side of the seed's window, px (y, x).
    nb
        Background components, in each patch and over the field.
    p
        Order of the autoregressive model of the traces, 0 to 2.
    merge_thr
        Overlapping components whose traces correlate by more are joined.
    bas_nonneg
        Keep each trace's baseline at 0 or above.
    ssub, tsub, rolling_sum
        How seeds are looked for, see `initialization`; tsub as by `patch_fit.effective_tsub`.
    only_init
        False also updates footprints and traces inside each patch.
    workers
        Threads; the result doesn't depend on how many.
    progress
        Told what is done; may raise `Cancelled`.

    Raises
    ------
    RecordingError
        When the movie has too few frames.
    """
    check_length(movie.shape[0], p)
    progress = Repeated(progress)
    level = zero_level(movie)
    movie = raised(movie, level)
    n_frames, *field = movie.shape
    dims = (field[0], field[1])
    notes: list[Note] = []
    smallest_px = smallest_footprint_px(gSig)
    # Frames are binned twice: on reading where the recording is long, and for the search alone where that is wished.
    patches = patch_grid(*dims, rf, stride)
    patch_px = max(area_px(where) for where in patches)
    every = effective_tsub(1, n_frames, patch_px)
    with WorkerPool(workers, progress.again) as pool:
        meter = NoiseMeter(movie, pool)
        subtracted = BackgroundSubtractedMovie.of(movie, 2 * max(gSig), pool, part(progress, 0, 0.15), meter.add)
        sn = meter.result()
        allowed = seed_area(dims, border_px, notes)

        def fit_one(where: Where) -> tuple[PatchFactors, Where]:
            noise = sn.reshape(dims)[where]
            found = initialise_patch(
                movie=read_patch(subtracted, where, every),
                noise=noise / np.float32(np.sqrt(every)),
                allowed=allowed[where],
                K=K,
                gSig=gSig,
                gSiz=gSiz,
                nb=nb,
                ssub=ssub,
                tsub=-(-effective_tsub(tsub, n_frames, patch_px) // every),
                rolling_sum=rolling_sum,
                check=pool.check,
            )
            at_rate = partial(spread_in_time, every=every, n_frames=n_frames)
            found = found._replace(C=at_rate(found.C), f=at_rate(found.f))
            if not only_init:
                found = update_patch(
                    movie,
                    found,
                    where,
                    noise,
                    nonneg_baseline=bas_nonneg,
                    merge_thr=merge_thr,
                    smallest_px=smallest_px,
                    check=pool.check,
                )
            return found, where

        results = list(_with_progress(pool.map(fit_one, patches), len(patches), part(progress, 0.15, 0.7)))
        factors = merge_all(join_patches(results, dims, n_frames, sn, pool.check), merge_thr, notes, pool.check)
        model = FieldModel(subtracted, p, bas_nonneg, merge_thr, smallest_px, pool)
        factors = model.with_background(factors, nb, notes, part(progress, 0.7, 0.8))
        factors, details = model.traces(factors, notes, part(progress, 0.8, 0.95))
        factors = model.whole_background(factors, nb, part(progress, 0.95, 1))
    return with_level(to_components(factors, details, summed(notes, COUNTED)), level)


def _with_progress(results: Iterable[Result], n: int, progress: Progress) -> Iterator[Result]:
    """Pass on the patches' results, and say how many there are so far."""
    for i, result in enumerate(results):
        progress((i + 1) / n, f"Patch {i + 1} of {n}")
        yield result


def refit(
    movie: Movie,
    first: Components,
    *,
    seeds: Seeds = (),
    border_px: int = 0,
    gSig: tuple[int, int],
    gSiz: tuple[int, int] | None = None,
    nb: int,
    p: int,
    merge_thr: float,
    bas_nonneg: bool,
    workers: int = 1,
    progress: Progress = silent,
) -> Components:
    """Update footprints, traces and background over the whole field, starting from the first fit.

    Parameters
    ----------
    seeds
        Pixels (y, x) where a cell was missed. At each of them a component begins from what the first fit leaves of the
        movie there; it is never joined with others, and kept however small its footprint becomes.
    border_px
        Rim in which no missed cell is looked for (see `residual_seeds`).
    gSig, gSiz
        As for `fit`; gSiz is 2 gSig + 1 unless given, and used for seeds only.

    The others, and errors, as for `fit`.
    """
    check_length(movie.shape[0], p)
    progress = Repeated(progress)
    level = zero_level(movie)
    movie, first = raised(movie, level), without_level(first)
    notes: list[Note] = []
    factors = Factors(
        dims=first.dims,
        A=from_fortran(first.A, first.dims),
        C=np.array(first.C, np.float32),
        b=swap_order(np.asarray(first.b), first.dims[::-1]),
        f=np.array(first.f, np.float32),
        sn=swap_order(np.asarray(first.sn), first.dims[::-1]),
    )
    with WorkerPool(workers, progress.again) as pool:
        subtracted = BackgroundSubtractedMovie.of(movie, 2 * max(gSig), pool, part(progress, 0, 0.05))
        missed = find_residual_seeds(
            movie, factors, gSig=gSig, border_px=border_px, pool=pool, progress=part(progress, 0.05, 0.08)
        )
        model = FieldModel(subtracted, p, bas_nonneg, merge_thr, smallest_footprint_px(gSig), pool)
        factors = model.with_background(factors, nb, notes, part(progress, 0.08, 0.2))
        window = gSiz or (2 * gSig[0] + 1, 2 * gSig[1] + 1)
        missed = away_from(seeds, missed, window)
        begin = partial(add_seeds, movie=subtracted, gSig=gSig, gSiz=window, pool=pool)
        factors = begin(factors, seeds=seeds, progress=part(progress, 0.2, 0.21))
        factors = begin(factors, seeds=missed, placed_by_hand=False, progress=part(progress, 0.21, 0.25))
        if missed:
            notes.append(Note("components_begun_in_residual", {"n": len(missed)}))
        for turn in range(ROUNDS):
            now = part(progress, 0.25 + 0.7 * turn / ROUNDS, 0.25 + 0.7 * (turn + 1) / ROUNDS)
            if turn > 0:
                factors = model.footprints(factors, notes, part(now, 0, 0.4))
            factors, details = model.traces(factors, notes, part(now, 0.4, 1))
        factors = model.whole_background(factors, nb, part(progress, 0.95, 1))
    note_seeds(factors, seeds, notes)
    return with_level(to_components(factors, details, summed(notes, COUNTED)), level)


def seed_area(dims: tuple[int, int], border_px: int, notes: list[Note]) -> NDArray[np.bool_]:
    """Where components may be seeded: inside the rim, or everywhere where the rim would leave nothing."""
    allowed = np.zeros(dims, bool)
    allowed[border_px : dims[0] - border_px, border_px : dims[1] - border_px] = True
    if not allowed.any():
        notes.append(Note("border_covers_field", {"border_px": border_px}))
        allowed[:] = True
    return allowed
