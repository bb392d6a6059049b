"""A judged run is handed over and opened elsewhere: the report without network, the bundle in a second store."""

import re
from pathlib import Path

import pytest
from waiting import JOB_MS, OPEN_MS, expect, new_page, no_exception, settle, until

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PARAMS = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
CUT = """parts => parts.filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
    .map(one => one.innerText)"""
"""The words of those that are wider than their place."""
JUDGE, BADGE = ".bar.judge:not([hidden])", ".bar .badge:not(:empty)"
PENDING = "[...document.querySelectorAll('*')].map(one => one.shadowRoot?.querySelector('.bar.judge')).find(Boolean)"


@pytest.fixture(scope="module")
def run(server):
    folder = server.store.parent / "mice"
    write_demo(folder, animals=1, frames=150, size=64)
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(folder), params=PARAMS, workers=2)), 480)
    assert job.status.state == "done", job.status.error
    return job


def judge_one(page, accepted):
    """Decide on the first component against the thresholds."""
    page.locator(JUDGE).wait_for(timeout=OPEN_MS)
    page.keyboard.press("r" if accepted else "a")
    page.wait_for_function(f"{PENDING}.dataset.pending === '0'")


def downloaded(page, name, folder):
    """Make one thing on Share and fetch it."""
    row = page.locator(f".st-key-shared-{name}")
    row.get_by_role("button", name="Make").click(timeout=OPEN_MS)
    link = row.get_by_role("link", name="Download")
    link.wait_for(timeout=JOB_MS)
    with page.expect_download(timeout=OPEN_MS) as started:
        link.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_report_and_bundle_of_a_judged_run_say_the_same_elsewhere(server, fresh_server, run, browser):
    found = AnimalResults(Store(server.store), run.results["Animal_1"].keys)
    before = found.evaluation.accepted
    page = new_page(browser, viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page.goto(server.address(f"evaluation?run={run.id}&animal=Animal_1&component=0"))
    judge_one(page, before[0])
    n_accepted = int(before.sum()) + (-1 if before[0] else 1)
    wanted = {"accepted": n_accepted, "rejected": before.size - n_accepted}
    page.goto(server.address(f"share?run={run.id}"))
    files = {name: downloaded(page, name, fresh_server.store.parent) for name in ("report", "bundle")}
    assert [path.name for path in files.values()] == ["mice_report.html", "mice.calscope"]
    no_exception(page)
    page.close()
    opens_without_network(browser, files["report"], wanted)
    opens_in_another_store(browser, fresh_server, files["bundle"], wanted)


def opens_without_network(browser, report, wanted):
    context = browser.new_context(offline=True)
    page, asked, wrong = new_page(context), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(report.as_uri())
    expect(page.get_by_role("heading", name="mice")).to_be_visible()
    expect(page.locator("body")).to_have_text(re.compile(rf"\b{wanted['accepted']}\b"), use_inner_text=True)
    assert not wrong and not [url for url in asked if not url.startswith(("file:", "data:"))]
    context.close()


def opens_in_another_store(browser, other, bundle, wanted):
    page = new_page(browser, viewport={"width": 1280, "height": 900})
    page.goto(other.address())
    page.get_by_role("button", name="Upload").click(timeout=OPEN_MS)
    page.locator("input[type=file]").set_input_files(bundle)
    page.get_by_role("heading", name="Evaluation", exact=True, level=1).wait_for(timeout=OPEN_MS)
    page.locator(BADGE).wait_for(timeout=OPEN_MS)
    for word, n in wanted.items():
        page.get_by_role("button", name=f"{word} ({n})", exact=True).wait_for()
    page.get_by_text("imported, read-only").first.wait_for()
    (job,) = JobManager(other.store).jobs()
    assert job.spec.kind == "import" and (other.store / "uploads") in Path(job.spec.data).parents
    assert Path(job.spec.data).read_bytes() == bundle.read_bytes()
    no_exception(page)
    page.close()


def test_on_a_narrow_page_every_row_of_share_is_whole(server, run, browser):
    page = new_page(browser, viewport={"width": 900, "height": 1000})
    page.goto(server.address(f"share?run={run.id}"))
    page.locator(".st-key-shared-bundle").get_by_role("button", name="Write").wait_for(timeout=OPEN_MS)
    main = page.get_by_test_id("stMain")
    until(lambda: main.evaluate("main => main.scrollWidth <= main.clientWidth"), wanted=True)
    settle(page)
    parts = page.locator("[class*=st-key-shared-] button, [class*=st-key-shared-] button *")
    until(lambda: parts.evaluate_all(CUT), [])
    page.close()
