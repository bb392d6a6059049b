"""What stages take on this machine, learnt from the runs that ended here: time, memory, and room on the disk."""

import json
import math
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from calscope.engines.fit_estimate import fit_bytes, residual_bytes
from calscope.io.atomic_write import write_text_whole
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.model.quantities import duration, duration_between
from calscope.pipeline.disk_files import read_json
from calscope.pipeline.stages import Stage, stage_of
from calscope.pipeline.steps.compile_times import modules_to_compile, note_compiled, seconds_to_compile

FILE = "times.json"
BUILTIN = "builtin"
KEPT = 8
"""Runs of each stage that are remembered."""
_OTHER_SIZE = 1.5
"""Movies that differ by less than this factor don't tell how memory grows with them."""
ROUGH_FACTOR = 3.0
"""What did not run here yet may take so many times as long as on the machine on which rough times were measured."""
_TRUST_IN_ROUGH = 0.05
"""The rough estimate of the whole time counts as much as this fraction of the work done."""
_WEIGHTS: dict[str, dict[StageName, float]] = {
    "caiman": {
        "estimate": 0.5,
        "apply": 0.05,
        "motion_quality": 0.25,
        "fit": 0.6,
        "refit": 2.0,
        "component_quality": 0.02,
    },
}
"""Seconds per million values of engines whose speed depends too much on the machine and the recording to be told
beforehand: they share out the progress bar, and are no estimate of time."""


_VALUE_BYTES: dict[StageName, float] = {"apply": 2.0, "estimate": 0.05, "fit": 0.06, "refit": 0.06, "dff": 0.02}
_PIXEL_BYTES: dict[StageName, float] = {"before": 12, "check": 4, "after": 12, "residual": 8, "evaluation": 1}
"""What results take on the disk, by the movie's values and by the pixels of its field: of the corrected movie exactly,
of the others about so much, before any of them was made here."""


_FIT: tuple[StageName, ...] = ("fit", "refit", "component_quality")
_CHECK_BYTES, _MOTION_QUALITY_BYTES = 2600, 1900
"""By pixel of the field: as much as the two took with two workers on fields of 128, 256 and 512 px."""
_OWN_BYTES: dict[StageName, Callable[[Parameters, tuple[int, int, int], int], int]] = {
    "fit": fit_bytes,
    "refit": fit_bytes,
    "known_found": fit_bytes,
    "half_fits": fit_bytes,
    "residual": residual_bytes,
    "check": lambda params, shape, workers: _CHECK_BYTES * shape[1] * shape[2],
    "motion_quality": lambda params, shape, workers: _MOTION_QUALITY_BYTES * shape[1] * shape[2],
}
"""What stages of the built-in engine take of memory, known beforehand: how it grows needs no runs of other sizes."""

_Kept = dict[str, dict[str, list[list[float]]]]


@dataclass(frozen=True)
class Expected:
    """About what something takes."""

    seconds: float
    is_known: bool = True
    """False where nothing of the kind ran here yet, and the seconds only tell its share in the whole."""
    disk_bytes: float = 0.0
    """Of the results that are kept."""
    memory_bytes: float = 0.0
    """At the highest; 0 where nothing of the kind ran here yet."""
    is_measured: bool = True
    """False where not all of it was seen to run on this machine: the seconds are then rough."""
    to_compile: frozenset[str] = frozenset()
    """Modules whose kernels have to be compiled for it, which is not in `seconds`: one after the other, once."""

    @property
    def compile_s(self) -> float:
        """About how long compiling takes."""
        return seconds_to_compile(self.to_compile)

    @property
    def whole_s(self) -> float:
        """About how long all of it takes, with compiling."""
        return self.seconds + self.compile_s

    def in_words(self) -> str:
        """Say how long it takes: about so long, or from so long to so long where that was not measured here."""
        if self.is_measured and not self.to_compile:
            return f"about {duration(self.seconds)}"
        most = self.seconds * (1 if self.is_measured else ROUGH_FACTOR) + self.compile_s * ROUGH_FACTOR
        return duration_between(self.whole_s, most)


