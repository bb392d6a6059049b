"""`calscope report` and `calscope export`: results for colleagues and other programs."""

import argparse
import sys
from pathlib import Path

from calscope.cli import OK
from calscope.export.formats.format_registry import export_run
from calscope.export.report.write_report import REPORT, write_report
from calscope.export.run_folder.open_run_folder import open_run


def command(chosen: argparse.Namespace) -> int:
    """Write the report or the export, and say where it is."""
    out = Path(chosen.out)
    if chosen.command == "report":
        written = [write_report(open_run(out), Path(chosen.html) if chosen.html else out / REPORT)]
    else:
        to = Path(chosen.to) if chosen.to else out / "export" / chosen.format
        written = export_run(open_run(out), chosen.format, to)
    for path in written:
        sys.stdout.write(f"{path}\n")
    return OK
