"""Results that are damaged on purpose, for `fuzz_readers.py`: run folders, other programs' files, folders of jobs.

A folder travels as the bytes of a zip, so that it is damaged and kept as a file is.
"""

import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.io import savemat

from calscope.export.formats.format_registry import FORMATS, export_run
from calscope.export.report.write_report import write_report
from calscope.export.run_folder.open_run_folder import open_run
from calscope.export.run_folder.read_files import DAMAGE
from calscope.io.results.open_results import open_results
from calscope.jobs.job_folder import JobFolder, JobProcess
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus, State, write_status
from calscope.jobs.manager import JobManager
from calscope.jobs.run_export import stored_run
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.errors import CalscopeError, StoreError
from calscope.model.fields import StageName
from calscope.model.notes import Note
from calscope.model.recording import RecordingInfo
from calscope.pipeline.records import AnimalRun, StageRecord
from calscope.ui.frame.wording import progress
from calscope.ui.runs.run_tables import run_animals, run_list

Damage = Callable[[bytes, random.Random], bytes]
_DEEP = object()
_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, 10**299, float("nan"), float("inf"), "", "x", "<script>", "\n" * 30, "\0"),
    *("../../x", "..", "/tmp/x", "a/b", 2**62, -(2**62), "9" * 5000, "NaN"),
    *([], {}, [[]], [None], {"": {}}, [1, 2, 3], ["a", "b", "c"], [-1, 0, 1e9], [1e300, 1e300, 1e300], _DEEP),
)


@cache
def _parts() -> dict[str, bytes]:
    """Run a small recording of the demo and give its folder and an export of it, by the name of the kind."""
    with tempfile.TemporaryDirectory(prefix="calscope-fuzz-run-") as place:
        here, environment = Path(place), os.environ | {"CALSCOPE_STORE": f"{place}/store"}
        for words in (
            f"demo {place}/data --animals 1 --frames 100 --size 64",
            f"run {place}/data --out {place}/out",
            f"export {place}/out --format caiman",
        ):
            subprocess.run([sys.executable, "-m", "calscope.cli", *words.split()], env=environment, check=True)
        animal = next(path for path in (here / "out").iterdir() if (path / "images.npz").is_file())
        folder = {f"out/A/{path.name}": path.read_bytes() for path in animal.iterdir()}
        exported = next((here / "out" / "export").rglob("*.hdf5")).read_bytes()
        return {"run": _zipped({"out/run.json": (here / "out/run.json").read_bytes()} | folder), "caiman": exported}


def write_run(chance: random.Random) -> bytes:
    """Give a run's folder as a zip."""
    return _parts()["run"]


