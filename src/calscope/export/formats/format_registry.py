"""The formats that a run can be exported to, by name."""

from collections.abc import Callable
from pathlib import Path

from calscope.export.formats.caiman_export import write_caiman
from calscope.export.formats.csv_export import write_csv
from calscope.export.formats.nwb_export import write_nwb
from calscope.export.formats.suite2p_export import write_suite2p
from calscope.export.run_folder.animal_folder import AnimalFolder
from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.errors import CalscopeError, EngineError, StoreError

FORMATS: dict[str, tuple[Callable[[AnimalFolder, Path], list[Path]], str]] = {
    "nwb": (write_nwb, ".nwb"),
    "caiman": (write_caiman, ".hdf5"),
    "suite2p": (write_suite2p, ""),
    "csv": (write_csv, ""),
}
"""What writes one animal, and the ending of its file; nothing for a folder."""


def export_run(run_folder: Path, format: str, out: Path | None = None) -> list[Path]:  # noqa: A002 - the command's word
    """Export every animal of a run.

    Parameters
    ----------
    run_folder
        What `calscope run` wrote: OUT, or one animal's folder in it.
    format
        nwb, caiman, suite2p or csv.
    out
        Folder to write into; `export/<format>` in the run's folder where not given. Each animal gets a file or a
        folder of its own name in it.

    Returns
    -------
    paths
        What was written.

    Raises
    ------
    StoreError
        When there is no such format, or an animal can't be exported; the others are written first.
    """
    if format not in FORMATS:
        raise StoreError(f"There is no format {format!r}. Formats: {', '.join(FORMATS)}.")
    write, ending = FORMATS[format]
    run = open_run(run_folder)
    folder = out or run_folder / "export" / format
    written: list[Path] = []
    failed: list[str] = []
    for animal in run.animals:
        try:
            written += write(animal, folder / f"{animal.name}{ending}")
        except EngineError:
            raise
        except CalscopeError as error:
            failed.append(str(error))
    if failed:
        kept = f" The others are in {folder}." if written else ""
        raise StoreError("\n".join(failed) + kept)
    return written
