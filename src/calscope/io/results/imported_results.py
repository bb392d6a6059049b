"""Results that another program made, opened for reading: `open_results` tells a CaImAn file from a suite2p folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality, Components, Evaluation

HDF5_ENDINGS = (".hdf5", ".h5")
SUITE2P_FILES = ("F.npy", "Fall.mat")
"""Either shows that a folder is one of suite2p's planes."""


@dataclass(frozen=True)
class ImportedResults:
    """What another program found in a recording; nothing of it is changed or computed again."""

    name: str
    path: Path
    program: str
    """Who made it, with the version where it is written."""
    components: Components
    component_quality: ComponentQuality
    """NaN where the other program has no such measure."""
    evaluation: Evaluation
    fr_hz: float | None = None
    images: Mapping[str, FloatArray] = field(default_factory=dict)
    """(H, W) each: what is there of `corr`, `mean` and `max`."""
    dff: FloatArray | None = None
    """(K, T)."""
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The other program's parameters, by its own groups and names, as far as they are plain values."""
    notes: tuple[str, ...] = ()
    """What the file lacks or means differently, one sentence each."""

    @property
    def image(self) -> FloatArray | None:
        """Give the picture that the other program shows its cells on: correlation, mean or maximum."""
        return next((self.images[name] for name in ("corr", "mean", "max") if name in self.images), None)


def is_results(path: Path) -> bool:
    """Tell from the names alone whether something may be results: an HDF5 file, or a folder with suite2p's files."""
    if path.is_dir():
        return any((path / name).is_file() for name in SUITE2P_FILES)
    return path.suffix.lower() in HDF5_ENDINGS


def results_at(path: Path) -> Path | None:
    """Give the file or the folder that holds results at a path or, for suite2p, below it; None where there is none."""
    from calscope.io.results.suite2p_reader import find_plane  # noqa: PLC0415 - it imports this module

    return path if path.is_file() and is_results(path) else find_plane(path)


def name_of(path: Path) -> str:
    """Give the name under which results are shown: the file's, or that of the folder above suite2p's own ones."""
    if path.suffix.lower() in HDF5_ENDINGS:
        return path.stem
    parts = [part for part in path.parts if part != "suite2p" and not part.startswith("plane")]
    return parts[-1] if parts else path.name


def files_of(path: Path) -> tuple[Path, ...]:
    """Give the files that opening results reads."""
    if path.is_file():
        return (path,)
    names = ("F.npy", "Fneu.npy", "spks.npy", "iscell.npy", "stat.npz", "stat.npy", "Fall.mat")
    return tuple(path / name for name in names if (path / name).exists())


def open_results(path: Path) -> ImportedResults:
    """Open a CaImAn HDF5 file or a suite2p folder.

    Raises
    ------
    RecordingError
        When it is neither, is damaged, or could only be read by running code that is in it.
    """
    from calscope.io.results.caiman_reader import read_caiman  # noqa: PLC0415 - they import this module
    from calscope.io.results.suite2p_reader import read_suite2p  # noqa: PLC0415

    if not path.exists():
        raise RecordingError(f"There is nothing at {path}.")
    place = results_at(path)
    if place is not None:
        return read_caiman(place) if place.is_file() else read_suite2p(place)
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
