"""A sweep under a real hand: started, cancelled with what is done kept, and a point opened on Tune."""

import pytest

from calscope.io.demo.demo_files import write_demo

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api", reason="drives a browser").expect
LONG_MS = 120_000


@pytest.fixture(scope="module")
def data(server):
    folder = server.store.parent / "swept"
    write_demo(folder, animals=1, frames=200, size=72)
    return folder


def test_a_sweep_fills_its_sheet_keeps_what_is_done_when_cancelled_and_leads_to_tune(server, data, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(LONG_MS)
    page.goto(server.address(f"sweep?data={data}"))
    values = page.get_by_label("Values of gSig", exact=True)
    values.fill("3:14:12")
    values.press("Enter")
    page.get_by_text("12 points, about").wait_for(timeout=LONG_MS)
    page.get_by_text("Known cells (slow)").click()  # so that it lasts longer than this test needs
    page.get_by_role("button", name="Start the sweep").click()
    done = page.locator(".sheet button.done")
    done.first.wait_for(timeout=LONG_MS)
    expect(page.locator(".sheet button.waits, .sheet button.done")).to_have_count(12, timeout=LONG_MS)
    box = page.locator(".sheet").bounding_box()
    assert box["y"] + box["height"] < 720, "the sheet is in view without scrolling"

    page.get_by_role("button", name="Cancel", exact=True).click()
    page.locator(".sheet button.left").first.wait_for(timeout=LONG_MS)
    kept = done.count()
    assert 1 <= kept < 12
    page.reload()
    done.first.wait_for(timeout=LONG_MS)
    expect(done).to_have_count(kept, timeout=LONG_MS)
    page.get_by_text("· cancelled").wait_for()

    first = done.first.inner_text()
    assert "gSig 3" in first
    done.first.click()
    page.locator("canvas[data-mark]").wait_for(timeout=LONG_MS)
    assert "/tune" in page.url
    expect(page.get_by_label("Soma half-size, px · gSig", exact=True)).to_have_value("3", timeout=LONG_MS)
    accepted = first.split("\n")[-1].split(" of ")[0]
    page.get_by_text(f"{accepted} accepted").wait_for()
    assert page.get_by_test_id("stException").count() == 0
    page.close()
