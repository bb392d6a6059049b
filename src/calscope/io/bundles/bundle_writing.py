"""Writes a bundle part by part, each streamed, its checksum taken on the way."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from calscope.io.atomic_write import atomic_file
from calscope.io.bundles.bundle_manifest import MANIFEST, Manifest, PartEntry, is_part_name
from calscope.io.bundles.bundle_reading import is_bundle
from calscope.model.errors import StoreError
from calscope.model.progress import Check, unasked

_CHUNK_BYTES = 1 << 20
_LEVEL = 4
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same run gives the same bytes; when it was made stands in the manifest."""


class BundleWriter:
    """Takes the parts of a bundle; given out by `bundle_writer`."""

    def __init__(self, file: zipfile.ZipFile, check: Check) -> None:
        self._file, self._check = file, check
        self.parts: dict[str, PartEntry] = {}

    def add_file(self, name: str, path: Path) -> None:
        """Copy a file into the bundle."""
        with path.open("rb") as source, self._part(name) as write:
            while chunk := source.read(_CHUNK_BYTES):
                write(chunk)

    def add_bytes(self, name: str, content: bytes) -> None:
        """Put a small part into the bundle."""
        with self._part(name) as write:
            write(content)

    def add_text(self, name: str, text: str) -> None:
        """Put a text into the bundle."""
        self.add_bytes(name, text.encode("utf-8"))

    def add_json(self, name: str, values: Any) -> None:
        """Put plain values into the bundle."""
        self.add_text(name, json.dumps(values, ensure_ascii=False, indent=1))

    @contextmanager
    def _part(self, name: str) -> Iterator[Any]:
        if not is_part_name(name) or name in self.parts:
            raise ValueError(f"A part of a bundle can't be called {name!r}.")
        digest, n_bytes = hashlib.sha256(), 0
        with self._file.open(_entry(name), "w", force_zip64=True) as file:

            def write(chunk: bytes) -> None:
                nonlocal n_bytes
                self._check()
                _write(file, chunk)
                digest.update(chunk)
                n_bytes += len(chunk)

            yield write
        self.parts[name] = PartEntry(bytes=n_bytes, sha256=digest.hexdigest())


@contextmanager
def bundle_writer(target: Path, about: Manifest, check: Check = unasked) -> Iterator[BundleWriter]:
    """Give what takes the parts of a new bundle; it takes the place of `target` when the block ends well.

    Parameters
    ----------
    about
        What the bundle says of itself; its parts are filled in here.
    check
        Asked between chunks whether to stop.

    Raises
    ------
    StoreError
        When something else than a bundle is at `target`, the place can't be written, or the disk is full.
    """
    if target.exists() and not is_bundle(target):
        raise StoreError(f"{target} is not a bundle of Calscope; it is left alone. Choose another folder or name.")
    with atomic_file(target) as unfinished, zipfile.ZipFile(unfinished, "w", allowZip64=True) as file:
        writer = BundleWriter(file, check)
        yield writer
        text = about.model_copy(update={"parts": writer.parts}).model_dump_json(indent=1)
        file.writestr(_entry(MANIFEST), text)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type, entry._compresslevel = zipfile.ZIP_DEFLATED, _LEVEL  # type: ignore[attr-defined]
    entry.external_attr = 0o644 << 16
    return entry


def _write(file: IO[bytes], chunk: bytes) -> None:
    file.write(chunk)
