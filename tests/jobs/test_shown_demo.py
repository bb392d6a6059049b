"""The demo that a server shows is made once, with its run and what is handed over of it."""

import pytest

from calscope.jobs import shown_demo
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import DEMOS, DemoSettings
from calscope.jobs.manager import JobManager
from calscope.model.errors import StoreError

SMALL = "Demo, small"


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setitem(DEMOS, SMALL, DemoSettings(animals=1, frames=160, size=64))
    return tmp_path / "store"


def test_it_is_made_once_and_what_is_gone_is_made_again(store):
    told = []
    folder = shown_demo.make_shown_demo(JobManager(store), SMALL, lambda done, note="", /: told.append(done))
    jobs = JobManager(store).jobs()
    assert [job.spec.kind for job in jobs] == ["export", "export", "run", "demo"] and told
    assert (folder / "Animal_1").is_dir() and folder.parent == store / "demo"
    files = sorted(JobFolder(job.folder).made_file().suffix for job in jobs[:2])
    assert files == [".calscope", ".html"]
    assert shown_demo.make_shown_demo(JobManager(store), SMALL) == folder
    assert [job.id for job in JobManager(store).jobs()] == [job.id for job in jobs]
    JobFolder(jobs[0].folder).made_file().unlink()
    shown_demo.make_shown_demo(JobManager(store), SMALL)
    assert len(JobManager(store).jobs()) == len(jobs) + 1


def test_one_that_can_not_be_made_says_why(store):
    store.mkdir()
    (store / "demo").write_text("a file in the way")
    with pytest.raises(StoreError, match="The demo can't be shown"):
        shown_demo.make_shown_demo(JobManager(store), SMALL)
