"""What the run.json of a bundle of an older format would say today, one step for each format.

Where a format changes how results are stored, its step belongs here too.
"""

from collections.abc import Callable
from typing import Any

from calscope.model.notes import Note


def _from_1(run: dict[str, Any]) -> dict[str, Any]:
    """Format 1 kept no flags and no events, of which pages would otherwise seem to say that there are none."""
    note = Note("bundle_without_flags").to_json()
    animals = run.get("animals")
    if not isinstance(animals, list):
        return run  # told as damage where it is read
    return run | {"animals": [_with_note(one, note) if isinstance(one, dict) else one for one in animals]}


def _with_note(record: dict[str, Any], note: dict[str, Any]) -> dict[str, Any]:
    notes = record.get("notes")
    return record | {"notes": [*(notes if isinstance(notes, list) else []), note]}


STEPS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (_from_1,)
"""From format 1 to 2, from 2 to 3, …"""


def run_of_today(run: dict[str, Any], format_version: int) -> dict[str, Any]:
    """Give the plain values of a bundle's run.json as today's format has them; nothing is trusted yet."""
    for step in STEPS[format_version - 1 :]:
        run = step(run)
    return run
