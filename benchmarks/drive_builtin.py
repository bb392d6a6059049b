"""Runs the built-in engine on one stack for compare_engines.py; see there.

python drive_builtin.py JOB.json
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.engines.builtin import BuiltinEngine
from calscope.engines.engine import Context, correct_motion, with_defaults
from calscope.engines.engine_registry import get_engine
from calscope.io.demo.simulate import Scene, Simulation
from calscope.io.readers.reader_registry import open_recording
from calscope.model.movie import ArrayMovie, FrameSource
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.results import Components, MotionCorrection, MotionEstimate

Result = TypeVar("Result")


class Repeated:
    """A recording played several times over, to try what a long one needs."""

    def __init__(self, source: FrameSource, times: int) -> None:
        self._source = source
        n, height, width = source.shape
        self.shape = n * times, height, width
        self.dtype = source.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive), (n, H, W)."""
        n = self._source.shape[0]
        rounds = range(start - start % n, stop, n)
        return np.concatenate([self._source.read(max(start - k, 0), min(stop - k, n)) for k in rounds])


def main() -> None:
    """Do the job that the file tells."""
    job = json.loads(Path(sys.argv[1]).read_text())
    out, work = Path(job["out"]), Path(job["work"])
    params = Parameters.from_dict(job["params"])
    engine = BuiltinEngine()
    warm_up(engine, params, job["workers"], fit=job["until"] != "motion")
    source: FrameSource = open_recording(Path(job["movie"]))
    if job["repeat"] > 1:
        source = Repeated(source, job["repeat"])

    def allocate(name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray:
        return np.lib.format.open_memmap(work / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)

    context = Context(progress=silent, allocate=allocate, workers=job["workers"], scratch=work)
    stages: dict[str, tuple[float, float]] = {}
    motion = timed(stages, "motion", lambda: correct_motion(engine, source, params, context))
    save_motion(out, motion.estimate)
    if job["until"] != "motion":
        extract(engine, motion, params, context, stages, out)
    (out / "stages.json").write_text(json.dumps(stages))


def extract(  # noqa: PLR0917
    engine: BuiltinEngine,
    motion: MotionCorrection,
    params: Parameters,
    context: Context,
    stages: dict[str, tuple[float, float]],
    out: Path,
) -> None:
    """Fit, refit and evaluate."""
    movie, rim_px = motion.corrected.movie, often_filled_px(motion.estimate, motion.corrected.border_px)
    first = timed(stages, "fit", lambda: engine.fit(movie, rim_px, params, context))
    cells = timed(stages, "refit", lambda: engine.refit(movie, first, rim_px, params, context))
    quality = timed(stages, "evaluation", lambda: engine.measure(movie, cells, params, context))
    thresholds = with_defaults(get_engine("builtin"), params).evaluation
    accepted = accept_components(quality, **thresholds.model_dump()).accepted
    save_components(out, cells, accepted)


def timed(stages: dict[str, tuple[float, float]], name: str, work: Callable[[], Result]) -> Result:
    """Do a stage and note when it began and ended."""
    start = time.time()
    result = work()
    stages[name] = start, time.time()
    return result


def warm_up(engine: BuiltinEngine, params: Parameters, workers: int, *, fit: bool) -> None:
    """Compile, or load what was compiled before, outside of what is timed."""
    frames = Simulation(Scene(frames=60, height=96, width=96, n_neurons=8)).read(0, 60)
    context = Context(silent, lambda name, shape, dtype: np.empty(shape, dtype), workers, Path())
    corrected = correct_motion(engine, ArrayMovie(frames), params, context).corrected
    if fit:
        movie, border_px = corrected.movie, corrected.border_px
        first = engine.fit(movie, border_px, params, context)
        engine.measure(movie, engine.refit(movie, first, border_px, params, context), params, context)


def save_motion(out: Path, motion: MotionEstimate) -> None:
    """Write the shifts and where they hold."""
    shifts: NDArray | None = motion.shifts_els
    centers: NDArray | None = motion.centers_px
    if shifts is None or centers is None:
        shifts, centers = motion.shifts_rig[:, None], np.array(motion.shape[1:])[None] / 2
    np.savez(out / "motion.npz", shifts=shifts, centers=centers)


def save_components(out: Path, cells: Components, accepted: NDArray) -> None:
    """Write footprints as images, and traces."""
    images = np.stack([cells.footprint(k) for k in range(cells.n)]) if cells.n else np.zeros((0, *cells.dims))
    np.savez(out / "components.npz", images=images, traces=cells.C, accepted=accepted)


if __name__ == "__main__":
    main()
