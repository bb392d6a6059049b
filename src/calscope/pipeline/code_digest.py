"""The version of the code behind a stage: a digest of the source of its algorithm and of all algorithms it imports.

Nobody has to remember to count a version up when a method changes: a changed method never meets its old results.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import calscope

_ALGORITHMS = "calscope.algorithms"


@lru_cache(maxsize=64)
def code_digest(modules: tuple[str, ...]) -> str:
    """Give a digest of these modules' sources and of every `calscope.algorithms` module they import, near or far."""
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
            waiting.extend(_algorithms_imported(found[name]))
    return found


def _source_of(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return f"# {calscope.__version__}"  # no source at hand: the release stands for it
    return Path(spec.origin).read_text(encoding="utf-8")


def _algorithms_imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == _ALGORITHMS:
            names = [f"{_ALGORITHMS}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name for name in names if name.startswith(f"{_ALGORITHMS}.") and importlib.util.find_spec(name))