def write_caiman(chance: random.Random) -> bytes:
    """Give a file as CaImAn saves them; half of them with one dataset of another kind."""
    content = io.BytesIO(_parts()["caiman"])
    if chance.random() < 0.5:
        return content.getvalue()
    with h5py.File(content, "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
        name = chance.choice(names)
        value = file[name][()]
        del file[name]
        _put_dataset(file, name, value, chance)
    return content.getvalue()


def _put_dataset(file: h5py.File, name: str, value: Any, chance: random.Random) -> None:
    how = chance.randrange(6)
    if how == 0:
        file.create_dataset(name, (2 ** chance.randrange(10, 40),), np.float64, chunks=(1024,), compression="gzip")
    elif how == 1:
        file.create_group(name)
    elif how == 2:
        file[name] = h5py.SoftLink("/estimates")
    elif how == 3:
        file[name] = "text"
    elif isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        other = _other_array(value, chance)
        file[name] = other.astype("S") if other.dtype.kind == "U" else other


def write_mat(chance: random.Random) -> bytes:
    """Give suite2p's Fall.mat, packed or not."""
    cell = {"ypix": np.array([1, 2]), "xpix": np.array([2, 3]), "lam": np.array([1.0, 0.5])}
    arrays = {name: np.random.default_rng(0).random((3, 30), np.float32) for name in ("F", "Fneu", "spks")}
    ops = {"Ly": 8, "Lx": 9, "fs": 10.0, "meanImg": np.ones((8, 9))}
    file = io.BytesIO()
    values = {"iscell": np.ones((3, 2)), "stat": np.array([cell] * 3, dtype=object), "ops": ops}
    savemat(file, arrays | values, do_compression=chance.random() < 0.3)
    return file.getvalue()


def damage_run(content: bytes, chance: random.Random, damage: Damage) -> bytes:
    """Damage some files of a run's folder: their bytes, their arrays, columns and entries, or that they are there."""
    files = _unzipped(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        name = chance.choice([name for name in files if files[name]])
        how = chance.random()
        if how < 0.15:
            files[name] = damage(files[name], chance)
        elif how < 0.2:
            files[name] = files[chance.choice(list(files))]
        elif how < 0.25:
            files[name] = b""
        elif how < 0.3 and len(files) > 3:
            del files[name]
        else:
            files[name] = _DAMAGES[Path(name).suffix](files[name], chance)
    return _zipped(files)


def _damaged_npz(content: bytes, chance: random.Random) -> bytes:
    try:
        with np.load(io.BytesIO(content)) as found:
            arrays = dict(found)
    except DAMAGE:  # by what was done to it before
        return content
    if not arrays:
        return content
    name = chance.choice(list(arrays))
    array = arrays.pop(name)
    if chance.random() < 0.9:
        arrays[chance.choice((name, name, name, name, "other"))] = _other_array(array, chance)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _other_array(array: NDArray, chance: random.Random) -> NDArray:
    if array.dtype.kind not in "fiub" or not array.size:
        return np.zeros((2, 2))
    changed = array.astype(np.float64)
    changed.flat[chance.randrange(array.size)] = chance.choice((np.nan, np.inf, -np.inf, -1, 1e300, 2**40))
    if not array.ndim:
        return changed
    with np.errstate(all="ignore"):
        return chance.choice([*_other_shapes(array), *_other_kinds(array), changed])


def _other_shapes(array: NDArray) -> Iterator[NDArray]:
    yield from (array.T, array[:-1], array[None], array.ravel(), array[..., None], array[:0])
    yield from (np.concatenate([array, array]), np.array(3.0), np.zeros((0, 0)))


def _other_kinds(array: NDArray) -> Iterator[NDArray]:
    yield from (array.astype(kind) for kind in (str, bool, complex, np.int8))
    yield from (-array.astype(float), *(np.full(array.shape, value) for value in (np.nan, np.inf, 0.0)))


def _damaged_parquet(content: bytes, chance: random.Random) -> bytes:
    try:
        table = pq.read_table(io.BytesIO(content))
    except DAMAGE:
        return content
    if not table.num_columns:
        return content
    at = chance.randrange(table.num_columns)
    name, column = table.column_names[at], table.column(at).combine_chunks()
    n = len(column)
    if not n:
        return content
    columns = [
        pa.array([None] * n, column.type),
        pa.array(["x"] * n),
        pa.array([[1]] * n),
        pa.array([chance.choice((float("nan"), float("inf"), -1.0, 1e300))] * n),
        pa.array([2**62] * n),
        pa.array([True] * n),
        column.take(pa.array(chance.sample(range(n), n))),
    ]
    whole = [table.slice(0, n // 2), table.slice(0, 0), pa.concat_tables([table, table]), table.drop_columns([name])]
    whole += [table.rename_columns([*table.column_names[:at], "other", *table.column_names[at + 1 :]])]
    changed = [table.set_column(at, name, other) for other in columns]
    file = io.BytesIO()
    pq.write_table(chance.choice([*whole, *changed, *changed]), file)
    return file.getvalue()


def _damaged_json(content: bytes, chance: random.Random) -> bytes:
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):  # by what was done to it before
        return content
    places = list(_places(values))
    for _ in range(chance.choice((1, 1, 2, 5))):
        outer, key = chance.choice(places)
        outer[key] = chance.choice(_VALUES)
    text = json.dumps(values, default=lambda _: "DEEP")
    return text.replace('"DEEP"', chance.choice(("[" * 5000 + "]" * 5000, "9" * 5000, '"\\ud800"', "1e999"))).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


_DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    ".npz": _damaged_npz,
    ".parquet": _damaged_parquet,
    ".json": _damaged_json,
}


def look_at_run(path: Path) -> None:
    """Write the report and every export of a run's folder; the first sentence that is told is the outcome."""
    told: list[CalscopeError] = []
    with _folder_beside(path) as here:
        with zipfile.ZipFile(path) as files:
            files.extractall(here)
        with _kept(told):
            write_report(open_run(here / "out"), here / "report.html")
        for name in FORMATS:
            with _kept(told):
                export_run(open_run(here / "out"), name, here / name)
    for error in told[:1]:
        raise error


def look_at_mat(path: Path) -> None:
    """Open suite2p's results."""
    with _folder_beside(path) as here:
        (here / "Fall.mat").write_bytes(path.read_bytes())
        open_results(here)


def look_at_caiman(path: Path) -> None:
    """Open CaImAn's results."""
    open_results(path)


def write_job(chance: random.Random) -> bytes:
    """Give the folder of a job that has ended, as a zip."""
    spec = JobSpec(
        data="/data/mice", animals=("A",), params={"cnmf": {"K": 5}}, inputs={"A": AnimalInputs(seeds=((3, 4),))}
    )
    info = RecordingInfo("A", "/data/mice/A", (90, 20, 34), "uint16", 1, "f" * 16, "TIFF", 9.0, "", (1.0, 1.0), "")
    keys: dict[StageName, str] = {"refit": "0" * 40} if chance.random() < 0.5 else {}
    run = AnimalRun("A", info, keys=keys, stages=(StageRecord("refit", "0" * 40, 3.5, cached=False),))
    state: State = chance.choice(("done", "running", "queued", "failed"))
    with tempfile.TemporaryDirectory(prefix="calscope-fuzz-job-") as place:
        folder = JobFolder(Path(place))
        folder.write_spec(spec)
        folder.write_results([replace(run, counts={"refit": 4}, load_report=(Note("single_image"),))])
        write_status(folder.path, JobStatus(state=state, animal="A", fraction=0.4, eta_s=9.0, started_at=time.time()))
        folder.note_process(JobProcess("01234567-0123456789ab", 999_999_999, "of a process that is gone"))
        return _zipped({path.name: path.read_bytes() for path in folder.path.iterdir()})


def look_at_job(path: Path) -> None:
    """Look at a job as the page Runs and the commands do; the first sentence that is told is the outcome."""
    told: list[CalscopeError] = []
    with _folder_beside(path) as here:
        manager, job_id = JobManager(here / "store"), f"{2**60:016x}-aaaaaa"
        with zipfile.ZipFile(path) as files:
            files.extractall(manager.store.jobs / job_id)
        jobs = [*manager.jobs(), *manager.jobs(), manager.wait(job_id, 0)]
        run_list(jobs)
        for job in jobs:
            run_animals(job)
            progress(job)
            if job.status.error:
                told.append(StoreError(job.status.error))
        for name in ("report", *FORMATS):
            with _kept(told), stored_run(manager.store, job_id) as run:
                write_report(run, here / "r.html") if name == "report" else export_run(run, name, here / "to" / name)
        manager.log_tail(job_id)
        manager.cancel(job_id)
        manager.end_now(job_id)
        with _kept(told):
            manager.remove(job_id)
        outside = {place.name for place in here.iterdir()} - {"store", "r.html", "to"}
        assert not outside, f"written to {outside}"
    for error in told[:1]:
        raise error


@contextmanager
def _kept(told: list[CalscopeError]) -> Iterator[None]:
    try:
        yield
    except CalscopeError as error:
        told.append(error)


@contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        yield Path(folder)


def _zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as out:
        for name, data in files.items():
            out.writestr(name, data)
    return content.getvalue()


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        return {name: files.read(name) for name in files.namelist()}
