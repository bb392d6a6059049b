"""Constrained non-negative matrix factorisation: a movie as cells times their activity, plus background and noise.

Pnevmatikakis et al. 2016 (Neuron 89:285), Giovannucci et al. 2019 (eLife 8:e38173). `fit` looks for cells in overlapping
patches and joins what they find; `refit` starts from that and updates footprints and traces over the whole field.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.background import background_traces
from calscope.algorithms.factors import Factors, TraceDetails, to_components
from calscope.algorithms.footprints import from_fortran, normalised, swap_order
from calscope.algorithms.initialization import PatchFactors, initialise_patch
from calscope.algorithms.merging import merge
from calscope.algorithms.noise import pixel_noise
from calscope.algorithms.patches import patch_grid
from calscope.algorithms.spatial import update_spatial
from calscope.algorithms.temporal import update_temporal
from calscope.algorithms.threads import Team
from calscope.model.errors import CalscopeError
from calscope.model.movie import FloatArray, Movie
from calscope.model.progress import Progress, part, silent
from calscope.model.results import Components

FEWEST_FRAMES = 10


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
        Components per patch.
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
        How seeds are looked for, see `initialization`.
    only_init
        False also updates footprints and traces inside each patch.
    workers
        Threads; the result doesn't depend on how many.

    Raises
    ------
    CalscopeError
        When the movie has too few frames.
    Cancelled
        From `progress`.
    """
    _check_length(movie, p)
    dims = movie.shape[1:]
    notes: list[str] = []
    with Team(workers) as team:
        sn = pixel_noise(movie, team, part(progress, 0, 0.1))
        allowed = seed_area(dims, border_px, notes)
        patches = patch_grid(*dims, rf, stride)

        def one(where: tuple[slice, slice]) -> tuple[PatchFactors, tuple[slice, slice]]:
            rows, columns = where
            values = movie.crop(rows, columns)
            found = initialise_patch(
                movie=np.ascontiguousarray(values.transpose(1, 2, 0)),
                noise=sn.reshape(dims)[where],
                allowed=allowed[where],
                K=K,
                gSig=gSig,
                gSiz=gSiz,
                nb=nb,
                ssub=ssub,
                tsub=min(tsub, largest_tsub(movie.shape[0])),
                rolling_sum=rolling_sum,
            )
            return found, where

        found = []
        for i, result in enumerate(team.map(one, patches)):
            progress(0.1 + 0.6 * (i + 1) / len(patches), f"Patch {i + 1} of {len(patches)}")
            found.append(result)
        factors = join_patches(found, dims, movie.shape[0], sn)
        factors = _with_field_background(movie, factors, nb, team, part(progress, 0.7, 0.8))
        factors = _merge_all(factors, merge_thr, notes)
        factors, details = update_temporal(
            movie=movie, factors=factors, p=p, nonneg_baseline=bas_nonneg, team=team, progress=part(progress, 0.8, 1)
        )
    return to_components(factors, details, tuple(notes))


def refit(
    movie: Movie,
    first: Components,
    *,
    nb: int,
    p: int,
    merge_thr: float,
    bas_nonneg: bool,
    workers: int = 1,
    progress: Progress = silent,
) -> Components:
    """Update footprints, traces and background over the whole field, starting from the first fit.

    Parameters as in `fit`.
    """
    _check_length(movie, p)
    notes: list[str] = []
    factors = Factors(
        dims=first.dims,
        A=from_fortran(first.A, first.dims),
        C=first.C,
        b=swap_order(first.b, first.dims[::-1]),
        f=first.f,
        sn=swap_order(first.sn, first.dims[::-1]),
    )
    with Team(workers) as team:
        factors, _ = update_spatial(movie=movie, factors=factors, team=team, progress=part(progress, 0, 0.2))
        factors, _ = update_temporal(
            movie=movie, factors=factors, p=p, nonneg_baseline=bas_nonneg, team=team, progress=part(progress, 0.2, 0.5)
        )
        factors = _merge_all(factors, merge_thr, notes)
        factors, _ = update_spatial(movie=movie, factors=factors, team=team, progress=part(progress, 0.5, 0.7))
        factors, details = update_temporal(
            movie=movie, factors=factors, p=p, nonneg_baseline=bas_nonneg, team=team, progress=part(progress, 0.7, 1)
        )
    return to_components(factors, details, tuple(notes))


def largest_tsub(n_frames: int) -> int:
    """Give the largest binning in time that leaves enough frames to tell components apart."""
    return max(1, n_frames // FEWEST_FRAMES)


def _check_length(movie: Movie, p: int) -> None:
    needed = FEWEST_FRAMES + p
    if movie.shape[0] < needed:
        raise CalscopeError(
            f"The movie has {movie.shape[0]} frames; CNMF with p = {p} needs at least {needed}. Use a longer recording."
        )


def seed_area(dims: tuple[int, int], border_px: int, notes: list[str]) -> NDArray[np.bool_]:
    """Where components may be seeded: inside the rim, or everywhere where the rim would leave nothing."""
    allowed = np.zeros(dims, bool)
    allowed[border_px : dims[0] - border_px, border_px : dims[1] - border_px] = True
    if not allowed.any():
        notes.append(f"The border of {border_px} px would cover the whole field, so it was not left out.")
        allowed[:] = True
    return allowed


def join_patches(
    found: list[tuple[PatchFactors, tuple[slice, slice]]], dims: tuple[int, int], n_frames: int, sn: FloatArray
) -> Factors:
    """Lay the patches' components into the field; empty ones are left out, and so is the patches' background."""
    n_px = dims[0] * dims[1]
    columns, traces = [csc_matrix((n_px, 0), dtype=np.float32)], [np.zeros((0, n_frames), np.float32)]
    for patch, (rows, cols) in found:
        full = np.zeros((len(patch.A), *dims), np.float32)
        full[:, rows, cols] = patch.A
        columns.append(csc_matrix(full.reshape(len(full), n_px).T))
        traces.append(patch.C)
    A, C = hstack(columns, format="csc", dtype=np.float32), np.concatenate(traces)
    alive = (np.diff(A.indptr) > 0) & (C.max(axis=1, initial=0) > 0)
    A, C = normalised(csc_matrix(A[:, alive]), C[alive])
    nothing = np.zeros((n_px, 0), np.float32)
    return Factors(dims=dims, A=A, C=C, b=nothing, f=np.zeros((0, n_frames), np.float32), sn=sn)


def _with_field_background(movie: Movie, factors: Factors, nb: int, team: Team, progress: Progress) -> Factors:
    f = background_traces(
        movie=movie, A=factors.A, C=factors.C, dims=factors.dims, nb=nb, team=team, progress=part(progress, 0, 0.5)
    )
    b = np.zeros((factors.A.shape[0], nb), np.float32)
    updated, _ = update_spatial(
        movie=movie, factors=replace(factors, b=b, f=f), team=team, progress=part(progress, 0.5, 1)
    )
    return updated


def _merge_all(factors: Factors, threshold: float, notes: list[str]) -> Factors:
    total = 0
    while True:
        factors, merged = merge(factors, threshold)
        total += merged
        if merged == 0:
            break
    if total:
        notes.append(f"{total} components were joined with others that they overlap and move with.")
    return factors


def empty_details(n_frames: int, p: int) -> TraceDetails:
    """Details of no components."""
    nothing = np.zeros((0, n_frames), np.float32)
    none = np.zeros(0, np.float32)
    return TraceDetails(S=nothing, YrA=nothing, bl=none, c1=none, g=np.zeros((0, p), np.float32), neurons_sn=none)
