"""Tries parameters on a crop, one request after the other: `python -m calscope.jobs.tune_worker STORE`.

It is started by `calscope.jobs.tuner` and stays: imports, compiled code and the crop are there when the next value is
let go. A newer request of the same window replaces one that still runs. It ends with the server that started it, whose
end of its standard input closes then, and when nobody asked for `IDLE_S`.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from calscope.algorithms.crop_choice import choose_crop
from calscope.engines.engine_registry import get_engine
from calscope.io.cropped_recording import CroppedRecording, read_crop
from calscope.io.readers.reader import Recording
from calscope.io.readers.reader_registry import open_recording
from calscope.jobs.tune_messages import TuneAnswer, TuneRequest
from calscope.model.crop import Crop
from calscope.model.errors import CalscopeError, Cancelled
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.pipeline.error_words import in_words
from calscope.pipeline.runner import plan_keys, run_animal
from calscope.pipeline.stages import stages_until
from calscope.pipeline.store import Store
from calscope.pipeline.trials import keep_small, trial_store

IDLE_S = 600.0
_KEPT_CROPS = 4
_TELL_EVERY_S = 0.3
"""Each time the page draws what is said, on the cores that the work needs."""
_SMALL_EVERY = 20
"""The store of trials is looked through after so many requests."""
logger = logging.getLogger("calscope.jobs")


class Requests:
    """What is still to be done, filled by a thread: one request a window, the newest."""

    def __init__(self) -> None:
        self._waiting: dict[str, TuneRequest] = {}
        self._changed = threading.Condition()
        self._is_over = False

    def put(self, request: TuneRequest) -> None:
        """Take a request in place of an older one of the same window."""
        with self._changed:
            self._waiting.pop(request.who, None)
            self._waiting[request.who] = request
            self._changed.notify()

    def end(self) -> None:
        """Take no more: the server is gone."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def next(self, timeout_s: float) -> TuneRequest | None:
        """Wait for the request that came first; None where none came in time, or none will come any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over, timeout_s)
            if self._is_over or not self._waiting:
                return None
            return self._waiting.pop(next(iter(self._waiting)))

    def replaces(self, request: TuneRequest) -> bool:
        """Whether work on this request is no longer wanted."""
        with self._changed:
            return self._is_over or request.who in self._waiting


class TuneWorker:
    """Answers requests from what it keeps ready: the crops opened last."""

    def __init__(self, store: Store, answer: Callable[[TuneAnswer], None], requests: Requests) -> None:
        self._store, self._answer, self._requests = store, answer, requests
        self._crops: dict[tuple[str, int | None, Crop | None], tuple[Recording, Crop, CroppedRecording]] = {}
        self._told_at = 0.0

    def run(self) -> None:
        """Answer until nobody asks any more."""
        done = 0
        while (request := self._requests.next(IDLE_S)) is not None:
            self._one(request)
            done += 1
            if done % _SMALL_EVERY == 0:
                keep_small(self._store)

    def _one(self, request: TuneRequest) -> None:
        """Answer one request; whatever goes wrong in it is told, and the next one is served."""
        try:
            self._tried(request)
        except Cancelled:
            return
        except CalscopeError as error:
            self._answer(TuneAnswer(request.number, request.who, error=str(error)))
        except Exception as error:  # one set of parameters must not end the process for the others
            logger.exception("A request to tune ended with an error in the program")
            self._answer(TuneAnswer(request.number, request.who, error=in_words(error, self._store.root)))

    def _tried(self, request: TuneRequest) -> None:
        params = Parameters.from_dict(request.params)
        crop, recording = self._crop(request)
        engine = get_engine("builtin")
        keys = plan_keys(recording.info, params, engine, request.inputs)
        done: dict[StageName, str] = {}

        def tell(fraction: float, note: str) -> None:
            if self._requests.replaces(request):
                raise Cancelled
            now = time.monotonic()
            if now - self._told_at > _TELL_EVERY_S:
                self._told_at = now
                self._answer(TuneAnswer(request.number, request.who, crop, fraction, note, dict(done)))

        def begins(stage: StageName) -> None:
            names = [one.name for one in stages_until(request.until)]
            done.update({name: keys[name] for name in names[: names.index(stage)]})

        record = run_animal(
            recording,
            params,
            engine=engine,
            store=self._store,
            until=request.until,
            inputs=request.inputs,
            progress=lambda fraction, note="", /: tell(fraction, note),
            log=logger.debug,
            on_stage=begins,
        )
        self._answer(TuneAnswer(request.number, request.who, crop, 1.0, "", record.keys, record))

    def _crop(self, request: TuneRequest) -> tuple[Crop, CroppedRecording]:
        """Give the crop that is asked for, or chosen, from memory where its files did not change since."""
        asked = (request.path, request.n_frames, request.crop)
        known = self._crops.pop(asked, None)
        if known is None or not known[0].is_unchanged():
            known = self._read(request)
        self._crops[asked] = known  # the newest last
        while len(self._crops) > _KEPT_CROPS:
            self._crops.pop(next(iter(self._crops)))
        return known[1], known[2]

    def _read(self, request: TuneRequest) -> tuple[Recording, Crop, CroppedRecording]:
        def tell(fraction: float, note: str = "", /) -> None:
            if self._requests.replaces(request):
                raise Cancelled
            self._answer(TuneAnswer(request.number, request.who, request.crop, fraction, note))

        recording = open_recording(Path(request.path), request.n_frames)
        crop = request.crop or choose_crop(recording, progress=tell)
        cropped = read_crop(recording, crop, tell)
        recording.check_unchanged()
        return recording, crop, cropped


def _listen(source: BinaryIO, requests: Requests) -> None:
    """Take requests until the server is gone; then the process ends, if need be in the middle of its work."""
    for line in iter(source.readline, b""):
        try:
            requests.put(TuneRequest.from_line(line))
        except CalscopeError as error:
            logger.error("%s", error)
    requests.end()
    time.sleep(_END_WITHIN_S)
    os._exit(0)


_END_WITHIN_S = 2.0


def main(arguments: list[str]) -> int:
    """Serve the requests on standard input; the result store is the only argument."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    store, requests, out = trial_store(Path(arguments[0])), Requests(), sys.stdout.buffer

    def answer(said: TuneAnswer) -> None:
        out.write(said.to_line())
        out.flush()

    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), name="requests", daemon=True).start()
    store.sweep()
    keep_small(store)
    TuneWorker(store, answer, requests).run()
    sys.stdout.flush()
    os._exit(0)  # the thread that listens may hold the lock of the standard input


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
