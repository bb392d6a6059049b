"""How far CaImAn is: it reports no progress, but writes a line of log at every step and hands its tasks to a pool."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from calscope.model.progress import Progress

logger = logging.getLogger("calscope.engines.caiman")


@dataclass(frozen=True)
class Milestone:
    """A step that CaImAn names in its log, and how much is done when it begins."""

    said: str
    """Part of CaImAn's line of log."""
    fraction: float
    note: str


MOTION = (
    Milestone("", 0.0, "CaImAn: first template"),
    Milestone("Starting parallel motion correction", 0.1, "CaImAn: registering whole frames"),
    Milestone("Starting parallel motion correction", 0.3, "CaImAn: registering patches"),
)
RIGID = MOTION[:2]
APPLY = (Milestone("", 0.0, "CaImAn: applying the shifts"),)
FIT = (
    Milestone("", 0.05, "CaImAn: patches"),
    Milestone("Merging", 0.75, "CaImAn: merging"),
    Milestone("Updating temporal components", 0.85, "CaImAn: traces"),
)
REFIT = (
    Milestone("", 0.05, "CaImAn: reading the movie"),
    Milestone("preprocessing", 0.06, "CaImAn: noise of each pixel"),
    Milestone("update spatial", 0.15, "CaImAn: footprints"),
    Milestone("update temporal", 0.35, "CaImAn: traces"),
    Milestone("merging components", 0.5, "CaImAn: merging"),
    Milestone("Updating spatial", 0.55, "CaImAn: footprints again"),
    Milestone("update temporal", 0.8, "CaImAn: traces again"),
)
MEASURE = (Milestone("", 0.2, "CaImAn: measuring the components"),)


@dataclass
class CaimanProgress:
    """Turns CaImAn's lines of log and finished tasks into a fraction that only grows.

    Every call passes through the progress of the step, so each of them is a point at which a cancelled job ends.
    """

    progress: Progress
    milestones: Sequence[Milestone]
    _at: int = 0
    _maps: int = 0
    """Rounds of tasks since the milestone."""
    _furthest: float = 0.0

    @property
    def _stretch(self) -> tuple[float, float]:
        stop = self.milestones[self._at + 1].fraction if self._at + 1 < len(self.milestones) else 0.95
        return self.milestones[self._at].fraction, stop

    def said(self, line: str) -> None:
        """Take a line of CaImAn's log; one that names a later step moves on to it."""
        for index in range(self._at + 1, len(self.milestones)):
            if self.milestones[index].said in line:
                self._at, self._maps = index, 0
                break
        self._tell(0.0)

    def tasks(self, done: int, total: int) -> None:
        """Tell how many tasks of a round are done; each further round of a step takes half of what is left of it."""
        share = 0.5**self._maps
        self._tell(1 - share + share * 0.5 * done / max(total, 1), f", {done} of {total}" if total > 1 else "")
        if done == total:
            self._maps += 1

    def _tell(self, within: float, more: str = "") -> None:
        start, stop = self._stretch
        self._furthest = max(self._furthest, start + (stop - start) * within)
        self.progress(self._furthest, self.milestones[self._at].note + more)


class _Listener(logging.Handler):
    """Hears CaImAn's log. An exception of the progress (a wish to stop) is let through on purpose."""

    def __init__(self, heard: CaimanProgress) -> None:
        super().__init__(logging.INFO)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """Take one line."""
        line = record.getMessage()
        if record.levelno >= logging.WARNING:
            logger.info("CaImAn: %s", line)
        self.heard.said(line)


@contextmanager
def listening(heard: CaimanProgress) -> Iterator[None]:
    """Hear CaImAn's log instead of letting all of it into the job's; its warnings are passed on.

    CaImAn has a logger of its own since 1.11.3; before, it wrote to the root logger, from which it is heard where that
    lets its lines through.
    """
    own, root, listener = logging.getLogger("caiman"), logging.getLogger(), _Listener(heard)
    level, propagate = own.level, own.propagate
    own.setLevel(logging.INFO)
    own.propagate = False
    own.addHandler(listener)
    root.addHandler(listener)
    try:
        yield
    finally:
        own.removeHandler(listener)
        root.removeHandler(listener)
        own.setLevel(level)
        own.propagate = propagate
