"""The linked views under a real hand: one selection in map, scatter, table and traces, at once."""

import re
import shutil

import numpy as np
import pytest
from waiting import OPEN_MS, expect, new_page, no_exception, resting_box, settle, unheard, until

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.model.curation.component_flags import flags_of, kinds_of
from calscope.model.note_texts.all_texts import text
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store
from calscope.plots.contours import outlines

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PARAMS = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}
CHOSEN = """() => {
    const found = [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
        .flatMap(one => [...one.shadowRoot.querySelectorAll('[data-chosen]')]);
    return found.map(one => one.dataset.chosen);
}"""
"""What each view on the page marks as chosen."""
VIEW = """() => [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
    .map(one => one.shadowRoot.querySelector('canvas[data-view]')?.dataset.view).find(Boolean)"""
"""The left and upper edge of what the map shows, and its zoom."""
COUNT = """() => [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
    .flatMap(one => [...one.shadowRoot.querySelectorAll('.filters button')])[1]?.innerText"""
"""The button that lists the accepted, with their number."""
SAID = """() => [...document.querySelectorAll('*')].filter(one => one.shadowRoot?.querySelector('svg.plot'))
    .map(one => one.shadowRoot.querySelector('figcaption .said').textContent).at(-1)"""
"""What is said of the traces under the mouse."""
SHOWN = """kind => [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
    .map(one => one.shadowRoot.querySelector(kind)).filter(Boolean).map(one => ({ ...one.dataset })).at(-1)"""
"""What the stack (.lanes) or the raster (canvas.plain) says of what is in its picture."""
FOLLOW = """() => {
    const bar = [...document.querySelectorAll('*')].find(one => one.shadowRoot?.querySelector('.bar')).shadowRoot;
    window.followed = [];
    const look = () => {
        const shown = Number(bar.querySelector('.number').textContent.split(' ')[1]);
        if (window.followed.at(-1) !== shown) window.followed.push(shown);
    };
    new MutationObserver(look).observe(bar, { subtree: true, childList: true, characterData: true });
}"""
"""Notes each component that the bar names."""
PANES = """() => [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
    .map(one => one.shadowRoot.querySelector('canvas[data-view]')?.dataset.panes).find(Boolean)"""
LOW = """() => [...document.querySelectorAll('*')].filter(one => one.shadowRoot?.querySelector('canvas[data-view]'))
    .map(one => one.shadowRoot.querySelector('.low').textContent).at(-1)"""
SAID_ON_MAP = """() => [...document.querySelectorAll('*')].filter(one => one.shadowRoot)
    .map(one => one.shadowRoot.querySelector('canvas[data-view]')?.dataset.said).find(Boolean) || ''"""
"""How many panes the map has, where its range of values begins, and what is said in it."""


@pytest.fixture(scope="module")
def run(server):
    """An evaluation of one small animal."""
    folder = server.store.parent / "linked"
    write_demo(folder, animals=1, frames=200, size=96)
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(folder), params=PARAMS, workers=2)), 480)
    assert job.status.state == "done", job.status.error
    return job


@pytest.fixture(scope="module")
def animal(server, run):
    """What the run found."""
    found = AnimalResults(Store(server.store), run.results["Animal_1"].keys)
    assert found.refit.n >= 8, "enough to step through"
    return found


@pytest.fixture
def page(server, run, browser):
    shutil.rmtree(server.store / "projects", ignore_errors=True)  # the filter that another test chose
    opened = new_page(browser, viewport={"width": 1280, "height": 1200})
    yield opened
    no_exception(opened)
    opened.close()


def open_page(page, server, run, name, **address):
    more = "".join(f"&{key}={value}" for key, value in address.items())
    page.goto(server.address(f"{name}?run={run.id}&animal=Animal_1{more}"))
    page.locator(".bar .badge:not(:empty)").wait_for(timeout=OPEN_MS)
    page.locator("canvas[data-view]").wait_for()
    settle(page)


