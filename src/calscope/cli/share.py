"""`calscope report` and `calscope export`: results for colleagues and other programs."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calscope.cli import OK
from calscope.cli.inputs import names_of
from calscope.cli.progress_line import ProgressLine
from calscope.export.exported_animal import ExportedRun
from calscope.export.formats.format_registry import FORMATS, NWB, export_run
from calscope.export.report.write_report import REPORT, write_report
from calscope.export.run_folder.open_run_folder import open_run
from calscope.io.bundles.bundle_manifest import ENDING
from calscope.io.bundles.bundle_reading import open_bundle
from calscope.io.nwb_metadata_file import read_nwb_metadata
from calscope.jobs.bundles.bundle_parts import FILM, part_of
from calscope.jobs.bundles.write_bundle import bundle_name, write_bundle
from calscope.jobs.job_folder import find_job
from calscope.jobs.run_export import check_target, run_from_folder, stored_run
from calscope.model.errors import ParameterError
from calscope.model.note_texts.all_texts import text
from calscope.model.nwb.project_metadata import NOTHING_SAID, ProjectNwbMetadata
from calscope.model.progress import Progress
from calscope.pipeline.store import default_store

BUNDLE = "bundle"


def command(chosen: argparse.Namespace) -> int:
    """Write the report or the export, and say where it is."""
    line = ProgressLine()

    def progress(fraction: float, note: str = "", /) -> None:
        line.show(fraction, note)

    if chosen.command == "report":
        with _opened(chosen, chosen.html, "--html FILE", REPORT) as (run, html):
            written = [write_report(run, html, progress, with_paths=chosen.with_paths)]
    elif chosen.film and chosen.format != BUNDLE:
        raise ParameterError(f"--film is for --format {BUNDLE} only. The whole movie is --format movie.")
    elif chosen.format == BUNDLE:
        _nwb_metadata(chosen)
        written = [_bundle(chosen, progress)]
        if chosen.film:
            _say_films_left_out(written[0], line)
    else:
        with _opened(chosen, chosen.to, "--to FOLDER", f"export/{chosen.format}") as (run, folder):
            written = export_run(run, chosen.format, folder, progress)
            _say_notes(run, chosen.format, line)
    line.clear()
    for path in written:
        sys.stdout.write(f"{path}\n")
    return OK


def _bundle(chosen: argparse.Namespace, progress: Progress) -> Path:
    """Write a bundle of a run of the store, or of a folder, which is opened into the store for it."""
    out, to, animals = chosen.out, chosen.to, names_of(chosen.animals)
    folder, store = Path(out), default_store()
    if folder.exists() or find_job(store.jobs, out) is None:
        with run_from_folder(store, folder, animals) as run:
            file = _file_of(run, to or folder / f"export/{BUNDLE}")
            return write_bundle(run, store, file, progress, with_film=chosen.film)
    if to is None:
        raise ParameterError(f"{out} is a run of the result store. Say with --to FOLDER where to write.")
    with stored_run(store, out, animals) as run:
        check_target(store, run, Path(to).parent if Path(to).suffix == ENDING else Path(to))
        return write_bundle(run, store, _file_of(run, to), progress, with_film=chosen.film)


def _say_films_left_out(bundle: Path, line: ProgressLine) -> None:
    manifest = open_bundle(bundle).manifest
    for number, animal in enumerate(manifest.animals):
        if part_of(number, FILM) not in manifest.parts:
            line.say(f"{animal}: no film is in the bundle, since its corrected movie is not in the result store.")


def _file_of(run: ExportedRun, to: str | Path) -> Path:
    """Give the file of a bundle: what was typed where that is one, else a file in the folder that was typed."""
    place = Path(to)
    return place if place.suffix == ENDING else place / bundle_name(run)


def _nwb_metadata(chosen: argparse.Namespace) -> ProjectNwbMetadata | None:
    """Read what is said for NWB, before anything is written; None where no file is given."""
    if chosen.command == "report" or chosen.nwb_metadata is None:
        return None
    if chosen.format != NWB:
        raise ParameterError(f"--nwb-metadata is for --format {NWB} only: {chosen.format} has no place for them.")
    return read_nwb_metadata(Path(chosen.nwb_metadata))


def _say_notes(run: ExportedRun, chosen: str, line: ProgressLine) -> None:
    for animal in run.animals:
        for note in FORMATS[chosen].notes(animal):
            line.say(f"{animal.name}: {text(note)}")


@contextmanager
def _opened(
    chosen: argparse.Namespace, target: str | None, option: str, default: str
) -> Iterator[tuple[ExportedRun, Path]]:
    """Open a run's folder, or a run of the store by its id, and give its chosen animals and where to write."""
    out, animals, nwb_metadata = chosen.out, names_of(chosen.animals), _nwb_metadata(chosen)
    folder, store = Path(out), default_store()
    if folder.exists() or find_job(store.jobs, out) is None:
        run = open_run(folder, nwb_metadata or NOTHING_SAID).only(animals)
        yield run, Path(target) if target else folder / default
        return
    if target is None:
        raise ParameterError(f"{out} is a run of the result store. Say with {option} where to write.")
    with stored_run(store, out, animals, nwb_metadata) as run:
        check_target(store, run, Path(target))
        yield run, Path(target)
