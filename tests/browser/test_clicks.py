"""A click counts, whatever is drawn anew between press and release: the server answers when it can."""

import re

import pytest
from waiting import OPEN_MS, expect, holds, new_page, no_exception, resting_box, settle, unheard

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PARAMS = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
NUMBER = ".bar .number"


@pytest.fixture(scope="module")
def run(server):
    """An evaluation of two small animals."""
    folder = server.store.parent / "clicked"
    write_demo(folder, animals=2, frames=150, size=64)
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(folder), params=PARAMS, workers=2)), 480)
    assert job.status.state == "done", job.status.error
    return job


@pytest.fixture
def page(server, run, browser):
    opened = new_page(browser, viewport={"width": 1280, "height": 1200})
    opened.goto(server.address(f"evaluation?run={run.id}&animal=Animal_1&component=0"))
    opened.locator(".bar .badge:not(:empty)").wait_for(timeout=OPEN_MS)
    opened.locator("canvas[data-view]").wait_for(timeout=OPEN_MS)
    settle(opened)
    yield opened
    no_exception(opened)
    opened.close()


def press(page, locator):
    box = resting_box(locator)
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    page.mouse.down()


def step_to(page, component):
    page.keyboard.press("ArrowRight")
    expect(page.locator(NUMBER)).to_have_text(f"Component {component}")
    expect(page.locator(".row.chosen")).to_have_attribute("data-component", str(component))


def test_a_row_and_buttons_of_the_bar_while_another_component_is_chosen(page):
    press(page, page.locator('.row[data-component="3"]'))
    step_to(page, 1)
    page.mouse.up()
    expect(page.locator(NUMBER)).to_have_text("Component 3")
    press(page, page.get_by_role("button", name="Previous component"))
    step_to(page, 4)
    page.mouse.up()
    expect(page.locator(NUMBER)).to_have_text("Component 3")
    accepted = page.get_by_role("button", name=re.compile(r"^accepted \(\d"))
    press(page, accepted)
    step_to(page, 4)
    page.mouse.up()
    expect(accepted).to_have_attribute("aria-pressed", "true")


def test_an_animal_while_the_count_of_accepted_components_of_another_one_changes(page):
    words = page.locator(".animal", has_text="Animal_1").locator(".words")
    words.evaluate("words => { words.dataset.seen = 'before'; }")
    is_accepted = page.locator(".bar .badge").inner_text() == "accepted"
    with unheard(page):
        page.keyboard.press("r" if is_accepted else "a")
        press(page, page.locator(".animal", has_text="Animal_2"))
    expect(words).not_to_have_attribute("data-seen", "before")  # the row is drawn anew
    page.mouse.up()
    page.wait_for_url(re.compile("animal=Animal_2"))


def test_a_link_leads_to_its_page_although_a_value_is_sent_after_it(page):
    page.get_by_role("link", name="Motion", exact=True).first.click()
    page.get_by_role("heading", name="Motion", exact=True, level=1).wait_for()
    settle(page)
    with unheard(page):
        page.get_by_role("link", name="Data", exact=True).first.click()
        box = page.get_by_role("spinbutton", name="Largest deviation")
        box.fill("4")
        box.press("Enter")
        page.wait_for_function("window.withheld.length >= 2")
    page.get_by_role("heading", name="Data", exact=True, level=1).wait_for()
    page.get_by_role("spinbutton", name="Decay time").wait_for()
    settle(page)
    page.get_by_role("link", name="Motion", exact=True).first.click()
    holds(page, "Largest deviation", "4")
