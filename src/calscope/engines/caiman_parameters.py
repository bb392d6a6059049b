"""Our parameters as CaImAn's groups, and what CaImAn used of them read back; CaImAn itself is not imported here."""

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from calscope.algorithms.motion.grid import make_patches
from calscope.engines.engine import Context
from calscope.model.caiman_params import to_caiman
from calscope.model.fields import StageName
from calscope.model.notes import Note
from calscope.model.params import Parameters, fields

_PIXELS_A_TASK = 4096
"""Pixels of one task outside of patches. CaImAn would take it from the memory that happens to be free."""
_COPIES = ("temporal.nb", "spatial.nb")
"""CaImAn keeps these equal to init.nb itself and warns when they are given."""

REASONS: Mapping[str, Note] = MappingProxyType(
    {
        "motion.strides": Note("caiman_strides_cut_to_field"),
        "motion.overlaps": Note("caiman_overlaps_cut_to_field"),
        "motion.pw_rigid": Note("caiman_one_motion_patch"),
        "cnmf.gSiz": Note("caiman_gSiz"),
        "cnmf.rf": Note("caiman_whole_field"),
        "cnmf.only_init": Note("caiman_refit_is_whole"),
        "evaluation.use_soma": Note("caiman_soma_left_open"),
    }
)


def motion_values(params: Parameters, field: tuple[int, int]) -> dict[str, Any]:
    """Motion parameters as they can be used on a field: CaImAn's patches may not exceed it.

    With a single patch nothing is piecewise, and CaImAn has nothing to interpolate between.
    """
    motion = params.motion
    values = {f.dotted: params.get(f.dotted) for f in fields() if f.group == "motion"}
    if not motion.pw_rigid:
        return values
    grid = make_patches(field, motion.strides, motion.overlaps)
    strides = min(motion.strides[0], field[0]), min(motion.strides[1], field[1])
    overlaps = grid.shape_px[0] - strides[0], grid.shape_px[1] - strides[1]
    return values | {"motion.strides": strides, "motion.overlaps": overlaps, "motion.pw_rigid": grid.n > 1}


def motion_options(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give them as CaImAn's group."""
    return {"motion": {name.partition(".")[2]: value for name, value in values.items()}}


def cnmf_options(context: Context) -> dict[str, dict[str, Any]]:
    """Give what fits take besides parameters: how their work is cut into tasks."""
    return {"patch": {"n_processes": context.workers}, "preprocess": {"n_pixels_per_process": _PIXELS_A_TASK}}


def groups_for(params: Parameters, *more: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give CaImAn's groups with our values, and more values in place of or besides them; CaImAn may write into them."""
    groups: dict[str, dict[str, Any]] = {}
    for source in (to_caiman(params), *more):
        for group, entries in source.items():
            usable = {name: value for name, value in entries.items() if f"{group}.{name}" not in _COPIES}
            groups.setdefault(group, {}).update(usable)
    return {group: copy.deepcopy(entries) for group, entries in groups.items() if entries}


def note_effective(context: Context, params: Parameters, options: Any, stage: StageName) -> None:
    """Read back from CaImAn's object what it used, under our names, and everything that it holds besides."""
    # Its `to_dict` names groups differently in every generation; its attributes have kept their names.
    held = {group: _plain(entries) for group, entries in vars(options).items()}
    for field in fields():
        if stage in field.spec.stages and field.spec.caiman:
            group, name = field.spec.caiman[0].split(".")
            if name in held.get(group, {}):
                context.effective[field.dotted] = held[group][name]
    context.effective[f"caiman.{stage}"] = {group: held[group] for group in _READ.get(stage, ()) if group in held}


_READ: dict[str, tuple[str, ...]] = {
    "estimate": ("motion",),
    "fit": ("patch", "preprocess", "init", "spatial", "temporal", "merging"),
    "refit": ("patch", "preprocess", "init", "spatial", "temporal", "merging"),
    "component_quality": ("quality",),
}
"""CaImAn's groups that a step uses."""


def _plain(value: Any) -> Any:
    """Give a value as JSON has it; what it can't hold (slices, functions, arrays of a recording) as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist()) if value.size <= 64 else f"array of shape {value.shape}"
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
