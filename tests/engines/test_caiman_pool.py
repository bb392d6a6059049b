"""CaImAn's tasks in processes that can be watched and stopped, and how its log becomes progress."""

import logging
import os
import signal
import time

import numpy as np
import pytest

from calscope.engines.caiman_multiprocessing import TaskPool
from calscope.engines.caiman_progress import FIT, REFIT, CaimanProgress, listening
from calscope.model.errors import Cancelled


def draw(argument):
    return os.getpid(), argument, np.random.rand()  # noqa: NPY002 - what CaImAn draws from


def sleep_long(argument):
    time.sleep(60)


def fail(argument):
    raise ValueError(f"argument {argument}")


def test_caiman_takes_it_for_a_multiprocessing_pool():
    assert "multiprocessing" in str(type(TaskPool(1, lambda done, total: None)))


@pytest.mark.parametrize("workers", [1, 2])
def test_results_keep_their_order_and_draw_the_same_chance_everywhere(workers, left):
    with TaskPool(workers, lambda done, total: None) as pool:
        results = pool.map_async(draw, range(6)).get(4294967)
    assert [argument for _, argument, _ in results] == list(range(6))
    assert len({chance for _, _, chance in results}) == 1
    assert (os.getpid() in {pid for pid, _, _ in results}) == (workers == 1)
    assert not left()


def test_a_wish_to_stop_ends_the_processes_at_once_though_they_ignore_the_terminal(left):
    told = []

    def tell(done, total):
        told.append(done)
        if len(told) > 3:
            raise Cancelled

    # The job's own handler of SIGTERM is inherited by forked processes and must not keep them alive.
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        started = time.monotonic()
        with pytest.raises(Cancelled), TaskPool(2, tell) as pool:
            pool.map(sleep_long, range(4))
        assert time.monotonic() - started < 10
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not left()


def test_a_failing_task_fails_the_round(left):
    with pytest.raises(ValueError, match="argument 0"), TaskPool(2, lambda done, total: None) as pool:
        pool.map_async(fail, range(3))
    assert not left()


def test_progress_only_grows_through_lines_of_log_and_rounds_of_tasks():
    told = []
    heard = CaimanProgress(lambda fraction, note="", /: told.append((fraction, note)), REFIT)
    log = logging.getLogger("caiman")
    with listening(heard):
        log.info("preprocessing ...")
        for done in range(4):
            heard.tasks(done, 3)
        log.info("update spatial ...")
        log.info("update temporal ...")
        log.info("merging components ...")
        log.info("update temporal ...")
        heard.tasks(1, 1)
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert 0.8 <= fractions[-1] <= 1
    assert "traces again" in told[-1][1]
    assert ("CaImAn: noise of each pixel, 2 of 3") in [note for _, note in told]


def test_listening_leaves_the_log_as_it_was():
    log = logging.getLogger("caiman")
    before = log.level, log.propagate, list(log.handlers), list(logging.getLogger().handlers)

    def stop(fraction, note="", /):
        raise Cancelled

    with pytest.raises(Cancelled), listening(CaimanProgress(stop, FIT)):
        log.info("anything")
    assert (log.level, log.propagate, list(log.handlers), list(logging.getLogger().handlers)) == before


def test_caimans_warnings_reach_the_jobs_log(caplog):
    with (
        caplog.at_level(logging.INFO, "calscope.engines.caiman"),
        listening(CaimanProgress(lambda f, n="", /: None, FIT)),
    ):
        logging.getLogger("caiman").warning("Changing rf")
        logging.getLogger("caiman").info("chatter")
    assert [record.getMessage() for record in caplog.records] == ["CaImAn: Changing rf"]