def total(parts: Iterable[Expected]) -> Expected:
    """Give what all of it takes, one after the other; times are known where every part's is."""
    found = list(parts)
    return Expected(
        sum(part.seconds for part in found),
        all(part.is_known for part in found),
        sum(part.disk_bytes for part in found),
        max((part.memory_bytes for part in found), default=0.0),
        all(part.is_measured for part in found),
        frozenset().union(*(part.to_compile for part in found)),
    )


def in_turn(parts: Iterable[Expected]) -> list[float]:
    """Give the seconds that each part takes, one after the other: what one has compiled, the next ones find."""
    seconds, compiled = [], frozenset[str]()
    for part in parts:
        seconds.append(part.seconds + seconds_to_compile(part.to_compile - compiled))
        compiled |= part.to_compile
    return seconds


def time_left(elapsed_s: float, fraction: float, rough_s: float) -> float:
    """Give the seconds left of work of which a fraction is done, and which was said to take about so long."""
    whole = (elapsed_s + _TRUST_IN_ROUGH * rough_s) / (fraction + _TRUST_IN_ROUGH)
    return max(0.0, whole * (1 - fraction))


class StageTimes:
    """What is kept in one store, apart for each machine, engine and number of workers."""

    def __init__(self, root: Path, engine: str, workers: int) -> None:
        self.path = root / FILE
        self.engine = engine
        self.workers = workers
        self._read: tuple[tuple[int, int], _Kept] = (-1, -1), {}

    def expected(self, stage: Stage, shape: tuple[int, int, int], params: Parameters) -> Expected:
        """Give about what a stage takes on a movie of that shape (frames, rows, columns)."""
        expected = self._without_compiling(stage, shape, params)
        return replace(expected, to_compile=modules_to_compile(stage)) if self._has_kernels(stage) else expected

    def _without_compiling(self, stage: Stage, shape: tuple[int, int, int], params: Parameters) -> Expected:
        megapixels, needed = _megapixels(shape), self._own_bytes(stage, shape, params)
        past = [_Past(*run) for run in self._all().get(self._who(stage), {}).get(stage.name, ())]
        # The nearest in size, the latest of those: what doesn't grow with the movie is then in it as well.
        near = min(reversed(past), key=lambda one: abs(math.log(one.megapixels / megapixels)), default=None)
        if stage.fits and (near is None or not _is_near(near.megapixels, megapixels)):
            return self._expected_fits(stage, shape, params)
        if near is not None:
            grows = megapixels / near.megapixels
            disk = near.disk_bytes * grows or rough_bytes(stage.name, shape)
            memory = _grown(near, needed) if needed and near.own_bytes else _memory(past, near, megapixels)
            return Expected(near.seconds * grows, disk_bytes=disk, memory_bytes=max(memory, needed))
        weight = _WEIGHTS.get(self.engine, {}).get(stage.name) if stage.uses_engine else None
        seconds, is_known = (stage.rough_seconds(shape), True) if weight is None else (weight * megapixels, False)
        return Expected(seconds, is_known, rough_bytes(stage.name, shape), needed, is_measured=False)

    def _expected_fits(self, stage: Stage, shape: tuple[int, int, int], params: Parameters) -> Expected:
        """Give what a stage takes that consists of fits: how many depends on the field, not on the movie's size."""
        one = total(self.expected(stage_of(name), shape, params) for name in _FIT)
        n = stage.fits(shape, params) if stage.fits else 0.0
        disk = rough_bytes(stage.name, shape)
        return Expected(n * one.seconds, one.is_known, disk, one.memory_bytes, one.is_measured)

    def _own_bytes(self, stage: Stage, shape: tuple[int, int, int], params: Parameters) -> int:
        """Give what a stage takes of memory by itself; 0 where that is not known beforehand."""
        is_modelled = stage.name in _OWN_BYTES and self.engine == BUILTIN
        return _OWN_BYTES[stage.name](params, shape, self.workers) if is_modelled else 0

    def note(
        self,
        stage: Stage,
        shape: tuple[int, int, int],
        params: Parameters,
        seconds: float,
        *,
        disk_bytes: int = 0,
        memory_bytes: int = 0,
    ) -> None:
        """Remember what a stage took, without compiling; a store that can't be written is told elsewhere."""
        if self._has_kernels(stage):
            note_compiled(stage)
        everything = self._all()
        mine = everything.setdefault(self._who(stage), {})
        took = [round(_megapixels(shape), 4), round(seconds, 3), disk_bytes, memory_bytes]
        took.append(self._own_bytes(stage, shape, params))
        mine[stage.name] = [*mine.get(stage.name, ()), took][-KEPT:]
        try:
            write_text_whole(self.path, json.dumps(everything))
        except OSError:
            return

    def _has_kernels(self, stage: Stage) -> bool:
        """Whether a stage runs our own kernels, if it has any."""
        return self.engine == BUILTIN or not stage.uses_engine

    def _who(self, stage: Stage) -> str:
        return f"{platform.node()} {self.engine if stage.uses_engine else 'any'} {self.workers}"

    def _all(self) -> _Kept:
        """Give what is kept, read again where the file has changed."""
        state = _size_and_time(self.path)
        if state != self._read[0]:
            found = read_json(self.path)
            self._read = state, found if _is_well_formed(found) else {}
        return self._read[1]


