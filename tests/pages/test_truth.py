"""One switch draws what is known of a simulated recording on every page that shows results of it."""

import json

import numpy as np
import pytest
from sent_views import sent_data

from calscope.ui.frame import keys
from calscope.ui.widgets.truth_view import laid_on

LINE = "truth, scaled"


def switch(app):
    return next((one for one in app.toggle if one.key == keys.SHOWS_TRUTH), None)


def names(app):
    return [trace.get("name") for chart in app.get("plotly_chart") for trace in json.loads(chart.proto.spec)["data"]]


def linked(app, entry):
    sent = sent_data(app)
    return next(data for data in sent if entry in data)


def test_extraction_draws_the_true_outlines_with_both_fits(open_page, lab):
    app = open_page("extraction", run=lab.good_run, animal="Animal_1")
    assert "truth" not in names(app)
    switch(app).set_value(True).run()
    assert not app.exception and names(app).count("truth") == 4, "a line and its dark edge in each picture"
    app.session_state[keys.SHOWS_ALL] = True
    assert not app.run().exception


def test_traces_draws_the_true_trace_of_the_cell_that_a_component_matches(open_page, lab):
    app = open_page("traces", run=lab.good_run, animal="Animal_1")
    lines = lambda: [line["name"] for line in linked(app, "panels")["panels"][0]["lines"]]  # noqa: E731
    assert lines() == ["raw", "denoised"]
    switch(app).set_value(True).run()
    assert lines() == ["raw", "denoised", LINE]
    drawn = linked(app, "panels")["components"]
    assert {len(traces) for traces in drawn.values()} == {5}, "raw, denoised, truth, dF/F, spikes"
    switch(app).set_value(False).run()
    assert lines() == ["raw", "denoised"]


def test_a_recording_that_was_not_simulated_has_no_switch(open_page, lab):
    for page in ("motion", "extraction", "traces"):
        assert switch(open_page(page, data=lab.fresh)) is None


@pytest.mark.parametrize("gain", [0.2, 3.0])
def test_a_true_trace_is_laid_on_the_denoised_one_and_never_upside_down(gain):
    true = np.abs(np.random.default_rng(2).normal(size=200)).astype(np.float32)
    assert np.allclose(laid_on(true, gain * true + 7), gain * true + 7, atol=1e-4)
    assert np.allclose(laid_on(true, 7 - gain * true), np.mean(7 - gain * true), atol=1e-4)
    assert np.allclose(laid_on(np.ones(9, np.float32), np.arange(9.0)), 4)
