"""Runs all animals of a folder, one after the other; one that fails does not stop the others."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from calscope.engines.engine import Engine
from calscope.io.load_report import make_report, open_warnings
from calscope.io.project import Project, RecordingRef
from calscope.io.readers.reader import Recording
from calscope.io.readers.reader_registry import open_recording
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import CalscopeError, Cancelled, RecordingError
from calscope.model.fields import StageName
from calscope.model.note_texts.all_texts import text
from calscope.model.notes import Note
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.pipeline.error_words import in_words
from calscope.pipeline.records import AnimalRun, RunError, Until
from calscope.pipeline.runner import Log, expect_run, run_animal
from calscope.pipeline.store import Store
from calscope.pipeline.times import Expected, in_turn, time_left

logger = logging.getLogger(__name__)
JUST_OPENED_S = 5.0
"""So long a recording is used as it was opened; after that, files may have been added to it."""
MOST_OPENED = 32
"""Recordings that are kept as they were opened, before the first is run."""


@dataclass(frozen=True)
class Step:
    """Where a run over several animals is."""

    animal: str = ""
    stage: str = ""
    """Name of the stage that has to be made; empty where all so far was in the store."""
    fraction: float = 0.0
    """Of all animals' work, 0 to 1."""
    note: str = ""
    eta_s: float | None = None
    """Seconds left; None where what is to come never ran here."""


@dataclass(frozen=True)
class RunRequest:
    """How the animals are to be run."""

    params: Parameters
    engine: Engine
    store: Store
    until: Until = "evaluation"
    n_frames: int | None = None
    workers: int | None = None
    inputs: Mapping[str, AnimalInputs] = field(default_factory=dict)
    """By animal: what a person set for it alone."""

    def inputs_of(self, animal: str) -> AnimalInputs:
        """Give what was set for one animal."""
        return self.inputs.get(animal, NO_INPUTS)


Report = Callable[[Step], None]
"""Called at every step; may raise `Cancelled`."""
OnDone = Callable[[AnimalRun], None]
"""Called with every animal that has ended, well or with an error."""


def choose_animals(project: Project, names: Sequence[str] | None) -> tuple[RecordingRef, ...]:
    """Give the recordings of these animals, all of them without names.

    Raises
    ------
    RecordingError
        When a name is unknown; its text lists the known ones.
    """
    if names is None:
        return project.recordings
    known = [ref.name for ref in project.recordings]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise RecordingError(
            f"There is no animal {', '.join(repr(name) for name in unknown)} in {project.root}. "
            f"Animals there: {', '.join(known)}."
        )
    return tuple(ref for ref in project.recordings if ref.name in names)


def run_cohort(
    refs: Sequence[RecordingRef], request: RunRequest, *, report: Report, log: Log = logger.info, on_done: OnDone
) -> list[AnimalRun]:
    """Run the animals in order.

    Parameters
    ----------
    report
        Called at every step, often; raises `Cancelled` to stop, which is passed on.
    log
        Given lines for people.
    on_done
        Called with every animal as soon as it has ended.

    Returns
    -------
    list of AnimalRun
        One for each animal; one that failed says why in `error`.
    """
    cohort = _Cohort(request, report, log, refs)
    runs = []
    for index, ref in enumerate(refs):
        run = cohort.one_animal(index, ref)
        if run.error:
            log(run.error)
        runs.append(run)
        on_done(run)
    return runs


