"""Opens results that another program made: tells CaImAn's files from suite2p's folders."""

from pathlib import Path

from calscope.io.results import caiman_reader, suite2p_reader
from calscope.io.results.imported_results import ImportedResults
from calscope.io.results.isolated_reading import read_isolated
from calscope.model.errors import RecordingError


def is_results(path: Path) -> bool:
    """Tell from the names alone whether something may be results: an HDF5 file, or a folder with suite2p's files."""
    if path.is_dir():
        return suite2p_reader.is_plane(path)
    return path.suffix.lower() in caiman_reader.HDF5_ENDINGS


def results_at(path: Path) -> Path | None:
    """Give the file or the folder that holds results at a path or, for suite2p, below it; None where there is none."""
    return path if path.is_file() and is_results(path) else suite2p_reader.find_plane(path)


def all_results_at(path: Path) -> tuple[Path, ...]:
    """Give everything that opens at a path: a file, or suite2p's planes below a folder."""
    return (path,) if path.is_file() and is_results(path) else suite2p_reader.find_planes(path)


def name_of(path: Path) -> str:
    """Give the name under which results are shown: the file's, or that of the folder above suite2p's own ones."""
    return path.stem if path.is_file() else suite2p_reader.name_of_plane(path)


def files_of(path: Path) -> tuple[Path, ...]:
    """Give the files that opening results reads."""
    return (path,) if path.is_file() else suite2p_reader.files_of_plane(path)


def code_for(path: Path) -> tuple[str, ...]:
    """Give the modules that read these results, for the keys of what comes from them."""
    return ((caiman_reader if path.is_file() else suite2p_reader).__name__,)


def open_results(path: Path) -> ImportedResults:
    """Open a CaImAn HDF5 file or a suite2p folder, read in a process of its own.

    Raises
    ------
    RecordingError
        When it is neither, is damaged, or could only be read by running code that is in it.
    """
    if not path.exists():
        raise RecordingError(f"There is nothing at {path}.")
    place = results_at(path)
    if place is not None:
        return read_isolated(place, files_of(place))
    raise RecordingError(
        f"{path} holds no results that Calscope can open. It opens CaImAn's files (.hdf5) and suite2p's folders "
        "(with F.npy or Fall.mat in them)."
    )
