"""The pictures of the Motion page under a real hand: the swipe, the zoom of two images at once, a click on a curve."""

import re

import pytest
from waiting import OPEN_MS, expect, new_page, no_exception, resting_box, until

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ZOOMED = """() => {
    const drawn = document.querySelector('.js-plotly-plot')._fullLayout;
    return [drawn.xaxis.range, drawn.xaxis2.range, drawn.yaxis.range, drawn.yaxis2.range];
}"""


@pytest.fixture(scope="module")
def run_id(server):
    """A motion correction of one small animal, whose name Streamlit would not take for a key."""
    folder = server.store.parent / "motion"
    write_demo(folder, animals=1, frames=150, size=64)
    (folder / "Animal_1").rename(folder / "My__mouse")
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(folder), until="motion", workers=2)), 480)
    assert job.status.state == "done", job.status.error
    return job.id


@pytest.fixture(scope="module")
def page(server, run_id, browser):
    """The page in one tab for all tests but the last, for loading it takes longer than they do."""
    opened = new_page(browser, viewport={"width": 1440, "height": 1900})
    outside = []
    opened.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    open_page(opened, server, run_id)
    yield opened
    opened.close()
    assert not [url for url in outside if url.startswith("http")], "the pictures need no other server"


def open_page(tab, server, run_id):
    tab.goto(server.address(f"motion?run={run_id}"))
    tab.locator(".frame .knob").nth(1).wait_for(timeout=OPEN_MS)
    tab.locator(".js-plotly-plot .points path").first.wait_for(state="attached", timeout=OPEN_MS)
    no_exception(tab)


def share(frame):
    """Where the border stands, as a share of the picture's width."""
    box, line = frame.bounding_box(), frame.locator(".divider").bounding_box()
    return (line["x"] + line["width"] / 2 - box["x"]) / box["width"]


def covered_percent(frame):
    """How much of the picture before the correction is cut off."""
    cut = frame.locator(".before").evaluate("image => image.style.clipPath")
    return float(re.search(r"([\d.]+)%", cut)[1])


def test_border_follows_the_hand_and_the_keys_and_uncovers_the_picture(page):
    frame = page.locator(".frame").first
    frame.scroll_into_view_if_needed()
    box = resting_box(frame)
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 90, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 90)
    until(lambda: share(frame), pytest.approx(0.2, abs=0.01))
    until(lambda: covered_percent(frame), pytest.approx(80, abs=1))
    slider = frame.locator("input")
    expect(slider).to_have_attribute("aria-valuetext", "20 % raw")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    until(lambda: share(frame), pytest.approx(0.3, abs=0.01))
    expect(slider).to_have_attribute("aria-valuetext", "30 % raw")


def test_double_click_looks_closer_at_that_place_and_back(page):
    frame = page.locator(".frame").first
    frame.scroll_into_view_if_needed()
    box, picture = resting_box(frame), frame.locator("img.after")
    length, said = frame.locator(".length"), frame.locator(".scale .text")

    def px_per_unit():
        return length.bounding_box()["width"] / float(said.inner_text().split()[0])

    bar = px_per_unit()
    page.mouse.dblclick(box["x"] + 0.6 * box["width"], box["y"] + 0.4 * box["height"])
    until(lambda: picture.bounding_box()["width"], pytest.approx(3 * box["width"], rel=0.01))
    closer = resting_box(picture)
    middle = (box["x"] + box["width"] / 2 - closer["x"]) / closer["width"]
    assert middle == pytest.approx(0.6, abs=0.01), "what was clicked is in the middle now"
    until(px_per_unit, pytest.approx(3 * bar, rel=0.02))
    page.keyboard.press("z")
    until(lambda: picture.bounding_box()["width"], pytest.approx(box["width"], rel=0.01))


def test_click_on_a_mark_of_the_curve_shows_the_field_of_that_frame(page):
    marks = page.locator(".js-plotly-plot").first.locator(".points path:not([d*=A])")  # triangles have no arcs
    said = page.get_by_text(re.compile(r"^Frame \d+, counted from 0")).first
    before = said.inner_text()
    marks.nth(1).scroll_into_view_if_needed()
    marks.nth(1).click(force=True)
    expect(said).not_to_have_text(before)


def test_zooming_one_image_zooms_the_other(page):
    page.get_by_text("Side by side", exact=True).click()
    page.locator(".frame").first.wait_for(state="detached")
    page.wait_for_function("document.querySelector('.js-plotly-plot')?._fullLayout?.xaxis2 !== undefined")
    plot = page.locator(".js-plotly-plot").first
    plot.scroll_into_view_if_needed()
    whole = page.evaluate(ZOOMED)
    box = resting_box(plot)
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 140, steps=6)
    page.mouse.up()
    page.wait_for_function(f"({ZOOMED})()[0][1] < {whole[0][1] - 5}")

    def are_alike(ranges):
        x, x2, y, y2 = ranges
        return (x, y) == (x2, y2) and y[0] > y[1]  # row 0 stays on top

    until(lambda: page.evaluate(ZOOMED), are_alike)


def test_border_follows_a_finger(server, run_id, browser):
    context = browser.new_context(viewport={"width": 900, "height": 1400}, has_touch=True)
    finger = new_page(context)
    try:
        open_page(finger, server, run_id)
        frame = finger.locator(".frame").first
        frame.scroll_into_view_if_needed()
        box = resting_box(frame)
        finger.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + 40)
        until(lambda: share(frame), pytest.approx(0.8, abs=0.02))
    finally:
        context.close()