class _Cohort:
    """The animals' shares in the whole, and the time left."""

    def __init__(self, request: RunRequest, report: Report, log: Log, refs: Sequence[RecordingRef]) -> None:
        self.request, self.report, self.log, self.refs = request, report, log, refs
        self.opened: dict[str, Recording] = {}
        self.opened_at = time.monotonic()
        self.infos = [self._first_look(ref) for ref in refs]
        expected = [_expect(ref, info, request) for ref, info in zip(refs, self.infos, strict=True)]
        seconds = in_turn(expected)
        self.is_known = all(one.is_known for one in expected)
        self.total_s = sum(seconds) or 1.0
        self.starts = [sum(seconds[:index]) / self.total_s for index in range(len(seconds) + 1)]
        self.started_at = time.monotonic()
        self.animal, self.stage = "", ""

    def _first_look(self, ref: RecordingRef) -> RecordingInfo | None:
        self.report(Step(note="looking at the recordings"))
        try:
            recording = open_recording(ref.path, self.request.n_frames)
        except CalscopeError:
            return None  # told at its turn
        if len(self.opened) < MOST_OPENED:
            self.opened[ref.name] = recording
        return recording.info

    def _open(self, ref: RecordingRef) -> Recording:
        """Open a recording, unless that has just been done."""
        if time.monotonic() - self.opened_at > JUST_OPENED_S:
            self.opened.clear()
        recording = self.opened.pop(ref.name, None)
        return recording or open_recording(ref.path, self.request.n_frames)

    def one_animal(self, index: int, ref: RecordingRef) -> AnimalRun:
        self.animal, self.stage = ref.name, ""
        start, stop = self.starts[index], self.starts[index + 1]
        # What ran with the animals before this one is known by now.
        self.is_known = self.is_known or self._are_known(index)
        self._tell(start, "opening the recording")
        try:
            return self._run(ref, lambda fraction, note="", /: self._tell(start + (stop - start) * fraction, note))
        except CalscopeError as error:
            return self._failed(ref, with_name(ref.name, str(error)))
        except Cancelled:
            raise
        except Exception as error:  # a fault with one recording must not cost the others' results
            logger.exception("%s", ref.name)
            return self._failed(ref, f"{ref.name}: {in_words(error, self.request.store.root)}")

    def _are_known(self, first: int) -> bool:
        """Whether it is more than a guess how long the animals from this one on take."""
        later = zip(self.refs[first:], self.infos[first:], strict=True)
        return all(_expect(ref, info, self.request).is_known for ref, info in later)

    def _failed(self, ref: RecordingRef, error: str) -> AnimalRun:
        requested = self.request.params.to_dict()
        return AnimalRun(ref.name, None, requested, inputs=self.request.inputs_of(ref.name), error=error)

    def _run(self, ref: RecordingRef, progress: Callable[..., None]) -> AnimalRun:
        recording = self._open(ref)
        params = parameters_of(ref.name, self.request.params, self.request.inputs_of(ref.name))
        found = _load_report(recording, params)
        for note in found:
            self.log(f"{ref.name}: {text(note)}")
        try:
            return replace(self._run_opened(ref, recording, progress), load_report=found)
        except RunError as error:
            return replace(error.run, load_report=found)

    def _run_opened(self, ref: RecordingRef, recording: Recording, progress: Callable[..., None]) -> AnimalRun:
        request = self.request
        return run_animal(
            recording,
            request.params,
            engine=request.engine,
            store=request.store,
            until=request.until,
            inputs=request.inputs_of(ref.name),
            workers=request.workers,
            progress=progress,
            log=self.log,
            on_stage=self._begin,
            is_unchanged=lambda: _fingerprint(ref, request.n_frames) == recording.info.fingerprint,
        )

    def _begin(self, stage: StageName) -> None:
        self.stage = stage

    def _tell(self, fraction: float, note: str) -> None:
        elapsed = time.monotonic() - self.started_at
        left = time_left(elapsed, fraction, self.total_s) if self.is_known else None
        self.report(Step(self.animal, self.stage, fraction, note, left))


def _expect(ref: RecordingRef, info: RecordingInfo | None, request: RunRequest) -> Expected:
    if info is None:
        return Expected(0.0)
    try:
        return expect_run(
            info,
            request.params,
            engine=request.engine,
            store=request.store,
            until=request.until,
            inputs=request.inputs_of(ref.name),
            workers=request.workers,
        )
    except CalscopeError:
        return Expected(0.0)  # told at its turn


def _load_report(recording: Recording, params: Parameters) -> tuple[Note, ...]:
    """Give the notes on the recording; what the parameters say of it counts as known."""
    try:
        report = make_report(recording)
    except RecordingError as error:  # the stages that read these frames fail on them, those in the store don't
        return (Note("frames_unreadable", {"why": str(error)}),)
    info, given = recording.info, params.dataset
    known = replace(info, fr_hz=given.fr or info.fr_hz, dxy_um=given.dxy or info.dxy_um)
    return (*open_warnings(report, known), *report.skipped)


def _fingerprint(ref: RecordingRef, n_frames: int | None) -> str:
    return open_recording(ref.path, n_frames).info.fingerprint


def with_name(name: str, text: str) -> str:
    """Give an error's text with the animal in front of it, where it does not name the animal itself."""
    return text if name in text else f"{name}: {text}"
