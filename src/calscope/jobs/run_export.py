"""Export of a run from the store: which results it needs, where it may write, and the writing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calscope.export.exported_animal import ExportedRun, check_names
from calscope.export.formats.format_registry import export_run
from calscope.export.report.write_report import REPORT, write_report
from calscope.export.run_folder.run_entry import entry_of
from calscope.export.run_folder.write_animal import check_apart
from calscope.export.stored_animal import StoredAnimal
from calscope.io.safe_paths import allowed_roots, resolve_new_folder
from calscope.jobs.bundles.bundled_extras import events_of_animal
from calscope.jobs.bundles.write_bundle import bundle_name, write_bundle
from calscope.jobs.import_run_folder import import_run_folder
from calscope.jobs.job_folder import find_job
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus
from calscope.model.errors import StoreError
from calscope.model.nwb.project_metadata import ProjectNwbMetadata
from calscope.model.progress import Progress, silent
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.judged_run import judged_run
from calscope.pipeline.by_hand.kept_nwb_metadata import nwb_metadata_of
from calscope.pipeline.kept_remarks import remarks_of
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store

_NOT_EXPORTED = {"source", "check", "survey", "preview", "proposals", "fit", "residual"}
"""Stages whose results no report and no format holds; an export does without them."""


@contextmanager
def stored_run(
    store: Store,
    run_id: str,
    animals: Sequence[str] | None = None,
    nwb_metadata: ProjectNwbMetadata | None = None,
) -> Iterator[ExportedRun]:
    """Give a run of the store as reports and formats read it; its results can't be pruned inside.

    Parameters
    ----------
    run_id
        Id of the job that ran, or that opened another program's results.
    animals
        Names of the animals to export, all of them when None.
    nwb_metadata
        What is said of the animals for NWB; what is kept of the project when None.

    Raises
    ------
    StoreError
        When there is no such run, it has not ended, or results that it needs were pruned.
    ParameterError
        When `nwb_metadata` tell of animals that the run doesn't have.
    """
    folder = find_job(store.jobs, run_id)
    if folder is None:
        raise StoreError(f"There is no run {run_id!r} in {store.jobs}. The page Runs lists the runs with their ids.")
    spec, status = folder.read_spec(), folder.status()
    if spec.kind not in ("run", "import"):
        raise StoreError(f"The job {run_id} is no run: it has no results to export.")
    if status.is_active:
        raise StoreError(f"The run {run_id} is {status.state}. Export it when it has ended.")
    results = folder.read_results()
    runs = _chosen(results, run_id, animals)
    if nwb_metadata is not None:
        nwb_metadata.check_animals(list(results))
    with _exported(store, runs, spec, status, run_id, nwb_metadata=nwb_metadata) as run:
        yield run


@contextmanager
def run_from_folder(store: Store, path: Path, animals: Sequence[str] | None = None) -> Iterator[ExportedRun]:
    """Give what `calscope run` wrote into a folder as a run of the store, into which it is opened; as `stored_run`."""
    spec = JobSpec(kind="import", data=str(path.resolve()))
    runs = _chosen({run.name: run for run in import_run_folder(path, store)}, path.name, animals)
    with _exported(store, runs, spec, JobStatus(state="done"), "") as run:
        yield run


@contextmanager
def _exported(
    store: Store,
    runs: Sequence[AnimalRun],
    spec: JobSpec,
    status: JobStatus,
    run_id: str,
    *,
    nwb_metadata: ProjectNwbMetadata | None = None,
) -> Iterator[ExportedRun]:
    said = nwb_metadata_of(store.root, spec.data) if nwb_metadata is None else nwb_metadata
    with ExitStack() as leases:
        leases.enter_context(store.lease(key for run in runs for key in run.keys.values()))
        for run in runs:
            _check_stored(store, run)
        remarks = remarks_of(store.root, spec.data)
        found = [judged_run(run, AnimalResults(store, run.keys)) for run in runs]
        leases.enter_context(store.lease(key for _, results, _ in found for key in results.keys.values()))
        exported = tuple(
            StoredAnimal(
                *(run.to_dict(), results, run_id, remarks, told, said.of(run.name)),
                events=events_of_animal(store, spec.data, run),
            )
            for run, results, told in found
        )
        record = _run_record(spec, status, [run for run, _, _ in found], remarks)
        yield ExportedRun(_last_name(spec.data) or run_id, exported, record)


def _last_name(place: str) -> str:
    """Give the name of a folder of recordings, or that of a file without its ending."""
    path = Path(place)
    return path.stem if path.is_file() else path.name


def export_stored_run(store: Store, spec: JobSpec, progress: Progress = silent) -> list[Path]:
    """Do what a job of the kind `export` asks for, and give the files.

    Raises
    ------
    RecordingError, StoreError
        When the folder may not be written to, or the run can't be exported.
    Cancelled
        When `progress` says so; nothing half-made is left.
    """
    if spec.export is None:
        raise StoreError("The job's description lacks the run and the format to export.")
    folder = resolve_new_folder(spec.data, allowed_roots())
    with stored_run(store, spec.export.run, spec.animals) as run:
        check_target(store, run, folder)
        if spec.export.format == "report":
            return [write_report(run, folder / REPORT, progress, with_paths=spec.export.with_paths)]
        if spec.export.format == "bundle":
            return [write_bundle(run, store, folder / bundle_name(run), progress, with_film=spec.export.with_film)]
        return export_run(run, spec.export.format, folder, progress)


def check_target(store: Store, run: ExportedRun, folder: Path) -> None:
    """Refuse to write among the recordings, or into the store itself; StoreError where that is asked for."""
    if folder.resolve().is_relative_to(store.root.resolve()):
        raise StoreError(f"{folder} lies in the result store. Choose another folder to export to.")
    check_apart(folder, Path(str(run.meta["data"])))


def _chosen(results: dict[str, AnimalRun], run_id: str, animals: Sequence[str] | None) -> list[AnimalRun]:
    if not results:
        raise StoreError(
            f"The run {run_id} has no results: it ended before its first animal was through, or its record is damaged."
        )
    check_names(animals or (), list(results), run_id)
    return [run for name, run in results.items() if animals is None or name in animals]


def _check_stored(store: Store, run: AnimalRun) -> None:
    gone = [stage for stage, key in run.keys.items() if stage not in _NOT_EXPORTED and not store.has(key)]
    if gone:
        raise StoreError(
            f"Results of {run.name} are no longer in the store ({', '.join(gone)}): they were pruned. Run the animal "
            "again with the same parameters, and export that run."
        )


def _run_record(
    spec: JobSpec, status: JobStatus, runs: Sequence[AnimalRun], remarks: Mapping[str, str]
) -> dict[str, Any]:
    """Give the run's own record, as `calscope run` writes it to OUT/run.json."""
    started = status.started_at
    return {
        "data": spec.data,
        "started_at": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds") if started else None,
        "engine": runs[0].engine,
        "engine_version": runs[0].engine_version,
        "until": spec.until,
        "n_frames": spec.n_frames,
        "workers": spec.workers,
        "requested": runs[0].requested,
        "versions": runs[0].versions,
        "skipped": [],
        "state": status.state,
        "seconds": round(status.ended_at - started, 3) if started and status.ended_at else None,
        "animals": [entry_of(run.to_dict(), remarks) for run in runs],
    }
