"""What is made to be downloaded: one file in the folder of the job that made it, until that job is forgotten."""

import time
import zipfile
from pathlib import Path

from calscope.export.exported_animal import ExportedRun
from calscope.export.formats.format_registry import export_run
from calscope.export.report.write_report import write_report
from calscope.io.atomic_write import MARK, move
from calscope.io.file_names import safe_name
from calscope.jobs.bundles.write_bundle import bundle_name, write_bundle
from calscope.jobs.job_folder import JobFolder, all_jobs
from calscope.jobs.job_spec import ExportSettings, JobSpec
from calscope.jobs.run_export import stored_run
from calscope.model.errors import StoreError
from calscope.model.progress import Progress, part, silent
from calscope.pipeline.disk_files import store_trouble
from calscope.pipeline.store import Store

KEPT_S = 7 * 86400.0
"""Files that were made for longer are removed when the next one is made; the run is not."""
_CHUNK_BYTES = 1 << 20


def make_download(store: Store, spec: JobSpec, job: JobFolder, progress: Progress = silent) -> Path:
    """Make the file that a job of the kind `export` without a folder asks for.

    It is made in the store's scratch folder and moved when it is whole, so that a job that is ended leaves nothing.

    Raises
    ------
    StoreError
        When the run can't be exported, or the disk is full.
    Cancelled
        When `progress` says so.
    """
    settings = spec.export
    if settings is None:
        raise StoreError("The job's description lacks the run and the format to export.")
    remove_old(store, job)
    with stored_run(store, settings.run, spec.animals) as run, store.scratch() as scratch:
        file = _made(run, store, settings, scratch, progress)
        target = job.made / file.name
        with store_trouble(store.root):
            job.made.mkdir(exist_ok=True)
            move(file, target)
    return target


def remove_old(store: Store, besides: JobFolder) -> None:
    """Remove files that nobody fetched for a week, so that the disk doesn't fill with them."""
    for job in all_jobs(store.jobs):
        file = None if job.id == besides.id else job.made_file()
        if file is not None and time.time() - file.stat().st_mtime > KEPT_S:
            file.unlink(missing_ok=True)


def _made(run: ExportedRun, store: Store, settings: ExportSettings, scratch: Path, progress: Progress) -> Path:
    name, chosen = safe_name(run.name), settings.format
    if chosen == "report":
        return write_report(run, scratch / f"{name}_report.html", progress, with_paths=settings.with_paths)
    if chosen == "bundle":
        return write_bundle(run, store, scratch / bundle_name(run), progress, with_film=settings.with_film)
    folder = scratch / f"{name}_{safe_name(chosen)}"
    files = export_run(run, chosen, folder, part(progress, 0, 0.7))
    if len(files) == 1:
        return files[0]
    with store_trouble(store.root):
        return _packed(folder, scratch / f"{folder.name}.zip", part(progress, 0.7, 1))


def _packed(folder: Path, target: Path, progress: Progress) -> Path:
    """Put a folder into a zip file, streamed."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MARK]
    n_bytes, done = max(1, sum(path.stat().st_size for path in files)), 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for path in files:
            name = path.relative_to(folder.parent).as_posix()
            with path.open("rb") as source, out.open(name, "w", force_zip64=True) as file:
                while chunk := source.read(_CHUNK_BYTES):
                    progress(done / n_bytes, target.name)
                    file.write(chunk)
                    done += len(chunk)
    return target