def all_chosen(page, component):
    """Wait until every view marks that component."""
    page.wait_for_function(f"({CHOSEN})().length >= 3 && ({CHOSEN})().every(one => one === '{component}')")


def choose_at_once(page, component, act):
    """Do something that chooses a component: every view is to mark it while the server hears nothing of it."""
    with unheard(page):
        act()
        all_chosen(page, component)


def on_map(page, animal, component):
    """Where the middle of a component's footprint lies on the screen."""
    canvas = page.locator("canvas[data-view]")
    box = resting_box(canvas)
    left, top, zoom = (float(part) for part in canvas.get_attribute("data-view").split())
    y, x = animal.refit.centers_px()[component].tolist()
    px = box["width"] / animal.refit.dims[1] * zoom
    return box["x"] + (x + 0.5 - left) * px, box["y"] + (y + 0.5 - top) * px


def alone(animal):
    """Components whose middle lies in no other outline, so that a click there means them."""
    lines, centers = outlines(animal.refit.A, animal.refit.dims), animal.refit.centers_px()
    far = [np.hypot(*(centers - center).T) for center in centers]
    kept = [k for k in range(len(lines)) if np.sort(far[k])[1] > 9 and len(lines[k])]
    return [k for k in kept if centers[k].min() > 6 and centers[k].max() < animal.refit.dims[0] - 6]


def test_click_on_an_outline_marks_it_in_all_views_before_the_server_knows(server, run, animal, page):
    wanted = alone(animal)[-1]
    near = wanted + 1 if wanted + 1 < animal.refit.n else wanted - 1
    open_page(page, server, run, "traces", component=near)
    place = on_map(page, animal, wanted)
    choose_at_once(page, wanted, lambda: page.mouse.click(*place))
    expect(page.locator(".row.chosen")).to_have_attribute("data-component", str(wanted))
    expect(page.locator(".bar .number")).to_have_text(f"Component {wanted}")
    page.wait_for_url(re.compile(rf"component={wanted}\b"))
    other, words = on_map(page, animal, alone(animal)[0]), page.locator(".bar.judge .words")
    for modifier, after in (("Control", "2 selected"), ("Shift", "0 judged")):
        page.keyboard.down(modifier)
        page.mouse.click(*other)
        page.keyboard.up(modifier)
        words.filter(has_text=re.compile(f"^{after}")).wait_for()
        expect(page.locator(".bar .number")).to_have_text(f"Component {wanted}")


def test_dot_of_the_scatter_follows_and_chooses(server, run, animal, page):
    wanted = alone(animal)[0]
    open_page(page, server, run, "evaluation", component=(wanted + 3) % animal.refit.n)
    place = on_map(page, animal, wanted)
    choose_at_once(page, wanted, lambda: page.mouse.click(*place))
    expect(page.locator("svg.plot circle.chosen")).to_have_count(1)
    settle(page)
    other = (wanted + 2) % animal.refit.n
    choose_at_once(page, other, page.locator(f'.row[data-component="{other}"]').click)


def test_four_quick_presses_move_four_and_reload_keeps_the_chosen_one(server, run, animal, page):
    open_page(page, server, run, "traces", component=1)
    with unheard(page):  # as where all four are pressed before the server has answered
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        expect(page.locator(".bar .number")).to_have_text("Component 5")
    page.wait_for_url(re.compile(r"component=5\b"))
    settle(page)
    all_chosen(page, 5)
    choose_at_once(page, 4, lambda: page.keyboard.press("ArrowLeft"))
    page.wait_for_url(re.compile(r"component=4\b"))
    page.reload()
    page.locator(".bar .badge:not(:empty)").wait_for(timeout=OPEN_MS)
    all_chosen(page, 4)


