"""Sweeps under a real hand: cancelled with what is done kept, points opened on Tune, and a search to its end."""

import re

import pytest
from waiting import JOB_MS, expect, new_page, no_exception, resting_box

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.model.sweeps.sweep_plan import SweepPlan, over

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SNR = "SNR · min_SNR"
PARAMS = {"cnmf": {"rf": 20, "stride": 8}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}


@pytest.fixture(scope="module")
def data(server):
    folder = server.store.parent / "swept"
    write_demo(folder, animals=1, frames=200, size=72)
    return folder


def test_a_sweep_fills_its_sheet_keeps_what_is_done_when_cancelled_and_leads_to_tune(server, data, browser):
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.set_default_timeout(JOB_MS)
    page.goto(server.address(f"sweep?data={data}"))
    values = page.get_by_label("Values of gSig", exact=True)
    values.fill("3:14:12")
    values.press("Enter")
    page.get_by_text(re.compile(r"12 points, (about )?\d")).wait_for(timeout=JOB_MS)
    page.get_by_text("Known cells (slow)").click()  # so that it lasts longer than this test needs
    page.get_by_role("button", name="Start the sweep").click()
    done = page.locator(".sheet button.done")
    done.first.wait_for(timeout=JOB_MS)
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.locator(".sheet button.left").first.wait_for(timeout=JOB_MS)
    expect(page.locator(".sheet button.left, .sheet button.done")).to_have_count(12, timeout=JOB_MS)
    page.get_by_text("· cancelled").wait_for()
    box = resting_box(page.locator(".sheet"))
    assert box["y"] + box["height"] < 720, "the sheet is in view without scrolling"
    kept = done.count()
    assert 1 <= kept < 12
    page.reload()
    done.first.wait_for(timeout=JOB_MS)
    expect(done).to_have_count(kept, timeout=JOB_MS)
    page.get_by_text("· cancelled").wait_for()

    expect(done.first).to_contain_text("gSig 3")
    first = done.first.inner_text()
    done.first.click()
    page.locator("canvas[data-mark]").wait_for(timeout=JOB_MS)
    assert "/tune" in page.url
    expect(page.get_by_label("Soma half-size, px · gSig", exact=True)).to_have_value("3", timeout=JOB_MS)
    accepted = first.split("\n")[-1].split(" of ")[0]
    page.get_by_text(f"{accepted} accepted").wait_for()
    no_exception(page)
    page.close()


@pytest.mark.parametrize("second", [(), (over("evaluation.rval_thr", [0.5, 0.9]),)], ids=["curve", "heat map"])
def test_a_click_on_a_point_of_the_figure_opens_that_state_on_tune(server, data, browser, second):
    plan = SweepPlan((over("evaluation.min_SNR", [2.0, 50.0]), *second))
    spec = JobSpec("sweep", str(data), ("Animal_1",), params=PARAMS, workers=2, sweep=plan)
    manager = JobManager(server.store)
    assert manager.wait(manager.submit(spec), 480).status.state == "done"
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.set_default_timeout(JOB_MS)
    page.goto(server.address(f"sweep?data={data}&animal=Animal_1"))
    figure = page.locator(".js-plotly-plot").first
    figure.locator(".points path").nth(1).wait_for(state="attached")
    expect(page.locator(".sheet button.done")).to_have_count(4 if second else 2)
    box = resting_box(figure.locator(".points path").nth(1))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator("canvas[data-mark]").wait_for()
    assert "/tune" in page.url
    expect(page.get_by_label(SNR, exact=True)).to_have_value("50")
    if second:
        expect(page.get_by_label("Spatial r · rval_thr", exact=True)).to_have_value("0.5")
    no_exception(page)
    page.close()


def test_a_search_comes_to_its_end_and_its_best_point_is_looked_at_on_tune(server, data, browser):
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.set_default_timeout(JOB_MS)
    page.goto(server.address(f"sweep?data={data}&animal=Animal_1"))
    page.get_by_text("Find good values").first.click()
    for name in ("gSig", "K"):  # thresholds alone share the fits
        remove = page.get_by_role("button", name=f"Remove {name}", exact=True)
        remove.click()
        remove.wait_for(state="detached")
    points = page.get_by_role("spinbutton", name="Points on the crop")
    points.fill("4")
    points.press("Enter")
    page.get_by_text("4 points on the crop").wait_for()
    page.get_by_role("button", name="Search", exact=True).click()
    ended = page.get_by_role("heading", name="min_SNR").or_(page.get_by_text("The values in use are as good as any"))
    ended.first.wait_for()
    done = page.locator(".sheet button.done")
    expect(done).to_have_count(4)
    best = done.first.inner_text().split("min_SNR ")[1].split("\n")[0]
    done.first.click()
    page.locator("canvas[data-mark]").wait_for()
    expect(page.get_by_label(SNR, exact=True)).to_have_value(best)
    no_exception(page)
    page.close()
