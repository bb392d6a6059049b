"""The same analysis on each half of a corrected movie: what one half alone shows may be noise.

What is chosen by chance on one half of the data is seldom chosen again on the other (stability selection on
complementary halves: Shah & Samworth 2013, J R Stat Soc B 75:55). A cell that is active in one half alone counts as not
confirmed as well, so that these numbers are for comparing parameters, and say little by themselves.
"""

from collections.abc import Callable
from dataclasses import replace

from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.patch_fit import check_length
from calscope.algorithms.comparison.agreement import match_footprints
from calscope.engines.engine import Context, Engine
from calscope.model.errors import RecordingError
from calscope.model.movie import Movie
from calscope.model.params import Parameters
from calscope.model.progress import part
from calscope.model.results import ComponentQuality, Confirmation, Evaluation, HalfFit, HalfFits


def fit_halves(movie: Movie, border_px: int, engine: Engine, params: Parameters, context: Context) -> HalfFits:
    """Find and measure components in the first and in the second half of the frames.

    Parameters
    ----------
    movie
        Corrected as a whole, so that both halves lie on one field.
    border_px
        Rim in which no components are looked for.

    Raises
    ------
    RecordingError
        When a half has too few frames for a fit.
    """

    def fit(frames: slice, start: float, stop: float) -> HalfFit:
        def within(begin: float, end: float) -> Context:
            return context.in_memory(part(part(context.progress, start, stop), begin, end))

        half = replace(movie, codes=movie.codes[frames])
        first = engine.fit(half, border_px, params, within(0.0, 0.7))
        found = engine.refit(half, first, border_px, params, within(0.7, 0.95))
        return HalfFit(found.A, engine.measure(half, found, params, within(0.95, 1.0)))

    n_frames = movie.shape[0]
    middle = n_frames // 2
    try:
        check_length(middle, params.cnmf.p)
    except RecordingError as error:
        raise RecordingError(f"In half of the frames: {error}") from None
    return HalfFits(fit(slice(0, middle), 0.0, 0.5), fit(slice(middle, n_frames), 0.5, 1.0))


def confirm(fits: HalfFits, evaluate: Callable[[ComponentQuality], Evaluation]) -> Confirmation:
    """Match the accepted components of both halves."""
    first, second = (csc_matrix(one.A[:, evaluate(one.quality).accepted]) for one in (fits.first, fits.second))
    return Confirmation((first.shape[1], second.shape[1]), len(match_footprints(first, second).pairs))
