"""Decisions by hand under a real hand: at once in the picture, none lost, and back where they could not be kept."""

import json
import re

import pytest
from waiting import OPEN_MS, expect, resting_box, settle, unheard, until

from calscope.model.curation.curation_entry import new_entry
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
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

BOTH = re.compile(r"^Ada and Bob both judged 5 components, independently of each other, and agree on 3 \(")


@pytest.fixture(scope="module")
def animal(server, run):
    found = AnimalResults(Store(server.store), run.results["Animal_1"].keys)
    assert found.refit.n >= 6
    return found


def listed_in(rows):
    """The components of these rows, from above."""
    return rows.evaluate_all("rows => rows.map(row => row.dataset.component)")


def kept(page):
    """Wait until the server has answered everything."""
    page.wait_for_function(f"{PENDING}.dataset.pending === '0'")


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
    with unheard(page):
        page.keyboard.press(key)
        expect(page.locator(BADGE)).to_have_text(after)
        expect(page.locator(NUMBER)).to_have_text("Component 0")
    kept(page)
    page.locator(".bar .said", has_text="by hand by").wait_for()
    expect(page.locator(".bar .said")).to_contain_text(f"(thresholds: {before}, because")
    n_accepted = int(animal.evaluation.accepted.sum()) + (1 if after == "accepted" else -1)
    until(lambda: page.evaluate(GROUPS), lambda groups: f"accepted ({n_accepted})" in groups)
    expect(page.locator(".filters")).to_contain_text(f"accepted ({n_accepted})")
    expect(page.locator('.row[data-component="0"]')).to_contain_text(after)
    page.reload()
    page.locator(".bar .said", has_text="by hand by").wait_for(timeout=OPEN_MS)
    page.get_by_label("next after a decision").check()
    page.keyboard.press("z")
    page.wait_for_function(f"!{PENDING}.parentNode.querySelector('.said').textContent.includes('by hand')")
    expect(page.locator(BADGE)).to_have_text(before)
    page.keyboard.press("Shift+z")
    page.locator(".bar .said", has_text="by hand by").wait_for()
    kept(page)
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
    words(one, "5 judged · 1 unsure")
    rows = one.locator(".row")
    left = animal.refit.n - 6
    listed = f"{PENDING}.parentNode.querySelector('select').selectedOptions[0].text"
    one.wait_for_function(f"{listed} === 'not judged ({left})'")
    expect(rows).to_have_count(left)


def test_what_could_not_be_kept_is_told_and_goes_back(pages, log):
    page = pages()
    before = page.locator(BADGE).inner_text()
    log.path.parent.mkdir(exist_ok=True)
    log.path.write_text(json.dumps({"version": 9}) + "\n")
    page.get_by_label("next after a decision").uncheck()
    page.keyboard.press("r" if before == "accepted" else "a")
    page.locator(".words.trouble", has_text="newer version").wait_for()
    kept(page)
    expect(page.locator(BADGE)).to_have_text(before)
    assert log.entries() == ()


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
    expect(cell).to_contain_text("<img src=x")
    expect(cell.locator("img")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^as ")).click()
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    page.keyboard.press("a")
    kept(page)
    assert log.entries()[-1].who == "Ada" and log.entries()[-1].action == "accept"
    page.keyboard.press("Shift+z")
    page.locator(".words.trouble", has_text="nothing to redo").wait_for()


def test_several_are_decided_at_once_by_a_line_around_their_points_and_taken_back_at_once(pages, animal, log):
    page, n = pages(), animal.refit.n
    box = resting_box(page.locator("svg.plot"))
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
    words(page, f"{n} judged")
    page.keyboard.press("z")
    words(page, "0 judged")
    page.locator('.row[data-component="1"]').click()
    page.locator('.row[data-component="4"]').click(modifiers=["Shift"])
    page.locator('.row[data-component="2"]').click(modifiers=["ControlOrMeta"])
    page.wait_for_function(f"{SELECTED}.length === 3")
    page.keyboard.press("a")
    kept(page)
    assert said(log)[n + 1 :] == [("accept", 1), ("accept", 3), ("accept", 4)]
    expect(page.locator(".row.selected")).to_have_count(0)


def test_ctrl_and_click_adds_to_the_chosen_one_and_takes_away(pages, animal, log):
    page = pages()

    def more(number):
        page.locator(f'.row[data-component="{number}"]').click(modifiers=["ControlOrMeta"])

    page.locator('.row[data-component="2"]').click()
    expect(page.locator(NUMBER)).to_have_text("Component 2")
    more(2)  # it alone is chosen already
    expect(page.locator(".row.selected")).to_have_count(0)
    more(4)
    page.get_by_role("button", name="Accept all 2").wait_for()
    more(1)
    more(2)
    page.wait_for_function(f"{SELECTED}.length === 2")
    expect(page.locator(NUMBER)).to_have_text("Component 1")  # the chosen one is of those that are selected
    more(4)
    page.wait_for_function(f"{SELECTED}.length === 0")
    page.keyboard.press("r")
    kept(page)
    assert said(log) == [("reject", 1)]


def test_where_nothing_can_be_kept_keys_do_nothing_but_say_why(pages, log):
    log.path.parent.mkdir(exist_ok=True)
    other = new_entry("undo", who="Ada", recording="f" * 64)
    log.path.write_text(json.dumps(other.to_json()) + "\n")
    page = pages()
    told = page.locator(".words.trouble", has_text="another recording")
    told.wait_for()
    why = told.inner_text()
    expect(page.get_by_label("next after a decision")).to_be_checked()
    for key in "aruz":
        page.keyboard.press(key)
    settle(page)
    expect(page.locator(NUMBER)).to_have_text("Component 0")
    expect(told).to_have_text(why)
    expect(page.get_by_role("button", name="Accept", exact=True)).to_have_attribute("title", why)
    is_whole = "one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight"
    until(lambda: told.evaluate(is_whole), wanted=True)
    page.keyboard.press("ArrowRight")  # keys reach the page
    expect(page.locator(NUMBER)).to_have_text("Component 1")


def call_me(page, name, *, blind):
    page.get_by_role("button", name=re.compile("^as ")).click()
    page.locator("dialog.name input:not([type=checkbox])").fill(name)
    page.get_by_label("judge blind, as second rater").set_checked(blind)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=f"as {name}{', blind' if blind else ''}", exact=True).wait_for()


def words(page, start):
    page.wait_for_function(f"{PENDING}.querySelector('.words').textContent.startsWith({json.dumps(start)})")


def test_a_second_rater_judges_blind_and_what_they_disagree_about_is_settled_and_outlasts_a_reload(pages, animal, log):
    page, n = pages(), animal.refit.n
    call_me(page, "Ada", blind=False)
    before = page.locator(".filters").inner_text()
    for key in "aaarr":
        page.keyboard.press(key)
    page.locator('.row[data-component="5"]').click()
    page.keyboard.press("n")
    page.keyboard.type("of Ada alone")
    page.keyboard.press("Enter")
    kept(page)
    words(page, "5 judged")

    call_me(page, "Bob", blind=True)
    words(page, "0 judged")
    page.reload()
    page.locator(JUDGE).wait_for(timeout=OPEN_MS)
    page.locator(BADGE).wait_for()
    words(page, "0 judged")
    expect(page.locator(".filters")).to_have_text(before, use_inner_text=True)  # counted as the thresholds did
    until(lambda: page.evaluate(f"{PENDING}.getRootNode().textContent"), lambda text: "Ada" not in text)
    expect(page.locator(".row", has_text="Ada")).to_have_count(0)
    page.locator('.row[data-component="0"]').click()
    for key in "aauar":
        page.keyboard.press(key)
    kept(page)
    words(page, "4 judged · 1 unsure")
    assert all(one.blind for one in log.entries() if one.who == "Bob") and len(log.entries()) == 11

    call_me(page, "Cleo", blind=False)
    words(page, "3 judged · 2 in dispute")
    told = page.get_by_role("button", name="kappa 0.29")  # 0.6 alike, by chance 0.6 * 0.6 + 0.4 * 0.2
    told.click()
    sentence = page.locator("dialog.raters p").first
    expect(sentence).to_have_text(BOTH)
    expect(sentence).to_contain_text("without 'unsure' 0.50")
    page.get_by_role("button", name="List those to settle").click()
    rows = page.locator(".row")
    page.wait_for_function(f"{PENDING}.parentNode.querySelector('select').value === 'raters disagree'")
    until(lambda: sorted(listed_in(rows)), ["2", "3"])
    page.locator('.row[data-component="2"]').click()
    expect(page.locator(".bar .said")).to_have_text(
        re.compile(r"^raters disagree, not settled \(Ada: accept, Bob: unsure\)")
    )
    page.keyboard.press("r")
    kept(page)
    entry = log.entries()[-1]
    assert (entry.action, entry.text, entry.who, entry.target.component) == ("settle", "reject", "Cleo", 2)
    words(page, "4 judged · 1 in dispute")
    page.reload()
    page.locator(JUDGE).wait_for(timeout=OPEN_MS)
    words(page, "4 judged · 1 in dispute")
    page.locator('.row[data-component="2"]', has_text="settled").wait_for()
    page.keyboard.press("z")
    words(page, "3 judged · 2 in dispute")
    kept(page)
    assert n >= 6


def test_what_was_done_in_this_window_is_taken_back_at_once(pages, server, log):
    page = pages()
    before = page.locator(BADGE).inner_text()
    key, after = ("r", "rejected") if before == "accepted" else ("a", "accepted")
    page.get_by_label("next after a decision").uncheck()
    page.keyboard.press(key)
    kept(page)
    page.locator('.row[data-component="3"]').click()
    with unheard(page):
        page.keyboard.press("z")
        expect(page.locator(NUMBER)).to_have_text("Component 0")
        expect(page.locator(BADGE)).to_have_text(before)
        page.keyboard.press("Shift+z")
        expect(page.locator(BADGE)).to_have_text(after)
    kept(page)
    assert [one.action for one in log.entries()][1:] == ["undo", "redo"]
    expect(page.locator(BADGE)).to_have_text(after)


def test_the_doubtful_come_first_by_key_and_in_the_list_and_one_click_takes_the_estimate_away(pages, animal, log):
    page, n = pages(), animal.refit.n
    estimate, rows, head = page.locator(".bar.left .estimate"), page.locator(".row"), page.locator(".head")
    told = re.compile(r"unseen; expected wrong among them [\d.]+ \(\d+ to \d+\)")
    estimate.filter(has_text=told).wait_for()
    expect(estimate).to_have_text(re.compile(f"^{n} unseen"))
    head.get_by_role("button", name="doubt").click()
    head.get_by_role("button", name="doubt ▼").wait_for()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    settle(page)
    most, second = listed_in(rows)[:2]
    page.keyboard.press("d")
    expect(page.locator(NUMBER)).to_have_text(f"Component {most}")
    page.keyboard.press("a")
    expect(page.locator(NUMBER)).to_have_text(f"Component {second}")
    kept(page)
    estimate.filter(has_text=re.compile(f"^{n - 1} unseen")).wait_for()
    expect(rows.last).to_have_attribute("data-component", most)  # what was judged is not doubtful any more
    page.get_by_label("what is left").uncheck()
    estimate.wait_for(state="hidden")
    head.get_by_role("button", name="doubt").wait_for(state="detached")
    page.reload()
    page.locator(JUDGE).wait_for(timeout=OPEN_MS)
    page.locator(BADGE).wait_for()
    expect(estimate).to_be_hidden()
    expect(head.get_by_role("button", name="doubt")).to_have_count(0)
    page.get_by_label("what is left").check()
    estimate.filter(has_text=told).wait_for()
    assert said(log) == [("accept", int(most))]


def test_two_persons_who_judge_one_component_within_a_second_are_both_kept_and_the_last_one_is_shown(pages, log):
    ada, bob = pages(), pages("traces")
    call_me(ada, "Ada", blind=False)
    call_me(bob, "Bob", blind=False)  # the same browser: its name is for both windows from now on
    ada.get_by_label("next after a decision").uncheck()
    bob.get_by_label("next after a decision").uncheck()
    ada.keyboard.press("a")
    bob.keyboard.press("r")
    kept(ada)
    kept(bob)
    assert sorted(said(log)) == [("accept", 0), ("reject", 0)]
    shown = {"accept": "accepted", "reject": "rejected"}[log.entries()[-1].action]
    for page in (ada, bob):
        page.reload()
        page.locator(JUDGE).wait_for(timeout=OPEN_MS)
        page.locator(".bar .said", has_text="by hand by").wait_for(timeout=OPEN_MS)
        expect(page.locator(BADGE)).to_have_text(shown)
