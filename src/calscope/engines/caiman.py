"""The real CaImAn as second engine: whether it is here, and if not, why and what to do.

Only this file may import caiman. Looking is done without importing it, which takes ten seconds and loads TensorFlow.
"""

import importlib.metadata
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from calscope.engines.base import Availability, Context
from calscope.model.errors import EngineError
from calscope.model.movie import FrameSource, Movie
from calscope.model.params import Parameters
from calscope.model.results import Components, MotionResult, Quality

INSTALL = "CaImAn comes from conda-forge: `conda install -c conda-forge caiman`."


class CaimanEngine:
    """CaImAn, where it is installed: found and told from its namesake, but not driven yet."""

    name = "caiman"

    def availability(self) -> Availability:
        """Tell absent, impostor and present apart without importing anything."""
        spec = importlib.util.find_spec("caiman")
        if spec is None or not spec.submodule_search_locations:
            return Availability(ok=False, why_not="CaImAn is not installed.", next_step=INSTALL)
        folder = Path(next(iter(spec.submodule_search_locations)))
        if not (folder / "motion_correction.py").exists():
            return Availability(
                ok=False,
                why_not="The installed package `caiman` is not CaImAn but an unrelated program of that name on PyPI.",
                next_step=f"Remove it with `pip uninstall caiman`. {INSTALL}",
            )
        return Availability(
            ok=False,
            version=_version(),
            why_not=f"CaImAn {_version()} is installed, but this version of Calscope can't drive it.",
            next_step="Use the built-in engine.",
        )

    def effective(self, params: Parameters, shape: tuple[int, int, int]) -> Mapping[str, Any]:
        """Nothing is known before it can be driven."""
        self._refuse()

    def correct_motion(self, source: FrameSource, params: Parameters, context: Context) -> MotionResult:
        """Refuse, with the reason."""
        self._refuse()

    def fit(self, movie: Movie, border_px: int, params: Parameters, context: Context) -> Components:
        """Refuse, with the reason."""
        self._refuse()

    def refit(
        self, movie: Movie, first: Components, border_px: int, params: Parameters, context: Context
    ) -> Components:
        """Refuse, with the reason."""
        self._refuse()

    def measure(self, movie: Movie, components: Components, params: Parameters, context: Context) -> Quality:
        """Refuse, with the reason."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        state = self.availability()
        raise EngineError(f"{state.why_not} {state.next_step}")


def _version() -> str:
    try:
        return importlib.metadata.version("caiman")
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"
