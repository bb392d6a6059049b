"""Compare under a real hand: swiping between two runs, and choosing a row of the two."""

import re

import pytest
from waiting import OPEN_MS, expect, new_page, no_exception, resting_box, settle, until

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PARAMS = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
MANY = 15.0
"""A threshold that only some components reach."""

TRACES_OF = """number => [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
    .some(one => one.shadowRoot.querySelector('svg.plot')?.dataset.chosen === number)"""
"""Whether the traces are those of that row."""
WHITE_AT = """(canvas, at) => {
    const column = canvas.getContext('2d').getImageData(Math.floor(at * canvas.width), 0, 1, canvas.height).data;
    return column.filter((value, i) => i % 4 === 1 && value > 240).length / canvas.height;
}"""
"""How much of the picture's column at a part of its width is white, as the border of the swipe is."""


@pytest.fixture(scope="module")
def runs(server):
    """Two runs of one small animal, of which the second accepts fewer components."""
    folder = server.store.parent / "compared"
    write_demo(folder, animals=1, frames=200, size=96)
    manager = JobManager(server.store)
    strict = {"min_SNR": MANY, "SNR_lowest": MANY}
    made = []
    for params in (PARAMS, PARAMS | {"evaluation": strict}):
        job = manager.wait(manager.submit(JobSpec(data=str(folder), params=params, workers=2)), 480)
        assert job.status.state == "done", job.status.error
        made.append(job)
    return made


def accepted(server, job):
    return AnimalResults(Store(server.store), job.results["Animal_1"].keys).evaluation.accepted


def test_two_runs_are_swiped_and_a_row_of_both_is_chosen(server, runs, browser):
    first, second = runs
    lost = int((accepted(server, first) & ~accepted(server, second)).sum())
    assert 0 < lost < accepted(server, first).sum(), "the thresholds part them"
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.goto(server.address(f"compare?a={first.id}&b={second.id}&animal=Animal_1"))
    canvas = page.locator("canvas[data-view]")
    canvas.wait_for(timeout=OPEN_MS)
    settle(page)
    page.reload()  # what tells how to read a page is in view at the first visit alone
    canvas.wait_for(timeout=OPEN_MS)
    settle(page)
    box = resting_box(canvas)
    assert box["y"] + box["height"] < 720, "the picture is in view"
    rows = page.locator(".row")
    for i in range(lost + 1):
        expect(rows.nth(i).locator(".cell").first).to_have_text("only A" if i < lost else "in both")

    page.get_by_role("button", name="swipe", exact=True).click()
    expect(canvas).to_have_attribute("data-side", "swipe")
    box = resting_box(canvas)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=4)
    page.mouse.up()
    until(lambda: canvas.evaluate(WHITE_AT, 0.9), lambda white: white > 0.8)  # the border is where it was dragged to
    for side in ("held", "now"):  # F flicks to A and back
        canvas.press("f")
        expect(canvas).to_have_attribute("data-side", side)

    row = rows.nth(lost)
    number = row.get_attribute("data-component")
    names = [f"{letter} {row.locator('.cell').nth(k).inner_text()}" for k, letter in ((1, "A"), (2, "B"))]
    row.click()
    page.wait_for_function(TRACES_OF, arg=number)
    expect(canvas).to_have_attribute("data-chosen", number)
    expect(page.locator(".bar .number")).to_have_text(" · ".join(names))
    lines = page.locator("svg.plot .trace")
    expect(lines).to_have_count(4)
    for i in range(4):  # A and B, twice
        expect(lines.nth(i)).to_have_attribute("d", re.compile(r"^[\s\S]{100}"))
    expect(page.locator("svg.plot .title").last).to_have_text("time (s)")
    no_exception(page)
    address = page.url
    page.goto(address)
    canvas.wait_for(timeout=OPEN_MS)
    assert f"a={first.id}" in address and f"b={second.id}" in page.url
    page.close()
