"""A fit that is asked to stop does so within a moment, wherever it is."""

import time

import numpy as np
import pytest

from calscope.algorithms.cnmf.cnmf import fit, refit
from calscope.algorithms.threads import WorkerPool
from calscope.model.errors import Cancelled
from calscope.model.movie import Movie
from calscope.model.progress import Repeated, asking

SETTINGS = {"border_px": 0, "gSig": (2, 2), "gSiz": (5, 5), "nb": 1, "p": 1, "merge_thr": 0.99, "bas_nonneg": True}
LARGE = SETTINGS | {"K": 400, "rf": None, "stride": 0}
THIN = SETTINGS | {"K": 8, "rf": 3, "stride": 1}


def noise(n_frames, side, seed=0):
    return Movie(np.random.default_rng(seed).poisson(50, (n_frames, side, side)).astype(np.uint16))


class Ear:
    """Progress that notes the longest silence, and asks to stop after so many seconds."""

    def __init__(self, seconds=np.inf):
        self.end, self.asked_at = time.monotonic() + seconds, None
        self.last, self.silence_s, self.where = time.monotonic(), 0.0, ""

    def __call__(self, fraction, note="", /):
        now = time.monotonic()
        if now - self.last > self.silence_s:
            self.silence_s, self.where = now - self.last, f"{fraction:.2f} {note}"
        self.last = now
        if now > self.end:
            self.asked_at = self.asked_at or now
            raise Cancelled


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("settings", [LARGE, THIN], ids=["one patch", "many patches"])
def test_it_stops_while_it_searches(settings, workers):
    movie = noise(400, 96)
    fit(noise(60, 24), **settings | {"K": 2}, workers=workers)  # kernels are compiled before time is taken
    ear = Ear(seconds=0.5)
    with pytest.raises(Cancelled):
        fit(movie, **settings, workers=workers, progress=ear)
    assert time.monotonic() - ear.asked_at < 1.0 and ear.silence_s < 1.0, ear.where


def test_nowhere_is_it_silent_for_long():
    movie, ear = noise(300, 64), Ear()
    fit(noise(60, 24), **THIN, workers=2)
    first = fit(movie, **THIN, workers=2, progress=ear)
    wanted = {name: value for name, value in SETTINGS.items() if name != "border_px"}
    refit(movie, first, **wanted, workers=2, progress=ear)
    assert ear.silence_s < 1.5, ear.where


def test_threads_that_ask_end_when_the_work_is_over():

    def work(item):
        for _ in asking(pool.check, range(10**9), every=1):
            time.sleep(0.01)

    pool = WorkerPool(2, lambda: (_ for _ in ()).throw(Cancelled))
    began = time.monotonic()
    with pytest.raises(Cancelled), pool:
        pool.each(work, range(4))
    assert time.monotonic() - began < 2.0


def test_what_was_told_last_is_told_again():
    told = []
    progress = Repeated(lambda fraction, note="", /: told.append((fraction, note)))
    progress.again()
    progress(0.5, "half")
    progress.again()
    assert told == [(0.0, ""), (0.5, "half"), (0.5, "half")]
