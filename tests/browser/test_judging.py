"""Decisions by hand under a real hand: at once in the picture, none lost, and back where they could not be kept."""

import json
import re

import pytest

from calscope.io.curation_log import log_of
from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store

pytestmark = pytest.mark.browser
PARAMS = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
BADGE, NUMBER, JUDGE = ".bar .badge:not(:empty)", ".bar .number", ".bar.judge:not([hidden])"
SELECTED = """[...document.querySelectorAll('*')]
    .flatMap(one => [...(one.shadowRoot?.querySelectorAll('.row.selected') ?? [])])"""
PENDING = "[...document.querySelectorAll('*')].map(one => one.shadowRoot?.querySelector('.bar.judge')).find(Boolean)"
GROUPS = """() => [...document.querySelectorAll('*')].map(one => one.shadowRoot?.querySelector('.legend'))
    .find(one => one?.textContent.includes('accepted')).textContent"""

PRESS = """async ([keys, first, n]) => {
    const event = { bubbles: true, composed: true };
    const press = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, ...event }));
    for (let k = first; k < keys.length; k += 1) {
        press(keys[k]);
        if (k % n === n - 1) press('ArrowRight');
        await new Promise((after) => setTimeout(after, 20));
    }
}"""
"""Presses keys faster than a hand does."""


@pytest.fixture(scope="module")
def run(server):
    folder = server.store.parent / "judged"
    write_demo(folder, animals=1, frames=160, size=96)
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(folder), params=PARAMS, workers=2)), 120)
    assert job.status.state == "done", job.status.error
    return job


@pytest.fixture(scope="module")
def animal(server, run):
    found = AnimalResults(Store(server.store), run.results["Animal_1"].keys)
    assert found.refit.n >= 6
    return found


@pytest.fixture
def log(server, run):
    """The log, empty at the beginning of a test."""
    found = log_of(server.store, run.results["Animal_1"].info.fingerprint)
    found.path.unlink(missing_ok=True)
    return found


@pytest.fixture
def pages(server, run, browser, log):
    """Opens a page of a browser of its own."""
    opened = []

    def go(name="evaluation", component=0):
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        opened.append(page)
        page.goto(server.address(f"{name}?run={run.id}&animal=Animal_1&component={component}"))
        page.locator(JUDGE).wait_for(timeout=60_000)
        page.locator(BADGE).wait_for(timeout=20_000)
        return page

    yield go
    for page in opened:
        assert page.get_by_test_id("stException").count() == 0
        page.close()


def kept(page):
    """Wait until the server has answered everything."""
    page.wait_for_function(f"{PENDING}.dataset.pending === '0'", timeout=30_000)


def said(log):
    return [(one.action, one.target.component if one.target else None) for one in log.entries()]


def test_two_hundred_decisions_by_keyboard_are_all_kept_in_their_order(pages, animal, log):
    page, n = pages(), animal.refit.n
    pressed = ["aru"[k % 3] for k in range(200)]
    words = {"a": "accept", "r": "reject", "u": "unsure"}
    expected = [(words[key], k % n) for k, key in enumerate(pressed)]
    for k in range(10):
        page.keyboard.press(pressed[k])
        if k % n == n - 1:
            page.keyboard.press("ArrowRight")  # from the last to the first
    page.evaluate(PRESS, [pressed, 10, n])
    kept(page)
    assert said(log) == expected and log.notes() == ()


def test_a_decision_is_shown_at_once_everywhere_and_outlasts_a_reload(pages, animal, log):
    page = pages()
    before = page.locator(BADGE).inner_text()
    key, after = ("r", "rejected") if before == "accepted" else ("a", "accepted")
    page.get_by_label("next after a decision").uncheck()
    page.keyboard.press(key)
    assert page.locator(BADGE).inner_text() == after, "before the server has answered"
    assert page.locator(NUMBER).inner_text() == "Component 0"
    kept(page)
    page.locator(".bar .said", has_text="by hand by").wait_for(timeout=20_000)
    assert f"(thresholds: {before}, because" in page.locator(".bar .said").inner_text()
    n_accepted = int(animal.evaluation.accepted.sum()) + (1 if after == "accepted" else -1)
    assert f"accepted ({n_accepted})" in page.evaluate(GROUPS)
    assert f"accepted ({n_accepted})" in page.locator(".filters").inner_text()
    assert after in page.locator('.row[data-component="0"]').inner_text()
    page.reload()
    page.locator(".bar .said", has_text="by hand by").wait_for(timeout=60_000)
    page.get_by_label("next after a decision").check()
    page.keyboard.press("z")
    page.wait_for_function(
        f"!{PENDING}.parentNode.querySelector('.said').textContent.includes('by hand')", timeout=20_000
    )
    assert page.locator(BADGE).inner_text() == before
    page.keyboard.press("Shift+z")
    page.locator(".bar .said", has_text="by hand by").wait_for(timeout=20_000)
    assert [action for action, _ in said(log)] == [{"r": "reject", "a": "accept"}[key], "undo", "redo"]


