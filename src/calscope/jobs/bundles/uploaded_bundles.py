"""Bundles that came by the browser: kept in the store, by their contents, as long as a run on Runs is of them."""

import hashlib
import shutil
import time
from pathlib import Path
from typing import IO

from calscope.io.atomic_write import free_bytes, move
from calscope.io.bundles.bundle_manifest import ENDING
from calscope.io.bundles.bundle_reading import open_bundle
from calscope.io.file_names import safe_name
from calscope.io.server_rights import Right, require
from calscope.jobs.job_folder import all_jobs
from calscope.model.errors import RecordingError, StoreError
from calscope.model.quantities import size
from calscope.pipeline.disk_files import store_trouble
from calscope.pipeline.store import Store

UPLOADS = "uploads"
MOST_MB = 200
"""Until they are on the disk, they are in the server's memory; larger bundles are opened by their path."""
_CHUNK_BYTES = 1 << 20
_FORGOTTEN_S = 86400.0


def uploads_of(store: Store) -> Path:
    """Give the folder of the bundles that came by the browser."""
    return store.root / UPLOADS


def keep_upload(store: Store, source: IO[bytes], name: str, n_bytes: int) -> Path:
    """Put a bundle into the store as a file, and give its place; the same one is kept once.

    Parameters
    ----------
    name, n_bytes
        Of the file as the browser tells them; the name is made plain.

    Raises
    ------
    RecordingError
        When it is no sound bundle.
    StoreError
        When it is too large, or the disk has no room.
    NotAllowedError
        When this server takes nothing in.
    """
    require(Right.IMPORT)
    if n_bytes > MOST_MB * 1_000_000:
        raise StoreError(
            f"{name} has {size(n_bytes)}; {MOST_MB} MB at most can be uploaded. Copy it to the machine that runs "
            "Calscope, and open it by its path."
        )
    free = free_bytes(store.root)
    if free is not None and n_bytes > free:
        raise StoreError(f"{name} has {size(n_bytes)}, and {size(free)} are free in the store at {store.root}.")
    _remove_forgotten(store)
    with store_trouble(store.root), store.scratch() as scratch:
        file = scratch / f"{safe_name(Path(name).stem)}{ENDING}"
        digest = _copied(source, file)
        try:
            open_bundle(file)
        except RecordingError as error:
            raise RecordingError(str(error).replace(str(file), name)) from None
        target = uploads_of(store) / digest / file.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            move(file, target)
    return target


def _copied(source: IO[bytes], target: Path) -> str:
    """Copy a file in pieces, and give the beginning of its checksum."""
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()[:16]


def _remove_forgotten(store: Store) -> None:
    """Remove those of which no run is left; not those of the last day, which may just be opened."""
    try:
        used = {Path(job.read_spec().data).parent for job in all_jobs(store.jobs)}
    except StoreError:
        return  # of whose run nothing can be read may be the one that uses it
    for folder in uploads_of(store).glob("*"):
        if folder not in used and time.time() - folder.stat().st_mtime > _FORGOTTEN_S:
            shutil.rmtree(folder, ignore_errors=True)
