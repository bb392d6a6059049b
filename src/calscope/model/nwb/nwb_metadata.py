"""All that may be said of one animal's recording for NWB: read, joined, given as plain values.

What is unknown is written as unknown where NWB demands it, else left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from calscope.model.errors import ParameterError
from calscope.model.json_text import quoted
from calscope.model.nwb.nwb_fields import NwbGroup, OphysFields, SessionFields, SubjectFields

ANIMALS = "animals"
"""Beside the groups, in a file for several animals: what is said of single ones."""


class NwbMetadata(NwbGroup):
    """All that may be said of one animal's recording. What nobody gave is None."""

    NWBFile: SessionFields = SessionFields()
    Subject: SubjectFields = SubjectFields()
    Ophys: OphysFields = OphysFields()

    @classmethod
    def from_plain(cls, plain: object, place: str = "The NWB metadata") -> "NwbMetadata":
        """Read groups of plain values, as a file of JSON or YAML holds them.

        Parameters
        ----------
        place
            Where they come from, for messages.

        Raises
        ------
        ParameterError
            Naming what is wrong and what is allowed.
        """
        try:
            return cls.model_validate(plain)
        except ValidationError as error:
            raise ParameterError("\n".join(f"{place}: {told}" for told in _told(error))) from None

    @classmethod
    def from_form(cls, values: Mapping[str, object]) -> "NwbMetadata":
        """Read values by their full names (`Subject.sex`); ParameterError as `from_plain`."""
        return cls.from_plain(_nested(values))

    def to_plain(self) -> dict[str, Any]:
        """Give what is known, as `from_plain` reads it."""
        plain: dict[str, Any] = _nested(self.known())
        return plain

    def known(self) -> dict[str, Any]:
        """Give what is known as plain values, by full names."""
        return dict(_leaves(self.model_dump(mode="json")))

    def over(self, other: "NwbMetadata") -> "NwbMetadata":
        """Give this, with what it leaves open taken from another."""
        return type(self).from_form(other.known() | self.known())


NO_METADATA = NwbMetadata()


def _nested(values: Mapping[str, object]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        *groups, last = name.split(".")
        inner = found
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = value
    return found


def _leaves(plain: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in plain.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{start}{name}.")
        elif value is not None:
            yield f"{start}{name}", value


def _told(error: ValidationError) -> Iterator[str]:
    """Say of each value what is wrong."""
    for one in error.errors(include_url=False):
        place = [str(step) for step in one["loc"]]
        name = ".".join(place) or "it"
        if one["type"] == "extra_forbidden":
            yield f"there is no {name}. {_allowed_beside(place)}"
        else:
            yield f"{name} {_wrong(one)}, not {quoted(one['input'])}."


def _wrong(one: Mapping[str, Any]) -> str:
    words = str(one["msg"]).removeprefix("Value error, ")
    known = {
        "string_type": "must be text",
        "float_type": "must be a number",
        "tuple_type": "must be a list of texts",
        "model_type": "must hold values by name",
        "datetime_from_date_parsing": "must be a date and time with its zone, as 2026-05-03T10:12:00+02:00",
        "datetime_parsing": "must be a date and time with its zone, as 2026-05-03T10:12:00+02:00",
        "date_from_datetime_parsing": "must be a date, as 2026-05-03",
        "date_from_datetime_inexact": "must be a date without a time, as 2026-05-03",
        "date_parsing": "must be a date, as 2026-05-03",
    }
    return known.get(one["type"]) or words[:1].lower() + words[1:]


def _allowed_beside(place: Sequence[str]) -> str:
    model: Any = NwbMetadata
    for group in place[:-1]:
        model = model.model_fields[group].annotation
    names = (*model.model_fields, *([ANIMALS] if model is NwbMetadata else []))
    return f"Allowed: {', '.join(names)}."
