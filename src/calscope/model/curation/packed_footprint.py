"""A footprint as a short text: which component a person meant is told by it, in every run of the same recording.

The pixels as differences and the weights in 8 bits, compressed, in letters that JSON and CSV can hold.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

_BYTES_PER_PIXEL = 5
"""Four for the step to the pixel, one for its weight."""
_LARGEST_WEIGHT = 255
_MOST_PIXELS = 2**26


@dataclass(frozen=True)
class PackedFootprint:
    """A footprint of a field of that size; it is unpacked when it is needed."""

    dims: tuple[int, int]
    """Rows, columns."""
    packed: str

    def column(self) -> csc_matrix:
        """Unpack it as one column, (H*W, 1) float32 in Fortran pixel order; the largest weight is 1.

        Raises
        ------
        ValueError
            When the text is damaged or holds pixels outside of the field.
        """
        n_pixels = self.dims[0] * self.dims[1]
        if not 0 < n_pixels <= _MOST_PIXELS:
            raise ValueError(f"there is no field of {self.dims[0]} x {self.dims[1]} px")
        steps, weights = _parts(self.packed, n_pixels)
        pixels = np.cumsum(steps, dtype=np.int64)
        if len(pixels) and (pixels[-1] >= n_pixels or (steps[1:] == 0).any()):
            raise ValueError("its pixels lie outside of the field")
        values = weights.astype(np.float32) / _LARGEST_WEIGHT
        return csc_matrix((values, pixels, np.array([0, len(pixels)])), shape=(n_pixels, 1))


def pack_footprint(A: csc_matrix, component: int, dims: tuple[int, int]) -> PackedFootprint:
    """Pack one column of footprints, (H*W, K); weights are rounded to 1/255 of the largest one."""
    own = slice(A.indptr[component], A.indptr[component + 1])
    order = np.argsort(A.indices[own], kind="stable")
    pixels, values = A.indices[own][order], np.asarray(A.data[own][order], np.float64)
    largest = values.max(initial=0.0)
    weights = np.round(np.clip(values / (largest or 1.0), 0, 1) * _LARGEST_WEIGHT).astype(np.uint8)
    seen = weights > 0
    steps = np.diff(pixels[seen].astype(np.int64), prepend=0).astype("<u4")
    packed = zlib.compress(steps.tobytes() + weights[seen].tobytes(), 9)
    return PackedFootprint(dims, base64.b64encode(packed).decode("ascii"))


def _parts(packed: str, n_pixels: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    try:
        reader = zlib.decompressobj()
        found = reader.decompress(base64.b64decode(packed, validate=True), _BYTES_PER_PIXEL * n_pixels + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError(f"its footprint can't be unpacked: {error}") from None
    n = len(found) // _BYTES_PER_PIXEL
    if not reader.eof or n > n_pixels or len(found) != n * _BYTES_PER_PIXEL:
        raise ValueError("its footprint is longer or shorter than it can be")
    return np.frombuffer(found, "<u4", n), np.frombuffer(found, np.uint8, offset=4 * n)
