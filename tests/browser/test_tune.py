"""Tune under a real hand: values let go, undone, held and compared; a crop that is dragged."""

import json

import pytest

from calscope.io.demo.demo_files import write_demo

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api", reason="drives a browser").expect
LONG_MS = 120_000
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
    opened = browser.new_page(viewport={"width": 1280, "height": 720})
    opened.goto(server.address(f"tune?data={data}"))
    opened.locator("canvas[data-mark]").wait_for(timeout=LONG_MS)
    yield opened
    assert opened.get_by_test_id("stException").count() == 0
    opened.close()


def let_go(page, label, value):
    """Enter a value; wait for the picture of the new state."""
    before = page.evaluate(MARK)
    box = page.get_by_label(label, exact=True)
    box.fill(str(value))
    box.press("Enter")
    page.wait_for_function(f"before => ({MARK})() !== before", arg=before, timeout=LONG_MS)


def states(page):
    return [state.inner_text().split("\n")[0] for state in page.locator(".state").all()]


def test_outlines_change_when_k_is_let_go_and_undo_brings_them_back(page):
    first, box = page.evaluate(MARK), page.locator("canvas[data-mark]").bounding_box()
    assert box["y"] + box["height"] < 720, "the picture is in view without scrolling"
    let_go(page, K, 2)
    assert states(page) == ["start", "K 4 → 2"]
    assert page.locator("canvas[data-mark]").bounding_box() == box, "the picture stays where it is"
    page.keyboard.press("Control+z")
    page.wait_for_function(f"first => ({MARK})() === first", arg=first, timeout=LONG_MS)
    assert page.get_by_label(K, exact=True).input_value() == "4"
    page.keyboard.press("Control+Shift+z")
    page.wait_for_function(f"first => ({MARK})() !== first", arg=first, timeout=LONG_MS)
    assert page.get_by_label(K, exact=True).input_value() == "2"


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
    page.wait_for_function(
        "() => ![...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.sides button'))"
    )


def test_of_values_let_go_quickly_the_last_one_counts(page):
    for value in (3, 5, 6):
        page.get_by_label(K, exact=True).fill(str(value))
        page.get_by_label(K, exact=True).press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot).some(e =>"
        " e.shadowRoot.querySelector('.state[aria-selected=true] img')"
        " && e.shadowRoot.querySelector('.state[aria-selected=true]').innerText.includes('→ 6'))",
        timeout=LONG_MS,
    )
    assert page.get_by_label(K, exact=True).input_value() == "6"


def test_a_value_that_is_not_allowed_is_marked_and_not_tried(page):
    before = states(page)
    box = page.get_by_label(K, exact=True)
    box.fill("many")
    box.press("Enter")
    assert "wrong" in box.get_attribute("class")
    assert "Allowed: a whole number from 1" in box.get_attribute("title")
    assert states(page) == before


def test_a_crop_that_is_dragged_is_tried(page):
    page.get_by_role("button", name="The whole recording").click()
    time = page.locator("canvas.time")
    before = page.evaluate(MARK)
    time.hover(position={"x": 298, "y": 15})  # waits until the box has come to rest
    box = time.bounding_box()
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 15, steps=4)
    page.mouse.up()
    page.wait_for_function(f"before => ({MARK})() !== before", arg=before, timeout=LONG_MS)
    crop = json.loads(page.locator("canvas.field").get_attribute("data-crop"))
    assert crop["start"] == 0
    assert 130 <= crop["stop"] <= 150
    assert states(page)[-1] == "another crop"
