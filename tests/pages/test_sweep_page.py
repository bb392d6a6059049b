"""The page Sweep: what it takes before it starts, what is refused, the sheet, and the way to Tune."""

import re
from dataclasses import replace

import pytest
from sent_views import sent_data

from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.jobs.sweep_job import POINTS_FILE, read_points
from calscope.model.crop import Crop
from calscope.model.note_texts import detection_texts
from calscope.model.params import Parameters
from calscope.model.sweeps.search_plan import SearchPlan, SearchRange
from calscope.model.sweeps.sweep_plan import SweepPlan, over
from calscope.pipeline.project_file import ProjectFile
from calscope.pipeline.sweeps.find_values import Round, SearchResults, proposal_of, ranked
from calscope.ui.frame import keys
from calscope.ui.session import places
from calscope.ui.sweep import search_view, shown_sweep, sweep_view

VALUES = {"cnmf.rf": 20, "cnmf.stride": 8, "motion.strides": [32, 32], "motion.overlaps": [16, 16]}


@pytest.fixture(scope="module")
def swept(lab):
    """A sweep of two thresholds on the good folder's first animal, done."""
    manager = JobManager(lab.store)
    params = Parameters().replace(VALUES).to_dict()
    plan = SweepPlan((over("evaluation.min_SNR", [2.0, 90.0]),))
    job_id = manager.submit(JobSpec("sweep", str(lab.good), ("Animal_1",), params=params, workers=2, sweep=plan))
    job = manager.wait(job_id, 300)
    assert job.status.state == "done", job.status.error
    yield job
    manager.remove(job_id)


@pytest.fixture
def sweep(lab, open_page):
    def opened(**address):
        ProjectFile(lab.store, str(lab.good)).update(settings={"parameters": VALUES})
        places._jobs.clear()
        return open_page("sweep", data=lab.good, **address)

    return opened


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def cells(app):
    sent = sent_data(app)
    return next((data["cells"] for data in sent if "cells" in data), None)


def start(app):
    return next(one for one in app.button if one.label == "Start the sweep")


def enter(app, name, text):
    return next(box for box in app.text_input if box.key == keys.sweep_values(name)).set_value(text).run()


def test_says_how_many_points_there_are_before_it_starts_and_why_others_are_refused(sweep):
    app = sweep(animal="Animal_2")
    assert not app.exception and not app.error
    assert "No sweep of Animal_2 yet" in words(app)
    assert re.search(r"5 points, (about )?\d", words(app)) and "gSig 2, 3, 4, 5, 6" in words(app)
    assert not start(app).disabled
    app = enter(app, "cnmf.gSig", "3:8:6")
    assert "6 points" in words(app)
    for text, said in (
        ("3, 500", "cnmf.gSig must be two whole numbers (y, x), each from 1 to"),
        ("3", "cnmf.gSig has 1 value"),
        ("3, 3", "twice"),
        ("3:x:2", "is FROM:TO:COUNT"),
        ("", "cnmf.gSig has no values"),
        ("<b>", "cnmf.gSig must be"),
    ):
        app = enter(app, "cnmf.gSig", text)
        assert not app.exception
        assert said in words(app), words(app)
        assert start(app).disabled


def test_two_parameters_make_a_grid_and_too_many_points_are_refused(sweep):
    app = sweep(animal="Animal_2")
    second = next(box for box in app.selectbox if box.key == keys.SWEEP_SECOND)
    assert not any(option.startswith("gSig ·") for option in second.options), "no parameter twice"
    app = second.set_value("cnmf.K").run()
    app = enter(app, "cnmf.gSig", "3, 4, 5")
    app = enter(app, "cnmf.K", "2, 3")
    assert "6 points" in words(app)
    app = enter(app, "cnmf.K", "1:40:40")
    assert "3 × 40 values are 120 points; a sweep has 100 at most" in words(app)
    assert start(app).disabled


