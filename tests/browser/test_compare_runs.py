"""Compare under a real hand: swiping between two runs, and choosing a row of the two."""

import pytest

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store

pytestmark = pytest.mark.browser
PARAMS = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
MANY = 15.0
"""A threshold that only some components reach."""
WAIT_MS = 30_000
TRACES_OF = """number => [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
    .some(one => one.shadowRoot.querySelector('svg.plot')?.dataset.chosen === number)"""
"""Whether the traces are those of that row."""


@pytest.fixture(scope="module")
def runs(server):
    """Two runs of one small animal, of which the second accepts fewer components."""
    folder = server.store.parent / "compared"
    write_demo(folder, animals=1, frames=200, size=96)
    manager = JobManager(server.store)
    strict = {"min_SNR": MANY, "SNR_lowest": MANY}
    made = []
    for params in (PARAMS, PARAMS | {"evaluation": strict}):
        job = manager.wait(manager.submit(JobSpec(data=str(folder), params=params, workers=2)), 240)
        assert job.status.state == "done", job.status.error
        made.append(job)
    return made


def accepted(server, job):
    return AnimalResults(Store(server.store), job.results["Animal_1"].keys).evaluation.accepted


def settle(page):
    page.wait_for_timeout(150)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)
    page.wait_for_timeout(300)


def test_two_runs_are_swiped_and_a_row_of_both_is_chosen(server, runs, browser):
    first, second = runs
    lost = int((accepted(server, first) & ~accepted(server, second)).sum())
    assert 0 < lost < accepted(server, first).sum(), "the thresholds part them"
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(server.address(f"compare?a={first.id}&b={second.id}&animal=Animal_1"))
    canvas = page.locator("canvas[data-view]")
    canvas.wait_for(timeout=60_000)
    settle(page)
    page.reload()  # what tells how to read a page is in view at the first visit alone
    canvas.wait_for(timeout=60_000)
    settle(page)
    assert canvas.bounding_box()["y"] + canvas.bounding_box()["height"] < 720, "the picture is in view"
    rows = page.locator(".row")
    assert [rows.nth(i).locator(".cell").first.inner_text() for i in range(lost + 1)] == [*["only A"] * lost, "in both"]

    page.get_by_role("button", name="swipe", exact=True).click()
    assert canvas.get_attribute("data-side") == "swipe"
    before, box = canvas.screenshot(), canvas.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert canvas.screenshot() != before, "the border is where it was dragged to"
    canvas.press("f")
    assert canvas.get_attribute("data-side") == "held", "F flicks to A"
    canvas.press("f")
    assert canvas.get_attribute("data-side") == "now"

    row = rows.nth(lost)
    number = row.get_attribute("data-component")
    names = [f"{letter} {row.locator('.cell').nth(k).inner_text()}" for k, letter in ((1, "A"), (2, "B"))]
    row.click()
    page.wait_for_function(TRACES_OF, arg=number, timeout=WAIT_MS)
    assert canvas.get_attribute("data-chosen") == number
    assert page.locator(".bar .number").inner_text() == " · ".join(names)
    lines = page.locator("svg.plot .trace")
    assert lines.count() == 4 and all(len(lines.nth(i).get_attribute("d")) > 100 for i in range(4)), "A and B, twice"
    assert page.locator("svg.plot .title").last.text_content() == "time (s)"
    assert page.get_by_test_id("stException").count() == 0
    address = page.url
    page.goto(address)
    canvas.wait_for(timeout=60_000)
    assert f"a={first.id}" in address and f"b={second.id}" in page.url
    page.close()
