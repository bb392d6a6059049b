"""Known cells put into a corrected movie, and the same engine run on it, to see which of them it finds.

They are put in a few at a time, so that they don't crowd the field, in as many rounds as give enough of them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.injection.detection_limit import detect, in_one
from calscope.algorithms.injection.injected_cells import (
    InjectedCells,
    add_cells,
    choose_cells,
    decay_time_s,
    photon_gain,
)
from calscope.engines.engine import Context, Engine
from calscope.model.detection import Detection
from calscope.model.movie import FloatArray, Movie
from calscope.model.params import Parameters
from calscope.model.progress import part
from calscope.model.results import ComponentQuality, Components, Evaluation

ENOUGH_CELLS = 64
"""Eight at each level of brightness."""
MOST_ROUNDS = 8


@dataclass(frozen=True)
class SearchedMovie:
    """A corrected movie, and what was found in it."""

    movie: Movie
    mean: FloatArray
    """(H, W) mean of the movie."""
    components: Components
    accepted: NDArray[np.bool_]
    """(K,)."""
    border_px: int
    """Rim in which no components were looked for."""
    fr_hz: float


def search_for_injected(
    searched: SearchedMovie,
    engine: Engine,
    params: Parameters,
    context: Context,
    evaluate: Callable[[ComponentQuality], Evaluation],
) -> Detection:
    """Run fit, refit and evaluation again with known cells in the movie, until enough of them were put in.

    Where the field has no free place, the result has no cells.
    """
    found = searched.components
    gain = photon_gain(searched.mean, found.sn.reshape(found.dims, order="F"))
    decay_s = decay_time_s(found.g[searched.accepted], searched.fr_hz, params.dataset.decay_time)

    def choose(number: int, first_level: int) -> InjectedCells:
        return choose_cells(
            found,
            searched.accepted,
            gSig=params.cnmf.gSig,
            fr_hz=searched.fr_hz,
            decay_s=decay_s,
            border_px=searched.border_px,
            seed=number,
            first_level=first_level,
        )

    at_once = choose(0, 0).n
    n_rounds = min(MOST_ROUNDS, math.ceil(ENOUGH_CELLS / at_once)) if at_once else 0
    codes = np.memmap(context.scratch / "injected", np.uint16, "w+", shape=searched.movie.shape)
    rounds = []
    for number in range(n_rounds):
        cells = choose(number, number * at_once)
        own = replace(context, progress=part(context.progress, number / n_rounds, (number + 1) / n_rounds))
        movie = _with_cells(searched.movie, cells, codes, gain, own)
        components, quality = _search(movie, searched.border_px, engine, params, own)
        rounds.append(detect(cells, components, quality, evaluate(quality)))
    return in_one(rounds, decay_time_s=decay_s, gain=gain)


def _with_cells(movie: Movie, cells: InjectedCells, codes: NDArray[np.uint16], gain: float, context: Context) -> Movie:
    progress = part(context.progress, 0, 0.1)
    return add_cells(movie, cells, codes, gain=gain, workers=context.workers, progress=progress)


def _search(
    movie: Movie, border_px: int, engine: Engine, params: Parameters, context: Context
) -> tuple[Components, ComponentQuality]:
    def within(start: float, stop: float) -> Context:
        return context.in_memory(part(context.progress, start, stop))

    first = engine.fit(movie, border_px, params, within(0.1, 0.7))
    second = engine.refit(movie, first, border_px, params, within(0.7, 0.95))
    return second, engine.measure(movie, second, params, within(0.95, 1))