def test_shows_each_point_with_its_counts_and_marks_the_values_in_use(sweep, swept):
    app = sweep(animal="Animal_1")
    assert not app.exception and not app.error
    drawn, done = cells(app), read_points(swept.folder).points
    assert [cell["state"] for cell in drawn] == ["done", "done"]
    assert [cell["counts"] for cell in drawn] == [f"{p.measures.accepted} of {p.measures.components}" for p in done]
    assert all(cell["picture"].startswith("data:image/png") for cell in drawn)
    assert [cell["current"] for cell in drawn] == [True, False], "min_SNR is 2 unless it is set"
    assert "2 of 2 points · crop 64 × 64 px" in words(app)
    assert len(app.get("plotly_chart")) == 2
    loose, strict = (point.measures.accepted for point in done)  # with a stricter threshold a part of the same
    assert strict < loose
    assert f"Accepted at the 2 points: {strict} at all, {loose - strict} at most, 0 at few" in words(app)
    assert app.dataframe[1].value["accepted in"].tolist() == ["2 of 2"] * strict + ["1 of 2"] * (loose - strict)
    assert app.dataframe[0].value["evaluation.min_SNR"].tolist() == [2.0, 90.0]


def test_of_known_cells_it_is_said_that_tune_takes_others(sweep, swept, monkeypatch):
    assert detection_texts.CELLS_OF_SWEEP not in words(sweep(animal="Animal_1"))
    done = read_points(swept.folder)
    searched = [replace(p, measures=replace(p.measures, injected_recall=0.5, injected_cells=64)) for p in done.points]
    found = replace(done, points=tuple(searched))
    monkeypatch.setattr(shown_sweep, "_read", lambda *where: found)
    app = sweep(animal="Animal_1")
    assert not app.exception
    assert detection_texts.CELLS_OF_SWEEP in words(app)


def test_a_point_is_opened_on_tune_with_its_values_and_its_crop(sweep, swept):
    app = sweep(animal="Animal_1")
    tried = next(iter(app.session_state[keys.TUNINGS].values()))
    job = places.job(swept.id)
    shown = sweep_view.shown_sweep.ShownSweep(
        job, Parameters.from_dict(job.spec.params), ({}, {}), read_points(swept.folder)
    )
    tried.show(sweep_view.at_point(shown.params, shown.done[1].values), shown.results.crop)
    assert tried.now.params.evaluation.min_SNR == 90.0
    assert tried.now.params.cnmf.rf == 20
    assert tried.now.crop == shown.results.crop


def test_what_was_done_of_a_cancelled_sweep_is_shown_and_the_rest_is_named(sweep, swept, monkeypatch):
    points = read_points(swept.folder)
    kept = replace(points, points=points.points[:1])
    monkeypatch.setattr(sweep_view.shown_sweep, "_read", lambda folder: kept)
    jobs = [replace(swept, status=replace(swept.status, state="cancelled"))]
    monkeypatch.setattr(places, "jobs", lambda: jobs)
    app = sweep(animal="Animal_1")
    assert [cell["counts"] for cell in cells(app)][1] == "not run"
    assert "1 of 2 points" in words(app) and "cancelled" in words(app)


def test_two_sweeps_of_one_minute_can_be_told_apart_and_picked(sweep, swept, monkeypatch):
    older = replace(swept, id=f"{swept.id}-older")
    monkeypatch.setattr(places, "jobs", lambda: [swept, older])
    app = sweep(animal="Animal_1")
    picker = next(box for box in app.selectbox if box.label == "Sweep")
    assert len(set(picker.options)) == 2
    app = picker.set_value(older.id).run()
    assert not app.exception
    assert app.session_state[keys.SWEEP_SHOWN] == older.id


def test_a_sweep_that_waits_says_that_it_is_of_a_part(sweep, swept, monkeypatch):
    monkeypatch.setattr(sweep_view.shown_sweep, "_read", lambda folder: sweep_view.shown_sweep.SweepResults())
    assert "0 of 2 points · the part with most cells" in words(sweep(animal="Animal_1"))


def test_a_damaged_file_of_points_shows_none(sweep, swept):
    whole = (swept.folder / POINTS_FILE).read_bytes()
    try:
        (swept.folder / POINTS_FILE).write_text("[]")
        app = sweep(animal="Animal_1")
        assert not app.exception and not app.error
        assert "0 of 2 points" in words(app)
    finally:
        (swept.folder / POINTS_FILE).write_bytes(whole)


