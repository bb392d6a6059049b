import errno
import threading
import time
from dataclasses import replace

import pytest

from calscope.jobs import job_status
from calscope.jobs.job_spec import DemoSettings, JobSpec
from calscope.jobs.job_status import JobStatus, StatusWriter, read_status, write_status
from calscope.model.errors import StoreError


def test_spec_and_status_go_through_their_files(tmp_path):
    spec = JobSpec("run", "/data", ("A", "B"), 100, {"motion": {"pw_rigid": False}}, "builtin", "motion", 2)
    assert JobSpec.from_json(spec.to_json()) == spec
    demo = JobSpec(kind="demo", data="/out", demo=DemoSettings(animals=2))
    assert JobSpec.from_json(demo.to_json()) == demo
    status = JobStatus("running", "Animal_1", "fit", 0.5, "note", 12.0, 1.0, None, "")
    write_status(tmp_path, status)
    assert read_status(tmp_path) == status


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "dance"}', '{"until": 3}'])
def test_a_damaged_spec_is_refused(text):
    with pytest.raises(StoreError, match="can't be read"):
        JobSpec.from_json(text)


@pytest.mark.parametrize("text", ["", '{"state": "runn', "[]", '{"state": "dancing"}'])
def test_a_torn_status_is_none(tmp_path, text):
    (tmp_path / "status.json").write_text(text)
    assert read_status(tmp_path) is None


def test_a_reader_never_sees_half_a_status(tmp_path):
    torn, stop = [], threading.Event()
    write_status(tmp_path, JobStatus(note="x"))

    def read():
        while not stop.is_set():
            if read_status(tmp_path) is None:
                torn.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for size in range(200):
        write_status(tmp_path, JobStatus(note="x" * 50 * size))
    stop.set()
    reader.join()
    assert not torn and [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_it_is_written_at_most_five_times_a_second_but_news_at_once(tmp_path, monkeypatch):
    from calscope.jobs import job_status as module

    written = []
    monkeypatch.setattr(module, "write_status", lambda folder, status: written.append((time.monotonic(), status)))
    writer = StatusWriter(tmp_path, JobStatus())
    end = time.monotonic() + 1.05
    while time.monotonic() < end:
        writer.update(replace(writer.status, fraction=writer.status.fraction + 1e-6))
    assert 3 <= len(written) <= 7
    before = len(written)
    for stage in ("estimate", "fit"):
        writer.update(replace(writer.status, stage=stage))
    writer.update(replace(writer.status, state="done"))
    assert [status.state for _, status in written[before:]] == ["queued", "queued", "done"]


def test_how_a_job_ended_is_told_on_a_full_disk_too(tmp_path, monkeypatch):
    out = StatusWriter(tmp_path, JobStatus(state="running", note="a note of some length"))

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(job_status, "write_text_whole", full)
    out.update(JobStatus(state="running", stage="fit"))
    assert read_status(tmp_path).stage == "", "how far it is can wait"
    out.update(JobStatus(state="failed", error="the disk is full"))
    assert read_status(tmp_path) == JobStatus(state="failed", error="the disk is full")
