"""Constrained non-negative matrix factorisation: a movie as cells times their activity, plus background and noise.

Pnevmatikakis et al. 2016 (Neuron 89:285), Giovannucci et al. 2019 (eLife 8:e38173). `fit` looks for cells in overlapping
patches and joins what they find; `refit` starts from that and updates footprints and traces over the whole field.
"""

import math
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
ROUNDS = 2
"""Rounds of footprints, traces and merging in `refit`."""
MERGE_ROUNDS = 3
SMALLEST_SHARE = 0.25
"""Share of the area of a soma of radius gSig below which a footprint is no component."""


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
        factors = _merge_all(factors, merge_thr, notes)
        model = _Model(movie, p, bas_nonneg, merge_thr, _smallest_px(gSig), team)
        factors = model.with_background(factors, nb, notes, part(progress, 0.7, 0.8))
        factors, details = model.traces(factors, notes, part(progress, 0.8, 1))
    return to_components(factors, details, tuple(notes))


def refit(
    movie: Movie,
    first: Components,
    *,
    gSig: tuple[int, int],
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
        model = _Model(movie, p, bas_nonneg, merge_thr, _smallest_px(gSig), team)
        for turn in range(ROUNDS):
            now = part(progress, turn / ROUNDS, (turn + 1) / ROUNDS)
            factors = model.footprints(factors, notes, part(now, 0, 0.4))
            factors, details = model.traces(factors, notes, part(now, 0.4, 1))
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


class _Model:
    """The updates of the whole field, with what doesn't change between them."""

    def __init__(
        self,
        movie: Movie,
        p: int,
        nonneg_baseline: bool,  # noqa: FBT001
        merge_thr: float,
        smallest_px: int,
        team: Team,
    ) -> None:
        self.movie, self.p, self.nonneg_baseline = movie, p, nonneg_baseline
        self.merge_thr, self.smallest_px, self.team = merge_thr, smallest_px, team

    def with_background(self, factors: Factors, nb: int, notes: list[str], progress: Progress) -> Factors:
        """Find the field's background in what the components leave, then its images together with the footprints."""
        f = background_traces(
            movie=self.movie,
            A=factors.A,
            C=factors.C,
            dims=factors.dims,
            nb=nb,
            team=self.team,
            progress=part(progress, 0, 0.5),
        )
        b = np.zeros((factors.A.shape[0], nb), np.float32)
        return self.footprints(replace(factors, b=b, f=f), notes, part(progress, 0.5, 1))

    def footprints(self, factors: Factors, notes: list[str], progress: Progress) -> Factors:
        """Update the footprints and the background's images."""
        updated, kept = update_spatial(
            movie=self.movie, factors=factors, smallest_px=self.smallest_px, team=self.team, progress=progress
        )
        if kept.size < factors.n:
            notes.append(f"{factors.n - kept.size} components of under {self.smallest_px} px were dropped.")
        return updated

    def traces(self, factors: Factors, notes: list[str], progress: Progress) -> tuple[Factors, TraceDetails]:
        """Update the traces, and again after merging, until nothing is left to merge."""
        factors, details = self._temporal(factors, progress)
        merged_all = 0
        for _ in range(MERGE_ROUNDS):
            factors, merged = merge(factors, self.merge_thr, factors.C + details.YrA)
            if merged == 0:
                break
            merged_all += merged
            factors, details = self._temporal(factors, progress)
        _note_merged(merged_all, notes)
        return factors, details

    def _temporal(self, factors: Factors, progress: Progress) -> tuple[Factors, TraceDetails]:
        return update_temporal(
            movie=self.movie,
            factors=factors,
            p=self.p,
            nonneg_baseline=self.nonneg_baseline,
            team=self.team,
            progress=progress,
        )


def _smallest_px(gSig: tuple[int, int]) -> int:
    return max(3, round(SMALLEST_SHARE * math.pi * gSig[0] * gSig[1]))


def _merge_all(factors: Factors, threshold: float, notes: list[str]) -> Factors:
    total = 0
    while True:
        factors, merged = merge(factors, threshold)
        total += merged
        if merged == 0:
            break
    _note_merged(total, notes)
    return factors


def _note_merged(count: int, notes: list[str]) -> None:
    if count:
        notes.append(f"{count} components were joined with others that they overlap and move with.")


def empty_details(n_frames: int, p: int) -> TraceDetails:
    """Details of no components."""
    nothing = np.zeros((0, n_frames), np.float32)
    none = np.zeros(0, np.float32)
    return TraceDetails(S=nothing, YrA=nothing, bl=none, c1=none, g=np.zeros((0, p), np.float32), neurons_sn=none)
