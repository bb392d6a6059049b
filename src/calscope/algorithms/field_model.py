"""The updates of CNMF on one movie: footprints, traces, background, merging, in the order in which they are called."""

import math
from dataclasses import replace

import numpy as np

from calscope.algorithms.background import background_traces
from calscope.algorithms.factors import Factors, TraceDetails
from calscope.algorithms.local_background import ClearedMovie
from calscope.algorithms.merging import merge
from calscope.algorithms.spatial import background_images, update_spatial
from calscope.algorithms.temporal import update_temporal
from calscope.algorithms.threads import Team
from calscope.model.progress import Progress, part

MERGE_ROUNDS = 3
SMALLEST_SHARE = 0.4
"""Share of the area of a soma of radius gSig below which a footprint is no component."""


class FieldModel:
    """The updates of the whole field, with what doesn't change between them."""

    def __init__(  # noqa: PLR0917
        self,
        movie: ClearedMovie,
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

    def whole_background(self, factors: Factors, nb: int, progress: Progress) -> Factors:
        """Describe all that the components leave of the movie, the local background in it, by `nb` components."""
        whole = ClearedMovie(self.movie.movie)
        f = background_traces(
            movie=whole,
            A=factors.A,
            C=factors.C,
            dims=factors.dims,
            nb=nb,
            team=self.team,
            progress=part(progress, 0, 0.5),
        )
        b = background_images(movie=whole, factors=factors, f=f, team=self.team, progress=part(progress, 0.5, 1))
        return replace(factors, b=b, f=f)

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
        note_merged(merged_all, notes)
        return _without_silent(factors, details)

    def _temporal(self, factors: Factors, progress: Progress) -> tuple[Factors, TraceDetails]:
        return update_temporal(
            movie=self.movie,
            factors=factors,
            p=self.p,
            nonneg_baseline=self.nonneg_baseline,
            team=self.team,
            progress=progress,
        )


def _without_silent(factors: Factors, details: TraceDetails) -> tuple[Factors, TraceDetails]:
    """Leave out components whose trace is nothing at all: the others and the background explain all that they saw."""
    alive = np.asarray(factors.C.any(axis=1), bool)
    if alive.all():
        return factors, details
    return factors.select(alive), details.select(alive)


def smallest_footprint_px(gSig: tuple[int, int]) -> int:
    """Give the area below which a footprint is no component, px."""
    return max(3, round(SMALLEST_SHARE * math.pi * gSig[0] * gSig[1]))


def merge_all(factors: Factors, threshold: float, notes: list[str]) -> Factors:
    """Merge until nothing is left to merge, and say in the notes how many were."""
    total = 0
    while True:
        factors, merged = merge(factors, threshold)
        total += merged
        if merged == 0:
            break
    note_merged(total, notes)
    return factors


def note_merged(count: int, notes: list[str]) -> None:
    """Say how many components were merged, if any."""
    if count:
        notes.append(f"{count} components were joined with others that they overlap and move with.")
