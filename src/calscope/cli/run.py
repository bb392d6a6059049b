"""`calscope run`: all animals of a folder, results as files."""

import argparse
import logging
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from calscope.cli import BAD_INPUT, INTERRUPTED, OK
from calscope.cli.inputs import names_of, read_inputs, split_changes
from calscope.cli.progress_line import ProgressLine
from calscope.cli.settings import read_settings, split_change
from calscope.cli.stop import Stop
from calscope.engines.engine_registry import get_engine
from calscope.export.run_folder.run_entry import entry_of
from calscope.export.run_folder.write_animal import RUN, check_apart, check_place, write_animal, write_json
from calscope.export.stored_animal import StoredAnimal
from calscope.io.project import Project, RecordingRef, find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.jobs.bundles.bundled_extras import events_of_animal
from calscope.jobs.stop_signals import ended_in_time
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.errors import CalscopeError, Cancelled, EngineError, ParameterError, RecordingError, StoreError
from calscope.model.note_texts import detection_texts
from calscope.model.note_texts.all_texts import texts
from calscope.model.quantities import duration
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.judged_run import judged_run
from calscope.pipeline.cohort import RunRequest, Step, choose_animals, run_cohort, with_name
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.error_words import in_words
from calscope.pipeline.kept_remarks import remarks_of
from calscope.pipeline.records import AnimalRun, Until
from calscope.pipeline.runner import check_animal
from calscope.pipeline.store import default_store
from calscope.pipeline.versions import library_versions

logger = logging.getLogger(__name__)


def command(chosen: argparse.Namespace) -> int:
    """Run, and write OUT."""
    for_all, of_one = split_changes(chosen.changes)
    settings = read_settings(chosen.params, for_all)
    inputs = read_inputs(chosen.inputs, of_one, settings.animals)
    line = ProgressLine()
    for note in texts(settings.notes):  # before what may be refused: it may say why
        line.say(note)
    _say_what_stays(for_all, inputs, line)
    engine = get_engine(chosen.engine)
    workers = chosen.workers or cpu_count()
    data = Path(chosen.data).absolute()
    project = find_recordings(data)
    refs = choose_animals(project, names_of(chosen.animals))
    choose_animals(project, tuple(inputs))  # refuses inputs of an animal that isn't there
    own = {ref.name: inputs[ref.name] for ref in refs if ref.name in inputs and not inputs[ref.name].is_empty}
    until = _until(chosen)
    request = RunRequest(settings.params, engine, default_store(), until, chosen.frames, workers, own)
    out = Path(chosen.out)
    _check_out(out, data, refs)
    _check_animals(refs, request)
    run = _Run(out, request, Stop(), save_movie=chosen.save_movie, line=line)
    for note in texts(project.skipped):
        line.say(note)
    return run.all_animals(project, refs)


def _until(chosen: argparse.Namespace) -> Until:
    if chosen.injected and chosen.until != "evaluation":
        raise ParameterError(
            f"--injected looks for cells as a whole run does, so that it can't end with --until {chosen.until}. "
            "Leave one of them out."
        )
    return "injected" if chosen.injected else chosen.until


def _say_what_stays(for_all: Sequence[str], inputs: Mapping[str, AnimalInputs], line: ProgressLine) -> None:
    """Say where a value that was typed for all animals does not reach one that has its own."""
    for name, _ in map(split_change, for_all):
        kept = [animal for animal, of_it in inputs.items() if name in of_it.parameters]
        if kept:
            line.say(
                f"--set {name} is for the animals without a value of their own; these keep theirs: {', '.join(kept)}. "
                f"Change it by --set {kept[0]}:{name}=VALUE."
            )


