"""Results that another program made, opened for reading: `open_results` tells a CaImAn file from a suite2p folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray
from calscope.model.results import Components, Evaluation, Quality


@dataclass(frozen=True)
class ImportedResults:
    """What another program found in a recording; nothing of it is changed or computed again."""

    name: str
    path: Path
    program: str
    """Who made it, with the version where it is written."""
    components: Components
    quality: Quality
    """NaN where the other program has no such measure."""
    evaluation: Evaluation
    fr_hz: float | None = None
    image: FloatArray | None = None
    """(H, W) the picture that the other program shows its cells on: correlation or mean image."""
    dff: FloatArray | None = None
    """(K, T)."""
    notes: tuple[str, ...] = ()
    """What the file lacks or means differently, one sentence each."""


def open_results(path: Path) -> ImportedResults:
    """Open a CaImAn HDF5 file or a suite2p folder.

    Raises
    ------
    RecordingError
        When it is neither, is damaged, or could only be read by running code that is in it.
    """
    from calscope.io.caiman_hdf5 import read_caiman  # noqa: PLC0415 - they import this module
    from calscope.io.suite2p import find_plane, read_suite2p  # noqa: PLC0415

    if not path.exists():
        raise RecordingError(f"There is nothing at {path}.")
    if path.is_file() and path.suffix.lower() in (".hdf5", ".h5"):
        return read_caiman(path)
    plane = find_plane(path)
    if plane is not None:
        return read_suite2p(plane)
    raise RecordingError(
        f"{path} holds no results that Calscope can open. It opens CaImAn's files (.hdf5) and suite2p's folders "
        "(with F.npy or Fall.mat in them)."
    )


def unmeasured(n: int) -> FloatArray:
    """Give the values of a measure that wasn't made, (K,) NaN."""
    return np.full(n, np.nan, np.float32)


def judged(accepted: NDArray[np.bool_], by: str) -> Evaluation:
    """Give an evaluation that repeats another program's verdicts."""
    reasons = tuple(f"{'Accepted' if ok else 'Rejected'} by {by}." for ok in accepted)
    return Evaluation(accepted=np.asarray(accepted, np.bool_), reasons=reasons)
