"""The log of judgements under bad conditions: torn, newer, of another recording, and several that add at once."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.io.curation_log import CurationLog, line_of, log_of
from calscope.model.curation.curation_entry import Target, new_entry
from calscope.model.curation.packed_footprint import pack_footprint
from calscope.model.errors import StoreError
from calscope.model.note_texts.all_texts import texts

RECORDING = "0123456789abcdef"
FOOTPRINT = pack_footprint(csc_matrix(np.ones((200, 1), np.float32)), 0, (10, 20))


def entry(component=0, action="accept", **more):
    target = Target("run", component, 1.0, 2.0, FOOTPRINT)
    return new_entry(action, who="Ada", recording=RECORDING, target=target, **more)


@pytest.fixture
def log(tmp_path):
    return log_of(tmp_path, RECORDING)


def again(log):
    """The same file, as another process sees it."""
    return CurationLog(log.path, log.recording)


def test_what_is_added_is_read_again_by_others(log):
    assert log.entries() == () and not log.path.exists()
    added = [entry(1), entry(2, "note", text='a "quoted" <script>alert(1)</script> 🧠')]
    assert log.append(lambda _: added) == added
    other = again(log)
    assert other.entries() == log.entries() == tuple(added)
    more = entry(3)
    log.append(lambda _: [more])
    assert other.entries()[-1] == more and other.notes() == ()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_log_that_another_one_replaced_is_read_anew(log, n):
    log.append(lambda _: [entry(1), entry(2)])
    others = [entry(k, "reject") for k in range(n)]
    log.path.write_text("".join(f"{line_of(one)}\n" for one in others))  # the same file, as a copy that is put back
    assert log.entries() == tuple(others)
    more = entry(7)
    log.append(lambda _: [more])
    assert log.entries() == again(log).entries() == (*others, more)


def test_an_older_copy_of_a_log_that_grew_otherwise_is_read_anew(log):
    first = entry(1)
    log.append(lambda _: [first, entry(2)])
    others = [first, *(entry(k, "reject") for k in range(3))]
    log.path.write_text("".join(f"{line_of(one)}\n" for one in others))
    assert log.entries() == tuple(others)


def test_an_entry_is_added_once_whoever_sends_it_again(log):
    one = entry(1)
    assert log.append(lambda _: [one]) == [one]
    assert again(log).append(lambda _: [one]) == []
    assert len(log.path.read_bytes().splitlines()) == 1


@pytest.mark.parametrize("cut", [1, 20, 150])
def test_a_torn_last_line_is_left_out_and_said_and_costs_no_other(log, cut):
    log.append(lambda _: [entry(1), entry(2)])
    log.path.write_bytes(log.path.read_bytes()[:-cut])
    other = again(log)
    assert [one.target.component for one in other.entries()] == [1]
    assert "One line is left out" in texts(other.notes())[0]
    other.append(lambda _: [entry(3)])
    found = again(log)
    assert [one.target.component for one in found.entries() if one.target.component != 2] == [1, 3]
    assert found.entries() == other.entries()


def test_damaged_lines_are_counted_and_left_out(log):
    log.append(lambda _: [entry(1)])
    with log.path.open("ab") as file:
        file.write(b"\xff\xfe\n{}\n[1]\nnonsense\n" + b"[" * 2000 + b"\n\n")
    log.append(lambda _: [entry(2)])
    assert [one.target.component for one in again(log).entries()] == [1, 2]
    assert texts(log.notes()) == [
        "5 lines are left out of the judgements in 0123456789abcdef.jsonl: damaged, or written only in part."
    ]


def test_a_newer_version_s_log_is_read_only_whatever_its_lines_hold(log):
    log.append(lambda _: [entry(1)])
    with log.path.open("a") as file:
        file.write(json.dumps({"version": 7, "what": "nobody knows"}) + "\n")
    other = again(log)
    assert len(other.entries()) == 1 and "newer version" in texts(other.notes())[0]
    before = log.path.read_bytes()
    with pytest.raises(StoreError, match=r"form 7, this one knows 2"):
        other.append(lambda _: [entry(2)])
    assert log.path.read_bytes() == before


def test_unknown_actions_are_kept(log):
    strange = json.loads(line_of(entry(1))) | {"action": "merge", "id": "m1"}
    log.path.parent.mkdir()
    log.path.write_text(json.dumps(strange) + "\n")
    log.append(lambda _: [entry(2)])
    assert [one.action for one in again(log).entries()] == ["merge", "accept"]


def test_the_log_of_another_recording_is_refused(log, tmp_path):
    log.append(lambda _: [entry(1)])
    other = log_of(tmp_path, "fedcba9876543210")
    other.path.write_bytes(log.path.read_bytes())
    for _ in range(2):
        with pytest.raises(StoreError, match="another recording"):
            other.entries()
    with pytest.raises(StoreError, match="another recording"):
        other.append(lambda _: [entry(2)])


def test_crops_and_paths_have_no_log(tmp_path):
    for name in ("../../etc/passwd", f"{RECORDING} crop 1 2 3 4", "", "ABC"):
        with pytest.raises(StoreError, match="no recording"):
            log_of(tmp_path, name)


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "curation").write_text("")
    with pytest.raises(StoreError, match="can't be"):
        log_of(tmp_path, RECORDING).append(lambda _: [entry(1)])


ADDER = """
import sys
from pathlib import Path
from calscope.io.curation_log import log_of
from calscope.model.curation.curation_entry import CurationEntry
import json
root, name = Path(sys.argv[1]), sys.argv[2]
kind = json.loads(sys.stdin.read())
for k in range(60):
    one = CurationEntry.from_json(kind | {"id": f"{name} {k}"})
    log_of(root, one.recording).append(lambda _: [one])
"""


def test_processes_that_add_at_once_lose_nothing(log, tmp_path):
    kind = line_of(entry(1))
    command = [sys.executable, "-c", ADDER, str(tmp_path)]
    running = [subprocess.Popen([*command, name], stdin=subprocess.PIPE, text=True) for name in "abc"]
    for process in running:
        process.stdin.write(kind)
        process.stdin.close()
    assert [process.wait(60) for process in running] == [0, 0, 0]
    ids = [one.id for one in log.entries()]
    assert sorted(ids) == sorted(f"{name} {k}" for name in "abc" for k in range(60)) and log.notes() == ()
    for name in "abc":
        own = [int(one.split()[1]) for one in ids if one.startswith(name)]
        assert own == sorted(own)


def test_a_hundred_thousand_entries_are_read_once_and_quickly(log):
    kind = json.loads(line_of(entry(1)))
    kinds = [json.dumps(kind | {"id": f"{k}"}) for k in range(100_000)]
    log.path.parent.mkdir()
    log.path.write_text("\n".join(kinds) + "\n")
    start = time.process_time()
    assert len(log.entries()) == 100_000
    first = time.process_time() - start
    log.append(lambda _: [entry(2)])
    start = time.process_time()
    assert len(log.entries()) == 100_001
    assert time.process_time() - start < first / 20, "what was read is not read again"
    print(f"100 000 entries in {first:.2f} s of processor time")
    assert first < 15
