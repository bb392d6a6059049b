"""Our own NoRMCorre and CNMF, from wheels on PyPI only; always there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import calscope
from calscope.algorithms.cnmf import cnmf
from calscope.algorithms.cnmf.patch_fit import effective_tsub
from calscope.algorithms.cnmf.patches import area_px, patch_grid
from calscope.algorithms.evaluation.component_quality import measure_components
from calscope.algorithms.motion.apply_motion import apply_motion
from calscope.algorithms.motion.estimate_motion import estimate_motion, largest_shifts
from calscope.algorithms.motion.grid import make_patches
from calscope.engines.engine import Availability, Context, check_same_frames
from calscope.model.errors import ParameterError
from calscope.model.movie import FrameSource, Movie
from calscope.model.notes import Note
from calscope.model.params import Parameters
from calscope.model.results import ComponentQuality, Components, CorrectedMovie, MotionEstimate, MovieValues
from calscope.model.seeds import Seeds

REASONS: Mapping[str, Note] = MappingProxyType(
    {
        "motion.strides": Note("strides_cut_to_field"),
        "motion.overlaps": Note("overlaps_cut_to_field"),
        "motion.max_shifts": Note("max_shifts_cut_to_field"),
        "motion.pw_rigid": Note("one_motion_patch"),
        "cnmf.rf": Note("one_fit_patch"),
        "cnmf.tsub": Note("frames_averaged_for_seeds"),
        "cnmf.gSiz": Note("gSiz_left_open"),
        "evaluation.use_soma": Note("soma_left_open"),
    }
)


class BuiltinEngine:
    """Turns parameters into calls of the algorithms; the methods themselves are in `calscope.algorithms`."""

    name = "builtin"
    defaults: Mapping[str, Any] = MappingProxyType({"evaluation.use_soma": True})
    takes_seeds = True
    measures_locally = True
    reasons = REASONS

    def availability(self) -> Availability:
        """Say yes: it is part of the package."""
        return Availability(ok=True, version=calscope.__version__)

    def effective(self, params: Parameters, shape: tuple[int, int, int]) -> Mapping[str, Any]:
        """Give the values used where they differ from the requested ones."""
        return {**_effective_motion(params, shape), **_effective_cnmf(params, shape)}

    def estimate_motion(self, source: FrameSource, params: Parameters, context: Context) -> MotionEstimate:
        """Estimate the motion of every frame."""
        motion = params.motion
        return estimate_motion(
            source,
            pw_rigid=motion.pw_rigid,
            strides=motion.strides,
            overlaps=motion.overlaps,
            max_shifts=motion.max_shifts,
            max_deviation_rigid=motion.max_deviation_rigid,
            workers=context.workers,
            progress=context.progress,
        )

    def apply_motion(
        self,
        source: FrameSource,
        estimate: MotionEstimate,
        params: Parameters,
        context: Context,
        values: MovieValues | None = None,
    ) -> CorrectedMovie:
        """Write the corrected movie."""
        check_same_frames(source, estimate)
        return apply_motion(
            source,
            estimate,
            allocate=context.allocate,
            values=values,
            workers=context.workers,
            progress=context.progress,
        )

    def fit(self, movie: Movie, border_px: int, params: Parameters, context: Context) -> Components:
        """First fit, patch by patch."""
        wanted = params.cnmf
        return cnmf.fit(
            movie,
            border_px=border_px,
            K=wanted.K,
            rf=wanted.rf,
            stride=wanted.stride,
            gSig=wanted.gSig,
            gSiz=params.gSiz_px,
            nb=wanted.nb,
            p=wanted.p,
            merge_thr=wanted.merge_thr,
            bas_nonneg=wanted.bas_nonneg,
            ssub=wanted.ssub,
            tsub=wanted.tsub,
            rolling_sum=wanted.rolling_sum,
            only_init=wanted.only_init,
            workers=context.workers,
            progress=context.progress,
        )

    def refit(  # noqa: PLR0917 - as the contract has it
        self, movie: Movie, first: Components, border_px: int, params: Parameters, context: Context, seeds: Seeds = ()
    ) -> Components:
        """Refit, over the whole field."""
        wanted = params.cnmf
        return cnmf.refit(
            movie,
            first,
            seeds=seeds,
            border_px=border_px,
            gSig=wanted.gSig,
            gSiz=params.gSiz_px,
            nb=wanted.nb,
            p=wanted.p,
            merge_thr=wanted.merge_thr,
            bas_nonneg=wanted.bas_nonneg,
            workers=context.workers,
            progress=context.progress,
        )

    def measure(self, movie: Movie, components: Components, params: Parameters, context: Context) -> ComponentQuality:
        """SNR, spatial r-value and likeness to a soma of each component."""
        return measure_components(
            movie,
            components,
            gSig=params.cnmf.gSig,
            fr_hz=_frame_rate(params),
            decay_time_s=params.dataset.decay_time,
            workers=context.workers,
            progress=context.progress,
        )


def _effective_motion(params: Parameters, shape: tuple[int, int, int]) -> dict[str, Any]:
    """Shifts and patches are cut to the field; with a single patch the correction is rigid."""
    motion = params.motion
    field = shape[1], shape[2]
    limits = largest_shifts(motion.max_shifts, field)
    found: dict[str, Any] = {} if limits == motion.max_shifts else {"motion.max_shifts": limits}
    if not motion.pw_rigid:
        return found
    strides = min(motion.strides[0], field[0]), min(motion.strides[1], field[1])
    grid = make_patches(field, motion.strides, motion.overlaps)
    overlaps = grid.shape_px[0] - strides[0], grid.shape_px[1] - strides[1]
    used = {"strides": strides, "overlaps": overlaps, "pw_rigid": grid.n > 1}
    return found | {f"motion.{name}": value for name, value in used.items() if value != getattr(motion, name)}


def _effective_cnmf(params: Parameters, shape: tuple[int, int, int]) -> dict[str, Any]:
    """Patches are cut to the field; frames are binned so that a search has neither too few of them nor too many."""
    used: dict[str, Any] = {}
    rf, tsub = params.cnmf.rf, params.cnmf.tsub
    if rf is not None and 2 * rf + 1 >= max(shape[1:]):
        used["cnmf.rf"] = None
    patch_px = area_px(patch_grid(*shape[1:], rf, params.cnmf.stride)[0])
    binning = effective_tsub(tsub, shape[0], patch_px)
    if binning != tsub:
        used["cnmf.tsub"] = binning
    return used


def _frame_rate(params: Parameters) -> float:
    if params.dataset.fr is None:
        raise ParameterError("dataset.fr is not known. Give the frame rate in Hz.")
    return params.dataset.fr
