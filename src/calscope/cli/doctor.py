"""`calscope doctor`: what is here, what is not, and what to do about it."""

import argparse
import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator

import psutil

import calscope
from calscope.cli import BAD_INPUT, OK
from calscope.compiled import kernel_cache_dir
from calscope.engines.caiman_trial import try_caiman
from calscope.engines.engine_registry import ENGINES
from calscope.model.quantities import size
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.store import Store, default_store

_NEEDED = (
    *("numpy", "scipy", "numba", "opencv-python-headless", "h5py", "tifffile", "imagecodecs", "pydantic", "pandas"),
    *("pyarrow", "streamlit", "plotly", "platformdirs", "psutil", "filelock", "orjson", "roifile"),
)
_MODULES = {"opencv-python-headless": "cv2"}
_EXTRAS = {"pynwb": "NWB export is off. `pip install calscope[nwb]`"}


def command(chosen: argparse.Namespace) -> int:
    """Print the findings; exit status 2 where something that Calscope needs is missing."""
    missing: list[str] = []
    for line in (*_system(), *_packages(missing), *_engines(), *_store(default_store(), missing), *_compiled()):
        sys.stdout.write(f"{line}\n")
    if missing:
        sys.stderr.write(f"calscope {chosen.command}: {' '.join(missing)}\n")
    return BAD_INPUT if missing else OK


def _system() -> Iterator[str]:
    memory = psutil.virtual_memory()
    yield f"Calscope {calscope.__version__}, Python {platform.python_version()}, {platform.platform()}"
    yield f"{cpu_count()} CPUs, {size(memory.total)} of memory, {size(memory.available)} of it free"


def _packages(missing: list[str]) -> Iterator[str]:
    yield "\nPackages"
    for name in _NEEDED:
        found, advice = _package(name)
        yield f"  {name:24} {found}"
        missing += advice
    for name, without in _EXTRAS.items():
        yield f"  {name:24} {_version(name) or f'not installed: {without}'}"


def _engines() -> Iterator[str]:
    yield "\nEngines"
    for name, engine in ENGINES.items():
        state = try_caiman() if name == "caiman" else engine.availability()  # a broken one shows only when it is tried
        words = f"available, version {state.version}" if state.ok else f"{state.why_not} {state.next_step}".strip()
        yield f"  {name:24} {words}"


def _store(store: Store, missing: list[str]) -> Iterator[str]:
    yield "\nResult store"
    there = next(place for place in (store.root, *store.root.absolute().parents) if place.exists())
    yield f"  {'folder':24} {store.root}"
    yield f"  {'size':24} {size(sum(store.size_by_stage().values()))} in {len(store.sizes())} results"
    yield f"  {'free':24} {size(shutil.disk_usage(there).free)}"
    is_writable = there.is_dir() and os.access(there, os.W_OK)
    yield f"  {'writable':24} {'yes' if is_writable else 'NO'}"
    if not is_writable:
        missing.append(f"{store.root} can't be written: set CALSCOPE_STORE to a folder that you may write to.")


def _compiled() -> Iterator[str]:
    yield "\nCompiled code"
    folder = kernel_cache_dir()
    yield f"  {'kept in':24} {folder or 'memory only'}"
    if folder is None:
        yield "  No folder for it can be written: every start compiles anew, a minute. Set NUMBA_CACHE_DIR to a folder."


def _package(name: str) -> tuple[str, list[str]]:
    """Give what was found of a package, and the advice where it can't be used."""
    version = _version(name)
    try:
        importlib.import_module(_MODULES.get(name, name))
    except Exception as error:  # noqa: BLE001 - packages whose versions don't fit fail in every way there is
        if version is None:
            return "MISSING", [f"{name} is not installed: `pip install {name}`."]
        words = " ".join(str(error).split())[:200]
        advice = "make a fresh environment from requirements.txt, or from environment.yml where CaImAn is wanted."
        return f"{version}, but its import FAILS", [f"{name} doesn't fit the other packages ({words}): {advice}"]
    return version or "there", []


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
