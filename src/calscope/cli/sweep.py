"""`calscope sweep`: one or two parameters over several values each, as a table."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from calscope.cli import BAD_INPUT, INTERRUPTED, OK
from calscope.cli.progress_line import ProgressLine
from calscope.cli.settings import read_settings
from calscope.cli.stop import Stop
from calscope.engines.engine_registry import get_engine
from calscope.export.run_folder.write_animal import check_apart
from calscope.io.atomic_write import atomic_file
from calscope.io.project import Project, RecordingRef, find_recordings
from calscope.model.animal_inputs import AnimalInputs, parameters_of
from calscope.model.errors import Cancelled, ParameterError, RecordingError
from calscope.model.json_text import quoted
from calscope.model.note_texts.all_texts import texts
from calscope.model.sweeps.sweep_plan import Over, SweepPlan, points_of, read_over
from calscope.pipeline.cohort import Step, choose_animals
from calscope.pipeline.store import Store, default_store
from calscope.pipeline.sweeps.point_table import point_table
from calscope.pipeline.sweeps.recurring_points import recurring_at
from calscope.pipeline.sweeps.run_points import SweepResults, SweptAnimal, run_sweep
from calscope.pipeline.trials import trial_store

_TABLES = (".csv", ".parquet")


def command(chosen: argparse.Namespace) -> int:
    """Run all points; print the table, and write it where it is asked for."""
    plan = SweepPlan(tuple(_over(text) for text in chosen.over), whole=chosen.crop == "whole", injected=chosen.injected)
    line = ProgressLine()
    animal = swept_animal(chosen, "sweep", line)
    points_of(plan.over, animal.params)
    out = table_file(chosen)
    make_ready(animal.store, line)
    return _run(animal, plan, out, line)


def _run(animal: SweptAnimal, plan: SweepPlan, out: Path | None, line: ProgressLine) -> int:
    stop, done = Stop(), [SweepResults()]

    def report(step: Step) -> None:
        stop.check()
        line.show(step.fraction, f"{step.animal}: {step.note}", step.eta_s)

    stopped = False
    try:
        with stop.listening():
            run_sweep(animal, plan, report=report, log=line.say, on_point=done.append)
    except (Cancelled, KeyboardInterrupt):
        stopped = True
        line.say("Stopped. What was finished is in the store; the same command goes on from there.")
    line.clear()
    points = done[-1].points
    if points:
        table = point_table(points)
        sys.stdout.write(f"{printed(table)}\n")
        if (same := recurring_at(points, _store_of(animal, plan))) is not None:
            line.say(f"{same.in_words()}.")
        if out is not None:
            write_table(table, out)
    if stopped:
        return INTERRUPTED
    failed = [point.error for point in points if point.error]
    for error in failed:
        sys.stderr.write(f"calscope sweep: {error}\n")
    return BAD_INPUT if failed else OK


def _store_of(animal: SweptAnimal, plan: SweepPlan) -> Store:
    return animal.store if plan.whole else trial_store(animal.store.root)


def _over(text: str) -> Over:
    """Read NAME=3,4,5 or NAME=FROM:TO:COUNT."""
    name, equals, given = text.partition("=")
    if not equals:
        raise ParameterError(f"--over needs NAME=VALUES, as cnmf.gSig=3,4,5,6; got {quoted(text)}.")
    return read_over(name.strip(), given)


def swept_animal(chosen: argparse.Namespace, what: str, line: ProgressLine) -> SweptAnimal:
    """Give the animal that a sweep or a search (`what`) is of, with its own values; say what its settings say.

    Raises
    ------
    RecordingError
        When the animal is not told.
    """
    settings = read_settings(chosen.params, chosen.changes)
    ref = _one_animal(find_recordings(Path(chosen.data).absolute()), chosen.animal, what)
    params = parameters_of(ref.name, settings.params, AnimalInputs(settings.animals.get(ref.name, {})))
    for note in texts(settings.notes):
        line.say(note)
    engine = get_engine("builtin")
    return SweptAnimal(ref.path, params, engine, default_store(), n_frames=chosen.frames, workers=chosen.workers)


def make_ready(store: Store, line: ProgressLine) -> None:
    """Ask whether results can be kept, and take away what others left half made."""
    store.check_writable()
    store.sweep(on_wait=line.say)


def _one_animal(project: Project, name: str | None, what: str) -> RecordingRef:
    if name is None and len(project.recordings) > 1:
        known = ", ".join(ref.name for ref in project.recordings)
        raise RecordingError(f"A {what} is of one animal. Choose one with --animal: {known}.")
    return choose_animals(project, None if name is None else (name,))[0]


def table_file(chosen: argparse.Namespace) -> Path | None:
    """Give the file of the table, where one is asked for; ParameterError where its name has another ending."""
    if chosen.out is None:
        return None
    out, data = Path(chosen.out), Path(chosen.data).absolute()
    if out.suffix not in _TABLES:
        raise ParameterError(f"--out {out} must end in {' or '.join(_TABLES)}.")
    if data.is_dir():
        check_apart(out, data)
    return out


def write_table(table: pd.DataFrame, out: Path) -> None:
    """Write a table as its file's name ends."""
    with atomic_file(out) as part:
        if out.suffix == ".csv":
            table.to_csv(part, index=False)
        else:
            table.to_parquet(part, index=False)


def printed(table: pd.DataFrame) -> str:
    """Give the points as text, without their keys and errors, under short names."""
    shown = table.drop(columns=["key", "error"])
    shown.columns = [name.rpartition(".")[2] for name in shown.columns]
    return shown.to_string(index=False, float_format=lambda value: f"{value:.3g}", na_rep="-")
