"""Components of both halves of a movie, with an engine that finds the cells that are active in what it is given."""

from dataclasses import replace

import numpy as np
import pytest
import stand_in
from scipy.sparse import csc_matrix

from calscope.engines.engine import Context
from calscope.engines.halves import confirm, fit_halves
from calscope.model.errors import RecordingError
from calscope.model.movie import Movie
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.results import ComponentQuality, Confirmation, Evaluation

SIDE = 20


def movie(first, second, n_frames=200):
    """Cells at these rows are bright in the first and in the second half."""
    codes = np.zeros((n_frames, SIDE, SIDE), np.uint16)
    for half, rows in ((slice(0, n_frames // 2), first), (slice(n_frames // 2, None), second)):
        for row in rows:
            codes[half, row, 3:8] = 100 + row
    return Movie(codes)


class Sees(stand_in.StandIn):
    """One component for each row of the mean image that is bright; those below row 10 have a low SNR."""

    def fit(self, movie, border_px, params, context):
        mean = movie.read(0, movie.shape[0]).mean(axis=0)
        rows = np.flatnonzero(mean.max(axis=1) > 50)
        A = np.zeros((SIDE * SIDE, len(rows)), np.float32)
        for number, row in enumerate(rows):
            A[np.arange(3, 8) * SIDE + row, number] = 1.0
        found = stand_in.make_components((SIDE, SIDE), len(rows), movie.shape[0])
        return replace(found, A=csc_matrix(A))

    def refit(self, movie, first, *rest):
        return first

    def measure(self, movie, components, params, context):
        rows = [int(components.A[:, [i]].indices[0]) % SIDE for i in range(components.n)]
        snr = np.array([2.0 if row < 10 else 9.0 for row in rows], np.float32)
        return ComponentQuality(snr, np.ones(len(rows), np.float32), np.ones(len(rows), np.float32))


def halves(given, tmp_path, params=None):
    context = Context(silent, lambda name, shape, dtype: np.empty(shape, dtype), 1, tmp_path)
    return confirm(fit_halves(given, 0, Sees(), params or Parameters(), context), lambda q: Evaluation(q.snr > 5))


def test_counts_what_each_half_accepts_and_what_both_do(tmp_path):
    found = halves(movie([2, 11, 13, 15], [2, 13, 15, 17, 19]), tmp_path)
    assert found == Confirmation((3, 4), 2), "row 2 is found twice and rejected"
    assert found.unconfirmed == 3


def test_a_movie_without_cells_has_none_to_confirm(tmp_path):
    assert halves(movie([], []), tmp_path) == Confirmation((0, 0), 0)


def test_halves_that_are_too_short_for_a_fit_are_refused(tmp_path):
    with pytest.raises(RecordingError, match="In half of the frames"):
        halves(movie([11], [11], n_frames=4), tmp_path, Parameters().replace({"cnmf.p": 2}))
