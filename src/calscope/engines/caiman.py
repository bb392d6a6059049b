"""The real CaImAn as second engine (Giovannucci et al., 2019, eLife 8:e38173), from version 1.9 on.

The engines' contract tests ran with CaImAn 1.9.0, 1.10.0, 1.11.0 and 1.12.1, and with a 1.12.1 in which the parts that
1.13 moved from TensorFlow to PyTorch were those of its development version. The released 1.13 itself was not at hand.

Only this file imports caiman, and only when a step runs: it takes ten seconds and loads TensorFlow or PyTorch. Every
step makes its parameters and its CNMF object anew, because CaImAn writes into those it is given.
"""

import errno
import importlib.util
import inspect
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.evaluation.soma import measure_soma
from calscope.algorithms.motion.apply_motion import measure_values
from calscope.engines.caiman_check import caiman_version, cnn_obstacle, explain_failure, find_caiman
from calscope.engines.caiman_files import check_room, even_stretches, write_by_pixels, write_frames, write_raw
from calscope.engines.caiman_multiprocessing import TaskPool
from calscope.engines.caiman_parameters import (
    REASONS,
    cnmf_options,
    groups_for,
    motion_options,
    motion_values,
    note_effective,
)
from calscope.engines.caiman_progress import (
    APPLY,
    FIT,
    MEASURE,
    MOTION,
    REFIT,
    RIGID,
    CaimanProgress,
    Milestone,
    listening,
)
from calscope.engines.caiman_results import components_of, corrected_movie, motion_estimate, put_shifts, quality_of
from calscope.engines.caiman_surroundings import surroundings
from calscope.engines.caiman_trial import STEP
from calscope.engines.engine import Availability, Context, check_same_frames, check_seeds
from calscope.model.errors import CalscopeError, Cancelled, EngineError, RecordingError
from calscope.model.movie import FloatArray, FrameSource, Movie
from calscope.model.params import Parameters
from calscope.model.progress import monotonic_progress, part
from calscope.model.results import ComponentQuality, Components, CorrectedMovie, MotionEstimate, MovieValues
from calscope.model.seeds import Seeds

logger = logging.getLogger(__name__)

MIN_FRAMES = 10
"""CaImAn's template is a median of means of ten frames."""


