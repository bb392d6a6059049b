"""The Extraction page under a real hand: the picture follows a slider, a click on what was missed seeds a refit."""

import re

import pytest
from waiting import JOB_MS, OPEN_MS, expect, holds, new_page, no_exception, resting_box, settle, until

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PARAMS = {"cnmf": {"rf": 20, "stride": 8}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
RING = """() => {
    const row = [...document.querySelectorAll("*")].map(e => e.shadowRoot?.querySelector(".row")).find(Boolean);
    const path = row?.querySelector("path")?.getAttribute("d");
    if (!path) return null;
    const x = path.split("M")[1].split(" ").map(point => parseFloat(point));
    return Math.round(Math.max(...x) - Math.min(...x));
}"""
WHOLE = "-0.5 -0.5 64 64"
ZOOM = """() => {
    const drawn = [...document.querySelectorAll('.js-plotly-plot')].find(
        plot => plot.layout.annotations.some(note => note.text.startsWith('Residual: dark')));
    return [...drawn._fullLayout.xaxis.range, ...drawn._fullLayout.yaxis.range].map(Math.round);
}"""


@pytest.fixture(scope="module")
def run_id(server):
    """An extraction of one small animal."""
    folder = server.store.parent / "extraction"
    write_demo(folder, animals=1, frames=150, size=64)
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(folder), params=PARAMS, until="extraction", workers=2)), 480)
    assert job.status.state == "done", job.status.error
    return job.id


@pytest.fixture(scope="module")
def page(server, run_id, browser):
    """The page in one tab for all tests, for loading it takes longer than they do."""
    opened = new_page(browser, viewport={"width": 1440, "height": 1900})
    outside = []
    opened.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    opened.goto(server.address(f"extraction?run={run_id}"))
    opened.get_by_text(re.compile(r"^Refit: \d+ component")).first.wait_for(timeout=OPEN_MS)
    no_exception(opened)
    yield opened
    opened.close()
    assert not [url for url in outside if url.startswith("http")], "the pictures need no other server"


def test_rings_grow_with_the_slider_and_the_page_around_them_stays(page):
    page.get_by_role("tab", name="Search preview").click()
    page.wait_for_function(f"({RING})() === 9")
    page.evaluate("document.querySelector('[data-testid=stTabs]').dataset.seen = 'before'")
    picture = page.locator(".row image").first
    picture.evaluate("image => image.dataset.seen = 'before'")
    slider = page.get_by_role("slider", name=re.compile("^Soma half-size"))
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"({RING})() === 15")
    holds(page, "Soma half-size y", "7")
    page.get_by_text("15 × 15 px").first.wait_for()
    expect(page.get_by_test_id("stTabs").first).to_have_attribute("data-seen", "before")
    expect(picture).to_have_attribute("data-seen", "before")  # it was never taken away
    frame = page.get_by_role("img", name=re.compile("^Seeds"))
    frame.focus()
    page.keyboard.press("+")
    views = page.locator(".row svg")
    expect(views.nth(1)).not_to_have_attribute("viewBox", WHOLE)
    part = views.nth(1).get_attribute("viewBox")
    expect(views.nth(2)).to_have_attribute("viewBox", part)  # the field's two pictures show the same part
    expect(views.nth(0)).not_to_have_attribute("viewBox", part)
    frame.dblclick()
    expect(views.nth(1)).to_have_attribute("viewBox", WHOLE)
    page.get_by_role("link", name="Traces", exact=True).first.click()
    page.get_by_role("heading", name="Traces", exact=True, level=1).wait_for()
    page.get_by_role("link", name="Extraction", exact=True).first.click()
    slider.wait_for()
    holds(page, "Soma half-size y", "7")


def zoomed_in(page, address):
    """Open the page and drag over the middle half of the residual; give the zoom, and the middle on the screen."""
    page.goto(address)  # a link was followed just now, and what is reloaded before the address is whole names no run
    page.get_by_role("tab", name="What the fit missed").click()
    chart = page.get_by_test_id("stPlotlyChart").filter(has_text="Residual: dark")
    chart.locator(".points path").first.wait_for(state="attached")
    settle(page)
    place = resting_box(chart.locator(".nsewdrag").first)
    at = [(place["x"] + share * place["width"], place["y"] + share * place["height"]) for share in (0.25, 0.75, 0.5)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=5)
    page.mouse.up()
    page.wait_for_timeout(800)  # lest the drag and a click count as a double click, which zooms out
    return page.evaluate(ZOOM), at[2]


def test_click_on_what_was_missed_places_a_seed_and_the_refit_begins_there(page, server, run_id):
    # Zoom in first: a click must not undo it. A busy browser may lose a part of the drag, so it may take another.
    address = server.address(f"extraction?run={run_id}")
    zoom, middle = until(lambda: zoomed_in(page, address), lambda found: abs(found[0][0] - 16) < 3)
    page.mouse.move(*middle)
    page.mouse.click(*middle)
    seed = page.get_by_role("button", name=re.compile(r"1: y \d+, x \d+"))
    seed.wait_for()
    y, x = (int(number) for number in re.search(r"y (\d+), x (\d+)", seed.inner_text()).groups())
    assert abs(y - 32) <= 6 and abs(x - 32) <= 6
    until(lambda: page.evaluate(ZOOM), zoom)
    page.get_by_role("button", name="Refit with 1 seed").click()
    page.get_by_text("began components at these seeds").first.wait_for(timeout=JOB_MS)
    page.get_by_role("button", name=re.compile(rf"y {y}, x {x} .* in this refit")).click()
    page.get_by_role("button", name="Refit without seeds").wait_for()
