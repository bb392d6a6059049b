"""`calscope suggest`: what recordings say of their parameters, and a parameter file made of it."""

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from calscope.algorithms.proposals.from_measurements import propose
from calscope.algorithms.proposals.shared_values import SharedProposals, share
from calscope.cli import BAD_INPUT, OK
from calscope.cli.inputs import names_of, read_inputs, split_changes
from calscope.cli.progress_line import ProgressLine
from calscope.cli.settings import read_settings
from calscope.engines.engine_registry import get_engine
from calscope.io.atomic_write import atomic_file
from calscope.io.project import find_recordings
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import StoreError
from calscope.model.note_texts.all_texts import text, texts
from calscope.model.note_texts.measured_words import measured_lines
from calscope.model.parameter_file import write_parameter_file
from calscope.model.params import Parameters, fields
from calscope.model.proposals import AnimalProposals
from calscope.model.recording import RecordingInfo
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.cohort import RunRequest, Step, choose_animals, run_cohort
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import default_store


def command(chosen: argparse.Namespace) -> int:
    """Measure, print, and write the parameter file."""
    for_all, of_one = split_changes(chosen.changes)
    settings = read_settings(chosen.params, for_all)
    inputs = read_inputs(None, of_one, settings.animals)
    line = ProgressLine()
    for note in texts(settings.notes):
        line.say(note)
    out = None if chosen.out is None else new_file(Path(chosen.out))
    project = find_recordings(Path(chosen.data).absolute())
    refs = choose_animals(project, names_of(chosen.animals))
    choose_animals(project, tuple(inputs))
    workers = chosen.workers or cpu_count()
    store = default_store()
    store.check_writable()
    request = RunRequest(
        settings.params, get_engine("builtin"), store, "proposals", chosen.frames, workers, dict(inputs)
    )
    found: list[AnimalProposals] = []
    rates: dict[str, float | None] = {}
    failed: list[str] = []

    def keep(run: AnimalRun) -> None:
        line.clear()
        measurements = AnimalResults(store, run.keys).proposals
        if run.error or run.info is None or measurements is None:
            failed.append(run.error)
            return
        params = parameters_of(run.name, settings.params, inputs.get(run.name, NO_INPUTS))
        rates[run.name] = params.dataset.fr or run.info.fr_hz
        one = AnimalProposals(run.name, measurements, propose(measurements, rates[run.name], params.get))
        found.append(one)
        _print(one, run.info, params)

    def report(step: Step) -> None:
        line.show(step.fraction, f"{step.animal}: {step.note}", step.eta_s)

    run_cohort(refs, request, report=report, log=lambda _: None, on_done=keep)
    for error in failed:
        sys.stderr.write(f"calscope suggest: {error}\n")
    if out is not None and found:
        _write(out, share(found, rates, settings.params.get), settings.params, inputs)
        sys.stdout.write(f"{out}\nNow `calscope run {shlex.quote(chosen.data)} --params {shlex.quote(str(out))}`.\n")
    return BAD_INPUT if failed else OK


def new_file(out: Path) -> Path:
    """Give a file that is to be written; StoreError where it is there already."""
    if out.exists():
        raise StoreError(f"{out} is there already and is left alone. Choose another name for the parameter file.")
    return out


def _print(found: AnimalProposals, info: RecordingInfo, params: Parameters) -> None:
    sys.stdout.write(f"{found.animal}\n")
    for label, value in measured_lines(found.measurements, info, params.dataset.fr, params.dataset.dxy):
        sys.stdout.write(f"  {label:<20}{value}\n")
    for one in found.proposals:
        value = _as_text(one.value) if one.is_made else "no proposal"
        sys.stdout.write(f"  {one.name} = {value}\n      {text(one.reason)}\n")
        if one.is_made and is_set(params, one.name) and params.get(one.name) != one.value:
            sys.stdout.write(f"      Set already to {_as_text(params.get(one.name))}, which is kept.\n")
    sys.stdout.write("\n")


def is_set(params: Parameters, name: str) -> bool:
    """Whether a value is another one than the default."""
    return any(field.dotted == name and params.get(name) != field.default for field in fields())


def _as_text(value: Any) -> str:
    if isinstance(value, tuple):
        return str(value[0]) if len(set(value)) == 1 else ",".join(map(str, value))
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def write_values(out: Path, params: Parameters) -> None:
    """Write the values that are not the defaults as a parameter file."""
    values = {field.dotted: params.get(field.dotted) for field in fields() if is_set(params, field.dotted)}
    with atomic_file(out) as part:
        part.write_text(write_parameter_file(values, {}), encoding="utf-8")


def _write(out: Path, proposed: SharedProposals, params: Parameters, inputs: Mapping[str, AnimalInputs]) -> None:
    """Write the proposals, and what was set already in their place."""
    given = {field.dotted: params.get(field.dotted) for field in fields() if is_set(params, field.dotted)}
    own = {animal: dict(values) for animal, values in _own(proposed, inputs, given)}
    values = {**proposed.values, **given}
    checked = Parameters().replace(values)
    for animal, of_it in own.items():
        parameters_of(animal, checked, AnimalInputs(of_it))
    with atomic_file(out) as part:
        part.write_text(write_parameter_file(values, own), encoding="utf-8")


def _own(
    proposed: SharedProposals, inputs: Mapping[str, AnimalInputs], given: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for animal in dict.fromkeys([*proposed.own, *inputs]):
        values = {name: value for name, value in proposed.own.get(animal, {}).items() if name not in given}
        yield animal, {**values, **inputs.get(animal, NO_INPUTS).parameters}
