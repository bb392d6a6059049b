"""How kernels are compiled, and where their machine code is kept.

numba keeps compiled code on disk and tells by a kernel's own file whether it is still good. But the code holds that of
the kernels it calls and the constants it uses, which stand in other files: after an update of one of those alone, numba
would go on running the old code. So every module's code is kept in a folder named after the digest of all that.

Compiling takes far longer than what is compiled. So it is noted which work ran to its end with the present sources, and
how long this process has compiled: estimates of time ask for both.
"""

import hashlib
import os
import platform
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, overload

import llvmlite.binding
import numba
import platformdirs
from numba.core import event

from calscope.code_digest import code_digest, with_imports

P = ParamSpec("P")
R = TypeVar("R")
_PACKAGE = Path(__file__).parent
_decorating = threading.Lock()
_IMPORTS_KERNELS = "from calscope.compiled import"
_RAN = "ran"
_numba_config: Any = numba.config  # makes its attributes as it is imported, where no type checker sees them


@overload
def kernel(function: Callable[P, R]) -> Callable[P, R]: ...
@overload
def kernel(*, fastmath: bool) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def kernel(
    function: Callable[P, R] | None = None, *, fastmath: bool = True
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function when it is first called with arguments of a kind, and keep the code on disk.

    It runs without Python's lock, so that threads run side by side.

    Parameters
    ----------
    fastmath
        Let the compiler reorder sums and take it that no value is NaN or infinite. Off for kernels to which NaN comes,
        and for those whose results must be the same to the last bit on every machine.
    """

    def compiled(function: Callable[P, R]) -> Callable[P, R]:
        folder = _folder_of(function.__module__)
        with _decorating:
            before, _numba_config.CACHE_DIR = _numba_config.CACHE_DIR, str(folder or "")
            try:
                return numba.njit(nogil=True, fastmath=fastmath, cache=folder is not None)(function)
            finally:
                _numba_config.CACHE_DIR = before

    return compiled(function) if function else compiled


@cache
def kernel_cache_dir() -> Path | None:
    """Give the folder of all compiled code: NUMBA_CACHE_DIR, else beside the program, else the person's cache folder.

    None where none of them can be written; then every process compiles anew.
    """
    beside = _PACKAGE / "__pycache__" / "kernels"
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    shared = Path(chosen).absolute() if chosen else platformdirs.user_cache_path("calscope", appauthor=False)
    own = shared / f"kernels-{hashlib.sha256(os.fsencode(_PACKAGE)).hexdigest()[:8]}"  # installations don't mix
    for folder in [own] if chosen else [beside, own]:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None


@cache
def _folder_of(module: str) -> Path | None:
    """Give the folder for the kernels of a module; those for earlier sources of it go."""
    root, name = kernel_cache_dir(), module.partition(".")[2]
    if root is None:
        return None
    folder = root / f"{name}-{code_digest((module,))}"
    if not folder.exists():
        for outdated in root.glob(f"{name}-*"):
            shutil.rmtree(outdated, ignore_errors=True)
    return folder


@cache
def kernel_modules(modules: tuple[str, ...]) -> tuple[str, ...]:
    """Give which of these modules, and of those that they import, have kernels."""
    return tuple(sorted(name for name, source in with_imports(modules).items() if _IMPORTS_KERNELS in source))


def note_ran(work: str, modules: tuple[str, ...]) -> None:
    """Note that work with the kernels of these modules ran to its end: what it needs of machine code is kept."""
    mark = _mark_of(work, modules)
    if mark is None or mark.exists():
        return
    with suppress(OSError):  # then it is told once more that it will be compiled
        mark.parent.mkdir(exist_ok=True)
        for outdated in mark.parent.glob(f"{work}-*"):
            outdated.unlink(missing_ok=True)
        mark.touch()


def ran(work: str, modules: tuple[str, ...]) -> bool:
    """Tell whether that was noted, with these very sources, this compiler and this processor."""
    mark = _mark_of(work, modules)
    return mark is not None and mark.exists()


def _mark_of(work: str, modules: tuple[str, ...]) -> Path | None:
    root = kernel_cache_dir()
    return root and root / _RAN / f"{work}-{_identity(modules)}"


@cache
def _identity(modules: tuple[str, ...]) -> str:
    """Give a digest of what machine code of these modules' kernels is valid for."""
    who = (numba.__version__, platform.python_version(), llvmlite.binding.get_host_cpu_name())
    return hashlib.sha256(repr((who, code_digest(kernel_modules(modules)))).encode()).hexdigest()[:16]


class _Compiling(event.Listener):
    """Counts the time in which anything is compiled; a kernel that is compiled for another one counts once."""

    def __init__(self) -> None:
        self.seconds, self._depth, self._since = 0.0, 0, 0.0
        self._lock = threading.Lock()

    def on_start(self, event: event.Event) -> None:
        with self._lock:
            if not self._depth:
                self._since = time.perf_counter()
            self._depth += 1

    def on_end(self, event: event.Event) -> None:
        with self._lock:
            self._depth -= 1
            if not self._depth:
                self.seconds += time.perf_counter() - self._since


_compiling = _Compiling()
event.register("numba:compile", _compiling)


def compiled_for_s() -> float:
    """Give for how long this process has compiled kernels, s."""
    return _compiling.seconds