class CaimanEngine:
    """Drives CaImAn step by step."""

    name = "caiman"
    defaults: Mapping[str, Any] = MappingProxyType({"evaluation.use_soma": False})
    takes_seeds = False
    measures_locally = False
    reasons = REASONS

    def availability(self) -> Availability:
        """Tell absent, impostor and present apart without importing anything."""
        return find_caiman()

    def effective(self, params: Parameters, shape: tuple[int, int, int]) -> Mapping[str, Any]:
        """Give the values that will differ from the requested ones; each step reads CaImAn's own back besides."""
        used = motion_values(params, (shape[1], shape[2]))
        changed = {name: value for name, value in used.items() if value != params.get(name)}
        odd = tuple(side + (side % 2 == 0) for side in params.gSiz_px)
        return changed if odd == params.gSiz_px else changed | {"cnmf.gSiz": odd}

    def estimate_motion(self, source: FrameSource, params: Parameters, context: Context) -> MotionEstimate:
        """Estimate motion; CaImAn writes no corrected movie then."""
        _check(params)
        if source.shape[0] < MIN_FRAMES:
            raise RecordingError(
                f"CaImAn's motion correction needs at least {MIN_FRAMES} frames, the recording has {source.shape[0]}. "
                "The built-in engine corrects fewer."
            )
        height, width = source.shape[1:]
        n_values = source.shape[0] * height * width
        check_room(context.scratch, n_values * source.dtype.itemsize, "a copy of the movie")
        raw = context.scratch / "movie.hdf5"
        found, n_repaired = write_raw(source, raw, part(context.progress, 0, 0.05))
        used = motion_values(params, (height, width))
        milestones = MOTION if used["motion.pw_rigid"] else RIGID
        with _driving("motion correction", context, milestones, (0.05, 0.95)) as view:
            options = _options(params, motion_options(used), {"data": {"fnames": [str(raw)]}})
            note_effective(context, params, options, "estimate")
            corrector = _correct(raw, options, view)
        raw.unlink()
        # the smallest of the first 400 frames, which CaImAn takes away from its corrected movie
        values = replace(found, low=float(corrector.min_mov))
        progress = part(context.progress, 0.95, 1)
        return motion_estimate(corrector, source, values=values, n_repaired=n_repaired, progress=progress)

    def apply_motion(
        self,
        source: FrameSource,
        estimate: MotionEstimate,
        params: Parameters,
        context: Context,
        values: MovieValues | None = None,
    ) -> CorrectedMovie:
        """Let CaImAn apply the shifts, and write the corrected movie, in the units of the raw one.

        CaImAn takes the smallest value of the first 400 frames away from its corrected movie; here it is the lower end
        of the coded range, so that the fits see the movie that they would see in CaImAn.
        """
        check_same_frames(source, estimate)
        context = replace(context, progress=monotonic_progress(context.progress))
        if values is None:
            values = measure_values(source, context.workers, part(context.progress, 0, 0.3))
        path = context.scratch / "stretch.hdf5"
        with _driving("applying the shifts", context, APPLY, (0, 0)):
            # without the file's name: CaImAn looks for a named file at once, and this one is written below
            options = _options(params, motion_options(motion_values(params, source.shape[1:])))
            corrected = corrected_movie(
                _apply_shifts(source, estimate, values, options, path), estimate, values, context
            )
        path.unlink()
        return corrected

    def fit(self, movie: Movie, border_px: int, params: Parameters, context: Context) -> Components:
        """Fit CNMF on overlapping patches.

        The border is not left out, as in CaImAn's own pipelines: the frame's edge fills it (`border_nan='copy'`).
        """
        _check(params)
        with _driving("the first fit", context, FIT if params.cnmf.rf is not None else REFIT, (0, 1)) as view:
            images = _images(movie, context)
            options = _options(params, cnmf_options(context))
            model = _fit(options, images, view)
            note_effective(context, params, model.params, "fit")
            return components_of(model.estimates, movie.shape)

    def refit(  # noqa: PLR0917 - as the contract has it
        self, movie: Movie, first: Components, border_px: int, params: Parameters, context: Context, seeds: Seeds = ()
    ) -> Components:
        """Fit CNMF again over the whole field, starting from the first fit; it takes no seeds."""
        check_seeds(self, seeds)
        _check(params)
        _refuse_none(first)
        with _driving("the refit", context, REFIT, (0, 1)) as view:
            images = _images(movie, context)
            whole_field = {"patch": {"rf": None, "only_init": False}}
            options = _options(params, cnmf_options(context), whole_field)
            model = _fit(options, images, view, first)
            note_effective(context, params, model.params, "refit")
            return components_of(model.estimates, movie.shape)

    def measure(self, movie: Movie, components: Components, params: Parameters, context: Context) -> ComponentQuality:
        """Measure SNR, spatial r and, if wanted, the score of CaImAn's network."""
        _check(params)
        if components.n == 0:
            none = np.zeros(0, np.float32)
            return ComponentQuality(snr=none, r_value=none, cnn=none)
        with _driving("evaluation", context, MEASURE, (0, 1)) as view:
            images = _images(movie, context, share=0.2)
            options = _options(params, cnmf_options(context))
            estimates = _estimates(components)
            estimates.evaluate_components(images, options, dview=view)
            note_effective(context, params, options, "component_quality")
        # outside of CaImAn's surroundings: a measure of ours, for the components of any engine
        parts = measure_soma(movie, components, gSig=params.cnmf.gSig, workers=context.workers)
        return replace(quality_of(estimates, components.n), soma_parts=parts)

    def correlation_image(self, source: FrameSource, context: Context) -> FloatArray:
        """CaImAn's own local correlation image, (H, W), to compare with ours; it takes the whole movie into memory."""
        with _driving("the correlation image", context, MEASURE, (0, 1)):
            from caiman.summary_images import local_correlations  # noqa: PLC0415

            frames = np.asarray(source.read(0, source.shape[0]), np.float32)
            return np.nan_to_num(np.asarray(local_correlations(frames, swap_dim=False), np.float32))


