"""The raster is in every report: sorted, with the events of the recording where it has any; opens from a file."""

import json
import re

import numpy as np
import pytest

from calscope.export.report.thinned_traces import trace_data
from calscope.export.report.write_report import render, write_report
from calscope.export.run_folder.open_run_folder import open_run

EVENTS = "time_s,label,duration_s\n1,<b>tone</b>,2\n4,lick,\n4.001,lick,\n400,late,\n"


def shown(page_of, folder, events=None):
    """Open the report of a folder, with a file of events beside its results, and give its page."""
    if events is not None:
        (folder / "events.csv").write_text(events, encoding="utf-8")
    return page_of(write_report(open_run(folder.parent), folder.parent / "report.html"))


@pytest.fixture
def page_of(browser):
    """Open a report from its file with the network off; what goes wrong in the page fails the test."""
    trouble, contexts = [], []

    def open_report(path):
        contexts.append(browser.new_context(offline=True))
        page = contexts[-1].new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert trouble == []


def test_components_that_are_active_together_are_neighbours(make_animal, truth):
    shared = np.sin(np.arange(truth.denoised.shape[1]) / 3)
    truth.accepted[:] = True
    for component in (0, 2):
        truth.denoised[component] = shared + 0.01 * truth.denoised[component]
    for component in (1, 3):
        truth.denoised[component] = -shared + 0.01 * truth.denoised[component]
    rows = trace_data(open_run(make_animal(truth=truth).parent).animals[0], 800)["raster"]
    assert sorted(rows) == [0, 1, 2, 3] and {*rows[:2]} in ({0, 2}, {1, 3})


@pytest.mark.parametrize("n_accepted", [0, 3])
def test_its_rows_are_the_accepted_or_all_where_none_is(make_animal, truth, n_accepted):
    truth.accepted[:] = np.arange(4) < n_accepted
    run = open_run(make_animal(truth=truth).parent)
    assert sorted(trace_data(run.animals[0], 800)["raster"]) == list(range(n_accepted or 4))
    assert ("all (none is accepted)" in render(run)) == (n_accepted == 0)


@pytest.mark.browser
@pytest.mark.parametrize("until", ["extraction", "evaluation"])
def test_without_events_the_raster_is_there_all_the_same(page_of, make_animal, truth, until):
    truth.accepted[:] = False
    from waiting import expect, resting_box

    page = shown(page_of, make_animal(truth=truth, until=until))
    image = page.locator(".raster image")
    expect(image).to_have_attribute("href", re.compile("^data:image/png"))
    assert resting_box(image)["height"] > 0.5 * resting_box(page.locator(".raster svg"))["height"]
    expect(page.locator(".raster .event")).to_have_count(0)
    expect(page.locator("p.events")).to_have_text("")


@pytest.mark.browser
def test_events_stand_at_their_times_once_in_a_place_with_their_labels_as_text(page_of, make_animal, truth):
    from waiting import expect, resting_box

    page = shown(page_of, make_animal(truth=truth), EVENTS)
    strips = page.locator(".raster .event[y='0']")
    expect(strips).to_have_count(2)  # two licks in one place are one mark, and the late one lies outside
    image = resting_box(page.locator(".raster image"))
    tone, lick = (resting_box(strips.nth(i)) for i in (0, 1))
    per_s = image["width"] / (truth.raw.shape[1] / 9)
    assert tone["x"] - image["x"] == pytest.approx(per_s, abs=1) and tone["width"] == pytest.approx(2 * per_s, abs=1)
    assert lick["x"] - image["x"] == pytest.approx(4 * per_s, abs=1) and lick["width"] < 3
    assert image["y"] >= tone["y"] + tone["height"], "marks above the rows hide none"
    legend = page.locator("p.events")
    expect(legend).to_contain_text("<b>tone</b>")
    expect(legend).to_contain_text("lick")
    expect(legend.locator("b")).to_have_count(0)
    assert "1 of 4 events lies outside" in page.content()
    page.locator(".raster svg").click(position={"x": 0.5 * image["width"], "y": image["height"]})
    expect(page.locator("path.selected")).to_have_attribute("data-component", "2")  # the lower of two rows


@pytest.mark.parametrize(("text", "why"), [("time_ms,label\n1,a\n", "left out"), ("time_s,label\n1,a\n", "")])
def test_a_file_of_events_that_cannot_be_used_is_told(make_animal, truth, text, why):
    folder = make_animal(truth=truth)
    (folder / "events.csv").write_text(text, encoding="utf-8")
    page = render(open_run(folder.parent))
    assert ("The events of the recording are left out" in page) == bool(why)
    data = json.loads(re.search(r'class="traces">(.*?)</script>', page)[1])
    assert data["labels"] == ([] if why else ["a"]) and sorted(data["raster"]) == [0, 2]