def test_up_and_down_step_in_every_view_and_scroll_the_page_elsewhere(server, run, animal, page):
    open_page(page, server, run, "evaluation", component=2)
    page.keyboard.press("ArrowDown")  # no view has the focus: the next press, in one that has, is the first step
    page.locator("canvas[data-view]").focus()
    choose_at_once(page, 3, lambda: page.keyboard.press("ArrowDown"))
    choose_at_once(page, 2, lambda: page.keyboard.press("ArrowUp"))
    page.locator("svg.plot").focus()
    choose_at_once(page, 1, lambda: page.keyboard.press("ArrowUp"))
    choose_at_once(page, animal.refit.n - 1, lambda: page.keyboard.press("End"))
    page.locator(".scroller").focus()
    choose_at_once(page, 0, lambda: page.keyboard.press("Home"))
    choose_at_once(page, 1, lambda: page.keyboard.press("ArrowDown"))


def test_zoom_and_layer_of_the_map_outlast_a_reload(server, run, page):
    open_page(page, server, run, "evaluation", component=0)
    canvas = page.locator("canvas[data-view]")
    page.get_by_role("button", name="Mean", exact=True).click()
    canvas.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"({VIEW})().split(' ')[2] > 1")
    settle(page)
    view = canvas.get_attribute("data-view")
    page.reload()
    page.locator(".bar .badge:not(:empty)").wait_for(timeout=OPEN_MS)
    settle(page)
    expect(canvas).to_have_attribute("data-view", view)
    expect(page.get_by_role("button", name="Mean", exact=True)).to_have_attribute("aria-pressed", "true")


def test_map_has_residual_and_transients_and_panes_of_accepted_and_rejected(server, run, animal, page):
    accepted = animal.evaluation.accepted
    lone = alone(animal)
    wanted, other = next(k for k in lone if not accepted[k]), next(k for k in lone if accepted[k])
    open_page(page, server, run, "evaluation", component=other)
    whole = resting_box(page.locator("canvas[data-view]"))
    page.get_by_role("button", name="side by side", exact=True).click()
    page.wait_for_function(f"({PANES})() === '2'")
    box, px = resting_box(page.locator("canvas[data-view]")), animal.refit.dims[1]
    assert box["width"] >= whole["width"] or box["height"] <= whole["height"]
    pane = (box["width"] - 6) / 2
    y, x = animal.refit.centers_px()[wanted].tolist()
    right, down = box["x"] + pane + 6 + (x + 0.5) * pane / px, box["y"] + (y + 0.5) * pane / px
    choose_at_once(page, wanted, lambda: page.mouse.click(right, down))
    y, x = animal.refit.centers_px()[other].tolist()
    choose_at_once(
        page, other, lambda: page.mouse.click(box["x"] + (x + 0.5) * pane / px, box["y"] + (y + 0.5) * pane / px)
    )
    page.get_by_role("button", name="side by side", exact=True).click()
    page.get_by_role("button", name="Residual", exact=True).click()
    page.wait_for_function(f"({LOW})().endsWith(' SD') && !({SAID_ON_MAP})()")  # it has come
    page.get_by_role("button", name="Transients", exact=True).click()
    page.wait_for_function(f"({SAID_ON_MAP})().startsWith('mean of ')")


def test_arrow_keys_follow_the_order_and_the_filter_of_the_table(server, run, animal, page):
    open_page(page, server, run, "traces", component=0)
    page.get_by_role("button", name=re.compile(r"^accepted \(\d")).click()
    page.get_by_role("button", name="SNR", exact=True).click()
    accepted = np.flatnonzero(animal.evaluation.accepted)
    order = accepted[np.argsort(-animal.component_quality.snr[accepted], kind="stable")].tolist()
    first = page.locator(".row").first
    expect(first).to_have_attribute("data-component", str(order[0]))
    first.click()
    all_chosen(page, order[0])
    settle(page)
    for component in order[1:3]:
        choose_at_once(page, component, lambda: page.keyboard.press("ArrowRight"))


