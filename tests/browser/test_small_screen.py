"""On a small screen: what a person chose and set is where they left it, and nothing moves what is under the mouse."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from held_runs import newest, stopped, waits_for_its_turn
from waiting import JOB_MS, expect, holds, new_page, no_exception, resting_box, settle, unheard, until

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PARAMS = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
CHOSEN = """() => [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
    .flatMap(one => [...one.shadowRoot.querySelectorAll('[data-chosen]')]).map(one => one.dataset.chosen)"""
"""What each view on the page marks as chosen."""


@pytest.fixture(scope="module")
def folders(server):
    """A folder of two animals that were evaluated, and one of which nothing was run."""
    two, one = server.store.parent / "two", server.store.parent / "it's one"
    write_demo(two, animals=2, frames=150, size=64)
    shutil.copytree(two / "Animal_1", one / "Animal_1")
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(two), params=PARAMS, workers=2)), 480)
    assert job.status.state == "done", job.status.error
    return two, one, job


@pytest.fixture
def screen(server, folders, browser):
    """A small screen, and nothing set in any folder yet."""
    shutil.rmtree(server.store / "projects", ignore_errors=True)
    opened = new_page(browser, viewport={"width": 1280, "height": 720})
    yield opened
    no_exception(opened)
    opened.close()


def at(tab, title):
    tab.get_by_role("heading", name=title, exact=True, level=1).wait_for()
    settle(tab)


def go(tab, title):
    tab.get_by_role("link", name=title, exact=True).first.click(delay=90)
    at(tab, title)


def open_page(tab, server, page, title, **address):
    tab.goto(server.address(f"{page}?" + "&".join(f"{name}={value}" for name, value in address.items())))
    at(tab, title)


def number(tab, label):
    return tab.get_by_role("spinbutton", name=label)


def enter(tab, label, value):
    number(tab, label).fill(value)
    number(tab, label).press("Enter")
    settle(tab)


def chosen_animal(tab):
    return tab.locator('[role=radio][aria-checked="true"] .name')


def all_chosen(tab, component):
    tab.wait_for_function(f"({CHOSEN})().length >= 3 && ({CHOSEN})().every(one => one === '{component}')")


def test_settings_of_a_folder_reach_no_other_and_come_back_with_it(server, folders, screen):
    two, one, _ = folders
    open_page(screen, server, "extraction", "Extraction", data=two)
    enter(screen, "Components per patch", "7")
    go(screen, "Data")
    enter(screen, "Frame rate", "30")
    screen.get_by_text("overrules").first.wait_for(state="attached")
    open_on_home(screen, str(one))
    expect(number(screen, "Frame rate")).to_have_value("")
    go(screen, "Extraction")
    holds(screen, "Components per patch", "4")
    enter(screen, "Components per patch", "9")
    open_on_home(screen, str(two))
    holds(screen, "Frame rate", "30")
    go(screen, "Extraction")
    holds(screen, "Components per patch", "7")


def test_the_row_of_animals_counts_a_decision_at_once(screen, server, folders):
    open_page(screen, server, "evaluation", "Evaluation", data=folders[0], animal="Animal_1", component=0)
    line, badge = screen.locator(".animal .line").nth(1), screen.locator(".bar .badge")
    screen.locator(".bar .badge:not(:empty)").wait_for()
    was, verdict = line.inner_text(), badge.inner_text()
    n, of = map(int, re.match(r"(\d+) of (\d+) accepted", was).groups())
    now = f"{n + (1 if verdict == 'rejected' else -1)} of {of} accepted"
    screen.get_by_label("next after a decision").uncheck()
    with unheard(screen):
        screen.keyboard.press("a" if verdict == "rejected" else "r")
        expect(line).to_have_text(now)
        expect(screen.locator(".animal").nth(1)).to_have_attribute("title", re.compile(now))
    go(screen, "Data")
    expect(line).to_have_text(now)
    go(screen, "Evaluation")
    screen.locator(".bar .badge:not(:empty)").wait_for()
    screen.keyboard.press("z")
    expect(line).to_have_text(was)
    screen.reload()
    settle(screen)
    expect(line).to_have_text(was)


def open_on_home(tab, pasted):
    tab.get_by_role("link", name="Home", exact=True).first.click(delay=90)
    at(tab, "Calscope")
    box = tab.get_by_role("textbox", name="Path of a folder")
    box.fill(pasted)
    box.press("Enter")
    at(tab, "Data")


def test_paths_are_opened_as_they_are_pasted(server, folders, screen):
    _, one, _ = folders
    for pasted in (f'"{one}"', f" file://{str(one).replace(' ', '%20')} "):
        screen.goto(server.address())
        at(screen, "Calscope")
        open_on_home(screen, pasted)
        expect(screen.get_by_text("it's one", exact=True).first).to_be_visible()


def test_what_was_set_and_not_run_survives_a_reload_and_a_new_browser(server, folders, screen, browser):
    two, _, _ = folders
    open_page(screen, server, "evaluation", "Evaluation", data=two)
    enter(screen, "SNR", "3")
    screen.get_by_text(re.compile("^Runs: all 2")).first.click()
    settle(screen)
    animals = screen.get_by_role("combobox", name="Animals to run").first
    animals.click()
    animals.press_sequentially("Animal_2")
    animals.press("Enter")
    screen.get_by_text(re.compile("^Runs: Animal_2")).first.wait_for()
    screen.keyboard.press("Escape")
    screen.get_by_role("button", name=re.compile(r"^rejected \(\d")).click()
    settle(screen)
    screen.reload()
    at(screen, "Evaluation")
    says_what_was_set(screen)
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    other = new_page(context)
    try:
        open_page(other, server, "evaluation", "Evaluation", data=two)
        says_what_was_set(other)
    finally:
        context.close()


def says_what_was_set(tab):
    holds(tab, "SNR", "3")
    tab.get_by_text(re.compile("^Runs: Animal_2")).first.wait_for()
    rejected = tab.get_by_role("button", name=re.compile(r"^rejected \(\d"))
    expect(rejected).to_have_attribute("aria-pressed", "true")


def test_an_outline_that_is_clicked_stays_chosen_on_every_page_and_after_a_reload(server, folders, screen):
    two, _, job = folders
    found = AnimalResults(Store(server.store), job.results["Animal_2"].keys)
    open_page(screen, server, "traces", "Traces", data=two, animal="Animal_2", component=0)
    wanted = 1 + int(abs(found.refit.centers_px()[1:] - 32).sum(axis=1).argmin())  # in view without scrolling
    y, x = found.refit.centers_px()[wanted].tolist()
    canvas = screen.locator("canvas[data-view]")
    canvas.scroll_into_view_if_needed()
    box = resting_box(canvas)
    px = box["width"] / found.refit.dims[1]
    screen.mouse.click(box["x"] + (x + 0.5) * px, box["y"] + (y + 0.5) * px)
    all_chosen(screen, wanted)
    expect(screen.locator(".row.chosen")).to_have_attribute("data-component", str(wanted))
    screen.wait_for_url(re.compile(rf"component={wanted}\b"))
    screen.reload()
    at(screen, "Traces")
    all_chosen(screen, wanted)
    go(screen, "Evaluation")
    all_chosen(screen, wanted)
    go(screen, "Motion")
    expect(chosen_animal(screen)).to_have_text("Animal_2")
    screen.wait_for_url(re.compile(rf"animal=Animal_2&component={wanted}\b"))
    screen.reload()
    at(screen, "Motion")
    go(screen, "Traces")
    all_chosen(screen, wanted)


def test_digits_choose_the_animal_and_none_where_one_types(server, folders, screen):
    two, _, _ = folders
    open_page(screen, server, "motion", "Motion", data=two)
    chosen_animal(screen).wait_for()
    for digit in "21212":  # faster than the server answers
        screen.keyboard.press(digit)
    screen.wait_for_url(re.compile("animal=Animal_2"))
    settle(screen)
    expect(chosen_animal(screen)).to_have_text("Animal_2")
    assert "animal=Animal_2" in screen.url
    largest = number(screen, "Largest shift y")
    largest.focus()
    screen.keyboard.type("1")
    expect(largest).to_have_value(re.compile("1"))  # it was typed
    settle(screen)
    expect(chosen_animal(screen)).to_have_text("Animal_2")


def test_back_goes_one_page_a_press_whatever_was_chosen_meanwhile(server, folders, screen):
    two, _, _ = folders
    open_page(screen, server, "motion", "Motion", data=two)
    length = screen.evaluate("history.length")
    for k, title in enumerate(["Extraction", "Evaluation", "Traces"], start=1):
        go(screen, title)
        chosen_animal(screen).wait_for()
        screen.keyboard.press("2" if k % 2 else "1")
        screen.wait_for_url(re.compile(f"animal=Animal_{2 if k % 2 else 1}"))
        settle(screen)
        if title != "Extraction":
            for _ in range(2):
                screen.keyboard.press("ArrowRight")
            screen.wait_for_url(re.compile(r"component=\d"))
            settle(screen)
        until(lambda: screen.evaluate("history.length"), length + k)
        assert "data=" in screen.url
    looked_at = screen.url.partition("?")[2]
    for title in ("Evaluation", "Extraction", "Motion"):
        screen.go_back()
        at(screen, title)
        screen.wait_for_url(f"**/*?{looked_at}")
    until(lambda: screen.evaluate("history.length"), length + 3)


def places_of(*locators):
    """Where these stand, once they move no more."""
    return [{name: round(px) for name, px in resting_box(one).items()} for one in locators]


def test_plus_pressed_twice_adds_two_and_moves_nothing_under_the_mouse(server, folders, screen):
    two, _, _ = folders
    open_page(screen, server, "motion", "Motion", data=two)
    largest = number(screen, "Largest shift y")
    plus = screen.get_by_test_id("stNumberInput").filter(has=largest).get_by_test_id("stNumberInputStepUp")
    plus.scroll_into_view_if_needed()
    (stood,), before = places_of(plus), int(largest.input_value())
    screen.mouse.move(stood["x"] + stood["width"] / 2, stood["y"] + stood["height"] / 2)
    for k in (1, 2):
        screen.mouse.click(stood["x"] + stood["width"] / 2, stood["y"] + stood["height"] / 2)
        says_otherwise(screen, f"max_shifts was 6 px, now ({before + k}, 6) px")
        expect(largest).to_have_value(str(before + k))
        until(lambda: places_of(plus), [stood])
    for _ in range(2):
        screen.get_by_test_id("stNumberInput").filter(has=largest).get_by_test_id("stNumberInputStepDown").click()
    expect(screen.get_by_text("max_shifts was")).to_have_count(0)


def shows_state(tab, words):
    tab.locator(".animal .line", has_text=re.compile(f"^({words})")).first.wait_for()


def says_otherwise(tab, words):
    tab.get_by_text(words).first.wait_for()


def test_a_run_that_begins_and_is_cancelled_moves_no_button_and_hides_no_result(server, folders, screen):
    two, _, _ = folders
    open_page(screen, server, "evaluation", "Evaluation", data=two, animal="Animal_1")
    screen.locator("canvas[data-view]").wait_for()
    go(screen, "Motion")
    enter(screen, "Largest shift y", "9")
    button, plus = (
        screen.get_by_role("button", name="Correct motion"),
        screen.get_by_test_id("stNumberInputStepUp").first,
    )
    picture = screen.locator(".frame").first
    stood = places_of(button, plus, picture)
    cancel = screen.get_by_role("button", name="Cancel").first
    with waits_for_its_turn(server.store):
        button.click()
        cancel.wait_for()
        shows_state(screen, "waits")
        until(lambda: places_of(button, plus, picture), stood)
    with stopped(server.store):
        shows_state(screen, "runs|running")
        until(lambda: places_of(button, plus, picture), stood)
        cancel.click()
        screen.get_by_text(re.compile("stopping")).first.wait_for()
    cancel.wait_for(state="detached", timeout=JOB_MS)
    screen.get_by_text(re.compile("Cancelled: Motion correction of")).first.wait_for()
    settle(screen)
    until(lambda: places_of(button, plus, picture), stood)
    assert newest(server.store).status.state == "cancelled"
    for title in ("Extraction", "Evaluation", "Traces"):
        go(screen, title)
        shown = screen.get_by_role("combobox", name="Results of")
        expect(shown).to_have_value(re.compile("^Newest: .* · Whole analysis$"))
        expect(screen.get_by_text(re.compile("processed this animal yet|There is no"))).to_have_count(0)
    screen.locator("canvas[data-view]").wait_for()


def test_a_run_that_cannot_start_says_why_where_it_moves_no_button(server, folders, screen):
    two, _, _ = folders
    open_page(screen, server, "extraction", "Extraction", data=two)
    enter(screen, "Overlap of patches", "40")
    button, slider = screen.get_by_role("button", name="Extract components"), screen.get_by_role("slider").first
    stood = places_of(button, slider)
    button.click()
    screen.get_by_test_id("stBottomBlockContainer").get_by_text("stride").first.wait_for()
    until(lambda: places_of(button, slider), stood)


def test_the_line_of_other_settings_is_true_at_once(server, folders, screen):
    _, _, job = folders
    open_page(screen, server, "extraction", "Extraction", run=job.id)
    other = screen.get_by_text("These pictures are of other settings")
    expect(other).to_have_count(0)
    for step, is_other in (("ArrowRight", 1), ("ArrowLeft", 0)):
        screen.get_by_role("slider", name=re.compile("Components per patch")).focus()
        screen.keyboard.press(step)
        expect(other).to_have_count(is_other)
    enter(screen, "Soma half-size y", "6")
    says_otherwise(screen, "gSig was 4 px, now (6, 4) px")
    screen.get_by_role("button", name="Use this run's settings").click()
    expect(other).to_have_count(0)
    holds(screen, "Soma half-size y", "4")


def test_a_folder_that_the_command_line_wrote_opens_as_results(server, folders, screen):
    two, _, job = folders
    out = server.store.parent / "out of it"
    settings = [f"--set={group}.{name}={value}" for group, own in PARAMS.items() for name, value in own.items()]
    command = [sys.executable, "-m", "calscope.cli", "run", str(two), "--out", str(out), *settings]
    subprocess.run(command, env=os.environ | {"CALSCOPE_STORE": str(server.store)}, check=True, capture_output=True)
    screen.goto(server.address())
    at(screen, "Calscope")
    box = screen.get_by_role("textbox", name="Path of a file or folder")
    box.fill(f"'{out}'")
    box.press("Enter")
    at(screen, "Evaluation")
    counts = job.results["Animal_1"].counts
    screen.get_by_role("button", name=f"accepted ({counts['accepted']})").wait_for()
    screen.get_by_text("imported, read-only").first.wait_for()
    go(screen, "Traces")
    chosen_animal(screen).wait_for()
    screen.keyboard.press("2")
    expect(chosen_animal(screen)).to_have_text("Animal_2")
    counts = job.results["Animal_2"].counts
    screen.get_by_role("button", name=f"all ({counts['refit']})").wait_for()
    screen.locator("svg.plot[data-span]").wait_for()
