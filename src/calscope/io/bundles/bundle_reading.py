"""Reads bundles that somebody else may have made, damaged or built to do harm: nothing is trusted before it is checked.

The size of the list of entries is looked at before the list is read, names and sizes before anything is unpacked, and
the checksum of every part while it is.
"""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from calscope.io.bundles.bundle_manifest import (
    ENDING,
    FREE_OF_RATIO_BYTES,
    MANIFEST,
    MOST_JSON_BYTES,
    MOST_PARTS,
    MOST_TIMES_LARGER,
    Manifest,
    parse_manifest,
)
from calscope.model.errors import RecordingError
from calscope.model.json_text import parse_json
from calscope.model.progress import Check, unasked

_CHUNK_BYTES = 1 << 20
_MOST_LIST_BYTES = MOST_PARTS * 256
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, UnicodeError),
    *(IndexError, OverflowError),
)
"""What Python raises on a zip file that is cut short, overwritten, or built to do harm."""
_END, _END_64, _FINDS_END_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_COPY_AGAIN = "Copy or download it again, or ask who made it for another copy."


@dataclass(frozen=True)
class Problem:
    """A part that is not what the manifest says."""

    part: str
    why: str
    """`missing`, `changed`, `damaged`, or `not listed`."""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose list of parts was checked; the parts themselves are when they are read."""

    path: Path
    manifest: Manifest

    @property
    def n_bytes(self) -> int:
        """What all parts take when they are unpacked."""
        return sum(entry.bytes for entry in self.manifest.parts.values())

    def read_bytes(self, part: str) -> bytes:
        """Give a small part, checked; RecordingError where it is missing or damaged."""
        listed = self.manifest.parts.get(part)
        if listed is None:
            raise RecordingError(f"{self.path} has no part {part}. {_COPY_AGAIN}")
        if listed.bytes > MOST_JSON_BYTES:
            raise RecordingError(f"{self.path} is damaged: its part {part} has {listed.bytes} bytes. {_COPY_AGAIN}")
        chunks: list[bytes] = []
        with _opened(self.path) as file:
            problem = self._read(file, part, chunks.append, unasked)
        self._need_sound(part, problem)
        return b"".join(chunks)

    def read_text(self, part: str) -> str:
        """Give a text, checked; errors as `read_bytes`, and where it is none."""
        try:
            return self.read_bytes(part).decode("utf-8")
        except UnicodeError:
            raise self.damaged(part, "it is not text") from None

    def read_json(self, part: str) -> Any:
        """Give the plain values of a JSON part, checked; errors as `read_text`."""
        try:
            return parse_json(self.read_text(part))
        except ValueError as error:
            raise self.damaged(part, str(error)) from None

    def unpack(self, folder: Path, under: str, check: Check = unasked) -> list[Path]:
        """Unpack the parts whose names begin with `under` into a folder, each checked; give their files.

        Raises
        ------
        RecordingError
            When a part is missing or damaged; it is named.
        OSError
            When the disk refuses.
        """
        written = []
        with _opened(self.path) as file:
            for part in sorted(name for name in self.manifest.parts if name.startswith(under)):
                target = folder / part
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as out:
                    problem = self._read(file, part, out.write, check)
                self._need_sound(part, problem)
                written.append(target)
        return written

    def problems(self, check: Check = unasked) -> list[Problem]:
        """Read every part, and give those that are not what the manifest says; none where all is as it was made."""
        with _opened(self.path) as file:
            found = [
                Problem(part, why)
                for part in sorted(self.manifest.parts)
                if (why := self._read(file, part, _nowhere, check))
            ]
            listed = {*self.manifest.parts, MANIFEST}
            return found + [Problem(name, "not listed") for name in sorted(set(file.namelist()) - listed)]

    def damaged(self, part: str, why: str) -> RecordingError:
        """Say that a part is damaged, and what to do."""
        return RecordingError(f"{self.path} is damaged: in its part {part}, {why}. {_COPY_AGAIN}")

    def _need_sound(self, part: str, problem: str) -> None:
        if problem:
            raise RecordingError(f"{self.path} is damaged: its part {part} is {problem}. {_COPY_AGAIN}")

    def _read(self, file: zipfile.ZipFile, part: str, write: Any, check: Check) -> str:
        """Read a part to its end; give what is wrong with it, nothing where it is as it was made."""
        wanted, digest, n_bytes = self.manifest.parts[part], hashlib.sha256(), 0
        try:
            with file.open(part) as source:
                while chunk := source.read(_CHUNK_BYTES):
                    check()
                    n_bytes += len(chunk)
                    if n_bytes > wanted.bytes:
                        return "changed"
                    digest.update(chunk)
                    write(chunk)
        except KeyError:
            return "missing"
        except DAMAGE:
            return "damaged"
        return "" if (n_bytes, digest.hexdigest()) == (wanted.bytes, wanted.sha256) else "changed"


def is_bundle(path: Path) -> bool:
    """Tell from the ending and the first bytes whether a file may be a bundle."""
    if path.suffix.lower() != ENDING:
        return False
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError:
        return False


def open_bundle(path: Path) -> Bundle:
    """Open a bundle, and check the list of its parts; nothing is unpacked.

    Raises
    ------
    RecordingError
        When it can't be read, is no bundle or a newer version's, is damaged, or asks for more than a bundle may.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise RecordingError(f"{path} can't be read: {error.strerror or error}.") from error
    return _open_bundle(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=16)
