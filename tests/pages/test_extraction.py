"""The Extraction page: the live picture, both fits, what was missed, seeds, and odd results."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import streamlit as st
from scipy.sparse import csc_matrix
from sent_views import sent_data

from calscope.jobs.manager import JobManager
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.errors import StoreError
from calscope.model.results import Components, Residual
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store
from calscope.ui.extraction import search_preview
from calscope.ui.extraction.residual_view import rings_words
from calscope.ui.frame import keys
from calscope.ui.session import placed_seeds, places
from calscope.ui.session.shown_run import ShownAnimal

TABS = ("First fit and refit", "What the fit missed", "Background")
SEARCH = "Search preview"


def said(app):
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def pictures(app):
    """The three pictures of the search preview, as the page is sent them."""
    sent = sent_data(app)
    return next(one["pictures"] for one in sent if "pictures" in one)


def slider(app, dotted):
    return app.slider(key=keys.slider(dotted))


def box(app, dotted, part=None):
    return app.number_input(key=keys.parameter(dotted, part))


def on_tab(app, tab):
    app.session_state[keys.on_page("extraction", "tab")] = tab
    return app.run()


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return app.run()


def found(lab, animal="Animal_1"):
    return AnimalResults(Store(lab.store), JobManager(lab.store).get(lab.good_run).results[animal].keys)


def with_components(monkeypatch, n):
    """Let both fits of every animal have only their first `n` components."""

    def cut(self, stage):
        components = self.get(stage)
        if components is None:
            return None
        parts = {name: getattr(components, name)[:n] for name in ("C", "S", "YrA", "bl", "c1", "g", "neurons_sn")}
        return replace(components, A=csc_matrix(components.A[:, :n]), **parts)

    monkeypatch.setattr(AnimalResults, "first", property(lambda self: cut(self, "fit")))
    monkeypatch.setattr(AnimalResults, "refit", property(lambda self: cut(self, "refit")))


@pytest.fixture
def submitted(monkeypatch):
    """Catch what would be run."""
    specs = []
    monkeypatch.setattr(places, "submit", lambda spec: specs.append(spec) or "nothing")
    return specs


@pytest.fixture
def page(open_page, lab):
    return open_page("extraction", run=lab.good_run)


@pytest.fixture
def search(page):
    page.session_state[keys.parameter("cnmf.rf")] = 15
    page.session_state[keys.parameter("cnmf.stride")] = 10
    return on_tab(page, SEARCH)


def test_slider_moves_the_value_the_picture_and_the_words(search):
    before = pictures(search)
    slider(search, "cnmf.rf").set_value(9).run()
    assert not search.exception
    assert box(search, "cnmf.rf").value == 9
    assert "patches** of 19 × 19 px" in said(search)
    assert pictures(search)[0] == before[0] and pictures(search)[1] != before[1]


def test_slider_of_a_pair_moves_both_and_the_boxes_move_each_alone(search):
    slider(search, "cnmf.gSig").set_value(6).run()
    assert (box(search, "cnmf.gSig", 0).value, box(search, "cnmf.gSig", 1).value) == (6, 6)
    assert "13 × 13 px" in said(search)
    box(search, "cnmf.gSig", 1).set_value(3).run()
    assert "13 × 7 px" in said(search)
    assert search.session_state[keys.parameter("cnmf.gSig", 0)] == 6


def test_value_beyond_the_slider_is_kept_in_the_box(search):
    box(search, "cnmf.K").set_value(300).run()
    assert slider(search, "cnmf.K").value == slider(search, "cnmf.K").max
    assert box(search, "cnmf.K").value == 300
    assert "K 300 in each" in said(search)


def test_what_the_sliders_say_is_what_runs(page, submitted):
    slider(page, "cnmf.rf").set_value(25).run()
    slider(page, "cnmf.stride").set_value(12).run()
    next(button for button in page.button if button.label == "Extract components").click()
    page.run()
    (spec,) = submitted
    assert (spec.params["cnmf"]["rf"], spec.params["cnmf"]["stride"], spec.until) == (25, 12, "extraction")


def test_reset_takes_the_sliders_back(page):
    slider(page, "cnmf.K").set_value(9).run()
    next(button for button in page.button if button.label == "Reset to defaults").click()
    page.run()
    assert (slider(page, "cnmf.K").value, box(page, "cnmf.K").value) == (4, 4)


def test_no_patch_size_is_the_whole_field(search):
    box(search, "cnmf.rf").set_value(None).run()
    assert not search.exception
    assert "One patch: the whole field" in said(search)
    assert "K 4 in the whole field" in said(search)


def test_values_that_do_not_fit_together_are_told_before_a_run_and_draw_no_patches(search):
    slider(search, "cnmf.rf").set_value(6).run()
    assert len(pictures(search)[1]["lines"]) == 4, "two tints, the edges and one patch"
    slider(search, "cnmf.stride").set_value(40).run()
    assert not search.exception
    assert any("cnmf.stride 40" in warning.value.replace("\\", "") for warning in search.warning)
    assert pictures(search)[1]["picture"] and not pictures(search)[1]["lines"]
    assert "patches**" not in said(search) and "components** are looked for" not in said(search)
    assert "No patches are drawn" in said(search)
    slider(search, "cnmf.stride").set_value(4).run()
    assert "patches** of 13 × 13 px" in said(search)


def test_values_that_do_not_fit_together_are_told_once_and_stop_only_the_runs_that_use_them(search, submitted):
    slider(search, "cnmf.rf").set_value(5).run()
    slider(search, "cnmf.stride").set_value(60).run()
    press(search, "Extract components")
    assert any("cnmf.stride 60" in error.value.replace("\\", "") for error in search.error)
    search.switch_page("pages/motion.py").run()
    press(search, "Correct motion")
    assert not search.error
    (spec,) = submitted
    assert (spec.until, spec.params["cnmf"]["stride"]) == ("motion", 10)
    assert spec.params["motion"]["strides"] == [32, 32], "as in the run of the link"


def test_error_in_the_live_picture_is_told_in_words_and_the_rest_of_the_page_stays(open_page, lab, monkeypatch):
    def broken(*_, **__):
        raise StoreError("The picture can't be read.")

    monkeypatch.setattr(search_preview, "_search", broken)
    app = on_tab(open_page("extraction", run=lab.good_run), SEARCH)
    assert [error.value.replace("\\", "") for error in app.error] == ["The picture can't be read."]
    assert not app.exception


def test_recording_without_any_image_has_its_sliders_and_says_what_to_do(open_page, lab):
    app = open_page("extraction", data=lab.fresh)
    assert not app.exception
    assert slider(app, "cnmf.K").value == 4
    assert "needs a correlation image" in said(app)


def test_pixel_size_unknown_is_told_in_px(open_page, lab, monkeypatch):
    monkeypatch.setattr(ShownAnimal, "dxy_um", property(lambda self: None))
    app = on_tab(open_page("extraction", run=lab.good_run), SEARCH)
    assert not app.exception
    assert "per square of 100 px" in said(app)
    assert "µm" not in "\n".join(caption.value for caption in app.caption)


def test_table_adds_up(page):
    page.session_state[keys.SHOWS_ALL] = True
    page.run()
    for row in page.dataframe[0].value.to_dict("records"):
        merged, into = (0, 0) if row["Merged"] == "none" else map(int, row["Merged"].split(" into "))
        assert row["Kept"] + merged + row["Dropped"] == row["First fit"]
        assert row["Kept"] + into + row["Added"] == row["Refit"]


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("tab", TABS)
def test_fits_of_none_or_one_component_can_be_shown(open_page, lab, monkeypatch, n, tab):
    with_components(monkeypatch, n)
    app = on_tab(open_page("extraction", run=lab.good_run), tab)
    assert not app.exception
    assert not app.error
    if tab == TABS[0]:
        assert ("No component was found" in said(app)) == (n == 0)


def test_one_fit_alone_can_be_shown(open_page, lab, monkeypatch):
    monkeypatch.setattr(AnimalResults, "refit", property(lambda self: None))
    app = open_page("extraction", run=lab.good_run)
    assert not app.exception
    assert "no refit yet" in said(app)
    assert any("First fit" in note["text"] for figure in figures(app) for note in figure["layout"]["annotations"])


def test_background_is_told_in_the_units_of_the_movie_and_seconds(page, lab):
    app = on_tab(page, "Background")
    components = found(lab).refit
    assert isinstance(components, Components)
    shown = [note["text"] for figure in figures(app) for note in figure["layout"].get("annotations", ())]
    low = float(next(text for text in shown if text.startswith("b 0")).split("dark ")[1].split(",")[0])
    image = components.b[:, 0] * components.f[0].mean()
    assert low == pytest.approx(np.percentile(image, 1), rel=0.01)
    assert any(figure["layout"]["xaxis"].get("title", {}).get("text") == "time (s)" for figure in figures(app))


def test_a_value_that_was_left_open_is_said_in_one_line(page, lab):
    assert not page.table, "values that were left open were not requested otherwise"
    assert "Set for this recording: fr 14.7 Hz, gSiz 9 px" in said(page)
    record = JobManager(lab.store).get(lab.good_run).results["Animal_1"]
    assert record.effective["cnmf"]["gSiz"] == [9, 9]


def test_run_without_the_residual_says_how_to_get_it(open_page, lab, monkeypatch):
    monkeypatch.setattr(AnimalResults, "residual", property(lambda self: None))
    app = on_tab(open_page("extraction", run=lab.good_run), TABS[1])
    assert not app.exception
    assert "Press **Extract components**" in said(app)


def test_rings_are_explained_and_every_bright_spot_without_one_is_where_the_words_say(page, lab, monkeypatch):
    results = found(lab)
    border_px = results.corrected.border_px
    # A cell that moved to where nothing was found, a bright one in a footprint, and one in the rim.
    peak = np.full_like(results.residual.peak, 1.0)
    covered = np.asarray(results.refit.A.max(axis=1).todense()).reshape(results.refit.dims, order="F") > 0
    distance = cv2.distanceTransform((~covered).astype(np.uint8), cv2.DIST_L2, 3)
    distance[[*range(border_px + 3), *range(-border_px - 3, 0)]] = 0
    distance[:, [*range(border_px + 3), *range(-border_px - 3, 0)]] = 0
    free = np.unravel_index(int(distance.argmax()), distance.shape)
    inside = results.refit.footprint(0)
    for y, x in (free, np.unravel_index(int(inside.argmax()), inside.shape), (0, 30)):
        peak[y, x] = 20.0
    monkeypatch.setattr(
        AnimalResults, "residual", property(lambda self: Residual(peak, np.zeros(peak.shape, np.int32)))
    )
    st.cache_data.clear()  # figures are kept by the names of results, which are the real ones here
    app = on_tab(page, TABS[1])
    st.cache_data.clear()
    figure = next(f for f in figures(app) if any("Residual: dark" in n["text"] for n in f["layout"]["annotations"]))
    rings = [tuple(place) for place in figure["data"][-1]["customdata"]]
    assert rings == [free]
    assert "the one place outside of every component" in said(app)
    assert f"rim of {border_px} px" in said(app)


@pytest.mark.parametrize(
    ("n", "words"), [(0, "there is no place"), (18, "the 18 places"), (99, "the 30 highest of 99 places")]
)
def test_the_number_of_rings_is_stated(n, words):
    assert words in rings_words(n, 0)
    assert "rim" not in rings_words(n, 0)


def test_seeds_are_listed_can_be_taken_away_and_run(page, lab, submitted):
    page.session_state[keys.SEEDS] = {f"{lab.good}\nAnimal_1": ((20, 30), (41, 12))}
    app = on_tab(page, TABS[1])
    assert not app.exception
    listed = [button for button in app.button if "SD at" in button.label]
    assert [button.label.split(" ·")[0] for button in listed] == ["1: y 20, x 30", "2: y 41, x 12"]
    residual = next(
        figure for figure in figures(app) if any("Residual: dark" in n["text"] for n in figure["layout"]["annotations"])
    )
    listed[0].click()
    app.run()
    assert residual in figures(app), "the figure that is clicked must not know of the seeds"
    next(button for button in app.button if button.label == "Refit with 1 seed").click()
    app.run()
    (spec,) = submitted
    job = JobManager(lab.store).get(lab.good_run)
    assert spec.inputs == {"Animal_1": AnimalInputs(seeds=((41, 12),))}
    assert spec == replace(job.spec, inputs=spec.inputs)


def test_seeds_go_along_with_every_later_run_of_these_animals(page, lab, submitted):
    page.session_state[keys.SEEDS] = {f"{lab.good}\nAnimal_2": ((20, 30),)}
    page.switch_page("pages/evaluation.py").run()
    next(button for button in page.button if button.label == "Evaluate").click()
    page.run()
    assert submitted[-1].inputs == {"Animal_2": AnimalInputs(seeds=((20, 30),))}


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ({"selection": {"points": [{"customdata": [12, 34]}]}}, (12, 34)),
        ({"selection": {"points": [{"x": 1}, {"customdata": [12.0, 34.0]}]}}, (12, 34)),
        ({"selection": {"points": [{"customdata": [5]}]}}, None),
        ({"selection": {"points": []}}, None),
        (None, None),
    ],
)
def test_place_of_a_click(event, place):
    assert placed_seeds.place_in(event) == place
