"""The version of the code behind a result: a digest of the source of its modules and of what they import beside them.

Nobody has to remember to count a version up when a method changes: a changed method never meets its old results, nor
the machine code that was made of it.
"""

import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path

import calscope

_IMPORT = re.compile(r"^\s*(?:from ([\w.]+) import (\([^)]*\)|.*)|import ([\w., ]+))", re.MULTILINE)
"""Not a parse of the source, which would take a tenth of a second at every start; a line of a text that looks like an
import adds at most a module that is not needed."""
_VALUES = tuple(f"calscope.model.{name}" for name in ("movie", "results", "motion_preview", "detection"))
"""Modules of the room `model` whose code turns what is stored into what a stage reads, as `Movie.decode` does. The rest
of it (parameters, errors, progress) leaves a stage's values alone, or enters its key by itself."""


@cache
def code_digest(modules: tuple[str, ...]) -> str:
    """Give a digest of these modules' sources and of every module of the same room that they import, near or far.

    Of other rooms only the modules of `model` count that turn stored values into results and back, as a movie's:
    `calscope.engines.builtin` imports all algorithms, and each stage names its own.
    """
    digest = hashlib.sha256()
    for name, source in sorted(with_imports(modules).items()):
        digest.update(f"{name}\n{source}\n".encode())
    return digest.hexdigest()[:16]


def with_imports(modules: tuple[str, ...]) -> dict[str, str]:
    """Give the sources of these modules, and of those that count with them, by their names."""
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name], imported = _read(name)
            waiting.extend(imported)
    return found


@cache
def _read(module: str) -> tuple[str, tuple[str, ...]]:
    """Give the source of a module and the modules that it imports and that count."""
    origin = _origin(module)
    if origin is None:
        return f"# {calscope.__version__}", ()  # no source at hand: the release stands for it
    source, room = origin.read_text(encoding="utf-8"), _room(module)
    names: set[str] = set()
    for place, taken, whole in _IMPORT.findall(source):
        names |= {place, *re.findall(r"[\w.]+", whole)}
        if _is_package(place, room):
            names |= {f"{place}.{name}" for name in re.findall(r"\w+", taken)}
    counted = (name for name in names if name in _VALUES or name.startswith(f"{room}."))
    return source, tuple(sorted(name for name in counted if _origin(name)))


def _room(module: str) -> str:
    """Give the folder of the package that a module lies in, however deep."""
    parts = module.split(".")
    return ".".join(parts[: min(2, len(parts) - 1)])


def _is_package(module: str, room: str) -> bool:
    origin = _origin(module) if module == room or module.startswith(f"{room}.") else None
    return origin is not None and origin.name == "__init__.py"


def _origin(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
