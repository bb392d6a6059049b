"""Runs the stages of one animal, each served from the store where it is there and put into it where it is not."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from calscope.compiled import compiled_for_s
from calscope.engines.engine import Context, Engine, check_seeds, with_defaults
from calscope.engines.fit_estimate import check_fit
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import CalscopeError, Cancelled, RecordingError
from calscope.model.fields import StageName
from calscope.model.movie import FrameSource
from calscope.model.notes import Note, unique
from calscope.model.params import Parameters
from calscope.model.progress import Progress, silent
from calscope.model.recording import RecordingInfo
from calscope.model.seeds import check_inside
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.codecs import save_result
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.error_words import in_words
from calscope.pipeline.memory import PeakMemory
from calscope.pipeline.records import PREVIEW_RUNS, AnimalRun, Groups, RunError, StageRecord, Until
from calscope.pipeline.result_writer import ResultWriter
from calscope.pipeline.stage_keys import fill_params, plan_keys, resolve_params
from calscope.pipeline.stages import Stage, stages_until
from calscope.pipeline.steps.stage_inputs import StageInputs
from calscope.pipeline.store import Store
from calscope.pipeline.times import Expected, StageTimes, in_turn, total
from calscope.pipeline.versions import library_versions

__all__ = ["InfoSource", "expect_run", "fill_params", "plan_keys", "resolve_params", "run_animal"]

Log = Callable[[str], None]
OnStage = Callable[[StageName], None]
logger = logging.getLogger(__name__)

_SAID_S = 0.5
"""Compiling that takes less is not told of."""
_SAME_OFFSET_PX = 0.5
"""An offset between rows that was undone to within this is settled."""


class InfoSource(FrameSource, Protocol):
    """A source of frames that knows what it is: a recording, or a simulation."""

    @property
    def info(self) -> RecordingInfo:
        """What is known of it."""


def expect_run(
    info: RecordingInfo,
    params: Parameters,
    *,
    engine: Engine,
    store: Store,
    until: Until = "evaluation",
    inputs: AnimalInputs = NO_INPUTS,
    workers: int | None = None,
) -> Expected:
    """Give about how long a run would take, and whether that is more than a guess."""
    keys = plan_keys(info, params, engine, inputs)
    times = StageTimes(store.root, engine.name, workers or cpu_count())
    pending = [stage for stage in stages_until(until) if not _is_stored(store, keys, stage)]
    return total(times.expected(stage, info.shape, fill_params(params, info, inputs)) for stage in pending)


def check_animal(
    info: RecordingInfo,
    params: Parameters,
    *,
    engine: Engine,
    until: Until,
    inputs: AnimalInputs = NO_INPUTS,
    workers: int | None = None,
) -> Parameters:
    """Give the parameters that a run of this animal would use; refuse what can't work, before anything runs.

    Raises
    ------
    ParameterError, EngineError
        As `run_animal`.
    """
    check_seeds(engine, inputs.seeds)
    check_inside(inputs.seeds, (info.shape[1], info.shape[2]))
    filled = fill_params(params, info, inputs) if until in PREVIEW_RUNS else resolve_params(params, info, inputs)
    if any(stage.name == "fit" for stage in stages_until(until)):
        check_fit(filled, info.shape, workers or cpu_count())
    return with_defaults(engine, filled)


def run_animal(
    recording: InfoSource,
    params: Parameters,
    *,
    engine: Engine,
    store: Store,
    until: Until = "evaluation",
    inputs: AnimalInputs = NO_INPUTS,
    workers: int | None = None,
    progress: Progress = silent,
    log: Log = logger.info,
    on_stage: OnStage = lambda stage: None,
    is_unchanged: Callable[[], bool] = lambda: True,
) -> AnimalRun:
    """Run one animal's stages; what is in the store is not computed again.

    Parameters
    ----------
    params
        As the person gave them for all animals; what belongs to the recording is filled in.
    until
        The last stage: `summary` of the raw movie, `preview` of the motion correction, `motion`, `extraction`, or
        `evaluation` with dF/F.
    inputs
        What the person set for this animal alone; its own parameters count in place of those for all.
    workers
        Threads to use, one for each CPU unless given; results don't depend on it.
    progress
        Told the fraction of this animal's remaining work; may raise `Cancelled`, which is passed on.
    log
        Given a line at the end of every stage.
    on_stage
        Told the name of every stage that is not in the store before it begins, and before `progress` is told of it.
    is_unchanged
        Asked after a stage that reads the recording; a result made while the files changed is not kept.

    Returns
    -------
    AnimalRun
        Keys, times and versions; the results themselves are in the store (`AnimalResults`).

    Raises
    ------
    ParameterError
        When a parameter of its own is not allowed, the frame rate is unknown (except until `summary` or `preview`), a
        seed lies outside of the field, or the fit would need more pixels or memory than there are.
    EngineError
        When there are seeds and the engine can't use any.
    RunError
        When a stage can't be done; `.run` tells what was done before.
    Cancelled
        When `progress` raised it; finished stages stay in the store, nothing else does.
    """
    info = recording.info
    used = check_animal(info, params, engine=engine, until=until, inputs=inputs, workers=workers)
    run = _Run(recording, used, engine, store, workers or cpu_count(), progress, log, on_stage, is_unchanged, inputs)
    record = AnimalRun(
        name=info.name,
        info=info,
        requested=parameters_of(info.name, params, inputs).to_dict(),
        inputs=inputs,
        effective=_effective(engine, used, info.shape),
        engine=engine.name,
        engine_version=engine.availability().version,
        versions=library_versions(),
        until=until,
    )
    with store.lease(run.keys.values()), run.memory as memory:
        problem = run.all_stages(stages_until(until))
        record = run.completed(record)  # under the lease: once it ends, another process may prune what is read here
    record = replace(record, peak_memory_bytes=memory.peak_bytes, error=problem)
    if problem:
        raise RunError(problem, record)
    return record


@dataclass
class _Run:
    """The stages of one animal while they run."""

    recording: InfoSource
    params: Parameters
    engine: Engine
    store: Store
    workers: int
    progress: Progress
    log: Log
    on_stage: OnStage
    is_unchanged: Callable[[], bool]
    inputs: AnimalInputs
    records: list[StageRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = plan_keys(self.recording.info, self.params, self.engine, self.inputs)
        self.results = AnimalResults(self.store, self.keys)
        self.times = StageTimes(self.store.root, self.engine.name, self.workers)
        self.memory = PeakMemory()

    def keys_done(self) -> dict[StageName, str]:
        """Give the keys of the recording and of the stages that are done."""
        done: dict[StageName, str] = {"source": self.keys["source"]}
        return done | {record.stage: record.key for record in self.records}

    def completed(self, record: AnimalRun) -> AnimalRun:
        """Give the record with what the finished stages report."""
        done = AnimalResults(self.store, self.keys_done())
        reported = _reported_by_stages(self.store, self.records)
        effective = _with_changes(record.effective, reported)
        return replace(
            record,
            effective=effective,
            reasons=_reasons(self.engine, self.recording.info, record.requested, effective),
            engine_values={name: value for name, value in reported.items() if name.partition(".")[0] not in effective},
            keys=done.keys,
            stages=tuple(self.records),
            notes=_notes(done, undone_px=effective.get("dataset", {}).get("line_offset_px", 0.0)),
            counts=_counts(done),
        )

    def all_stages(self, stages: tuple[Stage, ...]) -> str:
        """Run the stages; give why it ended early, in words, or an empty text."""
        pending = [stage for stage in stages if not self.store.has(self.keys[stage.name])]
        shape, params = self.recording.shape, self.params
        seconds = in_turn(self.times.expected(stage, shape, params) for stage in pending)
        shares = {stage.name: one for stage, one in zip(pending, seconds, strict=True)}
        whole = sum(shares.values()) or 1.0
        done = 0.0
        for stage in stages:
            if stage not in pending:
                self._note(stage, 0.0, 0.0, cached=True)
                continue
            share = shares[stage.name]
            problem = self._one_stage(
                stage, StageProgress(self.progress, done / whole, (done + share) / whole, stage.title)
            )
            if problem:
                return problem
            done += share
        self.progress(1.0, "done")
        return ""

    def _one_stage(self, stage: Stage, progress: Progress) -> str:
        name = self.recording.info.name
        self.on_stage(stage.name)
        progress(0.0)
        started, compiled_s = time.perf_counter(), compiled_for_s()
        cached = self.store.has(self.keys[stage.name])  # another run may have made it meanwhile
        self.memory.begin_stretch()
        try:
            if not cached:
                logger.info("%s: %s started", name, stage.title)
                self._compute(stage, progress)
        except CalscopeError as error:
            return f"{name}, {stage.title}: {error}"
        except Cancelled:
            raise
        except Exception as error:
            logger.exception("%s: %s", name, stage.title)
            return f"{name}, {stage.title}: {in_words(error, self.store.root)}"
        self._note(stage, time.perf_counter() - started, compiled_for_s() - compiled_s, cached=cached)
        return ""

    def _note(self, stage: Stage, seconds: float, compiled_s: float, *, cached: bool) -> None:
        if not cached:
            took = {
                "disk_bytes": self.store.n_bytes(self.keys[stage.name]),
                "memory_bytes": self.memory.stretch_bytes,
            }
            self.times.note(stage, self.recording.shape, self.params, seconds - compiled_s, **took)
        self.records.append(StageRecord(stage.name, self.keys[stage.name], round(seconds, 3), cached))
        said = "served from the store" if cached else f"took {seconds:.1f} s"
        said += f", {compiled_s:.1f} s of it to compile code" if compiled_s >= _SAID_S else ""
        self.log(f"{self.recording.info.name}: {stage.title} {said}")

    def _compute(self, stage: Stage, progress: Progress) -> None:
        with (
            self.store.scratch() as scratch,
            self.store.writer(self.keys[stage.name], self._provenance(stage)) as writer,
        ):
            context = Context(progress=progress, allocate=writer.allocate, workers=self.workers, scratch=scratch)
            self._write_result(stage, context, writer)
            writer.provenance["effective"] = context.effective

    def _write_result(self, stage: Stage, context: Context, writer: ResultWriter) -> None:
        """Compute and save; the result ends here, and its maps with it, before the writer moves their folder."""
        own = self.inputs.only(stage.reads_inputs)
        inputs = StageInputs(self.recording, self.params, self.engine, self.results, context, own)
        result = stage.run(inputs)
        if "source" in stage.parents and not self.is_unchanged():
            raise RecordingError(
                f"{self.recording.info.path} changed while it was read. Nothing of this was kept; run again when "
                "it is complete."
            )
        save_result(stage.name, writer, result)

    def _provenance(self, stage: Stage) -> dict[str, Any]:
        return {
            "stage": stage.name,
            "recording": self.recording.info.name,
            "fingerprint": self.recording.info.fingerprint,
            "shape": list(self.recording.shape),
            "engine": self.engine.name if stage.uses_engine else None,
            "engine_version": self.engine.availability().version if stage.uses_engine else None,
            "parameters": self.params.read_by(stage.name),
            "inputs": self.inputs.only(stage.reads_inputs).to_dict(),
            "parents": {parent: self.keys[parent] for parent in stage.parents},
            "versions": library_versions(),
            "made_at": time.time(),
        }


@dataclass(frozen=True)
class StageProgress:
    """Progress of one stage within the animal's, with the stage's title before its note."""

    whole: Progress
    start: float
    stop: float
    title: str

    def __call__(self, fraction: float, note: str = "", /) -> None:
        """Report."""
        within = min(max(fraction, 0.0), 1.0)
        self.whole(self.start + (self.stop - self.start) * within, f"{self.title}: {note}" if note else self.title)


def _is_stored(store: Store, keys: dict[StageName, str], stage: Stage) -> bool:
    return stage.name in keys and store.has(keys[stage.name])


def _effective(engine: Engine, params: Parameters, shape: tuple[int, int, int]) -> Groups:
    values = params.to_dict()
    values["cnmf"]["gSiz"] = list(params.gSiz_px)
    return _with_changes(values, engine.effective(params, shape))


def _with_changes(values: Groups, changes: Mapping[str, Any]) -> Groups:
    """Give the groups with some values changed, by full name; names of other groups are left out."""
    changed = {group: dict(entries) for group, entries in values.items()}
    for dotted, value in changes.items():
        group, _, name = dotted.partition(".")
        if group in changed:
            changed[group][name] = list(value) if isinstance(value, tuple) else value
    return changed


def _reasons(engine: Engine, info: RecordingInfo, requested: Groups, effective: Groups) -> dict[str, Note]:
    """Give why each effective value that is not the requested one is not, as far as that is known."""
    known = dict(engine.reasons)
    for name, source in (("fr", info.fr_source), ("dxy", info.dxy_source)):
        if requested["dataset"][name] is None:
            known[f"dataset.{name}"] = Note("read_from_recording", {"source": source or "source unknown"})
    return {
        f"{group}.{name}": known.get(f"{group}.{name}", Note("reported_by_engine", {"engine": engine.name}))
        for group, entries in effective.items()
        for name, value in entries.items()
        if value != requested[group][name]
    }


def _reported_by_stages(store: Store, records: list[StageRecord]) -> dict[str, Any]:
    """Give what the engine said that it really used, also in the earlier runs whose results were served."""
    reported: dict[str, Any] = {}
    for record in records:
        reported |= store.open(record.key).provenance.get("effective") or {}
    return reported


def _notes(results: AnimalResults, undone_px: float) -> tuple[Note, ...]:
    """Give what the stages report; an offset between rows that was undone is no longer to be told of."""
    noted = (results.check, results.motion_estimate, results.first, results.refit, results.dff)
    found = [result.notes for result in noted if result is not None]
    return unique(note for notes in found for note in notes if not _is_undone(note, undone_px))


def _is_undone(note: Note, undone_px: float) -> bool:
    return note.kind == "line_offset" and abs(note.values["offset_px"] - undone_px) < _SAME_OFFSET_PX


def _counts(results: AnimalResults) -> dict[str, int]:
    counts: dict[str, int] = {}
    if results.first is not None:
        counts["first"] = results.first.n
    if results.refit is not None:
        counts["refit"] = results.refit.n
    if results.evaluation is not None:
        counts["accepted"] = results.evaluation.n_accepted
        counts["rejected"] = results.evaluation.n_rejected
    return counts