def test_runs_lists_it_by_what_it_varies(sweep, swept, open_page, lab):
    app = open_page("runs", data=lab.good)
    assert not app.exception and not app.error
    assert any("Sweep of min_SNR" in table.value.to_string() for table in app.dataframe)


class TestSearch:
    """Find good values: what is refused, what is proposed, and that nothing is set by itself."""

    PLAN = SearchPlan((SearchRange("evaluation.min_SNR", 1, 4),), n_points=4)

    @pytest.fixture
    def search(self, sweep, swept, monkeypatch):
        """Open the page with a search that has ended, and found these shares of known cells."""

        def opened(*recalls, is_over=True):
            done = read_points(swept.folder).points[0]
            points = tuple(
                replace(
                    done,
                    number=number,
                    values={"evaluation.min_SNR": 2.0 + number},
                    measures=replace(
                        done.measures, injected_recall=recall, injected_cells=64, in_halves=9, unconfirmed=3
                    ),
                )
                for number, recall in enumerate(recalls)
            )
            order = ranked(points, None)
            proposal = proposal_of(points, order) if is_over else None
            found = SearchResults((Round(Crop(0, 160, 0, 64, 0, 64), points),), proposal, is_over)
            monkeypatch.setattr(search_view, "read_search", lambda folder: found)
            spec = replace(swept.spec, kind="search", sweep=None, search=self.PLAN)
            jobs = [replace(swept, spec=spec)]
            monkeypatch.setattr(places, "jobs", lambda: jobs)
            app = sweep(animal="Animal_1")
            app.session_state[keys.SWEEP_WHAT] = sweep_view.SEARCH
            return app.run()

        return opened

    def test_a_clear_gain_is_proposed_with_its_evidence_and_goes_to_tune_only_when_asked(self, search):
        app = search(0.2, 0.7, 0.5)
        assert not app.exception and not app.error
        told = words(app)
        assert "min_SNR 3" in told and "+50 % ± 15 %" in told and "more than chance gives" in told
        assert "no more than chance" not in told
        assert detection_texts.CELLS_OF_SWEEP in told
        assert "Unconfirmed components: 3 of 9, with the values in use 3 of 9" in told
        assert app.dataframe[0].value["point"].tolist() == ["1", "2", "in use"], "the best first"
        drawn = cells(app)
        assert [cell["line"] for cell in drawn] == ["min_SNR 3", "min_SNR 4", "min_SNR 2"], "pictures in the same order"
        assert all(cell["picture"].startswith("data:image/png") for cell in drawn)
        assert [cell["current"] for cell in drawn] == [False, False, True]
        tried = next(iter(app.session_state[keys.TUNINGS].values()))
        assert tried.now.params.evaluation.min_SNR == 2.0, "nothing is set by itself"
        next(one for one in app.button if one.key == keys.TAKE_PROPOSAL).click().run()
        assert tried.now.params.evaluation.min_SNR == 3.0
        assert tried.now.crop == Crop(0, 160, 0, 64, 0, 64)

    def test_a_gain_that_chance_gives_is_said_to_be_one(self, search):
        assert "no more than chance gives among so few cells" in words(search(0.45, 0.5))

    def test_values_in_use_that_are_the_best_stay(self, search):
        app = search(0.6, 0.5)
        assert "The values in use are as good as any that were tried" in words(app)
        assert not any(one.key == keys.TAKE_PROPOSAL for one in app.button)

    def test_before_its_end_nothing_is_proposed(self, search):
        app = search(0.2, 0.7, is_over=False)
        assert "2 points tried" in words(app)
        assert not any(one.key == keys.TAKE_PROPOSAL for one in app.button)

    def test_ranges_that_are_not_allowed_are_refused_before_the_start(self, search):
        app = search(0.2)
        box = next(one for one in app.text_input if one.key == keys.search_range("cnmf.gSig"))
        for text, said in (
            ("5 : 900", "cnmf.gSig must be"),
            ("5", "two numbers"),
            ("5 : 3", "must begin below its end"),
        ):
            app = box.set_value(text).run()
            assert not app.exception
            assert said in words(app)
            assert next(one for one in app.button if one.key == keys.START_SEARCH).disabled
            box = next(one for one in app.text_input if one.key == keys.search_range("cnmf.gSig"))
