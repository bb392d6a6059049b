"""Two properties of CaImAn (1.9 to 1.12) that make its numbers differ from their definitions, for comparison.

Its local correlation image adds two of the diagonal neighbours to a wrong pixel, and its spatial r looks for
overlapping neighbours only among the same fifty components. With both reproduced, our numbers are CaImAn's to rounding;
without, they are what the definitions say.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import chunk_length
from calscope.model.movie import FloatArray, FrameSource, chunks
from calscope.model.results import Components

GROUP = 50
"""Components that CaImAn evaluates together."""


def correlation_as_caiman(corr: FloatArray, source: FrameSource) -> FloatArray:
    """Give the local correlation image (H, W) with the diagonals where CaImAn adds them.

    In every block of 2 x 2 pixels two diagonal pairs meet. Their correlations belong to the pixels of the pair; CaImAn
    exchanges them for the two pixels in the block's right column.

    Parameters
    ----------
    corr
        From `compute_summary` of `source`.
    source
        The movie, finite, without constant pixels.
    """
    falling, rising = _diagonals(source)
    laid = np.array(corr, np.float64) * _n_neighbours(corr.shape)
    laid[1:, 1:] += rising - falling
    laid[:-1, 1:] += falling - rising
    return (laid / _n_neighbours(corr.shape)).astype(np.float32)


def evaluation_groups_of_caiman(components: Components) -> list[Components]:
    """Split components into those that CaImAn evaluates together."""
    parts = []
    for start in range(0, components.n, GROUP):
        part = slice(start, start + GROUP)
        traces = {name: getattr(components, name)[part] for name in ("C", "S", "YrA", "bl", "c1", "g", "neurons_sn")}
        parts.append(replace(components, A=components.A[:, part], **traces))
    return parts


def _n_neighbours(shape: tuple[int, ...]) -> NDArray[np.float64]:
    rows, columns = (np.full(n, 3.0) for n in shape)
    for along in (rows, columns):
        along[[0, -1]] = 2.0
    return np.outer(rows, columns) - 1


def _diagonals(source: FrameSource) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlate upper left with lower right pixel of each 2 x 2 block, and the other two; (H-1, W-1) each."""
    n_frames, height, width = source.shape
    stretches = chunks(n_frames, chunk_length(height, width))
    mean = sum(source.read(a, b).sum(axis=0, dtype=np.float64) for a, b in stretches) / n_frames
    square = np.zeros((height, width))
    falling, rising = np.zeros((2, height - 1, width - 1))
    for a, b in stretches:
        d = source.read(a, b) - mean
        square += (d * d).sum(axis=0)
        falling += np.einsum("tyx,tyx->yx", d[:, :-1, :-1], d[:, 1:, 1:])
        rising += np.einsum("tyx,tyx->yx", d[:, 1:, :-1], d[:, :-1, 1:])
    norm = np.sqrt(square)
    return falling / (norm[:-1, :-1] * norm[1:, 1:]), rising / (norm[1:, :-1] * norm[:-1, 1:])