def test_map_and_scatter_show_what_the_filter_lists(server, run, animal, page):
    open_page(page, server, run, "evaluation", component=0)
    n_accepted, n = animal.evaluation.n_accepted, animal.refit.n
    for name, count in (("accepted", n_accepted), ("rejected", n - n_accepted), ("all", n)):
        page.get_by_role("button", name=re.compile(rf"^{name} \(\d")).click()
        page.wait_for_function(f"({SHOWN})('canvas').outlines === '{count}'")
        page.wait_for_function(f"({SHOWN})('svg.plot').points === '{count}'")


def test_flags_filter_the_list_are_explained_and_marked_on_the_trace(server, run, animal, page):
    notes = flags_of(animal.flags)
    flagged = [k for k, own in enumerate(notes) if kinds_of(own)]
    assert 0 < len(flagged) < animal.refit.n
    open_page(page, server, run, "traces", component=flagged[0])
    page.get_by_label("Flags", exact=True).select_option(label=f"any flag ({len(flagged)})")
    page.wait_for_function(f"({SHOWN})('canvas').outlines === '{len(flagged)}'")
    page.locator("button.flag").first.click()
    expect(page.locator("dialog.told")).to_contain_text(text(notes[flagged[0]][0]))
    page.locator("dialog.told button").click()
    marked = sum((rows[:, 0] == flagged[0]).sum() for rows in animal.flags.marks.values())
    expect(page.locator("svg.plot[data-marks]")).to_have_attribute("data-marks", str(marked))
    page.get_by_label("Flags", exact=True).select_option(label="flagged or not")


def test_zoom_stays_when_a_threshold_moves_and_when_another_one_is_chosen(server, run, animal, page):
    open_page(page, server, run, "evaluation", component=0)
    canvas = page.locator("canvas[data-view]")
    wanted = alone(animal)[0]
    page.mouse.move(*on_map(page, animal, wanted))
    zoomed = canvas.get_attribute("data-view")
    for _ in range(4):
        before = zoomed
        page.mouse.wheel(0, -120)
        expect(canvas).not_to_have_attribute("data-view", before)
        zoomed = canvas.get_attribute("data-view")
    page.mouse.click(*on_map(page, animal, wanted))
    all_chosen(page, wanted)
    settle(page)
    expect(canvas).to_have_attribute("data-view", zoomed)
    before = page.get_by_role("button", name=re.compile(r"^accepted \(\d")).inner_text()
    canvas.evaluate("canvas => { canvas.dataset.seen = 'before'; }")
    for name, value in (("SNR", "60"), ("Spatial r", "0.99")):
        box = page.get_by_role("spinbutton", name=name)
        box.fill(value)
        box.press("Enter")
        settle(page)
    page.wait_for_function(f"({COUNT})() !== '{before}'")
    settle(page)
    expect(canvas).to_have_attribute("data-view", zoomed)
    expect(canvas).to_have_attribute("data-seen", "before")  # the views are not made anew
    all_chosen(page, wanted)


def test_a_stretch_that_is_dragged_over_stays_for_the_next_component(server, run, page):
    open_page(page, server, run, "traces", component=2)
    plot = page.locator("svg.plot[data-span]")
    box = resting_box(plot)
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 70, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 60)
    page.wait_for_function(f"/^[\\d.]+ s · raw .* · spikes /.test(({SAID})())")
    span = plot.get_attribute("data-span")
    low, high = (float(frame) for frame in span.split())
    assert 20 < low < high < 120
    page.keyboard.press("ArrowRight")
    all_chosen(page, 3)
    settle(page)
    expect(plot).to_have_attribute("data-span", span)
    page.mouse.dblclick(box["x"] + 0.5 * box["width"], box["y"] + 60)
    expect(plot).to_have_attribute("data-span", "0.0 199.0")


def test_arrow_keys_in_a_number_box_move_no_component(server, run, page):
    open_page(page, server, run, "evaluation", component=2)
    box = page.get_by_role("spinbutton").first
    box.focus()
    page.keyboard.press("ArrowLeft")
    settle(page)
    all_chosen(page, 2)
    page.locator("canvas[data-view]").focus()  # from where the same key moves
    page.keyboard.press("ArrowLeft")
    all_chosen(page, 1)


