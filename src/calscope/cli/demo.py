"""`calscope demo`: recordings with known truth."""

import argparse
import sys
from pathlib import Path

from calscope.cli import OK
from calscope.cli.progress_line import ProgressLine
from calscope.io.demo.demo_files import write_demo


def command(chosen: argparse.Namespace) -> int:
    """Write the demo, and say how to run it."""
    line = ProgressLine()
    folders = write_demo(
        Path(chosen.out),
        animals=chosen.animals,
        frames=chosen.frames,
        size=chosen.size,
        seed=chosen.seed,
        clutter=chosen.clutter,
        progress=lambda fraction, note="", /: line.show(fraction, note),
    )
    line.clear()
    for folder in folders:
        sys.stdout.write(f"{folder}\n")
    line.say(f"Now `calscope run {chosen.out} --out results`, or `calscope app {chosen.out}`.")
    return OK
