"""The updates of CNMF on one movie: footprints, traces, background, merging, in the order in which they are called."""

import math
from dataclasses import replace

import numpy as np

from calscope.algorithms.cnmf.background import background_traces
from calscope.algorithms.cnmf.factors import Factors, TraceDetails
from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.cnmf.merging import find_merge_weights, merge
from calscope.algorithms.cnmf.spatial import background_images, update_spatial
from calscope.algorithms.cnmf.temporal import Traces
from calscope.algorithms.threads import WorkerPool
from calscope.model.notes import Note
from calscope.model.progress import Check, Progress, part

MERGE_ROUNDS = 3
COUNTED = ("components_too_small", "components_merged")
"""Notes of which every round of a fit has its own, with a number."""
SMALLEST_SHARE = 0.4
"""Share of the area of a soma of radius gSig below which a footprint is no component."""


class FieldModel:
    """The updates of the whole field, with the settings they share."""

    def __init__(  # noqa: PLR0917
        self,
        movie: BackgroundSubtractedMovie,
        p: int,
        nonneg_baseline: bool,  # noqa: FBT001
        merge_thr: float,
        smallest_px: int,
        pool: WorkerPool,
    ) -> None:
        self.movie, self.p, self.nonneg_baseline = movie, p, nonneg_baseline
        self.merge_thr, self.smallest_px, self.pool = merge_thr, smallest_px, pool

    def with_background(self, factors: Factors, nb: int, notes: list[Note], progress: Progress) -> Factors:
        """Find the field's background in what the components leave, then its images together with the footprints."""
        f = background_traces(
            movie=self.movie,
            A=factors.A,
            C=factors.C,
            nb=nb,
            pool=self.pool,
            progress=part(progress, 0, 0.5),
        )
        b = np.zeros((factors.A.shape[0], nb), np.float32)
        return self.footprints(replace(factors, b=b, f=f), notes, part(progress, 0.5, 1))

    def whole_background(self, factors: Factors, nb: int, progress: Progress) -> Factors:
        """Describe all that the components leave of the movie, the local background in it, by `nb` components."""
        whole = self.movie.whole()
        f = background_traces(
            movie=whole,
            A=factors.A,
            C=factors.C,
            nb=nb,
            pool=self.pool,
            progress=part(progress, 0, 0.5),
        )
        b = background_images(movie=whole, factors=factors, f=f, pool=self.pool, progress=part(progress, 0.5, 1))
        return replace(factors, b=b, f=f)

    def footprints(self, factors: Factors, notes: list[Note], progress: Progress) -> Factors:
        """Update the footprints and the background's images."""
        updated, kept = update_spatial(
            movie=self.movie, factors=factors, smallest_px=self.smallest_px, pool=self.pool, progress=progress
        )
        if kept.size < factors.n:
            lost = {"n": factors.n - kept.size, "smallest_px": self.smallest_px}
            notes.append(Note("components_too_small", lost))
        return updated

    def traces(self, factors: Factors, notes: list[Note], progress: Progress) -> tuple[Factors, TraceDetails]:
        """Update the traces and merge, and update merged components again, until nothing is left to merge."""
        A, _ = factors.with_background()
        products = self.movie.footprint_products(A, self.pool, part(progress, 0, 0.4), "Updating traces")
        traces = Traces(factors, products, p=self.p, nonneg_baseline=self.nonneg_baseline, check=self.pool.check)
        traces.update(np.arange(factors.n), self.pool, part(progress, 0.4, 0.8))
        for _ in range(MERGE_ROUNDS):
            weights = find_merge_weights(traces.result()[0], self.merge_thr, traces.raw(), self.pool.check)
            if weights is None:
                break
            traces, touched = traces.after(weights)
            traces.update(touched, self.pool, part(progress, 0.8, 1))
        note_merged(factors.n - traces.factors.n, notes)
        return _without_silent(*traces.result())


def _without_silent(factors: Factors, details: TraceDetails) -> tuple[Factors, TraceDetails]:
    """Drop components whose trace is zero: other components and the background explain all of their signal."""
    alive = np.asarray(factors.C.any(axis=1), bool)
    if alive.all():
        return factors, details
    return factors.select(alive), details.select(alive)


def smallest_footprint_px(gSig: tuple[int, int]) -> int:
    """Give the area below which a footprint is no component, px."""
    return max(3, round(SMALLEST_SHARE * math.pi * gSig[0] * gSig[1]))


def merge_all(factors: Factors, threshold: float, notes: list[Note], check: Check) -> Factors:
    """Merge until nothing is left to merge, and say in the notes how many were."""
    total = 0
    while True:
        factors, merged = merge(factors, threshold, check=check)
        total += merged
        if merged == 0:
            break
    note_merged(total, notes)
    return factors


def note_merged(count: int, notes: list[Note]) -> None:
    """Say how many components were merged, if any."""
    if count:
        notes.append(Note("components_merged", {"n": count}))
