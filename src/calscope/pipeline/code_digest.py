"""The version of the code behind a stage: a digest of the source of its modules and of what they import beside them.

Nobody has to remember to count a version up when a method changes: a changed method never meets its old results.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import calscope


@lru_cache(maxsize=64)
def code_digest(modules: tuple[str, ...]) -> str:
    """Give a digest of these modules' sources and of every module of the same room that they import, near or far.

    Other rooms don't count: `calscope.engines.builtin` imports all algorithms, and each stage names its own.
    """
    digest = hashlib.sha256()
    for name, source in sorted(_with_imports(modules).items()):
        digest.update(f"{name}\n{source}\n".encode())
    return digest.hexdigest()[:16]


def _with_imports(modules: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _source_of(name)
            waiting.extend(_imported(found[name], room=name.rpartition(".")[0]))
    return found


def _source_of(module: str) -> str:
    origin = _origin(module)
    if origin is None:
        return f"# {calscope.__version__}"  # no source at hand: the release stands for it
    return origin.read_text(encoding="utf-8")


def _imported(source: str, room: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == room:
            names = [f"{room}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name for name in names if name.startswith(f"{room}.") and _origin(name))


def _origin(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
