"""Tune under a real hand: values let go, undone, held and compared; a crop that is dragged."""

import json
import re
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from held_runs import tries_nothing
from waiting import JOB_MS, expect, new_page, no_exception, resting_box, settle, until

from calscope.io.demo.demo_files import write_demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
K, SNR = "Components per patch · K", "SNR · min_SNR"
MARK = """() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot)
    .flatMap(e => [...e.shadowRoot.querySelectorAll('canvas[data-mark]')]).map(e => e.dataset.mark).join()"""


@pytest.fixture(scope="module")
def data(server):
    folder = server.store.parent / "tuned"
    write_demo(folder, animals=1, frames=200, size=72)
    return folder


@pytest.fixture
def page(server, data, browser):
    opened = new_page(browser, viewport={"width": 1280, "height": 720})
    opened.goto(server.address(f"tune?data={data}"))
    opened.locator("canvas[data-mark]").wait_for(timeout=JOB_MS)
    yield opened
    no_exception(opened)
    opened.close()


def let_go(page, label, value):
    """Enter a value; wait for the picture of the new state."""
    before = page.evaluate(MARK)
    box = page.get_by_label(label, exact=True)
    box.fill(str(value))
    box.press("Enter")
    page.wait_for_function(f"before => ({MARK})() !== before", arg=before, timeout=JOB_MS)


def is_of_two_states(address):
    """Whether a link names what is held and another state that is tried."""
    named = parse_qs(urlsplit(address).query)
    return "held" in named and "tune" in named and named["held"] != named["tune"]


def states(page):
    return [said.split("\n")[0] for said in page.locator(".state").all_inner_texts()]


def test_outlines_change_when_k_is_let_go_and_undo_brings_them_back(page):
    first, box = page.evaluate(MARK), resting_box(page.locator("canvas[data-mark]"))
    assert box["y"] + box["height"] < 720, "the picture is in view without scrolling"
    let_go(page, K, 2)
    until(lambda: states(page), ["start", "K 4 → 2"])
    until(lambda: resting_box(page.locator("canvas[data-mark]")), box)  # the picture stays where it is
    page.keyboard.press("Control+z")
    page.wait_for_function(f"first => ({MARK})() === first", arg=first, timeout=JOB_MS)
    expect(page.get_by_label(K, exact=True)).to_have_value("4")
    page.keyboard.press("Control+Shift+z")
    page.wait_for_function(f"first => ({MARK})() !== first", arg=first, timeout=JOB_MS)
    expect(page.get_by_label(K, exact=True)).to_have_value("2")


SAYS = """() => {
  const said = getComputedStyle(document.querySelector(".st-key-beside-tune"), "::after");
  return said.visibility === "visible" ? said.content : "none";
}"""


FAINT = """() => [...document.querySelectorAll("[data-stale=true]")]
  .filter((one) => getComputedStyle(one).opacity < 1).length"""


def test_the_browser_says_that_it_is_computing_until_the_picture_is_there_and_leaves_the_old_one_as_it_is(page, server):
    until(lambda: page.evaluate(SAYS), "none")
    before, box = page.evaluate(MARK), page.get_by_label(K, exact=True)
    with tries_nothing(server.process.pid):
        box.fill("3")
        box.press("Enter")
        page.wait_for_function(f"({SAYS})() === '\"computing …\"'", timeout=JOB_MS)
        page.wait_for_function(f"before => ({FAINT})() === 0 && ({MARK})() === before", arg=before, timeout=JOB_MS)
    page.wait_for_function(f"before => ({MARK})() !== before", arg=before, timeout=JOB_MS)
    until(lambda: page.evaluate(SAYS), "none")


def places_of(page):
    """Where the picture, its buttons, those beside it and the trace are."""
    wanted = ["canvas[data-mark]", ".sides", ".acts", ".states", ".stButton button", "figure:has(.plot)"]
    found = {selector: [one.bounding_box() for one in page.locator(selector).all()] for selector in wanted}
    return {
        selector: [box and {name: round(px) for name, px in box.items()} for box in all_]
        for selector, all_ in found.items()
    }


