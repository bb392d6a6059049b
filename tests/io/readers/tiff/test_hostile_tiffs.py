"""Files made to hold the reader up, or to fill the memory: each is told in one sentence, in 5 s and 500 MB."""

import json
import struct
import subprocess
import sys
import zlib

import pytest

DEFLATE, PACKBITS, OLD_JPEG, JPEG_XL, NOBODYS = 8, 32773, 6, 50002, 50000
READ = r"""
import json, re, sys, time
from pathlib import Path
from calscope.io.load_report import make_report
from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import RecordingError
from calscope.model.note_texts.all_texts import texts

for path in map(Path, sys.argv[1:]):
    began, told = time.process_time(), ""
    try:
        recording = open_recording(find_recordings(path).recordings[0].path)
        told = " ".join(texts((*make_report(recording).warnings, *recording.notes)))
        refused = False
    except RecordingError as error:
        told, refused = str(error), True
    status = Path("/proc/self/status").read_text()  # what getrusage says counts the process that started this one
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    print(json.dumps([path.parent.name, refused, told, time.process_time() - began, peak]))
"""


def tiff(width=16, height=16, bits=16, compression=1, data=bytes(2048), *, offset=None, count=None, more=(), text=b""):
    """A TIFF of one page with one strip; `offset` and `count` where they are not the data's own."""
    n = 11 + len(more)
    text_at = 8 + 2 + 12 * n + 4
    at = text_at + len(text) + 1
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, 1)]
    entries += [(270, 2, len(text) + 1, text_at), (273, 4, 1, at if offset is None else offset), (277, 3, 1, 1)]
    entries += [(278, 4, 1, height), (279, 4, 1, len(data) if count is None else count), (339, 3, 1, 1), *more]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, n) + directory + bytes(4) + text + b"\0" + data


REFUSED = {
    "a page that unpacks to more than it has": tiff(compression=DEFLATE, data=zlib.compress(bytes(1 << 26), 9)),
    "a page of a gigapixel that is packed": tiff(32768, 32768, 8, DEFLATE, zlib.compress(bytes(1 << 24), 9)),
    "pixels of 0 bits": tiff(bits=0),
    "pixels of 65535 bits": tiff(bits=65535),
    "a packing that nobody knows": tiff(compression=NOBODYS),
    "an old JPEG without its tables": tiff(bits=8, compression=OLD_JPEG),
    "a JPEG XL that is none": tiff(bits=8, compression=JPEG_XL),
    "pixels left out of a page of a gigapixel": tiff(40000, 40000, 8, offset=0, count=0),
    "rows without end": tiff(1, 2**32 - 1, 8),
    "no columns": tiff(width=0),
    "no rows": tiff(height=0),
    "pixels behind the end": tiff(offset=2**31),
    "tiles of gigapixels": tiff(compression=DEFLATE, more=[(322, 4, 1, 60000), (323, 4, 1, 60000)]),
}
TOLD = {
    "a packed page that was left out, as sparse files do": tiff(compression=PACKBITS, data=b""),
    "a number of images below zero": tiff(data=bytes(512), text=b"ImageJ=1.53t\nimages=-5\nframes=-5\n"),
    "rates without end": tiff(data=bytes(512), text=b"state.acq.frameRate=1e999\nSI.hRoiManager.scanFrameRate = inf\n"),
    "OME-XML that never closes": tiff(data=bytes(512), text=b"<OME " + b"<Pixels " * 60_000),
}


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """What came of each file, by its name; all are looked at by one process of its own."""
    if sys.platform != "linux":
        pytest.skip("the peak of memory is in another unit elsewhere")
    folder, paths = tmp_path_factory.mktemp("hostile"), []
    for name, content in (REFUSED | TOLD).items():
        paths.append(folder / name / "m.tif")
        paths[-1].parent.mkdir()
        paths[-1].write_bytes(content)
    done = subprocess.run([sys.executable, "-c", READ, *map(str, paths)], capture_output=True, text=True, check=True)
    return {name: found for name, *found in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", [*REFUSED, *TOLD])
def test_it_is_told_at_once_and_costs_nothing(looked_at, name):
    refused, told, seconds, peak_kb = looked_at[name]
    assert refused == (name in REFUSED), told
    assert ("m.tif" in told and len(told) < 400) if refused else "single image" in told
    assert seconds < 5 and peak_kb < 500_000
