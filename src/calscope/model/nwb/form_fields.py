"""What a form for NWB metadata asks, from the model itself: names, words, examples and what a value may be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from calscope.model.nwb.nwb_metadata import NwbMetadata

FieldKind = Literal["text", "texts", "number", "time", "day", "choice"]
_KINDS: dict[Any, FieldKind] = {str: "text", tuple: "texts", float: "number", datetime: "time", date: "day"}


@dataclass(frozen=True)
class FormField:
    """What a form shows of one value."""

    name: str
    """Full name: `Subject.sex`."""
    title: str
    help: str
    example: Any
    kind: FieldKind
    choices: tuple[str, ...] = ()


def form_fields() -> tuple[FormField, ...]:
    """Give every value that may be said, in the order in which a form asks; `NwbMetadata.from_form` takes them."""
    return tuple(_fields(NwbMetadata, ""))


def _fields(model: type[BaseModel], start: str) -> Iterator[FormField]:
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, f"{start}{name}.")
        else:
            yield _field(f"{start}{name}", info)


def _field(name: str, info: FieldInfo) -> FormField:
    first = get_args(info.annotation)[0]  # the other is None
    while get_origin(first) is Annotated:
        first = get_args(first)[0]
    words = (name, info.title or name, info.description or "", (info.examples or [""])[0])
    if get_origin(first) is Literal:
        return FormField(*words, "choice", get_args(first))
    return FormField(*words, _KINDS[get_origin(first) or first])
