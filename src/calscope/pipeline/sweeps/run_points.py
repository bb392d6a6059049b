"""Runs the points of a sweep one after the other; what they have in common is computed once, as content keys see to it.

A point on a crop is what Tune would try: it has the same keys in the same store of trials.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
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
from calscope.model.sweeps.sweep_plan import SweepPlan, at_point, in_order, points_of
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.cohort import Report, Step
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.records import AnimalRun, StoredRun, Until
from calscope.pipeline.room import check_movies_fit
from calscope.pipeline.runner import InfoSource, Log, plan_keys, resolve_params, run_animal
from calscope.pipeline.stages import stages_until
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.point_measures import PointMeasures, measure_point
from calscope.pipeline.times import Expected, StageTimes, in_turn, time_left, total
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
class SweptAnimal:
    """What points are tried on, and with what."""

    path: Path
    params: Parameters
    """Of this animal: its own values are in them."""
    engine: Engine
    store: Store
    """The result store; trials on a crop are kept in the store below it."""
    n_frames: int | None = None
    workers: int | None = None
    inputs: AnimalInputs = NO_INPUTS
    """What else is set for this animal; places in the field count on the whole recording only."""


@dataclass(frozen=True)
class PointSet:
    """Points that are run one after the other."""

    values: Mapping[int, dict[str, Any]]
    """Values of each point by its number, in the order in which they run."""
    until: Until
    """Their last stage."""

    @property
    def with_known_cells(self) -> bool:
        """Whether known cells are put into the movie."""
        return any(stage.name == "known_cells" for stage in stages_until(self.until))


def points_of_sweep(plan: SweepPlan, params: Parameters) -> PointSet:
    """Give the points of a sweep, up to the last stage of which anything is shown; ParameterError as `points_of`."""
    points = points_of(plan.over, params)
    until: Until = "evaluation" if plan.whole or plan.varies_motion else "tuning"
    ordered = {number: points[number] for number in in_order(plan.over, points)}
    return PointSet(ordered, "injected" if plan.injected else until)


def expect_points(
    info: RecordingInfo,
    points: PointSet,
    params: Parameters,
    *,
    engine: Engine,
    store: Store,
    inputs: AnimalInputs = NO_INPUTS,
    workers: int | None = None,
) -> dict[int, Expected]:
    """Give about how long each point takes, by its number.

    Parameters
    ----------
    info
        Of the recording, or of the crop.
    store
        The one in which the points are kept.
    """
    known = set[str]()
    times = StageTimes(store.root, engine.name, workers or cpu_count())

    def takes(own: Parameters, until: Until, inputs: AnimalInputs) -> Expected:
        keys = plan_keys(info, own, engine, inputs)
        stages = [stage for stage in stages_until(until) if stage.name in keys]
        new = [stage for stage in stages if keys[stage.name] not in known and not store.has(keys[stage.name])]
        known.update(keys[stage.name] for stage in stages)
        return total(times.expected(stage, info.shape, own) for stage in new)

    first, of_points = Expected(0.0), inputs
    if points.with_known_cells:
        first, of_points = takes(params, "known cells", inputs), with_known_cells(info, params, engine, inputs)
    expected = {
        number: takes(at_point(params, values), points.until, of_points) for number, values in points.values.items()
    }
    number = next(iter(expected))
    return expected | {number: total([first, expected[number]])}


def with_known_cells(info: RecordingInfo, params: Parameters, engine: Engine, inputs: AnimalInputs) -> AnimalInputs:
    """Give the inputs with which all points take the known cells that these parameters give.

    So they are judged by the same cells: those with the shapes, places and light that the values in use give.
    """
    return replace(inputs, known_cells=plan_keys(info, params, engine, inputs).get("known_cells", ""))


def run_sweep(
    animal: SweptAnimal,
    plan: SweepPlan,
    *,
    report: Report,
    log: Log = logger.info,
    on_point: Callable[[SweepResults], None],
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
    points = points_of_sweep(plan, animal.params)
    recording = open_recording(animal.path, animal.n_frames)
    resolve_params(animal.params, recording.info)
    crop = None if plan.whole else plan.crop or choose_crop(recording, progress=begin(report, recording))
    runs = PointRuns(animal, points, recording, crop, report, log)
    on_point(runs.done)
    for number in points.values:
        runs.one_point(number)
        on_point(runs.done)
    return runs.done


def begin(report: Report, recording: Recording) -> Progress:
    """Give what tells of work that comes before the first point."""
    return lambda fraction, note="", /: report(Step(recording.info.name, "", 0.0, note))


def _cropped(recording: Recording, crop: Crop, progress: Progress) -> CroppedRecording:
    cropped = read_crop(recording, crop, progress)
    recording.check_unchanged()
    return cropped


class PointRuns:
    """Points on one part of a recording, their shares in the whole, and what is done.

    Errors are those of `run_sweep`.
    """

    def __init__(  # noqa: PLR0917 - all of them belong to it
        self, animal: SweptAnimal, points: PointSet, recording: Recording, crop: Crop | None, report: Report, log: Log
    ) -> None:
        self.animal, self.points, self.recording, self.report, self.log = animal, points, recording, report, log
        self.store = animal.store if crop is None else trial_store(animal.store.root)
        self.inputs = animal.inputs if crop is None else NO_INPUTS
        self.source: InfoSource = recording if crop is None else _cropped(recording, crop, begin(report, recording))
        self.truth = _truth(animal, crop, log)
        self.done = SweepResults(crop)
        self.of_points = self.inputs
        if points.with_known_cells:
            self.of_points = with_known_cells(self.source.info, animal.params, animal.engine, self.inputs)
        self.check_room()
        self.started_at, self.fraction = time.monotonic(), 0.0
        self._expect(points.values)

    def _expect(self, numbers: Iterable[int]) -> None:
        """Tell how long these points take, which are left: what ended before them has told how long its stages take."""
        left = PointSet({number: self.points.values[number] for number in numbers}, self.points.until)
        self.done_s, self.share_s = time.monotonic() - self.started_at, dict[int, float]()
        if left.values:
            expected = expect_points(
                self.source.info,
                left,
                self.animal.params,
                engine=self.animal.engine,
                store=self.store,
                inputs=self.inputs,
                workers=self.animal.workers,
            )
            self.share_s = dict(zip(expected, in_turn(expected.values()), strict=True))
        self.total_s = self.done_s + sum(self.share_s.values()) or 1.0

    def check_room(self) -> None:
        """Refuse what the disk has no room for: each way of correcting motion keeps a movie."""
        info, engine = self.source.info, self.animal.engine
        params = [at_point(self.animal.params, values) for values in self.points.values.values()]
        movies = {plan_keys(info, one, engine, self.inputs)["apply"] for one in params}
        missing = {key: info.shape for key in movies if not self.store.has(key)}
        check_movies_fit(missing, self.store.root, "Try fewer values, or a crop.")

    def one_point(self, number: int) -> None:
        """Run one point and keep what came of it; one that fails does not stop the others."""
        values, share = self.points.values[number], self.share_s[number]
        at = len(self.done.points) + 1
        head = f"point {at} of {len(self.points.values)} ({in_words(values)})"
        stage: list[StageName] = []

        def tell(fraction: float, note: str = "", /) -> None:
            whole = (self.done_s + share * fraction) / self.total_s
            self.fraction = max(self.fraction, whole)  # a bar never goes back, whatever was learnt of what is left
            left = time_left(time.monotonic() - self.started_at, whole, self.total_s)
            at_stage = stage[-1] if stage else ""
            self.report(Step(self.source.info.name, at_stage, self.fraction, f"{head}: {note}", left))

        if at == 1 and self.points.with_known_cells:
            self._choose_known_cells(tell, stage.append)
        try:
            point = self._run(number, values, tell, stage.append)
        except CalscopeError as error:
            self.log(str(error))
            point = SweepPoint(number, values, error=str(error))
        self.done = SweepResults(self.done.crop, (*self.done.points, point))
        if self.done.crop is not None and (at % _SMALL_EVERY == 0 or at == len(self.points.values)):
            keep_small(self.store)
        self._expect([one for one in self.share_s if one != number])

    def _choose_known_cells(self, progress: Progress, on_stage: Callable[[StageName], None]) -> None:
        """Run the values in use as far as the known cells are chosen, which all points then have in common."""
        try:
            self._run_animal(self.animal.params, "known cells", self.inputs, progress, on_stage)
        except CalscopeError as error:
            raise CalscopeError(f"Known cells have the shapes of those that the values in use give. {error}") from None

    def _run_animal(
        self,
        params: Parameters,
        until: Until,
        inputs: AnimalInputs,
        progress: Progress,
        on_stage: Callable[[StageName], None],
    ) -> AnimalRun:
        return run_animal(
            self.source,
            params,
            engine=self.animal.engine,
            store=self.store,
            until=until,
            inputs=inputs,
            workers=self.animal.workers,
            progress=progress,
            log=logger.debug,
            on_stage=on_stage,
            is_unchanged=self.recording.is_unchanged if self.done.crop is None else lambda: True,
        )

    def _run(
        self,
        number: int,
        values: dict[str, Any],
        progress: Progress,
        on_stage: Callable[[StageName], None],
    ) -> SweepPoint:
        params = at_point(self.animal.params, values)
        record = self._run_animal(params, self.points.until, self.of_points, progress, on_stage)
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


def _truth(animal: SweptAnimal, crop: Crop | None, log: Log) -> Truth | None:
    """Give the truth of what is tried; a file that can't be read is told, and the sweep goes on without."""
    try:
        whole = read_truth(animal.path, animal.n_frames or 2**31)
    except StoreError as error:
        log(str(error))
        return None
    return whole if whole is None or crop is None else cropped_truth(whole, crop)
