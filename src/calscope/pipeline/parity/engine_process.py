"""Runs an engine in a process of its own, so that its memory is its own: CaImAn alone brings half a gigabyte along."""

import contextlib
import dataclasses
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from calscope.engines.caiman import import_caiman
from calscope.engines.engine import Engine
from calscope.engines.engine_registry import get_engine
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import CalscopeError, EngineError
from calscope.model.params import Parameters
from calscope.model.progress import Progress
from calscope.model.recording import RecordingInfo
from calscope.pipeline.records import AnimalRun, RunError
from calscope.pipeline.runner import InfoSource, Log, run_animal
from calscope.pipeline.store import Store

WARM_UP_FRAMES = 60
_CONTEXT = multiprocessing.get_context("spawn")
_LONGEST_END_S = 30
RunEngine = Callable[[InfoSource, Parameters, Engine, Store, int, Progress, Log], AnimalRun]
"""`run_apart` or `run_here`."""


@dataclass(frozen=True)
class Clip:
    """The first frames of a recording, to have code compiled and libraries loaded before anything is timed."""

    whole: InfoSource
    n_frames: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.n_frames, self.whole.shape[1], self.whole.shape[2]

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.whole.dtype

    @property
    def info(self) -> RecordingInfo:
        """What is known of the recording, with the clip's own length and fingerprint."""
        info = self.whole.info
        return dataclasses.replace(info, shape=self.shape, fingerprint=f"{info.fingerprint} first {self.n_frames}")

    def read(self, start: int, stop: int) -> NDArray:
        """Read frames."""
        return self.whole.read(start, stop)


def run_here(  # noqa: PLR0917 - as `RunEngine` has it
    recording: InfoSource,
    params: Parameters,
    engine: Engine,
    store: Store,
    workers: int,
    progress: Progress,
    log: Log,
) -> AnimalRun:
    """Run an engine in this process, warmed up."""
    _warm_up(recording, params, engine, store, workers)
    return run_animal(recording, params, engine=engine, store=store, workers=workers, progress=progress, log=log)


def _warm_up(recording: InfoSource, params: Parameters, engine: Engine, store: Store, workers: int) -> None:
    """Compile and load what the engine needs, so that times compare; what comes out goes with the store."""
    if engine.name == "caiman":
        with contextlib.suppress(EngineError):  # told by the run itself
            import_caiman()
        return
    clip = Clip(recording, min(WARM_UP_FRAMES, recording.shape[0]))
    with contextlib.suppress(RunError):  # a clip may be too short to find anything in
        run_animal(clip, params, engine=engine, store=store, workers=workers, log=lambda line: None)


def run_apart(  # noqa: PLR0917 - as `RunEngine` has it
    recording: InfoSource,
    params: Parameters,
    engine: Engine,
    store: Store,
    workers: int,
    progress: Progress,
    log: Log,
) -> AnimalRun:
    """Run an engine in a process of its own, which opens the recording again and leaves its results in the store.

    Raises
    ------
    EngineError
        When the engine fails, or its process dies.
    """
    told, tell = _CONTEXT.Pipe(duplex=False)
    task = (recording.info.path, recording.shape[0], params.to_dict(), engine.name, store.root, workers)
    process = _CONTEXT.Process(target=_work, args=(tell, *task))
    process.start()
    tell.close()
    try:
        run = _follow(told, engine.name, progress, log)
        process.join(_LONGEST_END_S)
        return run
    finally:
        _end(process)


def _follow(told: Connection, name: str, progress: Progress, log: Log) -> AnimalRun:
    """Pass on what the process tells until it is done."""
    while True:
        try:
            kind, value = told.recv()
        except EOFError:
            raise EngineError(
                f"The process of the engine {name} ended early, perhaps for want of memory. Compare fewer frames "
                "(--frames)."
            ) from None
        if kind == "progress":
            progress(*value)
        elif kind == "log":
            log(value)
        elif kind == "failed":
            raise EngineError(value)
        else:
            return AnimalRun.from_dict(value)


def _work(  # noqa: PLR0917 - the arguments of a process
    tell: Connection, path: str, n_frames: int, params: dict[str, Any], engine: str, root: Path, workers: int
) -> None:
    """Do the work of the process."""
    try:
        run = run_here(
            open_recording(Path(path), n_frames),
            Parameters.from_dict(params),
            get_engine(engine),
            Store(root),
            workers,
            lambda fraction, note="", /: tell.send(("progress", (fraction, note))),
            lambda line: tell.send(("log", line)),
        )
    except CalscopeError as error:
        tell.send(("failed", str(error)))
    else:
        tell.send(("done", run.to_dict()))


def _end(process: SpawnProcess) -> None:
    """End a process that goes on, with those that it started."""
    if process.is_alive():
        for one in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                one.terminate()
        process.terminate()
        process.join()
