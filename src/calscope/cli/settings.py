"""Parameters from a file and from NAME=VALUE."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calscope.io.json_files import read_json_text
from calscope.model.errors import ParameterError
from calscope.model.json_text import parse_json, quoted
from calscope.model.parameter_file import ParameterFile, read_parameter_file
from calscope.model.params import Parameters


def read_settings(file: str | None, changes: Sequence[str]) -> ParameterFile:
    """Give what a parameter file says (or the defaults), with changes of the form NAME=VALUE for all animals.

    Raises
    ------
    ParameterError
        When the file can't be read, or a name or value does not fit.
    """
    found = ParameterFile(Parameters()) if file is None else _read(file)
    if not changes:
        return found
    return replace(found, params=found.params.replace(dict(split_change(change) for change in changes)))


def _read(file: str) -> ParameterFile:
    what = f"The parameter file {file}"
    text = read_text(Path(file), what)
    try:
        return read_parameter_file(text)
    except ParameterError as error:
        raise ParameterError(f"{what} does not fit. {error}") from None


def parse_value(text: str) -> Any:
    """Read a value as people write it: 14.7, true, none, [48, 48] or 48,48; anything else is text."""
    if text.strip().lower() in ("none", "null", ""):
        return None
    if text.strip().lower() in ("true", "false"):
        return text.strip().lower() == "true"
    try:
        return parse_json(text)
    except ValueError:
        return [parse_value(item) for item in text.split(",")] if "," in text else text.strip()


def split_change(change: str) -> tuple[str, Any]:
    """Give name and value of NAME=VALUE; ParameterError where it has another form."""
    name, equals, value = change.partition("=")
    if not equals:
        raise ParameterError(f"--set needs NAME=VALUE, as --set motion.pw_rigid=false; got {quoted(change)}.")
    return name.strip(), parse_value(value)


def read_text(path: Path, what: str) -> str:
    """Give the text of a file that `what` names in words; ParameterError where it can't be read."""
    try:
        return read_json_text(path)
    except ValueError as error:
        raise ParameterError(f"{what} can't be read: {error}. It must be JSON.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise ParameterError(f"{what} can't be read: {reason}.") from None