def import_caiman() -> None:
    """Import CaImAn, in this process.

    Raises
    ------
    EngineError
        With the first cause and the next step.
    """
    state = find_caiman()
    if not state.ok:
        raise EngineError(f"{state.why_not} {state.next_step}")
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        import caiman.motion_correction  # noqa: PLC0415
        import caiman.source_extraction.cnmf.cnmf  # noqa: F401, PLC0415
    except Exception as error:  # an import of this size fails in every way there is; the first cause is told
        logger.exception("Importing CaImAn")
        broken = explain_failure(state.version, _chain_text(error))
        raise EngineError(f"{broken.why_not} {broken.next_step}") from None


def self_test() -> None:
    """Import CaImAn and let it do what a too new scipy breaks; a failure's traceback is read by `caiman_trial`."""
    sys.stdout.write(f"{STEP}importing CaImAn\n")
    import caiman.motion_correction  # noqa: F401, PLC0415
    from caiman.source_extraction.cnmf import cnmf, pre_processing  # noqa: F401, PLC0415

    sys.stdout.write(f"{STEP}fitting three traces\n")
    decay = 0.9 ** np.arange(200.0)
    traces = np.stack([np.convolve(np.eye(1, 200, k)[0], decay)[:200] for k in (3, 50, 90)])
    pre_processing.estimate_time_constant(traces, np.full(3, 0.01), p=1, lags=5)


@contextmanager
def _driving(
    what: str, context: Context, milestones: Sequence[Milestone], share: tuple[float, float]
) -> Iterator[TaskPool]:
    """Import CaImAn and give it processes, a temporary folder and a listener; its errors come out in words."""
    context.progress(share[0], "loading CaImAn")
    with surroundings(context.scratch):
        import_caiman()
        heard = CaimanProgress(part(context.progress, *share), milestones)
        try:
            with listening(heard), TaskPool(context.workers, heard.tasks) as view:
                yield view
        except (CalscopeError, Cancelled, MemoryError):
            raise
        except Exception as error:  # CaImAn raises whatever comes; the person gets its words and what to try
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise  # a full disk is told by who knows the disk
            logger.exception("CaImAn, %s", what)
            raise EngineError(_in_words(what, error)) from error


def _in_words(what: str, error: Exception) -> str:
    text = " ".join(str(error).split())[:300]
    hint = next((hint for sign, hint in _HINTS.items() if sign in text), "Run the built-in engine, or see the log.")
    return f"CaImAn {caiman_version()} failed in {what}: {type(error).__name__}: {text}. {hint}"


_HINTS = {
    "background components is empty": "Use a lower cnmf.nb.",
    "Template contains NaNs": "Lower motion.max_shifts, or use rigid correction (motion.pw_rigid=false).",
    "toeplitz": "The installed scipy is newer than this CaImAn can use; environment.yml has one that fits.",
    "need at least one array": "No component was found: raise cnmf.K, or look at the parameters of the first fit.",
}


def _chain_text(error: BaseException) -> str:
    """Give the lines of a chain of exceptions, the first cause first, as a traceback prints them."""
    lines: list[str] = []
    current: BaseException | None = error
    while current is not None:
        lines.insert(0, f"{type(current).__name__}: {current}")
        current = current.__cause__ or current.__context__
    return "\n".join(lines)


def _check(params: Parameters) -> None:
    """Refuse before hours of work what can't be done at their end."""
    if not params.evaluation.use_cnn:
        return
    spec = importlib.util.find_spec("caiman")
    folder = Path(next(iter(spec.submodule_search_locations or ()))) if spec else Path()
    data = Path(os.environ.get("CAIMAN_DATA") or Path.home() / "caiman_data")
    source = (folder / "components_evaluation.py").read_text(encoding="utf-8")
    obstacle = cnn_obstacle(data, source, lambda name: importlib.util.find_spec(name) is not None)
    if obstacle:
        raise EngineError(obstacle)


