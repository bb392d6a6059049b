"""What an engine is: the five steps that take more than a threshold, behind one small interface."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from calscope.model.errors import EngineError, RecordingError
from calscope.model.movie import FrameSource, Movie
from calscope.model.notes import Note
from calscope.model.params import Parameters
from calscope.model.progress import Progress, part
from calscope.model.results import (
    ComponentQuality,
    Components,
    CorrectedMovie,
    MotionCorrection,
    MotionEstimate,
    MovieValues,
)
from calscope.model.seeds import Seeds

Allocate = Callable[[str, tuple[int, ...], DTypeLike], NDArray]
"""Gives a writable array of that name, shape and type inside the result that is being written."""


@dataclass(frozen=True)
class Availability:
    """Whether an engine can run here, and if not, why and what to do."""

    ok: bool
    version: str = ""
    why_not: str = ""
    next_step: str = ""


@dataclass(frozen=True)
class Context:
    """What a step needs besides its data."""

    progress: Progress
    allocate: Allocate
    workers: int
    """Threads or processes the step may use."""
    scratch: Path
    """An empty folder of the step's own, removed when it ends, however it ends."""
    effective: dict[str, Any] = field(default_factory=dict)
    """Written by the step: what it really used, as {'group.name': value}; more than parameters may stand in it."""

    def in_memory(self, progress: Progress) -> "Context":
        """Give a context for a step whose result is used and thrown away, and which tells nothing of itself."""
        return replace(
            self, progress=progress, allocate=lambda name, shape, dtype: np.empty(shape, dtype), effective={}
        )


class Engine(Protocol):
    """An engine; every one takes the same parameters, under CaImAn's names, and gives the same results."""

    name: str
    reasons: Mapping[str, Note]
    """Why a value it uses may differ from the requested one, by the parameter's full name."""
    defaults: Mapping[str, Any]
    """Its own values of parameters that were left open, by full name."""
    takes_seeds: bool
    """Whether its refit can begin components at places that a person chose."""
    measures_locally: bool
    """Whether its measures of a component depend on it and its surroundings alone, as `measure_changed` has them."""

    def availability(self) -> Availability:
        """Tell whether the engine can run on this machine; quick, and without importing anything heavy."""

    def effective(self, params: Parameters, shape: tuple[int, int, int]) -> Mapping[str, Any]:
        """Give the values it would really use where they differ from the requested ones, as {'group.name': value}."""

    def estimate_motion(self, source: FrameSource, params: Parameters, context: Context) -> MotionEstimate:
        """Estimate the motion of every frame."""

    def apply_motion(
        self,
        source: FrameSource,
        estimate: MotionEstimate,
        params: Parameters,
        context: Context,
        values: MovieValues | None = None,
    ) -> CorrectedMovie:
        """Correct a movie by an estimate of this engine, and write it into an array from `context.allocate`.

        Parameters
        ----------
        source
            The movie that the motion was estimated on, or another of the same shape, such as another channel.
        params
            Those that the motion was estimated with.
        values
            Of this movie: `estimate.values` if it is the one that the motion was estimated on. Otherwise they are
            measured.
        """

    def fit(self, movie: Movie, border_px: int, params: Parameters, context: Context) -> Components:
        """Fit CNMF on overlapping patches (or the whole field when `rf` is none) and join the patches."""

    def refit(  # noqa: PLR0917 - the seeds came later
        self, movie: Movie, first: Components, border_px: int, params: Parameters, context: Context, seeds: Seeds = ()
    ) -> Components:
        """Fit CNMF again over the whole field, starting from the first fit and a new component at each seed."""

    def measure(self, movie: Movie, components: Components, params: Parameters, context: Context) -> ComponentQuality:
        """Measure how well each component is supported; thresholds are applied elsewhere."""


def correct_motion(engine: Engine, source: FrameSource, params: Parameters, context: Context) -> MotionCorrection:
    """Estimate the motion of a movie and correct the movie by it."""
    first, then = (replace(context, progress=part(context.progress, *ends)) for ends in ((0, 0.8), (0.8, 1)))
    estimate = engine.estimate_motion(source, params, first)
    return MotionCorrection(estimate, engine.apply_motion(source, estimate, params, then, estimate.values))


def with_defaults(engine: Engine, params: Parameters) -> Parameters:
    """Give parameters with the engine's own values where they were left open."""
    left_open = {name: value for name, value in engine.defaults.items() if params.get(name) is None}
    return params.with_known(left_open) if left_open else params


def check_same_frames(source: FrameSource, estimate: MotionEstimate) -> None:
    """Refuse to correct a movie by the motion of one of another shape.

    Raises
    ------
    RecordingError
        With both shapes.
    """
    if source.shape != estimate.shape:
        (n, height, width), (n_other, other_height, other_width) = source.shape, estimate.shape
        raise RecordingError(
            f"The movie has {n} frames of {height} x {width} px, and the motion is that of {n_other} frames of "
            f"{other_height} x {other_width} px. A movie can only be corrected by the motion of one of the same shape."
        )


def check_seeds(engine: Engine, seeds: Seeds) -> None:
    """Refuse seeds that the engine can't use, before long work begins.

    Raises
    ------
    EngineError
        With the next step.
    """
    if seeds and not engine.takes_seeds:
        raise EngineError(
            f"The engine {engine.name} can't begin components at seeds that were placed by hand. Run the built-in "
            "engine, or remove the seeds."
        )