def _size_and_time(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


class _Past(NamedTuple):
    """What a stage took in a run; earlier versions wrote down its time alone."""

    megapixels: float
    seconds: float
    disk_bytes: float = 0.0
    memory_bytes: float = 0.0
    own_bytes: float = 0.0
    """What it was expected to take of memory by itself; 0 where that was not known."""


def rough_bytes(stage: StageName, shape: tuple[int, int, int]) -> float:
    """Give about what a stage's result takes on the disk, before any was made; of the corrected movie exactly."""
    values, pixels = math.prod(shape), math.prod(shape[1:])
    return _VALUE_BYTES.get(stage, 0.0) * values + _PIXEL_BYTES.get(stage, 0.0) * pixels


def _is_near(one: float, other: float) -> bool:
    return max(one, other) < _OTHER_SIZE * min(one, other)


def _grown(past: _Past, needed: float) -> float:
    """Give the memory of a stage: what a past run took, and by how much more this one needs.

    What a process holds besides, of libraries and of earlier stages, is in what the past one took.
    """
    return past.memory_bytes + needed - past.own_bytes


def _memory(runs: Sequence[_Past], nearest: _Past, megapixels: float) -> float:
    """Give the memory that a stage takes at the highest: on a line through past runs, where these differ in size.

    With runs of one size alone it is what the nearest one took: much of it is the program, and movies are streamed.
    """
    known = [one for one in runs if one.memory_bytes]
    sizes = [one.megapixels for one in known]
    if not known or max(sizes) < _OTHER_SIZE * min(sizes):
        return nearest.memory_bytes
    slope, start = np.polyfit(sizes, [one.memory_bytes for one in known], 1)
    return max(start + max(slope, 0.0) * megapixels, min(one.memory_bytes for one in known))


def _megapixels(shape: tuple[int, int, int]) -> float:
    return math.prod(shape) / 1e6


def _is_well_formed(found: Any) -> bool:
    """Whether it is what `note` writes; a file that something else wrote into is begun anew."""
    try:
        runs = [run for stages in found.values() for kept in stages.values() for run in kept]
        past = [_Past(*run) for run in runs]
        return all(one.megapixels > 0 and all(0 <= value < math.inf for value in one) for one in past)
    except (AttributeError, TypeError, ValueError):
        return False
