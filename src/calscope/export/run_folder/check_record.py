"""Whether an animal's run.json is what `calscope run` writes: the entries that reports and formats calculate with."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calscope.model.json_text import quoted
from calscope.model.params import fields

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Count = Annotated[int, Field(gt=0, lt=2**40)]
_Texts = dict[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Recording(_Part):
    shape: Annotated[list[_Count], Field(min_length=3, max_length=3)] | None = None
    fr_hz: _Positive | None = None
    dxy_um: Annotated[list[_Positive], Field(min_length=2, max_length=2)] | None = None
    path: str | None = None
    dtype: str | None = None
    fingerprint: str | None = None
    fr_source: str | None = None
    dxy_source: str | None = None


class _Dataset(_Part):
    fr: _Positive | None = None
    dxy: Annotated[list[_Positive], Field(min_length=2, max_length=2)] | None = None


_Number = Annotated[float, Field(allow_inf_nan=False)]
_Group = dict[str, bool | _Number | str | list[_Number] | None]


class _Effective(_Part):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, _Group]

    dataset: _Dataset | None = None


class _Stage(_Part):
    stage: str | None = None
    key: str | None = None
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    cached: bool | None = None


class _Note(_Part):
    kind: str
    values: dict[str, Any] = {}


class _Record(_Part):
    error: str | None = None
    remark: str | None = None
    engine: str | None = None
    engine_version: str | None = None
    recording: _Recording | None = None
    requested: dict[str, _Group] | None = None
    effective: _Effective | None = None
    reasons: dict[str, _Note | str] = {}
    versions: _Texts | None = None
    keys: _Texts | None = None
    stages: list[_Stage] | None = None
    peak_memory_bytes: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    load_report: list[Any] | None = None
    notes: list[Any] | None = None
    injected: dict[str, Any] | None = None


def check_record(meta: Mapping[str, Any]) -> None:
    """Refuse a record whose entries have another form than those of a run; absent ones are an older version's.

    Raises
    ------
    ValueError
        Naming the first entry that doesn't fit.
    """
    try:
        _Record.model_validate(meta)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
    for which in ("requested", "effective"):
        _check_kinds(which, meta.get(which) or {})


def _check_kinds(which: str, groups: Mapping[str, Any]) -> None:
    """Refuse values of another kind than the parameter's; their limits may have been others in another version."""
    for field in fields():
        value = (groups.get(field.group) or {}).get(field.name)
        if value is not None and not _is_kind_of(value, field.default):
            raise ValueError(f"{which}.{field.dotted}: {quoted(value)} is no value of this parameter")


def _is_kind_of(value: Any, default: Any) -> bool:
    if default is None or isinstance(default, bool | str):
        return default is None or isinstance(value, type(default))
    if isinstance(default, tuple):
        return isinstance(value, list) and len(value) == len(default)
    return isinstance(value, int | float) and not isinstance(value, bool)
