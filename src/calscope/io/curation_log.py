"""The log of what persons said of the components of one recording: a file of JSON lines that is only ever added to.

Several processes may add at once: each holds the lock of a file beside the log while it writes its lines with one call
and waits for the disk. What was read once is not read again.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from calscope.io.atomic_write import disk_trouble, sync_to_disk
from calscope.io.file_locks import lock
from calscope.io.server_rights import Right, require
from calscope.model.curation.curation_entry import OF_THE_SET, VERSION, CurationEntry, version_of
from calscope.model.errors import StoreError
from calscope.model.json_text import parse_json
from calscope.model.notes import Note

FOLDER = "curation"
"""In the store; nothing of the store is swept or pruned there."""
_NAME = re.compile(r"[0-9a-f]{8,64}")
_MOST_LINE_BYTES = 2**22


class CurationLog:
    """The log of one recording, which may not exist yet."""

    def __init__(self, path: Path, recording: str) -> None:
        """Take the file and the fingerprint of its recording."""
        self.path, self.recording = path, recording
        self._entries: list[CurationEntry] = []
        self._ids: set[str] = set()
        self._read_bytes = 0
        self._n_damaged, self._newer, self._is_torn = 0, 0, False
        self._last_line, self._state = b"", (0, 0, 0)
        self._busy = RLock()

    def entries(self) -> tuple[CurationEntry, ...]:
        """Give all entries, the oldest first; those of newer versions and damaged lines are left out, see `notes`.

        Raises
        ------
        StoreError
            When the log can't be read, or is another recording's.
        """
        with self._busy:
            self._read_new()
            return tuple(self._entries)

    def notes(self) -> tuple[Note, ...]:
        """Give what is to be known of the lines that were read."""
        found, n = [], self._n_damaged + self._is_torn
        if n:
            found.append(Note("curation_damaged", {"n": n, "file": self.path.name}))
        if self._newer:
            found.append(Note("curation_newer", {"version": self._newer, "file": self.path.name}))
        return tuple(found)

    def append(self, make: Callable[[tuple[CurationEntry, ...]], Sequence[CurationEntry]]) -> list[CurationEntry]:
        """Add the entries that `make` gives for those that are there; give those that were added.

        Nobody else adds any in between. Entries whose id is in the log already are not added again.

        Raises
        ------
        StoreError
            When a newer version wrote in it, it can't be locked or written, or is another recording's.
        NotAllowedError
            When nobody judges on this server, or no component is merged, split, drawn or deleted there.
        """
        require(Right.JUDGE)
        with self._busy, self._trouble("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_suffix(".lock").open("ab") as held:
                lock(held.fileno())
                self._read_new()
                self._check_writable()
                wanted = [entry for entry in make(tuple(self._entries)) if entry.id not in self._ids]
                if any(entry.action in OF_THE_SET for entry in wanted):
                    require(Right.CHANGE)
                if wanted:
                    self._write(wanted)
                    self._read_new()
                return wanted

    def _write(self, entries: Sequence[CurationEntry]) -> None:
        is_new = not self.path.exists()
        lines = "".join(f"{line_of(entry)}\n" for entry in entries).encode()
        with self.path.open("ab", buffering=0) as file:
            # What a process that was killed left half written stays a line of its own.
            text = lines if file.tell() == self._read_bytes else b"\n" + lines
            written = file.write(text)
            os.fsync(file.fileno())
        if written != len(text):
            raise StoreError(f"{self.path} could not be written whole: the disk took {written} of {len(text)} bytes.")
        if is_new:
            sync_to_disk(self.path.parent)

    def _check_writable(self) -> None:
        if self._newer:
            raise StoreError(
                f"{self.path} was written by a newer version of Calscope (form {self._newer}, this one knows "
                f"{VERSION}), so nothing is added to it here. Judge with that version."
            )

    def _read_new(self) -> None:
        """Read the whole lines that were added since; a last line without its end is not there yet, or torn."""
        with self._trouble("read"):
            if not self.path.exists():
                self._forget()
                return
            found = self.path.stat()
            state = found.st_ino, found.st_size, found.st_mtime_ns
            if state == self._state and found.st_size == self._read_bytes:
                return
            with self.path.open("rb") as file:
                file.seek(self._read_bytes - len(self._last_line))
                if found.st_size < self._read_bytes or file.read(len(self._last_line)) != self._last_line:
                    self._forget()  # another file took its place, if need be under the same number
                self._state = state
                file.seek(self._read_bytes)
                lines = file.read().split(b"\n")
        self._is_torn = bool(lines[-1])
        for line in lines[:-1]:
            self._take(line)
            self._last_line = line + b"\n"
            self._read_bytes += len(self._last_line)

    def _take(self, line: bytes) -> None:
        if not line:
            return
        try:
            if len(line) > _MOST_LINE_BYTES:
                raise ValueError("it is too long")
            saved = parse_json(line.decode("utf-8"))
            if (version := version_of(saved)) > VERSION:
                self._newer = max(self._newer, version)
                return
            entry = CurationEntry.from_json(saved)
        except ValueError:
            self._n_damaged += 1
            return
        if entry.recording != self.recording:
            raise StoreError(
                f"{self.path} holds judgements of another recording, and is not used. Move it to where it belongs."
            )
        if entry.id not in self._ids:
            self._ids.add(entry.id)
            self._entries.append(entry)

    def _forget(self) -> None:
        self._entries, self._ids, self._read_bytes, self._last_line = [], set(), 0, b""
        self._n_damaged, self._newer, self._is_torn = 0, 0, False

    @contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            trouble = disk_trouble(error, self.path.parent)
            raise StoreError(f"The judgements in {self.path} can't be {what}: {trouble}.") from error


def line_of(entry: CurationEntry) -> str:
    """Give an entry as a line, without its end."""
    return json.dumps(entry.to_json(), ensure_ascii=False, separators=(",", ":"))


def has_log(recording: str) -> bool:
    """Whether a recording of that fingerprint can have a log; a crop or a clip of one has none."""
    return _NAME.fullmatch(recording) is not None


def log_of(store_root: Path, recording: str) -> CurationLog:
    """Give the log of a recording in a store, by its fingerprint.

    Raises
    ------
    StoreError
        When that is no fingerprint of a recording, as of a crop.
    """
    if not has_log(recording):
        raise StoreError("These results are of no recording whose files are known, so no judgement of them is kept.")
    return CurationLog(store_root / FOLDER / f"{recording}.jsonl", recording)
