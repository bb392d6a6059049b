"""How long stages take on this machine, learnt from the runs that ended here: for progress and the time left."""

import json
import math
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calscope.io.atomic_write import write_text_whole
from calscope.model.fields import StageName
from calscope.pipeline.disk_files import read_json
from calscope.pipeline.stages import Stage

FILE = "times.json"
KEPT = 8
"""Runs of each stage that are remembered."""
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


@dataclass(frozen=True)
class Expected:
    """About how long something takes."""

    seconds: float
    is_known: bool = True
    """False where nothing of the kind ran here yet, and the seconds only tell its share in the whole."""


def total(parts: Iterable[Expected]) -> Expected:
    """Give the sum; it is known where every part is."""
    found = list(parts)
    return Expected(sum(part.seconds for part in found), all(part.is_known for part in found))


def time_left(elapsed_s: float, fraction: float, rough_s: float) -> float:
    """Give the seconds left of work of which a fraction is done, and which was said to take about so long."""
    whole = (elapsed_s + _TRUST_IN_ROUGH * rough_s) / (fraction + _TRUST_IN_ROUGH)
    return max(0.0, whole * (1 - fraction))


def is_first_run(root: Path) -> bool:
    """Tell whether no stage ended with this store yet: the first one to run also compiles kernels."""
    return not (root / FILE).exists()


class StageTimes:
    """The times kept in one store, apart for each machine, engine and number of workers."""

    def __init__(self, root: Path, engine: str, workers: int) -> None:
        self.path = root / FILE
        self.engine = engine
        self.workers = workers

    def expected(self, stage: Stage, shape: tuple[int, int, int]) -> Expected:
        """Give about how long a stage takes on a movie of that shape (frames, rows, columns)."""
        size = _megapixels(shape)
        runs = self._all().get(self._who(stage), {}).get(stage.name, ())
        if runs:
            # The nearest in size, the latest of those: what doesn't grow with the movie is then in it as well.
            past_size, seconds = min(reversed(runs), key=lambda run: abs(math.log(run[0] / size)))
            return Expected(seconds * size / past_size)
        weight = _WEIGHTS.get(self.engine, {}).get(stage.name) if stage.uses_engine else None
        return Expected(stage.rough_seconds(shape)) if weight is None else Expected(weight * size, is_known=False)

    def note(self, stage: Stage, shape: tuple[int, int, int], seconds: float) -> None:
        """Remember how long a stage took; a store that can't be written is told elsewhere."""
        everything = self._all()
        mine = everything.setdefault(self._who(stage), {})
        mine[stage.name] = [*mine.get(stage.name, ()), [round(_megapixels(shape), 4), round(seconds, 3)]][-KEPT:]
        try:
            write_text_whole(self.path, json.dumps(everything))
        except OSError:
            return

    def _who(self, stage: Stage) -> str:
        return f"{platform.node()} {self.engine if stage.uses_engine else 'any'} {self.workers}"

    def _all(self) -> dict[str, dict[str, list[list[float]]]]:
        found = read_json(self.path)
        return found if _is_well_formed(found) else {}


def _megapixels(shape: tuple[int, int, int]) -> float:
    return math.prod(shape) / 1e6


def _is_well_formed(found: Any) -> bool:
    """Whether it is what `note` writes; a file that something else wrote into is begun anew."""
    try:
        runs = [run for stages in found.values() for kept in stages.values() for run in kept]
        return all(0 < size < math.inf and 0 <= seconds < math.inf for size, seconds in runs)
    except (AttributeError, TypeError, ValueError):
        return False