def _refuse_none(first: Components) -> None:
    if first.n == 0:
        raise EngineError("The first fit found no component, so there is nothing to refit. Raise cnmf.K.")


def _options(params: Parameters, *more: Mapping[str, Mapping[str, Any]]) -> Any:
    """Make CaImAn's parameter object, grouped where it takes groups (since 1.11), flat before."""
    from caiman.source_extraction.cnmf.params import CNMFParams  # noqa: PLC0415

    groups = groups_for(params, *more)
    takes_groups = "allow_legacy" in inspect.signature(CNMFParams.change_params).parameters
    if takes_groups:
        return CNMFParams(params_dict=groups)
    return CNMFParams(params_dict={name: value for entries in groups.values() for name, value in entries.items()})


def _correct(raw: Path, options: Any, view: TaskPool) -> Any:
    from caiman.motion_correction import MotionCorrect  # noqa: PLC0415

    corrector = MotionCorrect([str(raw)], dview=view, **options.motion)
    corrector.motion_correct(save_movie=False)
    return corrector


def _apply_shifts(
    source: FrameSource, estimate: MotionEstimate, values: MovieValues, options: Any, path: Path
) -> Iterator[tuple[int, int, NDArray]]:
    """Give corrected frames a stretch at a time, since CaImAn holds all of a file in memory, three times over."""
    from caiman.motion_correction import MotionCorrect  # noqa: PLC0415

    for start, stop in even_stretches(source.shape):
        write_frames(source, values, (start, stop), path)
        corrector = MotionCorrect([str(path)], **options.motion)
        put_shifts(corrector, estimate, start, stop)
        yield start, stop, np.asarray(corrector.apply_shifts_movie(str(path), remove_min=False), np.float32)


def _images(movie: Movie, context: Context, share: float = 0.05) -> NDArray[np.float32]:
    """Write the movie as CaImAn's memory map, and give it as CaImAn's pipelines do, (T, H, W)."""
    from caiman.paths import memmap_frames_filename  # noqa: PLC0415

    n_frames, height, width = movie.shape
    check_room(context.scratch, n_frames * height * width * 4, "a copy of the corrected movie")
    path = context.scratch / memmap_frames_filename("movie", (height, width), n_frames, "C")
    write_by_pixels(movie, path, part(context.progress, 0, share))
    pixels = np.memmap(str(path), np.float32, mode="r", shape=(height * width, n_frames), order="C")
    return np.reshape(pixels.T, (n_frames, height, width), order="F")


def _fit(options: Any, images: NDArray, view: TaskPool, first: Components | None = None) -> Any:
    """Fit with a new CNMF object; `fit` gives it back in CaImAn up to 1.11, and nothing since."""
    from caiman.source_extraction.cnmf.cnmf import CNMF  # noqa: PLC0415

    start: dict[str, Any] = {}
    if first is not None:
        start = {"Ain": csc_matrix(first.A, dtype=np.float64), "Cin": _own(first.C), "b_in": _own(first.b)}
        start["f_in"] = _own(first.f)
    model = CNMF(view.workers, params=options, dview=view, **start)
    returned = model.fit(images)
    return model if returned is None else returned


def _estimates(components: Components) -> Any:
    from caiman.source_extraction.cnmf.estimates import Estimates  # noqa: PLC0415

    A = csc_matrix(components.A, dtype=np.float64)
    estimates = Estimates(A=A, b=_own(components.b), C=_own(components.C), f=_own(components.f), dims=components.dims)
    estimates.YrA = _own(components.YrA)
    return estimates


def _own(values: NDArray) -> NDArray[np.float64]:
    """Give a copy that CaImAn may write into; it computes in double precision."""
    return np.array(values, np.float64)
