"""`calscope report` and `calscope export`: results for colleagues and other programs."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calscope.cli import OK
from calscope.cli.progress_line import ProgressLine
from calscope.export.exported_animal import ExportedRun
from calscope.export.formats.format_registry import FORMATS, export_run
from calscope.export.report.write_report import REPORT, write_report
from calscope.export.run_folder.open_run_folder import open_run
from calscope.jobs.job_folder import find_job
from calscope.jobs.run_export import check_target, stored_run
from calscope.model.errors import ParameterError
from calscope.model.note_texts.all_texts import text
from calscope.pipeline.store import default_store


def command(chosen: argparse.Namespace) -> int:
    """Write the report or the export, and say where it is."""
    line = ProgressLine()

    def progress(fraction: float, note: str = "", /) -> None:
        line.show(fraction, note)

    if chosen.command == "report":
        with _opened(chosen.out, chosen.html, "--html FILE", REPORT) as (run, html):
            written = [write_report(run, html, progress)]
    else:
        with _opened(chosen.out, chosen.to, "--to FOLDER", f"export/{chosen.format}") as (run, folder):
            written = export_run(run, chosen.format, folder, progress)
            _say_notes(run, chosen.format, line)
    line.clear()
    for path in written:
        sys.stdout.write(f"{path}\n")
    return OK


def _say_notes(run: ExportedRun, chosen: str, line: ProgressLine) -> None:
    for animal in run.animals:
        for note in FORMATS[chosen].notes(animal):
            line.say(f"{animal.name}: {text(note)}")


@contextmanager
def _opened(out: str, target: str | None, option: str, default: str) -> Iterator[tuple[ExportedRun, Path]]:
    """Open a run's folder, or a run of the store by its id, and give where to write."""
    folder, store = Path(out), default_store()
    if folder.exists() or find_job(store.jobs, out) is None:
        yield open_run(folder), Path(target) if target else folder / default
        return
    if target is None:
        raise ParameterError(f"{out} is a run of the result store. Say with {option} where to write.")
    with stored_run(store, out) as run:
        check_target(store, run, Path(target))
        yield run, Path(target)
