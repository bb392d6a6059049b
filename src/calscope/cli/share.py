"""`calscope report` and `calscope export`: results for colleagues and other programs."""

import argparse
import sys
from pathlib import Path

from calscope.cli import OK
from calscope.export.formats.format_registry import export_run
from calscope.export.report.write_report import write_report


def command(chosen: argparse.Namespace) -> int:
    """Write the report or the export, and say where it is."""
    out = Path(chosen.out)
    if chosen.command == "report":
        written = [write_report(out, Path(chosen.html) if chosen.html else None)]
    else:
        written = export_run(out, chosen.format, Path(chosen.to) if chosen.to else None)
    for path in written:
        sys.stdout.write(f"{path}\n")
    return OK
