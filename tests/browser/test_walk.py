"""One walk through the program in a real Chromium, from the demo button to a trace."""

import re

import pytest
from held_runs import ended, stopped
from waiting import JOB_MS, expect, holds, no_exception

pytestmark = pytest.mark.browser


def at(tab, title):
    """Wait until the page with that title stands, without an exception on it."""
    tab.get_by_role("heading", name=title, exact=True, level=1).wait_for()
    no_exception(tab)


def run(server, tab, button):
    """Press a run button and wait until its job is through, and the page knows it."""
    job = ended(server.store, tab.get_by_role("button", name=button).first.click)
    assert job.status.state == "done", job.status.error
    tab.get_by_role("button", name="Cancel").first.wait_for(state="detached")


def number(tab, label):
    return tab.get_by_role("spinbutton", name=label)


def go(tab, link, title):
    tab.get_by_role("link", name=link, exact=True).first.click(delay=90)  # as long as a finger takes
    at(tab, title)


def component(tab):
    said = tab.locator(".bar .number", has_text=re.compile(r"^Component \d+$"))
    said.wait_for()
    return int(said.inner_text().split()[1])


def test_any_page_may_be_the_first_address_of_a_fresh_server(fresh_server, tab):
    tab.goto(fresh_server.address("motion"))
    at(tab, "Motion")
    tab.get_by_role("link", name="Evaluation", exact=True).first.wait_for()
    tab.get_by_text("No folder is open").first.wait_for()


def test_from_the_demo_button_to_a_trace_and_back_after_a_restart(fresh_server, tab):
    tab.goto(fresh_server.address())
    at(tab, "Calscope")
    tab.get_by_role("button", name="Open the demo").click()
    tab.get_by_role("heading", name="Data", exact=True, level=1).wait_for(timeout=JOB_MS)
    at(tab, "Data")
    go(tab, "Motion", "Motion")
    run(fresh_server, tab, "Correct motion")
    tab.get_by_text("corrected", exact=True).locator("visible=true").first.wait_for()
    go(tab, "Extraction", "Extraction")
    number(tab, "Components per patch").fill("3")
    run(fresh_server, tab, "Extract components")
    tab.get_by_text(re.compile(r"^Refit: \d+ component")).first.wait_for()
    go(tab, "Evaluation", "Evaluation")
    run(fresh_server, tab, "Evaluate")
    tab.get_by_role("button", name=re.compile(r"^accepted \(\d+\)")).first.wait_for()
    go(tab, "Traces", "Traces")
    first = component(tab)
    other = tab.locator(f'.row:not([data-component="{first}"])').nth(3)
    clicked = int(other.get_attribute("data-component"))
    tab.locator(f'.row[data-component="{clicked}"]').click()
    expect(tab.locator(".bar .number")).to_have_text(f"Component {clicked}")
    tab.wait_for_url(re.compile(rf"component={clicked}\b"))
    link = tab.url
    go(tab, "Extraction", "Extraction")
    holds(tab, "Components per patch", "3")

    fresh_server.restart()
    tab.goto(link)
    at(tab, "Traces")
    expect(tab.locator(".bar .number")).to_have_text(f"Component {clicked}")
    tab.wait_for_url(link)
    go(tab, "Extraction", "Extraction")
    holds(tab, "Components per patch", "3")  # a link brings the settings of its run


def test_what_was_typed_is_kept_on_the_way_through_the_pages(fresh_server, tab):
    tab.goto(fresh_server.address(f"motion?data={fresh_server.store / 'demo' / 'Demo, 2 animals'}"))
    at(tab, "Motion")
    number(tab, "Largest deviation").fill("4")
    go(tab, "Data", "Data")  # right out of the box
    number(tab, "Decay time").fill("1.2")
    number(tab, "Decay time").press("Enter")
    go(tab, "Motion", "Motion")
    holds(tab, "Largest deviation", "4")
    go(tab, "Data", "Data")
    holds(tab, "Decay time", "1.2")


def test_a_run_can_be_cancelled(fresh_server, tab):
    tab.goto(fresh_server.address(f"motion?data={fresh_server.store / 'demo' / 'Demo, 2 animals'}"))
    at(tab, "Motion")
    number(tab, "Largest deviation").fill("4")
    tab.get_by_role("button", name="Correct motion").first.click()
    with stopped(fresh_server.store):
        tab.get_by_role("button", name="Cancel").first.click()
        tab.get_by_text(re.compile("stopping")).first.wait_for()
    tab.get_by_role("button", name="Cancel").first.wait_for(state="detached", timeout=JOB_MS)
    go(tab, "Runs", "Runs")
    tab.get_by_text("cancelled", exact=True).first.wait_for()
