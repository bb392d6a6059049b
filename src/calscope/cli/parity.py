"""`calscope parity`: both engines on one recording, and how far they agree."""

import argparse
import sys
from pathlib import Path

from calscope.cli import OK
from calscope.cli.progress_line import ProgressLine
from calscope.cli.settings import read_settings
from calscope.export.report.parity_report import check_parity_place, write_parity
from calscope.io.atomic_write import disk_trouble
from calscope.io.project import RecordingRef, find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.animal_inputs import AnimalInputs, parameters_of
from calscope.model.errors import RecordingError, StoreError
from calscope.model.note_texts.all_texts import texts
from calscope.pipeline.parity.engine_parity import run_parity


def command(chosen: argparse.Namespace) -> int:
    """Run both engines, write OUT/parity.json, parity.md and parity.html, and print their paths."""
    settings = read_settings(chosen.params, chosen.changes)
    ref = _the_recording(Path(chosen.recording).absolute())
    params = parameters_of(ref.name, settings.params, AnimalInputs(settings.animals.get(ref.name, {})))
    out = Path(chosen.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{out} can't be made: {disk_trouble(error, out)}.") from None
    check_parity_place(out)
    line = ProgressLine()
    for note in texts(settings.notes):
        line.say(note)
    recording = open_recording(ref.path, chosen.frames)
    numbers, matched = run_parity(
        recording, params, out=out, workers=chosen.workers or 1, progress=line.show, log=line.say
    )
    line.clear()
    for path in write_parity(numbers, out, matched):
        sys.stdout.write(f"{path}\n")
    return OK


def _the_recording(path: Path) -> RecordingRef:
    found = find_recordings(path).recordings
    if len(found) != 1:
        names = ", ".join(ref.name for ref in found)
        raise RecordingError(f"{path} holds {len(found)} recordings ({names}); name one of them.")
    return found[0]