def test_two_windows_at_once_lose_nothing_and_the_lists_of_the_undecided_end(pages, animal, log):
    one, other = pages(component=0), pages("traces", component=3)
    for _ in range(3):
        one.keyboard.press("a")
        other.keyboard.press("r")
    kept(one)
    kept(other)
    assert sorted(said(log)) == sorted([("accept", k) for k in range(3)] + [("reject", k) for k in range(3, 6)])
    one.locator(".listing select").select_option("not judged")
    one.keyboard.press("u")  # of one that the other decided otherwise since; what is said last is right
    kept(one)
    one.wait_for_function(f"{PENDING}.querySelector('.words').textContent.startsWith('5 judged · 1 unsure')")
    rows = one.locator(".row")
    left = animal.refit.n - 6
    listed = f"{PENDING}.parentNode.querySelector('select').selectedOptions[0].text"
    one.wait_for_function(f"{listed} === 'not judged ({left})'")
    assert rows.count() == left


def test_what_could_not_be_kept_is_told_and_goes_back(pages, log):
    page = pages()
    before = page.locator(BADGE).inner_text()
    log.path.parent.mkdir(exist_ok=True)
    log.path.write_text(json.dumps({"version": 9}) + "\n")
    page.get_by_label("next after a decision").uncheck()
    page.keyboard.press("r" if before == "accepted" else "a")
    page.locator(".words.trouble", has_text="newer version").wait_for(timeout=20_000)
    kept(page)
    assert page.locator(BADGE).inner_text() == before and log.entries() == ()


def test_a_note_is_typed_shown_as_text_and_kept_and_keys_in_its_box_decide_nothing(pages, log):
    page = pages()
    page.keyboard.press("n")
    page.keyboard.type('area <img src=x onerror="alert(1)"> 🧠')
    page.keyboard.press("Tab")
    page.keyboard.type("blood vessel")
    page.keyboard.press("Enter")
    kept(page)
    assert [(one.action, one.text) for one in log.entries()] == [
        ("note", 'area <img src=x onerror="alert(1)"> 🧠'),
        ("tag", "blood vessel"),
    ]
    cell = page.locator('.row[data-component="0"]', has_text="blood vessel")
    assert cell.locator("img").count() == 0 and "<img src=x" in cell.inner_text()
    page.get_by_role("button", name=re.compile("^as ")).click()
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    page.keyboard.press("a")
    kept(page)
    assert log.entries()[-1].who == "Ada" and log.entries()[-1].action == "accept"
    page.keyboard.press("Shift+z")
    page.locator(".words.trouble", has_text="nothing to redo").wait_for(timeout=20_000)


def test_several_are_decided_at_once_by_a_line_around_their_points_and_taken_back_at_once(pages, animal, log):
    page, n = pages(), animal.refit.n
    box = page.locator("svg.plot").bounding_box()
    left, top = box["x"] + 2, box["y"] + 2
    right, low = box["x"] + box["width"] - 2, box["y"] + box["height"] - 2
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, low), (left, low)):
        page.mouse.move(x, y, steps=3)
    page.mouse.up()
    page.get_by_role("button", name=f"Reject all {n}").click()
    kept(page)
    assert sorted(said(log)) == [("reject", k) for k in range(n)]
    assert len({one.act for one in log.entries()}) == 1
    assert page.locator(".words").inner_text().startswith(f"{n} judged")
    page.keyboard.press("z")
    page.wait_for_function(f"{PENDING}.querySelector('.words').textContent.startsWith('0 judged')")
    page.locator('.row[data-component="1"]').click()
    page.locator('.row[data-component="4"]').click(modifiers=["Shift"])
    page.locator('.row[data-component="2"]').click(modifiers=["ControlOrMeta"])
    page.wait_for_function(f"{SELECTED}.length === 3")
    page.keyboard.press("a")
    kept(page)
    assert said(log)[n + 1 :] == [("accept", 1), ("accept", 3), ("accept", 4)]
    assert page.locator(".row.selected").count() == 0
