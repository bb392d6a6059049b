"""Folders of jobs that somebody damaged: the page Runs lists them beside the good ones."""

import json
import shutil

import pytest

from calscope.ui.session import places

HARM = {
    "spec.json": ["[" * 50_000, "", '{"kind": "run", "data": 3}'],
    "status.json": ["\x00", '{"state": "running", "fraction": 1e999}', '{"state": "done", "started_at": 1e300}'],
    "process.json": [f'{{"pid": {"9" * 5000}, "owner": "../x", "identity": ""}}', "[]"],
    "results.json": ["{}", f"[{'9' * 5000}]", '[{"name": "../../x", "info": null}]'],
}


@pytest.fixture
def damaged_jobs(lab):
    """Give copies of the good run, newer than all others, each with one file damaged."""
    made = []
    for file, texts in HARM.items():
        for text in texts:
            folder = lab.store / "jobs" / f"{2**63 + len(made):016x}-0bad0b"
            made.append(shutil.copytree(lab.store / "jobs" / lab.good_run, folder))
            (folder / file).write_text(text)
    folder = lab.store / "jobs" / f"{2**63 + len(made):016x}-0bad0b"
    made.append(shutil.copytree(lab.store / "jobs" / lab.good_run, folder))
    records = json.loads((folder / "results.json").read_text())
    (folder / "results.json").write_text(json.dumps([record | {"name": "/etc"} for record in records]))
    places._jobs.clear()
    yield [folder.name for folder in made]
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
    places._jobs.clear()


def test_the_page_runs_lists_them_and_shows_the_newest(open_page, lab, damaged_jobs):
    app = open_page("runs")
    assert not app.exception
    listed = list(app.dataframe[0].value["Run"])
    assert listed[: len(damaged_jobs)] == damaged_jobs[::-1]
    assert lab.good_run in listed
    states = dict(zip(listed, app.dataframe[0].value["State"], strict=True))
    assert all(states[name] == "interrupted" for name in damaged_jobs[:6])
    assert states[lab.good_run] == "done"


@pytest.mark.parametrize("page", ["data", "motion"])
def test_pages_of_results_stay_up(open_page, lab, damaged_jobs, page):
    for name in (damaged_jobs[0], damaged_jobs[3], damaged_jobs[-1]):
        app = open_page(page, run=name)
        assert not app.exception
