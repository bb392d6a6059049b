"""What is tried on one animal in this window: the last states, the one that is shown, and the one that is held."""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from calscope.jobs.tune_messages import TrialEnd, TuneAnswer
from calscope.jobs.tuner import Trial
from calscope.model.crop import Crop
from calscope.model.params import Parameters
from calscope.ui.frame import keys
from calscope.ui.session import places

MOST_STATES = 12
_THRESHOLDS = "evaluation"


@dataclass(frozen=True)
class State:
    """Parameters that were tried on a crop, and what came of them as far as that is known."""

    params: Parameters
    crop: Crop | None = None
    """None where the program is to choose it."""
    answer: TuneAnswer | None = None
    """None before it was asked for."""
    seconds: float | None = None
    """From asking to the whole answer."""
    limit: TuneAnswer | None = None
    """What came of the search for known cells; None before it was asked for."""

    @property
    def is_there(self) -> bool:
        """Whether it can be shown."""
        return self.answer is not None and self.answer.record is not None

    @property
    def error(self) -> str:
        """Why there is nothing to show, in words."""
        return "" if self.answer is None else self.answer.error

    def differs_only_by_thresholds(self, other: "State") -> bool:
        """Whether the other one's fit serves this one as well."""
        own, others = (state.params.to_dict() for state in (self, other))
        return self.crop == other.crop and all(own[name] == others[name] for name in own if name != _THRESHOLDS)


@dataclass
class Tuning:
    """The states of one animal, oldest first."""

    path: str
    """The recording."""
    n_frames: int | None
    states: list[State]
    start: Parameters
    """What it began with: what a run would have used then."""
    at: int = 0
    held: State | None = None
    shown: State | None = None
    """What the pictures are of, while what was asked for last is not there yet."""
    after_held: State | None = None
    """What a link asks for besides what is held, which is made first."""
    not_found: str = ""
    """Why a link could not be followed; said until something is changed."""
    asked_at: float = 0.0
    """When the newest request was made, by the monotonic clock, s."""
    who: str = field(default_factory=lambda: uuid.uuid4().hex)
    wants_limit: bool = False
    """Whether known cells are to be looked for, once this page is drawn."""
    ends_search: bool = False
    """Whether the process is to be told that nobody waits for its search any more."""
    stamp: int = 1
    """Higher for newer values; the browser counts on."""

    @property
    def now(self) -> State:
        """The state that was chosen or asked for last."""
        return self.states[self.at]

    @property
    def awaited(self) -> TuneAnswer | None:
        """What was asked for and is not answered yet: the state itself, or the search for known cells in it."""
        asked = (self.now.answer, self.now.limit)
        return next((answer for answer in asked if answer is not None and not answer.is_over), None)

    @property
    def seeks_limit(self) -> bool:
        """Whether known cells are being looked for, or are about to be."""
        return self.wants_limit or (self.now.limit is not None and not self.now.limit.is_over)

    def seek_limit(self) -> None:
        """Have known cells put into the crop and looked for with the values of this state."""
        self.wants_limit = self.now.is_there

    def stop_seeking(self) -> None:
        """End the search for known cells; what came of the state itself stays."""
        self.wants_limit = False
        self._forget_search()

    def _forget_search(self) -> None:
        for at, state in enumerate(self.states):
            if state.limit is not None and not state.limit.is_over:
                self.states[at] = replace(state, limit=None)
                self.held = self.states[at] if self.held == state else self.held
                self.ends_search = True

    def change(self, params: Parameters) -> None:
        """Try other parameters; states that were undone are forgotten."""
        if params != self.now.params:
            self._add(replace(self.now, params=params, answer=None, seconds=None, limit=None))

    def move(self, crop: Crop | None) -> None:
        """Try the same on another part of the recording."""
        if crop != self.now.crop:
            self._add(replace(self.now, crop=crop, answer=None, seconds=None, limit=None))

    def show(self, params: Parameters, crop: Crop | None) -> None:
        """Try these values on that part of the recording, which was tried elsewhere."""
        self._add(replace(self.now, params=params, crop=crop or self.now.crop, answer=None, seconds=None, limit=None))

    def open(self, now: State, held: State | None) -> None:
        """Try what a link asks for; what it holds comes first, and is held as soon as it is there."""
        self.held, self.after_held = None, now if held is not None else None
        self.states = [one for one in self.states if one.is_there]
        self.at = len(self.states) - 1
        self._add(held or now)

    def go_on(self) -> None:
        """Hold what a link asked to hold, now that it is there or could not be made, and try the rest."""
        if self.after_held is None or self.now.answer is None or not self.now.answer.is_over:
            return
        self.held = self.now if self.now.is_there else None
        after, self.after_held = self.after_held, None
        if after != State(self.now.params, self.now.crop):
            self._add(after)

    def again(self) -> None:
        """Ask once more for what ended early."""
        self._put(replace(self.now, answer=None, limit=None))

    def go(self, at: int) -> None:
        """Show one of the states, such as the one before."""
        self._forget_search()
        self.at = min(max(at, 0), len(self.states) - 1)
        self.stamp += 1

    def take(self, answer: TuneAnswer, seconds: float | None) -> None:
        """Keep what came of the state that was asked for; the crop is known from then on."""
        self._put(replace(self.now, answer=answer, crop=answer.crop or self.now.crop, seconds=seconds))

    def take_search(self, answer: TuneAnswer | None) -> None:
        """Keep how far the search for known cells is, or what came of it."""
        self._put(replace(self.now, limit=answer))

    def trial(self, *, with_limit: bool = False) -> Trial:
        """Give what the process is asked for."""
        until: TrialEnd = "tuning with known cells" if with_limit else "tuning"
        return Trial(self.path, self.now.params.to_dict(), self.n_frames, self.now.crop, until=until)

    def served(self) -> bool:
        """Take the fit of a state that differs by thresholds alone, where there is one; tell whether there is."""
        known = next((s for s in reversed(self.states) if s.is_there and s.differs_only_by_thresholds(self.now)), None)
        if known is not None and not self.now.is_there:
            limit = known.limit if known.limit is not None and known.limit.record is not None else None
            self._put(replace(self.now, answer=known.answer, seconds=0.0, limit=limit))
        return self.now.is_there

    def _add(self, state: State) -> None:
        self.not_found = ""
        self.wants_limit = False
        self._forget_search()
        self.states = [*self.states[: self.at + 1], state][-MOST_STATES:]
        self.at = len(self.states) - 1
        self.stamp += 1

    def _put(self, state: State) -> None:
        if self.held == self.now:
            self.held = state
        self.states[self.at] = state


def of_animal(path: str, n_frames: int | None, start: Parameters) -> Tuning:
    """Give what is tried on an animal in this window; it begins with the parameters that a run would use now."""
    tunings: dict[Any, Tuning] = st.session_state.setdefault(keys.TUNINGS, {})
    at = (str(places.store().root), path, n_frames)
    if at not in tunings:
        tunings[at] = Tuning(path, n_frames, [State(start)], start)
    return tunings[at]
