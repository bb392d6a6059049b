"""The report in a real browser, with its own policy in force: outlines, table and trace share one selection."""

import re

import pytest
from waiting import expect, new_page, resting_box, until

from calscope.export.report.write_report import write_report
from calscope.export.run_folder.open_run_folder import open_run

pytestmark = pytest.mark.browser
PICTURE = re.compile("^data:image/png")
NUMBERS = "rows => rows.map(row => row.dataset.component)"


@pytest.fixture
def page(browser, make_animal, truth, tmp_path):
    """The report of one animal, opened without network; what goes wrong in the page fails the test."""
    path = write_report(open_run(make_animal(truth=truth)), tmp_path / "report.html")
    context = browser.new_context(offline=True)
    opened = new_page(context)
    trouble = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.goto(path.as_uri())
    yield opened
    context.close()
    assert trouble == []


def test_a_click_on_an_outline_shows_its_trace(page, truth):
    expect(page.locator(".chosen")).to_contain_text("component 0")
    line = page.locator(".plots path[data-kind=denoised]")
    first = line.get_attribute("d")
    page.locator("path[data-component='3']").click()
    expect(page.locator(".chosen")).to_contain_text(truth.reasons[3])
    expect(line).not_to_have_attribute("d", first)
    expect(page.locator("path.selected")).to_have_attribute("data-component", "3")
    page.locator("summary", has_text="Table").click()
    expect(page.locator("tr.selected")).to_have_attribute("data-component", "3")
    page.locator("tr[data-component='0']").click()
    expect(line).to_have_attribute("d", first)
    for expected in ("3", "2"):
        page.get_by_text("← previous").click()
        expect(page.locator("path.selected")).to_have_attribute("data-component", expected)
    expect(page.locator(".contours image")).to_have_attribute("href", PICTURE)


def test_the_swipe_uncovers(page):
    slider = page.locator(".swipe input").first
    box, divider = resting_box(slider), page.locator(".swipe .divider").first
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    until(lambda: (divider.bounding_box()["x"] - box["x"]) / box["width"], pytest.approx(0.2, abs=0.02))


def test_a_heading_sorts(page, truth):
    page.locator("summary", has_text="Table").click()
    page.locator("table.components th", has_text="SNR").click()
    rows = page.locator("table.components tbody tr")
    until(lambda: [int(row) for row in rows.evaluate_all(NUMBERS)], list(truth.snr.argsort()))


def test_a_click_on_a_row_of_the_raster_shows_its_trace_and_marks_it(page):
    raster = page.locator(".raster svg")
    expect(raster.locator("image")).to_have_attribute("href", PICTURE)
    box = resting_box(raster)
    raster.click(position={"x": 0.5 * box["width"], "y": 0.45 * box["height"]})  # the second of two accepted
    expect(page.locator("path.selected")).to_have_attribute("data-component", "2")
    expect(raster.locator(".mark")).to_have_attribute("visibility", "visible")
    page.locator("path[data-component='1']").click()
    expect(raster.locator(".mark")).to_have_attribute("visibility", "hidden")  # it is not accepted
