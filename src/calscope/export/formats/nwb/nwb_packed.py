"""Arrays as NWB files keep them: compressed, and written a stretch after the other."""

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from calscope.model.progress import Progress, silent

_ROWS = 1000


def packed(data: NDArray, progress: Progress = silent) -> Any:
    """Compress an array while it is written, a stretch of rows after the other, so that one may stop in between."""
    from hdmf.data_utils import DataChunkIterator  # noqa: PLC0415
    from pynwb import H5DataIO  # noqa: PLC0415

    def rows() -> Iterator[NDArray]:
        for i, row in enumerate(data):
            if i % _ROWS == 0:
                progress(i / len(data), "traces")
            yield row

    chunks = DataChunkIterator(rows(), maxshape=data.shape, dtype=data.dtype, buffer_size=_ROWS)
    return H5DataIO(chunks, compression="gzip", chunks=(min(_ROWS, len(data)), *data.shape[1:]))
