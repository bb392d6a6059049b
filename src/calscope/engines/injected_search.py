"""Known cells put into a corrected movie, and the same engine run on it, to see which of them it finds."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.injection.detection_limit import find_cells, in_one
from calscope.algorithms.injection.injected_cells import add_cells
from calscope.engines.engine import Context, Engine
from calscope.model.detection import FoundCells, InjectedCells, KnownCells
from calscope.model.movie import Movie
from calscope.model.params import Parameters
from calscope.model.progress import part
from calscope.model.results import ComponentQuality, Components


def search_for_injected(
    movie: Movie,
    cells: KnownCells,
    without: csc_matrix,
    *,
    border_px: int,
    engine: Engine,
    params: Parameters,
    context: Context,
) -> FoundCells:
    """Fit, refit and measure again with known cells in the movie, a round after the other.

    Parameters
    ----------
    without
        (H*W, K) footprints that these parameters give without the cells: what lies there already is no cell found.
    border_px
        Rim in which no components are looked for.
    """
    n_rounds = cells.n_rounds
    codes = np.memmap(context.scratch / "injected", np.uint16, "w+", shape=movie.shape)
    rounds = []
    for number in range(n_rounds):
        chosen = cells.of_round(number)
        own = replace(context, progress=part(context.progress, number / n_rounds, (number + 1) / n_rounds))
        with_cells = _with_cells(movie, chosen, codes, cells.gain, own)
        components, quality = _search(with_cells, border_px, engine, params, own)
        rounds.append(find_cells(chosen, components, quality, without))
    return in_one(rounds, cells)


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
