"""Parameters from a file and from NAME=VALUE."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from calscope.model.caiman_params import read_params
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters


def read_settings(file: str | None, changes: Sequence[str]) -> tuple[Parameters, tuple[str, ...]]:
    """Give the parameters of a file (or the defaults) with changes of the form NAME=VALUE, and notes for the person.

    Raises
    ------
    ParameterError
        When the file can't be read, or a name or value does not fit.
    """
    params, notes = (
        (Parameters(), ()) if file is None else read_params(read_text(Path(file), f"The parameter file {file}"))
    )
    return params.replace(dict(split_change(change) for change in changes)) if changes else params, notes


def parse_value(text: str) -> Any:
    """Read a value as people write it: 14.7, true, none, [48, 48] or 48,48; anything else is text."""
    if text.strip().lower() in ("none", "null", ""):
        return None
    if text.strip().lower() in ("true", "false"):
        return text.strip().lower() == "true"
    try:
        return json.loads(text)
    except ValueError:
        return [parse_value(item) for item in text.split(",")] if "," in text else text.strip()


def split_change(change: str) -> tuple[str, Any]:
    """Give name and value of NAME=VALUE; ParameterError where it has another form."""
    name, equals, value = change.partition("=")
    if not equals:
        raise ParameterError(f"--set needs NAME=VALUE, as --set motion.pw_rigid=false; got {change!r}.")
    return name.strip(), parse_value(value)


def read_text(path: Path, what: str) -> str:
    """Give the text of a file that `what` names in words; ParameterError where it can't be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ParameterError(f"{what} is not text. It must be JSON.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise ParameterError(f"{what} can't be read: {reason}.") from None
