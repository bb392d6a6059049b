"""Opens damaged files and tells what came of it: `python benchmarks/fuzz_readers.py --files 1000 --seed 0`.

Whole files of several layouts are damaged at random (the seed decides how), and each is opened, a few frames are read
and its load report is made, in a process of its own; folders of `calscope run` are reported and exported, other
programs' results opened, folders of jobs listed, exported and cancelled.
Right is frames or one sentence; a traceback, a crash, more than 5 s or more than 500 MB is a fault. Files at fault are
kept in the folder that `--keep` names. `--look FILE ...` looks at given recordings instead.

Another format is another entry of `KINDS`: how a whole input is written, and how it is looked at.
"""

import argparse
import io
import json
import multiprocessing
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from damaged_results import (
    damage_run,
    look_at_caiman,
    look_at_job,
    look_at_mat,
    look_at_run,
    write_caiman,
    write_job,
    write_mat,
    write_run,
)

from calscope.io.load_report import make_report
from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import CalscopeError

MOST_S, MOST_BYTES, SAFETY_BYTES = 5.0, 500 << 20, 6 << 30
LONGEST_WAIT_S = 60.0
"""`MOST_S` is computing time, as the machine may be busy; who takes longer than this by the clock hangs."""
GOOD = ("frames", "sentence")
_LOADED_ONCE = (
    *("calscope.io.load_report", "calscope.io.project", "calscope.io.results.open_results"),
    *("calscope.export.formats.format_registry", "calscope.export.report.write_report"),
    *("calscope.ui.runs.run_tables", "calscope.jobs.run_export"),
)


@dataclass(frozen=True)
class Kind:
    """One format: the bytes of a whole file, its name, and what is done with a damaged one."""

    name: str
    write: Callable[[random.Random], bytes]
    look: Callable[[Path], None]
    ending: str = ".tif"
    damage: Callable[[bytes, random.Random], bytes] | None = None
    """How its content is damaged, where that is not done byte by byte."""


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    word: str
    """'frames', 'sentence', 'traceback', 'crash', 'slow' or 'memory'."""
    text: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0


def main() -> int:
    """Do it, tell the numbers, and end with 1 where there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--keep", type=Path, help="folder for the files at fault")
    parser.add_argument("--look", type=Path, nargs="*", help="look at these instead")
    wanted = parser.parse_args()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED_ONCE))
    outcomes: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="calscope-fuzz-") as place:
        for kind, path in looked_at(wanted, Path(place)):
            outcome = watched(context, kind, path)
            outcomes[kind.name, outcome.word] += 1
            if wanted.look or outcome.word not in GOOD:
                print(f"{path.name}: {outcome.word}, {outcome.seconds:.1f} s, {outcome.peak_bytes >> 20} MB: ", end="")
                print(outcome.text, flush=True)
            if wanted.keep and outcome.word not in GOOD:
                wanted.keep.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, wanted.keep / path.name)
            if not wanted.look:
                path.unlink()
    for (name, word), n in sorted(outcomes.items()):
        print(f"{name:>16} {word:>10} {n:6d}")
    return int(any(word not in GOOD for _, word in outcomes))


def looked_at(wanted: argparse.Namespace, place: Path) -> Iterator[tuple[Kind, Path]]:
    """Give the files one after the other: those named, or damaged ones."""
    if wanted.look:
        yield from ((KINDS["classic"], path) for path in wanted.look)
        return
    for number in range(wanted.files):
        kind = KINDS[wanted.kinds[number % len(wanted.kinds)]]
        chance = random.Random(f"{wanted.seed} {number}")
        path = place / f"{kind.name}_{wanted.seed}_{number}{kind.ending}"
        path.write_bytes((kind.damage or damaged)(kind.write(chance), chance))
        yield kind, path


def watched(context: multiprocessing.context.ForkServerContext, kind: Kind, path: Path) -> Outcome:
    """Look at a file in a process of its own, which is ended when it takes too long."""
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=look_and_tell, args=(kind.name, path, theirs))
    process.start()
    theirs.close()
    told = ours.poll(LONGEST_WAIT_S)
    try:
        outcome = ours.recv() if told else Outcome("slow", "no answer", LONGEST_WAIT_S)
    except EOFError:
        process.join()
        outcome = Outcome("crash", f"ended with {process.exitcode}")
    process.kill()
    process.join()
    ours.close()
    return outcome


def look_and_tell(name: str, path: Path, answer: Connection) -> None:
    """Look at a file with memory bounded and send what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (SAFETY_BYTES, SAFETY_BYTES))
    warnings.simplefilter("error", RuntimeWarning)  # NumPy's, of infinite numbers that were calculated with
    began = time.process_time()
    word, text = "frames", ""
    try:
        KINDS[name].look(path)
    except CalscopeError as error:
        word, text = "sentence", str(error)
    except BaseException:  # noqa: BLE001 - this is what is looked for
        word, text = "traceback", traceback.format_exc()
    seconds, peak = time.process_time() - began, peak_bytes()
    if word in GOOD and seconds > MOST_S:
        word = "slow"
    if word in GOOD and peak > MOST_BYTES:
        word = "memory"
    answer.send(Outcome(word, text, seconds, peak))


