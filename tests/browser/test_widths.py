"""From 900 px on nothing is cut; pictures are in view on a small screen; fingers do what the mouse does."""

import re

import pytest
from repository import ROOT
from waiting import OPEN_MS, expect, new_page, resting_box, settle, until

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FRAME = (ROOT / "src/calscope/ui/frame/shell.py").read_text()
N_PAGES = FRAME.count("st.Page(") - FRAME.count('visibility="hidden"')  # to the others, these lead
PARAMS = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
PICTURE = {"motion": ".frame", "extraction": ".js-plotly-plot", "evaluation": "canvas[data-view]", "traces": "svg.plot"}


@pytest.fixture(scope="module")
def evaluated(server):
    """A folder of one animal that was evaluated, and its results."""
    folder = server.store.parent / "one"
    write_demo(folder, animals=1, frames=150, size=64)
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(folder), params=PARAMS, workers=2)), 480)
    assert job.status.state == "done", job.status.error
    return folder, AnimalResults(Store(server.store), job.results["Animal_1"].keys)


def opened(tab, server, folder, page):
    tab.goto(server.address(f"{page}?data={folder}"))
    tab.locator(PICTURE[page]).first.wait_for(timeout=OPEN_MS)
    settle(tab)


def is_whole(locator):
    """Wait until nothing of it is to be found by scrolling sideways."""
    until(lambda: locator.evaluate("one => one.scrollWidth <= one.clientWidth"), wanted=True)


def test_on_a_narrow_page_all_pages_are_named_and_nothing_scrolls_sideways(server, evaluated, browser):
    tab = new_page(browser, viewport={"width": 900, "height": 1200})
    for page in PICTURE:
        opened(tab, server, evaluated[0], page)
        names = tab.get_by_test_id("stTopNav")
        expect(names.get_by_test_id("stTopNavLink")).to_have_count(N_PAGES)
        expect(names).not_to_contain_text("more", use_inner_text=True)
        is_whole(names)
        is_whole(tab.get_by_test_id("stMain"))
    is_whole(tab.locator(".scroller:not(.lanes)"))
    tab.close()


def test_on_a_small_screen_pictures_are_in_view(server, evaluated, browser):
    tab = new_page(browser, viewport={"width": 1280, "height": 720})
    for page, picture in PICTURE.items():
        opened(tab, server, evaluated[0], page)
        box = resting_box(tab.locator(picture).first)
        assert box["height"] > 300
        assert box["y"] + box["height"] <= 720, page
    tab.close()


def test_fingers_choose_components_and_drag_the_border(server, evaluated, browser):
    folder, found = evaluated
    context = browser.new_context(viewport={"width": 900, "height": 1200}, has_touch=True, is_mobile=True)
    tab = new_page(context)
    opened(tab, server, folder, "evaluation")
    wanted = int(abs(found.refit.centers_px() - 32).sum(axis=1).argmin())
    y, x = found.refit.centers_px()[wanted].tolist()
    box = resting_box(tab.locator("canvas[data-view]"))
    px = box["width"] / found.refit.dims[1]
    tab.touchscreen.tap(box["x"] + (x + 0.5) * px, box["y"] + (y + 0.5) * px)
    tab.wait_for_url(re.compile(rf"component={wanted}\b"))
    other = tab.locator(f".row:not([data-component='{wanted}'])").first
    number = other.get_attribute("data-component")
    tab.locator(f".row[data-component='{number}']").tap()
    tab.wait_for_url(re.compile(rf"component={number}\b"))
    opened(tab, server, folder, "motion")
    frame = tab.locator(".frame").first
    box, fingers = resting_box(frame), context.new_cdp_session(tab)
    middle, across = box["y"] + box["height"] / 2, [box["x"] + box["width"] * part for part in (0.5, 0.6, 0.7, 0.8)]
    for kind, at in [("touchStart", across[0]), *(("touchMove", one) for one in across[1:])]:
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at, "y": middle}]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    border = "frame => parseFloat(frame.style.getPropertyValue('--at'))"
    until(lambda: frame.evaluate(border), pytest.approx(80, abs=3))
    context.close()
