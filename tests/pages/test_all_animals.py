"""The grid of all animals: on each page what that page is about."""

import json

import pytest
from sent_views import sent_data

from calscope.jobs.manager import JobManager
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store
from calscope.plots.scaling import display_range, short
from calscope.ui.frame import keys
from calscope.ui.linked import small_traces


@pytest.fixture
def found(lab):
    records = JobManager(lab.store).get(lab.good_run).results
    return {name: AnimalResults(Store(lab.store), record.keys) for name, record in records.items()}


def in_a_grid(app):
    app.session_state[keys.SHOWS_ALL] = True
    app.run()
    assert not app.exception
    return app


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def titles(app):
    return [
        note["text"] for figure in figures(app) for note in figure["layout"]["annotations"] if "dark" in note["text"]
    ]


def words(images):
    low, high = display_range(images)
    return f"dark {short(low)}, bright {short(high)}"


def test_data_shows_one_picture_of_each_animal_in_its_own_range_or_in_one(open_page, lab, found):
    app = in_a_grid(open_page("data", data=lab.good))
    maxima = [results.before.max for results in found.values()]
    assert titles(app) == [words([image]) for image in maxima]
    app.toggle(key=keys.on_page("data", "one range")).set_value(True).run()
    assert titles(app) == [words(maxima)] * 2
    app.session_state[keys.on_page("data", "picture")] = "mean"
    assert titles(app.run()) == [words([results.before.mean for results in found.values()])] * 2


def test_data_offers_pictures_once_where_there_are_none(open_page, lab):
    app = in_a_grid(open_page("data", data=lab.fresh))
    assert [button.label for button in app.button].count("Summarise raw movies") == 1
    assert not figures(app)


def test_traces_shows_the_liveliest_accepted_traces_of_each_animal_over_seconds(open_page, lab, found):
    app = in_a_grid(open_page("traces", data=lab.good))
    shown = figures(app)
    assert len(shown) == 2
    assert not [data for data in sent_data(app) if "outlines" in data], "maps are Evaluation's"
    for figure, results in zip(shown, found.values(), strict=True):
        numbers = [int(text) for text in figure["layout"]["yaxis"]["ticktext"]]
        assert results.evaluation.accepted[numbers].all() and 0 < len(numbers) <= small_traces.SHOWN
        varies = results.refit.C.std(axis=1) / results.refit.YrA.std(axis=1)
        rest = [k for k in range(results.refit.n) if results.evaluation.accepted[k] and k not in numbers]
        assert not rest or varies[numbers].min() >= varies[rest].max()
        assert figure["layout"]["xaxis"]["title"]["text"] == "time (s)"


def test_an_animal_without_accepted_components_says_so_in_the_grid_of_traces(open_page, lab):
    app = open_page("traces", data=lab.good)
    app.session_state[keys.parameter("evaluation.min_SNR")] = 100.0
    app.session_state[keys.parameter("evaluation.rval_thr")] = 1.0
    app = in_a_grid(app)
    assert [one.value for one in app.info] == ["No component was accepted in this animal."] * 2
