"""Runs the points of a sweep one after the other; what they have in common is computed once, as content keys see to it.

A point on a crop is what Tune would try: it has the same keys in the same store of trials.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calscope.algorithms.comparison.truth_scores import Truth, cropped_truth
from calscope.algorithms.crop_choice import choose_crop
from calscope.engines.engine import Engine
from calscope.io.cropped_recording import CroppedRecording, read_crop
from calscope.io.readers.reader import Recording
from calscope.io.readers.reader_registry import open_recording
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs
from calscope.model.crop import Crop
from calscope.model.errors import CalscopeError, StoreError
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.model.progress import Progress
from calscope.model.recording import RecordingInfo
from calscope.model.sweep_plan import SweepPlan, at_point, in_order, points_of
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.cohort import Report, Step
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.records import StoredRun, Until
from calscope.pipeline.room import check_movies_fit
from calscope.pipeline.runner import InfoSource, Log, plan_keys, resolve_params, run_animal
from calscope.pipeline.stages import stages_until
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.point_measures import PointMeasures, measure_point
from calscope.pipeline.times import Expected, StageTimes, time_left, total
from calscope.pipeline.trials import keep_small, trial_store
from calscope.pipeline.truth_file import read_truth

logger = logging.getLogger(__name__)
_SMALL_EVERY = 10
"""The store of trials is looked through after so many points."""


@dataclass(frozen=True)
class SweepPoint:
    """One point that has ended."""

    number: int
    """Its place among all points, the first parameter varying fastest."""
    values: dict[str, Any]
    record: StoredRun | None = None
    measures: PointMeasures = field(default_factory=PointMeasures)
    error: str = ""
    """Why it has no results, in words."""


@dataclass(frozen=True)
class SweepResults:
    """The points that have ended, in the order in which they ran."""

    crop: Crop | None = None
    """None where it is the whole recording, or not known yet."""
    points: tuple[SweepPoint, ...] = ()


@dataclass(frozen=True)
class SweepRequest:
    """A sweep of one animal."""

    path: Path
    plan: SweepPlan
    params: Parameters
    """Of this animal: its own values are in them."""
    engine: Engine
    store: Store
    """The result store; trials on a crop are kept in the store below it."""
    n_frames: int | None = None
    workers: int | None = None
    inputs: AnimalInputs = NO_INPUTS
    """What else is set for this animal; places in the field count on the whole recording only."""

    @property
    def until(self) -> Until:
        """The last stage of every point."""
        return until_of(self.plan)


def until_of(plan: SweepPlan) -> Until:
    """Give the last stage of every point: no more than what is shown of it."""
    if plan.injected:
        return "injected"
    return "evaluation" if plan.whole or plan.varies_motion else "tuning"


def expect_points(
    info: RecordingInfo,
    plan: SweepPlan,
    params: Parameters,
    *,
    engine: Engine,
    store: Store,
    inputs: AnimalInputs = NO_INPUTS,
    workers: int | None = None,
) -> dict[int, Expected]:
    """Give about how long each point takes, by its number, in the order in which they run.

    Parameters
    ----------
    info
        Of the recording, or of the crop.
    store
        The one in which the points are kept.
    """
    points, known = points_of(plan.over, params), set[str]()
    times = StageTimes(store.root, engine.name, workers or cpu_count())
    stages, expected = stages_until(until_of(plan)), {}
    for number in in_order(plan.over, points):
        keys = plan_keys(info, at_point(params, points[number]), engine, inputs)
        new = [one for one in stages if one.name in keys and not _is_known(keys[one.name], known, store)]
        known.update(keys.values())
        expected[number] = total(times.expected(stage, info.shape) for stage in new)
    return expected


def _is_known(key: str, known: set[str], store: Store) -> bool:
    return key in known or store.has(key)


def run_sweep(
    request: SweepRequest, *, report: Report, log: Log = logger.info, on_point: Callable[[SweepResults], None]
) -> SweepResults:
    """Run all points.

    Parameters
    ----------
    report
        Told how far it is, often; raises `Cancelled` to stop, which is passed on.
    on_point
        Given all that is done after every point, and once before the first.

    Raises
    ------
    CalscopeError
        When the recording can't be read, the points don't fit, the frame rate is unknown, or the disk has no room.
    """
    points_of(request.plan.over, request.params)
    recording = open_recording(request.path, request.n_frames)
    resolve_params(request.params, recording.info)

    def tell(fraction: float, note: str = "", /) -> None:
        report(Step(recording.info.name, "", 0.0, note))

    crop = None if request.plan.whole else request.plan.crop or choose_crop(recording, progress=tell)
    source = recording if crop is None else _cropped(recording, crop, tell)
    sweep = _Sweep(request, source, crop, report, log)
    on_point(sweep.done)
    for number in sweep.expected:
        sweep.one_point(number, recording.is_unchanged if crop is None else lambda: True)
        on_point(sweep.done)
    return sweep.done


def _cropped(recording: Recording, crop: Crop, progress: Progress) -> CroppedRecording:
    cropped = read_crop(recording, crop, progress)
    recording.check_unchanged()
    return cropped


class _Sweep:
    """The points of a sweep, their shares in the whole, and what is done."""

    def __init__(self, request: SweepRequest, source: InfoSource, crop: Crop | None, report: Report, log: Log) -> None:
        self.request, self.source, self.report, self.log = request, source, report, log
        self.store = request.store if crop is None else trial_store(request.store.root)
        self.inputs = request.inputs if crop is None else NO_INPUTS
        self.points = points_of(request.plan.over, request.params)
        self.truth = _truth(request, crop, log)
        self.done = SweepResults(crop)
        self.expected = expect_points(
            source.info,
            request.plan,
            request.params,
            engine=request.engine,
            store=self.store,
            inputs=self.inputs,
            workers=request.workers,
        )
        self.check_room()
        self.total_s = sum(one.seconds for one in self.expected.values()) or 1.0
        self.done_s, self.started_at = 0.0, time.monotonic()

    def check_room(self) -> None:
        """Refuse what the disk has no room for: each way of correcting motion keeps a movie."""
        info, engine = self.source.info, self.request.engine
        params = [at_point(self.request.params, values) for values in self.points]
        movies = {plan_keys(info, one, engine, self.inputs)["apply"] for one in params}
        missing = {key: info.shape for key in movies if not self.store.has(key)}
        check_movies_fit(missing, self.store.root, "Try fewer values, or a crop.")

    def one_point(self, number: int, is_unchanged: Callable[[], bool]) -> None:
        """Run one point and keep what came of it; one that fails does not stop the others."""
        values, share = self.points[number], self.expected[number].seconds
        at = len(self.done.points) + 1
        head = f"point {at} of {len(self.points)} ({in_words(values)})"
        stage: list[StageName] = []

        def tell(fraction: float, note: str = "", /) -> None:
            whole = (self.done_s + share * fraction) / self.total_s
            left = time_left(time.monotonic() - self.started_at, whole, self.total_s)
            self.report(Step(self.source.info.name, stage[-1] if stage else "", whole, f"{head}: {note}", left))

        try:
            point = self._run(number, values, tell, stage.append, is_unchanged)
        except CalscopeError as error:
            self.log(str(error))
            point = SweepPoint(number, values, error=str(error))
        self.done_s += share
        self.done = SweepResults(self.done.crop, (*self.done.points, point))
        if self.done.crop is not None and (at % _SMALL_EVERY == 0 or at == len(self.points)):
            keep_small(self.store)

    def _run(
        self,
        number: int,
        values: dict[str, Any],
        progress: Progress,
        on_stage: Callable[[StageName], None],
        is_unchanged: Callable[[], bool],
    ) -> SweepPoint:
        request = self.request
        record = run_animal(
            self.source,
            at_point(request.params, values),
            engine=request.engine,
            store=self.store,
            until=request.until,
            inputs=self.inputs,
            workers=request.workers,
            progress=progress,
            log=logger.debug,
            on_stage=on_stage,
            is_unchanged=is_unchanged,
        )
        measures = measure_point(AnimalResults(self.store, record.keys), self.truth)
        self.log(f"{in_words(values)}: {measures.components} components, {measures.accepted} accepted")
        return SweepPoint(number, values, record, measures)


def in_words(values: Mapping[str, Any]) -> str:
    """Say the values of a point: gSig 5, K 4; those of a pair that are the same only once."""
    return ", ".join(f"{name.partition('.')[2]} {value_in_words(value)}" for name, value in values.items())


def value_in_words(value: Any) -> str:
    """Say one value: 5, 5 × 6, on, none."""
    if isinstance(value, list):
        return f"{value[0]:g}" if len(set(value)) == 1 else " × ".join(f"{one:g}" for one in value)
    if value is None or isinstance(value, bool):
        return {None: "none", True: "on", False: "off"}[value]
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _truth(request: SweepRequest, crop: Crop | None, log: Log) -> Truth | None:
    """Give the truth of what is tried; a file that can't be read is told, and the sweep goes on without."""
    try:
        whole = read_truth(request.path, request.n_frames or 2**31)
    except StoreError as error:
        log(str(error))
        return None
    return whole if whole is None or crop is None else cropped_truth(whole, crop)