def _open_bundle(path: Path, n_bytes: int, _mtime_ns: int) -> Bundle:
    with _opened(path) as file:
        entries = file.infolist()
        _check_entries(path, entries)
        if MANIFEST not in (entry.filename for entry in entries):
            raise RecordingError(f"{path} is no bundle of Calscope: it has no {MANIFEST}.")
        manifest = _read_manifest(path, file)
    claimed = max(sum(entry.file_size for entry in entries), sum(part.bytes for part in manifest.parts.values()))
    if claimed > max(FREE_OF_RATIO_BYTES, MOST_TIMES_LARGER * n_bytes):
        raise RecordingError(
            f"{path} has {n_bytes} bytes and says that it unpacks to {claimed}, which no bundle of Calscope does. "
            "It is not opened."
        )
    return Bundle(path, manifest)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the zip file, when the list of its entries is not too long to be read."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            _check_list(path, file)
            members = stack.enter_context(zipfile.ZipFile(file))
        except OSError as error:
            raise RecordingError(f"{path} can't be read: {error.strerror or error}.") from error
        except DAMAGE as error:
            raise _not_whole(path) from error
        yield members


def _check_list(path: Path, file: IO[bytes]) -> None:
    """Refuse a list of entries that is longer than that of any bundle: to read it alone could fill the memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise _not_whole(path)
    n_entries, n_bytes = struct.unpack_from("<HI", tail, at + 10)
    if n_entries == 0xFFFF or n_bytes == 0xFFFFFFFF:
        n_entries, n_bytes = _large_list(path, file, tail, at)
    file.seek(0)
    if n_entries > MOST_PARTS or n_bytes > _MOST_LIST_BYTES:
        raise RecordingError(
            f"{path} lists {n_entries} entries; a bundle of Calscope has {MOST_PARTS} at most. It is not opened."
        )


def _large_list(path: Path, file: IO[bytes], tail: bytes, at: int) -> tuple[int, int]:
    """Give how many entries a zip file with wide numbers has, and the size of their list."""
    if at < 20 or tail[at - 20 : at - 16] != _FINDS_END_64:
        raise _not_whole(path)
    (offset,) = struct.unpack_from("<Q", tail, at - 20 + 8)
    if offset >= 2**63:
        raise _not_whole(path)
    file.seek(offset)
    end = file.read(56)
    if len(end) < 56 or end[:4] != _END_64:
        raise _not_whole(path)
    n_entries, n_bytes = struct.unpack_from("<QQ", end, 32)
    return n_entries, n_bytes


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(names) > MOST_PARTS or len(set(names)) != len(names):
        raise RecordingError(f"{path} is no sound bundle: it has too many entries, or two of one name.")
    for entry in entries:
        if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RecordingError(
                f"{path} is no bundle of Calscope: its entry {entry.filename[:100]!r} is packed in another way."
            )


def _read_manifest(path: Path, file: zipfile.ZipFile) -> Manifest:
    try:
        with file.open(MANIFEST) as source:
            text = source.read(MOST_JSON_BYTES + 1)
        if len(text) > MOST_JSON_BYTES:
            raise ValueError("it is too long")
        return parse_manifest(text.decode("utf-8"))
    except DAMAGE:
        raise RecordingError(f"{path} is damaged: its part {MANIFEST} is. {_COPY_AGAIN}") from None
    except ValueError as error:
        raise RecordingError(f"{path} can't be opened: of its {MANIFEST}, {error}.") from None


def _not_whole(path: Path) -> RecordingError:
    return RecordingError(
        f"{path} is no bundle of Calscope, or was not copied whole: its end is missing. {_COPY_AGAIN}"
    )


def _nowhere(chunk: bytes) -> int:
    return len(chunk)
