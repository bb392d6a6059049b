"""CaImAn's own grouped parameters, to and from ours."""

from collections.abc import Mapping
from typing import Any

from calscope.model.caiman_defaults import was_chosen
from calscope.model.errors import ParameterError
from calscope.model.json_text import quoted
from calscope.model.notes import Note
from calscope.model.params import Parameters, fields

CAIMAN_GROUPS = (
    "data",
    "spatial_params",
    "temporal_params",
    "init_params",
    "preprocess_params",
    "patch_params",
    "online",
    "quality",
    "merging",
    "motion",
    "ring_CNN",
    "init",
    "patch",
    "preprocess",
    "spatial",
    "temporal",
)
"""CaImAn writes some groups under two names, depending on its version."""
_OF_ANY_RECORDING = {"data.fr": 30, "data.dxy": 1}
"""What CaImAn writes where nobody gave rate and pixel size."""


def is_caiman(values: Mapping[str, Any]) -> bool:
    """Tell CaImAn's groups from ours; `motion` is in both, the others are not."""
    ours = set(Parameters.model_fields)
    return any(name in CAIMAN_GROUPS and name not in ours for name in values)


def to_caiman(params: Parameters) -> dict[str, dict[str, Any]]:
    """Give CaImAn's groups with the values it needs; `gSiz` as the value in force."""
    out: dict[str, dict[str, Any]] = {}
    values = params.to_dict()
    values["cnmf"]["gSiz"] = list(params.gSiz_px)
    for f in fields():
        for path in f.spec.caiman:
            group, name = path.split(".")
            if values[f.group][f.name] is not None or f.spec.none_means == "the whole field at once":
                out.setdefault(group, {})[name] = values[f.group][f.name]
    return out


def from_caiman(values: Mapping[str, Any]) -> tuple[Parameters, tuple[Note, ...]]:
    """Make parameters from CaImAn's groups.

    Returns
    -------
    params, notes
        Notes name the entries that Calscope has no parameter for, where somebody chose their values, so that nothing
        is dropped in silence.

    Raises
    ------
    ParameterError
        When a value is out of range, or copies of one parameter in CaImAn's groups disagree.
    """
    flat = {
        f"{_group(group)}.{name}": value
        for group, entries in values.items()
        if isinstance(entries, Mapping)
        for name, value in entries.items()
    }
    notes = list(_leave_open(flat))
    _fill_stride(flat)
    chosen: dict[str, dict[str, Any]] = {}
    left_open: list[str] = []
    used: set[str] = set()
    for f in fields():
        found = {path: flat[path] for path in f.spec.caiman if path in flat}
        used.update(found)
        held = [_one_number(value) if f.spec.kind == "int" else value for value in found.values()]
        if any(value != held[0] for value in held):
            raise ParameterError(f"CaImAn's copies of {f.dotted} disagree: {quoted(found)}. Make them equal.")
        if found and (held[0] is not None or f.spec.none_means):
            chosen.setdefault(f.group, {})[f.name] = held[0]
        elif found:
            left_open.append(next(iter(found)))
    unused = sorted(name for name in set(flat) - used if was_chosen(name, flat[name]))
    if unused:
        notes.append(Note("caiman_entries_not_used", {"names": unused}))
    if left_open:
        notes.append(Note("caiman_left_open", {"names": left_open}))
    # who gives CaImAn's parameters wants CaImAn's verdicts, and it has no test for somata
    chosen.setdefault("evaluation", {})["use_soma"] = False
    return Parameters.from_dict(chosen), (*notes, Note("caimans_rule"))


def _leave_open(flat: dict[str, Any]) -> tuple[Note, ...]:
    """Take out rate and pixel size of a file that CaImAn wrote, where they are what it writes of any recording."""
    if "data.caiman_version" not in flat:
        return ()
    names = [name for name, default in _OF_ANY_RECORDING.items() if _one_number(flat.get(name)) == default]
    for name in names:
        del flat[name]
    return (Note("caiman_defaults_not_taken", {"names": names}),) if names else ()


def _fill_stride(flat: dict[str, Any]) -> None:
    """Put the overlap that CaImAn takes where its file has none: a tenth of 2·rf."""
    if flat.get("patch.stride", 0) is None:
        rf = _one_number(flat.get("patch.rf"))
        if isinstance(rf, int | float) and rf > 0:
            flat["patch.stride"] = int(0.2 * rf)
        else:
            del flat["patch.stride"]


def _one_number(value: Any) -> Any:
    """Give the number of a list of equal ones: CaImAn takes one for each side where we have one for both."""
    is_even = isinstance(value, list) and len(value) in (1, 2) and value[0] == value[-1]
    return value[0] if is_even else value


def _group(name: str) -> str:
    return name.removesuffix("_params")