def test_views_can_be_used_by_keyboard_and_keep_the_focus(server, run, animal, page):
    open_page(page, server, run, "traces", component=0)
    page.get_by_role("button", name="Next component").focus()
    page.keyboard.press("Enter")
    all_chosen(page, 1)
    page.keyboard.press("Enter")
    all_chosen(page, 2)
    page.locator(".scroller").focus()
    page.keyboard.press("End")
    all_chosen(page, animal.refit.n - 1)
    page.keyboard.press("ArrowUp")
    all_chosen(page, animal.refit.n - 2)
    canvas = page.locator("canvas[data-view]")
    canvas.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"({VIEW})().split(' ')[2] > 1")
    page.keyboard.press("0")
    page.wait_for_function(f"({VIEW})().split(' ')[2] == 1")


def test_what_the_server_answers_never_pulls_a_newer_choice_back(server, run, animal, page):
    open_page(page, server, run, "traces", component=0)
    steps = animal.refit.n - 2
    page.evaluate(FOLLOW)
    for _ in range(steps):
        before = page.evaluate("window.nSent")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("before => window.nSent > before", arg=before)  # the server is told of each
    all_chosen(page, steps)
    settle(page)
    followed = page.evaluate("window.followed")
    assert followed == sorted(followed) and followed[-1] == steps


def test_a_finger_chooses_and_two_look_closer(server, run, animal, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1200}, has_touch=True)
    page = new_page(context)
    try:
        wanted = alone(animal)[0]
        open_page(page, server, run, "traces", component=(wanted + 2) % animal.refit.n)
        x, y = on_map(page, animal, wanted)
        page.touchscreen.tap(x, y)
        all_chosen(page, wanted)
        touch = context.new_cdp_session(page)
        for kind, apart in [("touchStart", 15), *(("touchMove", 15 + 6 * k) for k in range(1, 6)), ("touchEnd", 0)]:
            fingers = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}] if apart else []
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        page.wait_for_function(f"({VIEW})().split(' ')[2] > 2")
        settle(page)
        all_chosen(page, wanted)  # a pinch chooses nothing
    finally:
        context.close()


def open_tab(page, name, shown):
    """Look at another view of the traces."""
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    page.locator(shown).wait_for()
    settle(page)


def test_stack_and_raster_choose_and_share_the_stretch(server, run, animal, page):
    open_page(page, server, run, "traces", component=0)
    open_tab(page, "Stack", ".lanes")
    rows, box = page.locator(".lanes"), resting_box(page.locator(".lanes"))
    choose_at_once(page, 3, lambda: page.mouse.click(box["x"] + 150, box["y"] + 3.5 * 32))
    page.mouse.move(box["x"] + 120, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 66, steps=4)
    page.mouse.up()
    page.wait_for_function(f"!({SHOWN})('.lanes').span.startsWith('0.0 ')")
    low, high = (float(frame) for frame in rows.get_attribute("data-span").split())
    assert 10 < low < high < 150
    settle(page)  # the server is told of the stretch a little later; that is not what is asked next
    choose_at_once(page, 4, lambda: page.keyboard.press("ArrowRight"))
    settle(page)
    open_tab(page, "Raster", "canvas.plain")
    page.wait_for_function(f"({SHOWN})('canvas.plain').rows")
    drawn = page.evaluate(SHOWN, "canvas.plain")
    assert drawn["span"] == f"{low:.1f} {high:.1f}" and drawn["chosen"] == "4"
    assert sorted(map(int, drawn["rows"].split())) == list(range(animal.refit.n))


