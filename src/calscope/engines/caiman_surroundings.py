"""What is around CaImAn while it runs, put back afterwards: its temporary folder, threads, warnings, chance."""

import contextlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import numpy as np

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_TENSORFLOW = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
_RESTORED = ("CUDA_VISIBLE_DEVICES", "KERAS_BACKEND")
"""CaImAn sets these for the whole process when it uses its network."""


@contextmanager
def surroundings(scratch: Path) -> Iterator[None]:
    """Give CaImAn a folder for all its temporary files, one thread a process, and a fixed random state.

    CaImAn's temporary files go where `CAIMAN_TEMP` says, Python's temporary folder (`tempfile`), or, where it believes
    itself on a SLURM cluster, the folder the job was submitted from. It deletes none of them.
    """
    values: dict[str, str | None] = dict.fromkeys(_ONE_THREAD, "1")
    values |= _TENSORFLOW
    values |= {"CAIMAN_TEMP": str(scratch), "SLURM_SUBMIT_DIR": None, "MPLBACKEND": "Agg"}
    with ExitStack() as stack:
        stack.enter_context(environment(values))
        stack.enter_context(_temporary_folder(scratch))
        stack.enter_context(_one_thread())
        stack.enter_context(_random_state())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # its deprecations are not the person's to mend
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        yield


@contextmanager
def environment(values: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables (None removes one), and put them and those that CaImAn sets back afterwards."""
    names = {*values, *_RESTORED}
    before = {name: os.environ.get(name) for name in names}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[None]:
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextmanager
def _random_state() -> Iterator[None]:
    before = np.random.get_state()  # noqa: NPY002 - CaImAn draws from numpy's global state
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _one_thread() -> AbstractContextManager[object]:
    """Limit the threads of linear algebra that is loaded already; the variables reach only what is loaded later."""
    try:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with CaImAn, is not ours
    except ImportError:
        return contextlib.nullcontext()
    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits
