"""Merging, splitting and drawing under a real hand: a preview first, then everywhere, and still there later."""

import re

import numpy as np
import pytest
from scipy.sparse import csc_matrix
from waiting import OPEN_MS, expect, resting_box, until

from calscope.model.curation.curation_entry import Target, new_entry
from calscope.model.curation.packed_footprint import pack_footprint
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.judged_run import judged_run
from calscope.pipeline.store import Store

pytestmark = pytest.mark.browser
VIEW = """[...document.querySelectorAll('*')].map(one => one.shadowRoot?.querySelector('canvas[data-view]'))
    .find(Boolean).dataset.view.split(' ').map(Number)"""
"""First column and row that the map shows, and its zoom."""
WHOLE = "one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight"
DIALOG = "dialog.changing[open]"
PENDING = "[...document.querySelectorAll('*')].map(one => one.shadowRoot?.querySelector('.bar.judge')).find(Boolean)"


def now(server, run):
    record, store = run.results["Animal_1"], Store(server.store)
    return judged_run(record, AnimalResults(store, record.keys), workers=1)[1].refit


def select(page, *numbers):
    """Choose a row of the table, and add others to it."""
    for at, number in enumerate(numbers):
        page.locator(f'.row[data-component="{number}"]').click(modifiers=["Control"] if at else [])
    page.locator(".bar .words", has_text=f"{len(numbers)} selected").wait_for()


def nearest(components):
    centers = components.centers_px()
    pairs = [(i, j) for i in range(components.n) for j in range(i)]
    return min(pairs, key=lambda pair: ((centers[pair[0]] - centers[pair[1]]) ** 2).sum())


def counted(page, n):
    page.locator(".bar .filters", has_text=f"all ({n})").wait_for(timeout=OPEN_MS)
    page.wait_for_function(f"{PENDING}.dataset.pending === '0'")


def test_merge_split_undo_and_a_server_that_was_started_again(pages, server, run, log):
    page = pages()
    fit = AnimalResults(Store(server.store), run.results["Animal_1"].keys).refit
    pair = nearest(fit)
    counted(page, fit.n)
    select(page, *pair)
    page.keyboard.press("m")
    page.locator(f"{DIALOG} img").first.wait_for(timeout=OPEN_MS)
    expect(page.locator(f"{DIALOG} polyline")).to_have_count(3)
    assert not log.entries(), "nothing is said yet"
    page.locator(DIALOG).get_by_role("button", name="Merge").click()
    counted(page, fit.n - 1)
    assert [one.action for one in log.entries()] == ["merge", "merge"]
    page.locator(".bar .number", has_text=f"Component {fit.n - 2}").wait_for()
    assert now(server, run).n == fit.n - 1
    page.keyboard.press("x")
    page.locator(f"{DIALOG} img").first.wait_for(timeout=OPEN_MS)
    page.keyboard.press("Enter")
    counted(page, fit.n)
    page.locator(".bar .number", has_text=f"Component {fit.n - 2}").wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("z")
    counted(page, fit.n - 1)
    page.locator(".bar .number", has_text=f"Component {fit.n - 2}").wait_for()
    judged = page.locator(".bar .number").inner_text().removeprefix("Component ")
    page.keyboard.press("r")
    counted(page, fit.n - 1)
    server.restart()
    again = pages("traces")
    counted(again, fit.n - 1)
    again.locator(f'.row[data-component="{judged}"]', has_text="rejected").click()
    again.locator(".bar .said", has_text="by hand by").wait_for()
    again.keyboard.press("z")
    again.keyboard.press("z")
    counted(again, fit.n)
    again.locator(".bar .number", has_text=re.compile(f"^Component {min(pair)}$")).wait_for()
    assert now(server, run).n == fit.n
    assert log.entries()[-1].action == "undo"


def test_what_can_not_be_merged_is_said_and_a_cell_is_drawn_and_deleted(pages, server, run, log):
    page = pages()
    n = AnimalResults(Store(server.store), run.results["Animal_1"].keys).refit.n
    counted(page, n)
    page.keyboard.press("m")
    words = page.locator(".bar .words", has_text="Choose two or more components to merge")
    words.wait_for()
    until(lambda: words.evaluate(WHOLE), wanted=True)  # not cut
    select(page, 0, n - 1)
    page.keyboard.press("m")
    page.locator(f"{DIALOG} .trouble, {DIALOG} img").first.wait_for(timeout=OPEN_MS)
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".row.selected")).to_have_count(0)
    page.keyboard.press("o")
    page.locator(".bar .words", has_text="Draw around a cell").wait_for()
    page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 0)")
    canvas = resting_box(page.locator("figure canvas").first)
    page.mouse.move(canvas["x"] + 30, canvas["y"] + 30)
    page.mouse.down()
    for dx, dy in ((60, 0), (60, 60), (0, 60)):
        page.mouse.move(canvas["x"] + 30 + dx, canvas["y"] + 30 + dy, steps=4)
    page.mouse.up()
    page.locator(f"{DIALOG} img, {DIALOG} .trouble").first.wait_for(timeout=OPEN_MS)
    expect(page.locator(f"{DIALOG} img"), page.locator(DIALOG).inner_text()).to_have_count(2)
    page.keyboard.press("Enter")
    counted(page, n + 1)
    page.keyboard.press("Delete")
    page.locator(DIALOG).get_by_role("button", name="Delete").click()
    counted(page, n)
    assert [one.action for one in log.entries()] == ["draw", "delete"]


def test_a_merge_that_is_not_made_in_this_run_is_found_on_the_map(pages, run, log):
    image = np.zeros((96, 96, 2), np.float32)
    image[40:45, 40:45, 0] = image[40:45, 48:53, 1] = 1
    squares = csc_matrix(image.reshape(-1, 2, order="F"))
    targets = [Target("f" * 32, k, 42, 42 + 8 * k, pack_footprint(squares, k, (96, 96))) for k in range(2)]
    recording = run.results["Animal_1"].info.fingerprint
    said = [new_entry("merge", who="Ada", recording=recording, target=one, group="M" * 16) for one in targets]
    log.append(lambda _: said)
    page = pages()
    page.get_by_role("button", name="1 not carried").click()
    row = page.locator("dialog.lost[open] .lost-row")
    expect(row).to_contain_text("A merge by Ada is not made here")
    row.get_by_role("button", name="Find").click()
    page.wait_for_function(f"{VIEW}[2] > 1")

    def is_in_view(view):
        left, top, zoom = view
        return left < 40 and left + 96 / zoom > 53 and top < 40 and top + 96 / zoom > 45

    until(lambda: page.evaluate(VIEW), is_in_view)


def test_what_is_not_carried_over_is_dismissed_one_by_one_or_all(pages, run, log):
    image = np.zeros((96, 96, 3), np.float32)
    for k in range(3):
        image[2:5, 20 * k : 20 * k + 3, k] = 1
    squares = csc_matrix(image.reshape(-1, 3, order="F"))
    recording = run.results["Animal_1"].info.fingerprint
    targets = [Target("f" * 32, k, 3, 20 * k + 1, pack_footprint(squares, k, (96, 96))) for k in range(3)]
    log.append(lambda _: [new_entry("accept", who="Ada", recording=recording, target=one) for one in targets])
    page = pages()
    page.get_by_role("button", name="3 not carried").click()
    dialog = page.locator("dialog.lost[open]")
    dialog.get_by_role("button", name="Dismiss", exact=True).first.click()
    expect(dialog.locator(".lost-row")).to_have_count(2)
    expect(dialog).to_contain_text("2 not carried over")
    expect(page.get_by_role("button", name="2 not carried")).to_be_visible()
    dialog.get_by_role("button", name="Dismiss all").click()
    expect(page.get_by_role("button", name="not carried")).to_have_count(0)
    assert [one.action for one in log.entries()] == ["accept"] * 3 + ["dismiss"] * 3
