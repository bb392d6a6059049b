"""Our own NoRMCorre and CNMF, from wheels on PyPI only; always there."""

from collections.abc import Mapping
from typing import Any

import calscope
from calscope.engines.base import Availability, Context
from calscope.model.movie import FrameSource, Movie
from calscope.model.params import Parameters
from calscope.model.results import Components, MotionResult, Quality


class BuiltinEngine:
    """Turns parameters into calls of the algorithms; the methods themselves are in `calscope.algorithms`."""

    name = "builtin"

    def availability(self) -> Availability:
        """Say yes: it is part of the package."""
        return Availability(ok=True, version=calscope.__version__)

    def effective(self, params: Parameters, shape: tuple[int, int, int]) -> Mapping[str, Any]:
        """Give the values used where they differ from the requested ones."""
        raise NotImplementedError

    def correct_motion(self, source: FrameSource, params: Parameters, context: Context) -> MotionResult:
        """Estimate motion and write the corrected movie."""
        raise NotImplementedError

    def fit(self, movie: Movie, border_px: int, params: Parameters, context: Context) -> Components:
        """First fit, patch by patch."""
        raise NotImplementedError

    def refit(
        self, movie: Movie, first: Components, border_px: int, params: Parameters, context: Context
    ) -> Components:
        """Second fit, over the whole field."""
        raise NotImplementedError

    def measure(self, movie: Movie, components: Components, params: Parameters, context: Context) -> Quality:
        """SNR and spatial r-value of each component."""
        raise NotImplementedError