def peak_bytes() -> int:
    """Give the memory that this process, or one that it started, had at most."""
    return 1024 * max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def look_at_recording(path: Path) -> None:
    """Find, open, read the first and the last frames, and make the load report."""
    for ref in find_recordings(path).recordings:
        recording = open_recording(ref.path)
        n_frames = recording.shape[0]
        recording.read(0, 3)
        recording.read(n_frames - 2, n_frames)
        make_report(recording)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Damage a file: bytes and numbers overwritten, pieces copied, taken out or put in, the end cut off."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(data))
        chance.choice((_one_byte, _one_byte, _number, _number, _text_number, _copied, _taken_out, _put_in, _cut))(
            data, at, chance
        )
        if len(data) < 2:
            break
    return bytes(data)


def damaged_run(content: bytes, chance: random.Random) -> bytes:
    """Damage a run's folder."""
    return damage_run(content, chance, damaged)


def _one_byte(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] = chance.randrange(256)


def _number(data: bytearray, at: int, chance: random.Random) -> None:
    """Overwrite an aligned number near the start or the end, where directories lie, with one at a limit."""
    size = chance.choice((2, 4, 8))
    near = chance.choice((at, at % 600, len(data) - 1 - at % 600))
    where = max(0, near) // 2 * 2
    value = chance.choice((0, 1, 2, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1))
    data[where : where + size] = (value & (256**size - 1)).to_bytes(size, chance.choice(("little", "big")))


def _text_number(data: bytearray, at: int, chance: random.Random) -> None:
    """Overwrite digits in the file's texts with another number."""
    digits = [i for i in range(min(len(data), 4000)) if 48 <= data[i] <= 57]
    if digits:
        where = digits[at % len(digits)]
        text = chance.choice((b"-1", b"inf", b"nan", b"1e999", b"0", b"9" * 12, b"9" * 5000, b"[" * 3000))
        data[where : where + chance.choice((1, len(text)))] = text


def _copied(data: bytearray, at: int, chance: random.Random) -> None:
    other, size = chance.randrange(len(data)), chance.choice((2, 4, 12, 64))
    data[at : at + size] = data[other : other + size]


def _taken_out(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at : at + chance.choice((1, 2, 12, 200))]


def _put_in(data: bytearray, at: int, chance: random.Random) -> None:
    data[at:at] = chance.randbytes(chance.choice((1, 2, 12, 200)))


def _cut(data: bytearray, at: int, chance: random.Random) -> None:
    del data[max(at, 4) :]


def tiff(**options: Any) -> Callable[[random.Random], bytes]:
    """Give what writes a small movie with these options of tifffile's."""

    def write(chance: random.Random) -> bytes:
        movie = np.random.default_rng(chance.randrange(100)).integers(0, 900, (6, 20, 32)).astype(np.uint16)
        file = io.BytesIO()
        tifffile.imwrite(file, movie, photometric="minisblack", **options)
        return file.getvalue()

    return write


def scanimage(chance: random.Random) -> bytes:
    """Write a small movie with ScanImage's words."""
    lines = ("SI.VERSION_MAJOR = 2020", "SI.hChannels.channelSave = 1", "SI.hRoiManager.scanFrameRate = 12.5")
    more = ("SI.hRoiManager.imagingFovUm = [-60 -20;20 -20;20 20;-60 20]", "SI.hStackManager.enable = false")
    rois = json.dumps({"RoiGroups": {"imagingRoiGroup": {"rois": [{"scanfields": {"sizeXY": [2, 2]}}]}}})
    software, tags = "\n".join((*lines, *more)), [(315, "s", 0, rois, True)]
    return tiff(software=software, extratags=tags, metadata=None)(chance)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("classic", tiff(metadata=None), look_at_recording),
        Kind("shaped", tiff(), look_at_recording),
        Kind("big endian", tiff(byteorder=">", rowsperstrip=7), look_at_recording),
        Kind("bigtiff", tiff(bigtiff=True, metadata=None), look_at_recording),
        Kind("tiled", tiff(tile=(16, 16), compression="zlib"), look_at_recording),
        Kind("zlib", tiff(compression="zlib", predictor=True), look_at_recording),
        Kind("lzw", tiff(compression="lzw", rowsperstrip=5), look_at_recording),
        Kind("zstd", tiff(compression="zstd"), look_at_recording),
        Kind("packbits", tiff(compression="packbits", metadata=None), look_at_recording),
        Kind("imagej", tiff(imagej=True, metadata={"axes": "TYX", "finterval": 0.1}), look_at_recording),
        Kind("ome", tiff(ome=True, metadata={"axes": "TYX", "TimeIncrement": 0.1}), look_at_recording),
        Kind("scanimage", scanimage, look_at_recording),
        Kind(
            "run folder", write_run, look_at_run, ".zip", lambda content, chance: damage_run(content, chance, damaged)
        ),
        Kind("job", write_job, look_at_job, ".zip", lambda content, chance: damage_run(content, chance, damaged)),
        Kind("caiman", write_caiman, look_at_caiman, ".hdf5"),
        Kind("Fall.mat", write_mat, look_at_mat, ".mat"),
    )
}

if __name__ == "__main__":
    sys.exit(main())