def test_raster_is_sorted_by_place_and_its_keys_follow_the_rows(server, run, animal, page):
    open_page(page, server, run, "traces", component=0)
    open_tab(page, "Raster", "canvas.plain")
    page.get_by_label("Sorted by").select_option("place")
    accepted = np.flatnonzero(animal.evaluation.accepted)
    page.get_by_role("button", name=re.compile(r"^accepted \(\d")).click()
    order = accepted[np.argsort(animal.refit.centers_px()[accepted, 0], kind="stable")].tolist()
    page.wait_for_function(f"({SHOWN})('canvas.plain').rows === '{' '.join(map(str, order))}'")
    page.locator("canvas.plain").focus()
    choose_at_once(page, order[-1], lambda: page.keyboard.press("End"))
    choose_at_once(page, order[-2], lambda: page.keyboard.press("ArrowUp"))


def test_events_are_drawn_on_traces_stack_and_raster(server, run, page):
    beside = server.store.parent / "linked" / "Animal_1" / "events.csv"
    beside.write_text("frame,label\n20,tone\n150,tone\n60,lick\n")
    try:
        open_page(page, server, run, "traces", component=0)
        drawn = page.locator("svg.plot rect.at-event")
        until(drawn.count, lambda n: n >= 6 and n % 3 == 0)  # in each panel
        expect(page.locator(".legend.events .key")).to_have_text(["tone", "lick"])
        open_tab(page, "Stack", ".lanes")
        page.wait_for_function(f"({SHOWN})('.lanes').events === '3'")
        open_tab(page, "Raster", "canvas.plain")
        page.wait_for_function(f"({SHOWN})('canvas.plain').events === '3'")
    finally:
        beside.unlink()


def test_click_in_the_matrix_chooses_a_pair_and_says_its_correlation(server, run, animal, page):
    open_page(page, server, run, "traces", component=0)
    open_tab(page, "Matrix", "canvas.plain")
    page.get_by_label("Sorted by").select_option("number")
    page.wait_for_function(f"({SHOWN})('canvas.plain').rows.startsWith('0 1 2 ')")
    box, n = resting_box(page.locator("canvas.plain")), animal.refit.n
    high = min(box["width"] - 48, box["height"] - 28)
    row, column = 1, n - 2

    def at(k):
        return (k + 0.5) * high / n

    choose_at_once(page, row, lambda: page.mouse.click(box["x"] + 40 + at(column), box["y"] + 6 + at(row)))
    expect(page.locator(".row.selected")).to_have_count(2)
    page.mouse.move(box["x"] + 40 + at(column), box["y"] + 6 + at(row))
    dff = animal.dff.dff
    r = np.corrcoef(dff[row], dff[column])[0, 1]
    found = page.locator("figcaption .said", has_text="apart").filter(has_text=f"components {row} and {column} · r ")
    said = found.inner_text()
    assert float(said.split(" r ")[1].split(" ")[0].replace("−", "-")) == pytest.approx(r, abs=0.011)
    choose_at_once(page, 3, lambda: page.mouse.click(box["x"] + 40 + at(3), box["y"] + 6 + at(3)))
    expect(page.locator(".row.selected")).to_have_count(0)


def test_film_goes_from_transient_to_transient_of_the_chosen_component(server, run, animal, page):
    wanted = int(animal.component_quality.snr.argmax())
    open_page(page, server, run, "traces", component=wanted)
    open_tab(page, "Film", "canvas.film >> nth=1")
    said = page.get_by_text(re.compile(r"^Transient \d+ of \d+: .*largest"))
    said.wait_for()
    number, count = map(int, re.findall(r"\d+", said.inner_text())[:2])
    tags = page.locator(".panel .tag")
    expect(tags).to_have_text(["corrected", "model", "residual"])
    expect(page.locator("output.time")).to_be_visible()
    expect(page.locator("svg.outline")).to_have_count(3)
    page.get_by_test_id("stButtonGroup").get_by_text("raw", exact=True).click()
    page.locator("canvas.film >> nth=3").wait_for()
    expect(tags).to_have_text(["raw", "corrected", "model", "residual"])
    other = "Next" if number < count else "Previous"
    page.get_by_role("button", name=other, exact=True).click()
    there = number + 1 if other == "Next" else number - 1
    page.get_by_text(re.compile(rf"^Transient {there} of {count}")).wait_for()
