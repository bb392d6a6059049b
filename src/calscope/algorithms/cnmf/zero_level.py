"""Movies whose zero is not darkness, for example int16 movies from which an offset was subtracted.

CNMF takes light to be non-negative: footprints, traces and background. A movie whose mean image lies below zero
somewhere can't be described so. It is fitted after its lowest value was subtracted, and that constant stands in the
result as one more background component, so that A C + b f describes the movie as it is.
"""

from dataclasses import replace

import numpy as np

from calscope.model.movie import Movie
from calscope.model.notes import Note
from calscope.model.results import Components

SAMPLED_FRAMES = 64
BLOCK_PX = 8


def zero_level(movie: Movie) -> float:
    """Give the constant to subtract before the fit: the movie's lowest value where its mean falls below 0, else 0.

    The mean image is that of some frames over the whole movie, averaged over blocks so that noise doesn't decide.
    """
    frames = np.unique(np.linspace(0, movie.shape[0] - 1, SAMPLED_FRAMES).round().astype(int))
    mean = np.mean([movie.read(frame, frame + 1)[0] for frame in frames.tolist()], axis=0)
    return movie.offset if float(_block_means(mean).min()) < 0 and movie.offset < 0 else 0.0


def _block_means(image: np.ndarray) -> np.ndarray:
    rows, columns = (np.arange(0, side, BLOCK_PX) for side in image.shape)
    sums = np.add.reduceat(np.add.reduceat(image, rows, axis=0), columns, axis=1)
    sizes = (np.diff(np.append(starts, side)) for starts, side in zip((rows, columns), image.shape, strict=True))
    return sums / np.outer(*sizes)


def raised(movie: Movie, level: float) -> Movie:
    """Give the movie minus a constant; nothing is copied."""
    return replace(movie, offset=movie.offset - level) if level else movie


def with_level(components: Components, level: float) -> Components:
    """Add the constant `level` as a background component, b = level and f = 1, with a note; nothing where it is 0."""
    if not level:
        return components
    note = Note("movie_below_zero", {"level": level})
    b = np.full((components.b.shape[0], 1), level, np.float32)
    f = np.ones((1, components.f.shape[1]), np.float32)
    return replace(
        components, b=np.hstack([components.b, b]), f=np.vstack([components.f, f]), notes=(*components.notes, note)
    )


def without_level(components: Components) -> Components:
    """Take out the background component that `with_level` added: all others are non-negative."""
    keep = components.b.min(axis=0, initial=0) >= 0
    return components if keep.all() else replace(components, b=components.b[:, keep], f=components.f[keep])
