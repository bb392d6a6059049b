"""Whether what a bundle holds of one animal fits together: somebody else may have made it, and pages rely on it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.model.curation.flag_arrays import MEASURES, check_named
from calscope.model.fields import StageName
from calscope.model.results import SOMA_PARTS, Components

Size = str | int | None
"""T frames, H rows, W columns, N pixels, K components, B background components; a number; None for any length."""
_PICTURES: dict[str, tuple[Size, ...]] = dict.fromkeys(("mean", "max", "corr"), ("H", "W"))
_FIT: dict[str, tuple[Size, ...]] = {
    **dict.fromkeys(("C", "S", "YrA"), ("K", "T")),
    **dict.fromkeys(("bl", "c1", "neurons_sn"), ("K",)),
    "g": ("K", None),
    "b": ("N", "B"),
    "f": ("B", "T"),
    "sn": ("N",),
}
_SHAPES: dict[StageName, dict[str, tuple[Size, ...]]] = {
    "before": _PICTURES,
    "after": _PICTURES,
    "check": {"light_artefacts": ("T",)},
    "estimate": {
        "template": ("H", "W"),
        "shifts_rig": ("T", 2),
        "corr_raw": ("T",),
        "shifts_els": ("T", "P", 2),
        "centers_px": ("P", 2),
        "field_coefficients": ("T", None, None, 2),
    },
    "motion_quality": dict.fromkeys(("shift_px", "margin_to_max_shift_px", "clipped", "got_worse"), ("T",)),
    "fit": _FIT,
    "refit": _FIT,
    "residual": dict.fromkeys(("peak", "frame"), ("H", "W")),
    "component_quality": {
        **dict.fromkeys(("snr", "r_value", "cnn"), ("K",)),
        "soma_parts": ("K", len(SOMA_PARTS)),
    },
    "evaluation": {"accepted": ("K",)},
    "flags": dict.fromkeys(MEASURES, ("K",)),
    "dff": dict.fromkeys(("dff", "f0"), ("K", "T")),
    "injected": {
        **dict.fromkeys(("peak_snr", "found", "accepted", "trace_r", "round"), ("I",)),
        "centers_px": ("I", 2),
    },
}


def check_bundled(results: Mapping[StageName, Any], shape: tuple[int, int, int]) -> None:
    """Refuse results of one animal whose arrays are not those of a movie of that shape, or not of one fit.

    Parameters
    ----------
    shape
        Frames, rows, columns of the recording.

    Raises
    ------
    ValueError
        Naming the stage, the array and what is wrong.
    """
    n_frames, height, width = shape
    sizes = {"T": n_frames, "H": height, "W": width, "N": height * width}
    for stage, result in results.items():
        fit = result if stage in ("fit", "refit") else results.get("refit")
        _check_stage(stage, result, sizes | _sizes_of(stage, result, fit))
    _check_patches(results.get("estimate"))
    if (flags := results.get("flags")) is not None:
        check_named(flags, n_frames)
    evaluation = results.get("evaluation")
    if evaluation is not None and len(evaluation.reasons) != len(evaluation.accepted):
        raise ValueError(
            f"evaluation: it has {len(evaluation.reasons)} reasons for {len(evaluation.accepted)} components"
        )


def _sizes_of(stage: StageName, result: Any, fit: Components | None) -> dict[str, int]:
    """Give the sizes that a result has of its own."""
    found = {} if fit is None else {"K": int(fit.A.shape[1])}
    if stage in ("fit", "refit"):
        _check_footprints(stage, result)
        found["B"] = len(result.f)
    if stage == "estimate" and result.centers_px is not None:
        found["P"] = len(result.centers_px)
    return found | ({"I": len(result.peak_snr)} if stage == "injected" else {})


def _check_footprints(stage: StageName, fit: Components) -> None:
    try:
        fit.A.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"{stage}: its footprints are no sound matrix ({error})") from None
    if fit.A.shape[0] != fit.dims[0] * fit.dims[1]:
        raise ValueError(f"{stage}: its footprints have {fit.A.shape[0]} pixels, its field {fit.dims}")
    _check(fit.A.data, (fit.A.nnz,), f"{stage}: A")


def _check_stage(stage: StageName, result: Any, sizes: Mapping[str, int]) -> None:
    if stage in ("fit", "refit") and tuple(result.dims) != (sizes["H"], sizes["W"]):
        raise ValueError(f"{stage}: its field is {result.dims}, the recording's {sizes['H'], sizes['W']}")
    for name, wanted in _SHAPES.get(stage, {}).items():
        missing = [size for size in wanted if isinstance(size, str) and size not in sizes]
        array = getattr(result, name)
        if array is None:
            continue
        if missing:
            raise ValueError(f"{stage}: {name} is of components, patches or cells that are not there")
        _check(array, tuple(sizes[size] if isinstance(size, str) else size for size in wanted), f"{stage}: {name}")


def _check_patches(estimate: Any) -> None:
    if estimate is not None and (estimate.shifts_els is None) != (estimate.centers_px is None):
        raise ValueError("estimate: shifts of patches need the places of the patches")


def _check(array: NDArray, wanted: tuple[int | None, ...], what: str) -> None:
    """Refuse an array that holds no numbers, or has another shape; None stands for any length."""
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{what} holds no numbers")
    if len(array.shape) != len(wanted) or any(n not in (None, m) for m, n in zip(array.shape, wanted, strict=True)):
        asked = " x ".join("any" if n is None else str(n) for n in wanted)
        raise ValueError(f"{what} is {' x '.join(map(str, array.shape)) or 'one number'} and not {asked}")
    if array.dtype.kind == "f" and bool(np.isinf(array).any()):
        raise ValueError(f"{what} holds infinite numbers")
