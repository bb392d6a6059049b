"""Files of a job that somebody else wrote or damaged: the job is told to be so, and all commands still answer."""

import json
import shutil

import pytest

from calscope.jobs.job_folder import JobFolder, JobProcess
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus, write_status
from calscope.jobs.manager import JobManager
from calscope.jobs.run_export import stored_run
from calscope.model.errors import CalscopeError, StoreError
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import Note
from calscope.pipeline.records import AnimalRun, StageRecord
from calscope.ui.frame.wording import progress
from calscope.ui.runs.run_tables import run_animals, run_list

FILES = ("spec.json", "status.json", "process.json", "results.json")
DIGITS = "9" * 5000
NESTED = ["[" * 100_000, '{"a":' * 900]
PLAIN = ["", "\x00\xff", "null", "7", "[]", "{}", '"x"']
TEXTS = [*PLAIN, *NESTED, f"[{DIGITS}]", f'{{"pid": {DIGITS}}}', '{"state": NaN}']


@pytest.fixture
def job(tmp_path):
    """A job that has ended well, or runs, of one animal."""

    def make(state="done", **changes):
        manager = JobManager(tmp_path / "store")
        folder = JobFolder(manager.store.jobs / f"{2**60:016x}-aaaaaa")
        folder.path.mkdir(parents=True)
        folder.write_spec(JobSpec(data="/data/mice", animals=("A",)))
        run = AnimalRun("A", None, stages=(StageRecord("refit", "0" * 40, 3.5, cached=False),), counts={"refit": 4})
        folder.write_results([run])
        write_status(
            folder.path, JobStatus(state=state, animal="A", fraction=0.4, eta_s=9.0, started_at=1e9, **changes)
        )
        folder.note_process(JobProcess("01234567-0123456789ab", 999_999_999, "of a process that is gone"))
        return manager, folder

    return make


def ask_everything(manager, folder):
    """Do what the page Runs and the commands do."""
    found = [*manager.jobs(), *manager.jobs(), manager.wait(folder.id, 0)]
    assert {one.id for one in found} == {folder.id}
    assert len(run_list(found)) == 3
    for one in found:
        run_animals(one)
        progress(one)
        texts(note for run in one.results.values() for note in (*run.load_report, *run.notes))
    try:
        with stored_run(manager.store, folder.id):
            pass
    except CalscopeError as error:
        assert len(str(error)) < 600
    manager.log_tail(folder.id)
    manager.cancel(folder.id)
    manager.end_now(folder.id)
    manager.remove(folder.id)
    assert manager.jobs() == []


@pytest.mark.parametrize("state", ["done", "running"])
@pytest.mark.parametrize("file", FILES)
def test_damaged_files_of_a_job_cost_no_answer(job, file, state):
    for text in (*TEXTS, None):
        manager, folder = job(state)
        (folder.path / file).unlink()
        if text is not None:
            (folder.path / file).write_text(text, encoding="latin-1")
        ask_everything(manager, folder)
        shutil.rmtree(manager.store.root)


@pytest.mark.parametrize(
    ("file", "entry", "value"),
    [
        ("status.json", "fraction", "1e999"),
        ("status.json", "fraction", DIGITS),
        ("status.json", "started_at", "1e300"),
        ("status.json", "ended_at", "-1e300"),
        ("status.json", "eta_s", "Infinity"),
        ("status.json", "state", '"asleep"'),
        ("spec.json", "n_frames", DIGITS),
        ("spec.json", "inputs", '{"A": {"seeds": [[1e999, 2]]}}'),
        ("spec.json", "inputs", '{"A": {"parameters": [1]}}'),
        ("spec.json", "params", "[" * 3000 + "]" * 3000),
        ("process.json", "owner", '"../../x"'),
    ],
)
def test_values_that_can_not_be_are_damage(job, file, entry, value):
    manager, folder = job("running", ended_at=2e9)
    found = json.loads((folder.path / file).read_text())
    text = json.dumps(found | {entry: "HERE"}).replace('"HERE"', value)
    (folder.path / file).write_text(text)
    status = manager.get(folder.id).status
    assert status.state == "interrupted" and status.error
    ask_everything(manager, folder)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("name", ".."),
        ("name", "../../A"),
        ("name", "/tmp/A"),
        ("name", "a/b"),
        ("name", ""),
        ("name", "a\0"),
        ("peak_memory_bytes", -1),
        ("counts", {"refit": 2**70}),
        ("stages", [{"stage": "refit", "key": "x", "seconds": -1, "cached": True}]),
        ("stages", [{"stage": "refit", "key": "x", "seconds": 1e999, "cached": True}]),
        ("notes", [{"kind": 3}]),
        ("keys", {"refit": 3}),
    ],
)
def test_records_with_values_that_can_not_be_are_not_read(job, entry, value):
    manager, folder = job()
    (record,) = json.loads((folder.path / "results.json").read_text())
    (folder.path / "results.json").write_text(json.dumps([record | {entry: value}]))
    assert manager.get(folder.id).results == {}
    with pytest.raises(StoreError, match="its record is damaged"), stored_run(manager.store, folder.id):
        pass
    ask_everything(manager, folder)


def test_notes_of_another_shape_are_told_as_they_are(job):
    manager, folder = job()
    (record,) = json.loads((folder.path / "results.json").read_text())
    notes = [Note("frames_missing", {"gaps": 3}).to_json(), Note("never_heard_of", {"n": [1]}).to_json()]
    (folder.path / "results.json").write_text(json.dumps([record | {"notes": notes}]))
    told = texts(manager.get(folder.id).results["A"].notes)
    assert told == ["Frames missing (gaps 3).", "Never heard of (n [1])."]


def test_keys_that_lead_elsewhere_open_nothing(job, tmp_path):
    manager, folder = job()
    (record,) = json.loads((folder.path / "results.json").read_text())
    (folder.path / "results.json").write_text(json.dumps([record | {"keys": {"refit": "../../../etc"}}]))
    with pytest.raises(StoreError, match="no longer in the store"), stored_run(manager.store, folder.id):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"store"}
