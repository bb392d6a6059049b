"""The rounds in which known cells are put into a movie: few at a time, so that they don't crowd the field."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.injection.injected_cells import choose_cells, decay_time_s, most_at_once, photon_gain
from calscope.model.detection import InjectedCells, KnownCells
from calscope.model.movie import FloatArray
from calscope.model.results import Components

ENOUGH_CELLS = 64
"""Eight at each level of brightness."""
MOST_ROUNDS = 8


def choose_known_cells(
    components: Components,
    accepted: NDArray[np.bool_],
    mean: FloatArray,
    *,
    gSig: tuple[int, int],
    fr_hz: float,
    usual_decay_s: float,
    border_px: int,
) -> KnownCells:
    """Choose cells in as many rounds as give enough of them; none where the field has no free place.

    Parameters
    ----------
    components, accepted
        What was found in the movie, and (K,) whose shapes and activity are used.
    mean
        (H, W) mean of the movie.
    gSig
        Half-size of a soma (y, x), px.
    usual_decay_s
        Of transients, where none was fitted.
    border_px
        Rim in which no components were looked for.
    """
    decay_s = decay_time_s(components.g[accepted], fr_hz, usual_decay_s)

    def choose(number: int, first_level: int) -> InjectedCells:
        return choose_cells(
            components,
            accepted,
            gSig=gSig,
            fr_hz=fr_hz,
            decay_s=decay_s,
            border_px=border_px,
            seed=number,
            first_level=first_level,
        )

    first = choose(0, 0)
    n_rounds = min(MOST_ROUNDS, math.ceil(ENOUGH_CELLS / first.n)) if first.n else 0
    rounds = [first, *(choose(number, number * first.n) for number in range(1, n_rounds))]
    return KnownCells(
        A=csc_matrix(hstack([one.A for one in rounds])),
        C=np.concatenate([one.C for one in rounds]),
        peak_snr=np.concatenate([one.peak_snr for one in rounds]),
        centers_px=np.concatenate([one.centers_px for one in rounds]),
        round=np.repeat(np.arange(len(rounds)), [one.n for one in rounds]),
        decay_time_s=decay_s,
        gain=photon_gain(mean, components.sn.reshape(components.dims, order="F")),
    )


def usual_rounds(dims: tuple[int, int], gSig: tuple[int, int]) -> int:
    """Give about how many rounds a field (rows, columns) takes, where it has room for as many cells as are wanted."""
    return min(MOST_ROUNDS, math.ceil(ENOUGH_CELLS / most_at_once(dims, gSig)))
