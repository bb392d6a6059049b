"""The search for known cells where there is little: no component, one, a few frames, no free place."""

from dataclasses import replace

import numpy as np
import pytest
from round_components import DIMS, PLACES, components
from scipy.sparse import csc_matrix

from calscope.algorithms.injection.detection_limit import detection_of
from calscope.algorithms.injection.known_cells import ENOUGH_CELLS, MOST_ROUNDS, choose_known_cells
from calscope.engines.engine import Context
from calscope.engines.injected_search import search_for_injected
from calscope.model.movie import Movie
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.results import ComponentQuality, Evaluation

N_FRAMES = 60
PARAMS = Parameters().replace({"dataset.fr": 20.0, "cnmf.gSig": (4, 4)})


class FindsTheSame:
    """An engine that gives the same components of any movie, and counts how often it is asked."""

    def __init__(self, found):
        self.found, self.fits = found, 0

    def fit(self, movie, border_px, params, context):
        self.fits += 1
        context.progress(1.0)
        return self.found

    def refit(self, movie, first, border_px, params, context):
        return first

    def measure(self, movie, found, params, context):
        zeros = np.zeros(found.n, np.float32)
        return ComponentQuality(zeros, zeros, zeros)


def some(places):
    found = components(places or PLACES[:1])
    n = len(places)
    traces = np.random.default_rng(0).random((n, N_FRAMES), np.float32)
    zeros = np.zeros(n, np.float32)
    parts = {"A": csc_matrix(found.A[:, :n]), "C": traces, "S": traces, "YrA": traces, "g": found.g[:n]}
    return replace(found, **parts, **dict.fromkeys(("bl", "c1", "neurons_sn"), zeros), f=np.zeros((1, N_FRAMES), "f4"))


def search(tmp_path, places, told=silent):
    found = some(places)
    codes = np.random.default_rng(1).integers(900, 1100, (N_FRAMES, *DIMS)).astype(np.uint16)
    engine = FindsTheSame(found)
    cells = choose_known_cells(
        found,
        np.ones(found.n, bool),
        codes.mean(axis=0, dtype=np.float32),
        gSig=PARAMS.cnmf.gSig,
        fr_hz=20.0,
        usual_decay_s=0.4,
        border_px=3,
    )
    rest = {"border_px": 3, "engine": engine, "params": PARAMS, "context": Context(told, None, 1, tmp_path)}
    result = search_for_injected(Movie(codes, 0.1, 0.0), cells, found.A, **rest)
    return detection_of(result, lambda quality: Evaluation(np.ones(len(quality.snr), bool), ())), engine


@pytest.mark.parametrize("places", [[], PLACES[:1], PLACES])
def test_few_frames_and_few_components_or_none_give_enough_cells(tmp_path, places):
    result, engine = search(tmp_path, places)
    assert result.n >= 0.75 * ENOUGH_CELLS
    assert engine.fits == len(np.unique(result.round)) <= MOST_ROUNDS
    assert not result.found.any(), "an engine that finds none of them is not said to have found any"
    assert np.isinf(result.limits.found_50.value)


def test_a_field_without_a_free_place_gives_no_cells_no_limit_and_costs_no_fit(tmp_path):
    result, engine = search(tmp_path, [(10 + 10 * i, 10 + 10 * j) for i in range(11) for j in range(14)])
    assert result.n == 0
    assert engine.fits == 0
    assert result.limits.found_50 is None


def test_progress_rises_from_start_to_end(tmp_path):
    told = []
    search(tmp_path, PLACES, lambda fraction, note="", /: told.append(fraction))
    assert told == sorted(told)
    assert 0.8 < told[-1] <= 1.0
