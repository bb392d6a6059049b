"""The corrected movie as suite2p keeps it, `data.bin`: frames of int16 one after the other, nothing else."""

from pathlib import Path

import numpy as np

from calscope.export.exported_animal import ExportedAnimal
from calscope.export.formats.movie_export import movie_of
from calscope.model.movie import FrameSource, chunks
from calscope.model.progress import Progress, part, silent

MOVIE = "data.bin"
_CHUNK = 64
_LARGEST = 2**15 - 2
"""The largest value that suite2p writes into such a file."""
_COUNTS_PER_UNIT = {"uint8": 1.0, "int8": 1.0, "int16": 1.0, "uint16": 0.5}
"""suite2p halves movies of uint16 itself."""


def write_movie(path: Path, animal: ExportedAnimal, progress: Progress = silent) -> float:
    """Write the movie, a few frames at a time; give by what its values were multiplied.

    That is 1, and 1/2 for recordings of uint16, as suite2p does. Those of other types are multiplied so that the
    largest value just fits.

    Raises
    ------
    StoreError
        When the corrected movie was not kept.
    """
    source = movie_of(animal, "Run it with --save-movie, or export it without the movie, as the format suite2p.")
    dtype = str(animal.recording.get("dtype"))
    counts_per_unit = _COUNTS_PER_UNIT.get(dtype) or _fitting(source, part(progress, 0, 0.4))
    told = part(progress, 0 if dtype in _COUNTS_PER_UNIT else 0.4, 1)
    with path.open("wb") as file:
        for start, stop in chunks(source.shape[0], _CHUNK):
            told(start / source.shape[0], MOVIE)
            values = np.rint(np.asarray(source.read(start, stop), np.float32) * counts_per_unit)
            file.write(np.clip(np.nan_to_num(values), -_LARGEST, _LARGEST).astype("<i2").tobytes())
    return counts_per_unit


def _fitting(source: FrameSource, progress: Progress) -> float:
    """Give by what values are multiplied so that they just fit."""
    largest = 0.0
    for start, stop in chunks(source.shape[0], _CHUNK):
        progress(start / source.shape[0], MOVIE)
        largest = max(largest, float(np.nanmax(np.abs(source.read(start, stop)), initial=0)))
    return _LARGEST / largest if largest > 0 else 1.0