def test_nothing_moves_when_a_state_is_held_and_a_value_changed_against_it(page):
    trace = resting_box(page.locator("figure:has(.plot)").last)
    settle(page)
    before = places_of(page)
    assert trace["y"] + trace["height"] <= 720, "map and trace are in view together"
    page.get_by_role("button", name="Hold this").click()
    page.locator(".state.held").wait_for()
    expect(page.get_by_role("button", name="swipe", exact=True)).to_be_enabled()
    settle(page)
    until(lambda: places_of(page), before)
    let_go(page, K, 3)
    page.get_by_text("Against what is held").wait_for()
    settle(page)
    until(lambda: places_of(page), before)


def test_what_is_held_is_flicked_and_swiped_against_what_is_changed(page):
    page.get_by_role("button", name="Hold this").click()
    page.locator(".state.held").wait_for()
    let_go(page, SNR, 50)
    let_go(page, "Spatial r · rval_thr", 1)
    page.get_by_text("Against what is held").wait_for()
    canvas = page.locator("canvas[data-mark]")
    canvas.focus()
    for side in ("held", "now"):
        canvas.press("f")
        expect(canvas).to_have_attribute("data-side", side)  # it is drawn with the next frame of the screen
    page.get_by_role("button", name="swipe", exact=True).click()
    expect(canvas).to_have_attribute("data-side", "swipe")
    page.get_by_role("button", name="Let go").click()
    page.get_by_text("Against what is held").wait_for(state="detached")
    expect(page.get_by_role("button", name="swipe", exact=True)).to_be_disabled()


def test_of_values_let_go_quickly_the_last_one_counts(page):
    for value in (3, 5, 6):
        page.get_by_label(K, exact=True).fill(str(value))
        page.get_by_label(K, exact=True).press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot).some(e =>"
        " e.shadowRoot.querySelector('.state[aria-selected=true] img')"
        " && e.shadowRoot.querySelector('.state[aria-selected=true]').innerText.includes('→ 6'))",
        timeout=JOB_MS,
    )
    expect(page.get_by_label(K, exact=True)).to_have_value("6")


def test_a_value_that_is_not_allowed_is_marked_and_not_tried(page):
    before = states(page)
    box = page.get_by_label(K, exact=True)
    box.fill("many")
    box.press("Enter")
    expect(box).to_have_class(re.compile(r"\bwrong\b"))
    expect(box).to_have_attribute("title", re.compile("Allowed: a whole number from 1"))
    settle(page)
    assert states(page) == before


def test_a_crop_that_is_dragged_is_tried(page):
    page.get_by_role("button", name="The whole recording").click()
    time = page.locator("canvas.time")
    before = page.evaluate(MARK)
    time.hover(position={"x": 298, "y": 15})
    box = resting_box(time)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 15, steps=4)
    page.mouse.up()
    page.wait_for_function(f"before => ({MARK})() !== before", arg=before, timeout=JOB_MS)
    crop = json.loads(page.locator("canvas.field").get_attribute("data-crop"))
    assert crop["start"] == 0
    assert 130 <= crop["stop"] <= 150
    until(lambda: states(page)[-1], "another crop")


def test_a_link_opens_the_same_state_after_the_server_was_started_anew(fresh_server, data, browser):
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.goto(fresh_server.address(f"tune?data={shutil.copytree(data, fresh_server.store.parent / 'tuned')}"))
    page.locator("canvas[data-mark]").wait_for(timeout=JOB_MS)
    page.get_by_role("button", name="Hold this").click()
    page.locator(".state.held").wait_for()
    let_go(page, K, 2)
    page.wait_for_url(is_of_two_states, timeout=JOB_MS)
    link, counts = page.url, page.locator(".state").all_inner_texts()[-1].split("\n")[-1]
    page.close()
    fresh_server.stop()
    fresh_server.start()
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.goto(link)
    page.get_by_text("Against what is held").wait_for(timeout=JOB_MS)
    expect(page.get_by_label(K, exact=True)).to_have_value("2", timeout=JOB_MS)
    expect(page.locator(".state").last).to_contain_text(counts)
    no_exception(page)
    page.close()
