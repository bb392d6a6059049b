"""The report in a real browser, with its own policy in force: outlines, table and trace share one selection."""

import pytest

from calscope.export.report.write_report import write_report
from calscope.export.run_folder.open_run_folder import open_run

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, make_animal, truth, tmp_path):
    """The report of one animal, opened without network; what goes wrong in the page fails the test."""
    path = write_report(open_run(make_animal(truth=truth)), tmp_path / "report.html")
    context = browser.new_context(offline=True)
    opened = context.new_page()
    trouble = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.goto(path.as_uri())
    yield opened
    context.close()
    assert trouble == []


def drawn(page):
    return page.locator(".plots path[data-kind=denoised]").get_attribute("d")


def test_a_click_on_an_outline_shows_its_trace(page, truth):
    first = drawn(page)
    assert "component 0" in page.locator(".chosen").inner_text()
    page.locator("path[data-component='3']").click()
    assert truth.reasons[3] in page.locator(".chosen").inner_text()
    assert drawn(page) != first
    assert page.locator("path.selected").get_attribute("data-component") == "3"
    page.locator("summary", has_text="Table").click()
    assert page.locator("tr.selected").get_attribute("data-component") == "3"
    page.locator("tr[data-component='0']").click()
    assert drawn(page) == first
    for expected in ("3", "2"):
        page.get_by_text("← previous").click()
        assert page.locator("path.selected").get_attribute("data-component") == expected
    assert page.locator(".contours image").get_attribute("href").startswith("data:image/png")


def test_the_swipe_uncovers(page):
    slider = page.locator(".swipe input").first
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    shown = page.locator(".swipe .divider").first.bounding_box()
    assert (shown["x"] - box["x"]) / box["width"] == pytest.approx(0.2, abs=0.02)


def test_a_heading_sorts(page, truth):
    page.locator("summary", has_text="Table").click()
    page.locator("table.components th", has_text="SNR").click()
    found = page.locator("table.components tbody tr").evaluate_all("rows => rows.map(row => row.dataset.component)")
    assert [int(i) for i in found] == list(truth.snr.argsort())
