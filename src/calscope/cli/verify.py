"""`calscope verify`: whether results, and the recordings that they are of, are as they were written."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from calscope.cli import BAD_INPUT, OK
from calscope.cli.progress_line import ProgressLine
from calscope.export.run_folder.verify_folder import State, Verified, verify_folder
from calscope.io.bundles.bundle_reading import Problem, is_bundle, open_bundle
from calscope.model.progress import Repeated

CHANGED = 1
_STATES: dict[str, State] = {"missing": "missing", "changed": "changed", "damaged": "changed", "not listed": "changed"}


def command(chosen: argparse.Namespace) -> int:
    """Say what changed; 0 where nothing did, 1 where something did, 2 where that can't be told of any file."""
    place, line = Path(chosen.place), ProgressLine()

    def progress(fraction: float, note: str = "", /) -> None:
        line.show(fraction, note)

    told = Repeated(progress)
    found = list(_of_bundle(place, told) if is_bundle(place) else verify_folder(place, told))
    line.clear()
    for one in found:
        if one.state != "same":
            why = f": {one.why}" if one.why else ""
            sys.stdout.write(f"{one.state:8} {one.what}{why}\n")
    n_same = sum(one.state == "same" for one in found)
    sys.stdout.write(f"{n_same} of {len(found)} as they were written.\n")
    if any(one.state in ("changed", "missing") for one in found):
        return CHANGED
    return OK if n_same else BAD_INPUT


def _of_bundle(path: Path, told: Repeated) -> Iterator[Verified]:
    bundle = open_bundle(path)
    problems = {one.part: one for one in bundle.problems(told.again)}
    for part in sorted({*bundle.manifest.parts, *problems}):
        yield _verified(part, problems.get(part))


def _verified(part: str, problem: Problem | None) -> Verified:
    if problem is None:
        return Verified(part, "same")
    why = {"damaged": "it is damaged", "not listed": "it was added"}.get(problem.why, "")
    return Verified(part, _STATES[problem.why], why)
