"""Versions of what computes: told in every record, and part of the keys, as another release may round otherwise."""

import importlib.metadata
import platform
from functools import cache

import calscope

_COMPUTING = ("numpy", "scipy", "numba", "opencv-python-headless")
_OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")
"""The same library under the names by which pip and conda know it."""


def library_versions() -> dict[str, str]:
    """Give the versions of this program, of Python, and of the libraries that are there."""
    versions = {"calscope": calscope.__version__, "python": platform.python_version()}
    return versions | versions_of((*_COMPUTING, "tifffile"))


def computing_versions() -> dict[str, str]:
    """Give the versions of the libraries that results are computed with."""
    return versions_of(_COMPUTING)


def versions_of(names: tuple[str, ...]) -> dict[str, str]:
    """Give the versions of these libraries, as far as they are there."""
    found = {name: _version(name) for name in names}
    return {name: version for name, version in found.items() if version is not None}


@cache  # a look through the installed packages, and keys are computed at every rerun of a page
def _version(name: str) -> str | None:
    for known_as in _OPENCV if name in _OPENCV else (name,):
        try:
            return importlib.metadata.version(known_as)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None