@dataclass
class _Run:
    """The animals of one call, and OUT/run.json, which lists those that have ended, at any time."""

    out: Path
    request: RunRequest
    stop: Stop
    save_movie: bool
    line: ProgressLine
    runs: list[AnimalRun] = field(default_factory=list)
    limits: dict[str, str] = field(default_factory=dict)
    """What is said of the limit of detection, by animal."""

    def all_animals(self, project: Project, refs: Sequence[RecordingRef]) -> int:
        self.head = self._head(project)
        self.started = time.monotonic()
        self.request.store.check_writable()
        self.request.store.sweep(on_wait=self.line.say)
        self._write_head("running")
        try:
            with self.stop.listening(), ended_in_time(self._end):
                run_cohort(refs, self.request, report=self._report, log=self.line.say, on_done=self._keep)
        except (Cancelled, KeyboardInterrupt):
            return self._stopped()
        failed = [run for run in self.runs if run.error]
        self._write_head("failed" if failed else "done")
        self.line.clear()
        for run in self.runs:
            sys.stdout.write(f"{_summary(run)}\n")
            if run.name in self.limits:
                sys.stdout.write(f"{run.name}: {self.limits[run.name]}\n")
        for run in failed:
            sys.stderr.write(f"calscope run: {run.error}\n")
        return BAD_INPUT if failed else OK

    def _stopped(self) -> int:
        self._write_head("cancelled")
        self.line.say("Stopped. What was finished is in the store; the same command goes on from there.")
        return INTERRUPTED

    def _end(self) -> None:
        """End this process and those that it started, which did not stop by themselves."""
        try:
            self._stopped()
        finally:
            for child in psutil.Process().children(recursive=True):
                child.kill()
            os._exit(INTERRUPTED)

    def _report(self, step: Step) -> None:
        self.stop.check()
        self.line.show(step.fraction, f"{step.animal}: {step.note}", step.eta_s)

    def _keep(self, run: AnimalRun) -> None:
        """Write the animal's files; where that fails, however it does, the animal has failed, and the others go on."""
        try:
            run = self._written(run)
        except Cancelled:
            raise
        except CalscopeError as error:
            run = _failed(run, str(error))
        except Exception as error:
            logger.exception("%s", run.name)
            run = _failed(run, f"{run.name}: its files can't be written: {in_words(error, self.out)}")
        for sentence in texts(run.notes):
            self.line.say(f"{run.name}: {sentence}")
        self.runs.append(run)
        try:
            self._write_head("running")
        except StoreError as error:  # it is written again after the next animal, and at the end
            self.line.say(str(error))

    def _written(self, run: AnimalRun) -> AnimalRun:
        """Write the animal's files; give its record with the numbers as persons decided."""
        results = AnimalResults(self.request.store, run.keys)
        if results.injected is not None:
            self.limits[run.name] = detection_texts.sentence(results.injected)
        with self.request.store.lease(run.keys.values()):
            run, results, judgements = judged_run(run, results, workers=self.request.workers)
            events = events_of_animal(self.request.store, self._data(), run)
            animal = StoredAnimal(run.to_dict(), results, "", self._remarks(), judgements, events=events)
            write_animal(self.out / run.name, animal, save_movie=self.save_movie, progress=self._writing(run.name))
        for sentence in texts(judgements.notes):
            self.line.say(f"{run.name}: {sentence}")
        return run

    def _remarks(self) -> dict[str, str]:
        """Give what was written in the browser of the animals of this folder."""
        return remarks_of(self.request.store.root, self._data())

    def _data(self) -> str:
        return str(Path(self.head["data"]).resolve())

    def _writing(self, name: str) -> Any:
        def report(fraction: float, note: str = "", /) -> None:
            self.stop.check()
            self.line.show(fraction, f"{name}: writing {note}")

        return report

    def _head(self, project: Project) -> dict[str, Any]:
        return {
            "data": str(project.root.absolute()),
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "engine": self.request.engine.name,
            "engine_version": self.request.engine.availability().version,
            "until": self.request.until,
            "n_frames": self.request.n_frames,
            "workers": self.request.workers,
            "requested": self.request.params.to_dict(),
            "inputs": {animal: inputs.to_dict() for animal, inputs in self.request.inputs.items()},
            "versions": library_versions(),
            "skipped": texts(project.skipped),
        }

    def _write_head(self, state: str) -> None:
        animals = [entry_of(run.to_dict(), self._remarks()) for run in self.runs]
        seconds = round(time.monotonic() - self.started, 3)
        write_json(self.out / RUN, {**self.head, "state": state, "seconds": seconds, "animals": animals})


def _failed(run: AnimalRun, error: str) -> AnimalRun:
    return replace(run, error=f"{run.error} {error}".strip())


def _check_out(out: Path, data: Path, refs: Sequence[RecordingRef]) -> None:
    """Refuse to write results among raw data, where the next reading would find them, or over other files."""
    check_apart(out, data)
    place, source = out.resolve(), data.resolve()
    for ref in refs:
        folder, recording = (out / ref.name).resolve(), ref.path.resolve()
        if any(path.is_relative_to(folder) for path in (recording, source)) or place.is_relative_to(recording):
            raise StoreError(
                f"--out {out} would put results into the recording's own folder {recording}. Choose another."
            )
    check_place(out, [ref.name for ref in refs])


def _check_animals(refs: Sequence[RecordingRef], request: RunRequest) -> None:
    """Refuse the whole run when an animal lacks a frame rate or its inputs don't fit, before hours go into others."""
    for ref in refs:
        inputs = request.inputs_of(ref.name)
        try:
            info = open_recording(ref.path, request.n_frames).info
            check_animal(
                info,
                request.params,
                engine=request.engine,
                until=request.until,
                inputs=inputs,
                workers=request.workers,
            )
        except RecordingError:
            continue  # reported when the animal is run; the others can run
        except (ParameterError, EngineError) as error:
            raise type(error)(f"{with_name(ref.name, str(error))} Nothing was run.") from None


def _summary(run: AnimalRun) -> str:
    if run.error:
        return f"{run.name}: failed"
    served = sum(stage.cached for stage in run.stages)
    parts = [f"{run.info.shape[0]} frames" if run.info else ""]
    if "refit" in run.counts:
        parts.append(f"{run.counts['refit']} components")
    if "accepted" in run.counts:
        parts.append(f"{run.counts['accepted']} accepted")
    parts.append(duration(sum(stage.seconds for stage in run.stages)))
    if served:
        parts.append(f"{served} of {len(run.stages)} stages from the store")
    return f"{run.name}: " + ", ".join(part for part in parts if part)
