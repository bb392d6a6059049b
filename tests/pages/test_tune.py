"""The page Tune: what is tried, taken back, held, kept and used for runs."""

import shutil

import numpy as np
import pytest
import tifffile
from sent_views import sent_data

from calscope.algorithms.comparison.truth_scores import cropped_truth, found_cells
from calscope.jobs.tune_messages import TuneAnswer
from calscope.jobs.tuner import Tuner
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.crop import Crop
from calscope.model.note_texts import detection_texts
from calscope.model.params import Parameters
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.project_file import ProjectFile
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.trials import trial_store
from calscope.pipeline.truth_file import read_truth
from calscope.ui.frame import keys
from calscope.ui.session import places
from calscope.ui.tune import limit_panel, states_strip
from calscope.ui.tune.tuning import State, Tuning

START = Parameters().replace({"cnmf.rf": 20, "cnmf.stride": 8})


@pytest.fixture(scope="module")
def tuner(lab):
    one = Tuner(lab.store)
    yield one
    one.end()


@pytest.fixture
def tune(lab, open_page, monkeypatch, tuner):
    """Open the page; the process that tries parameters is the same for all tests here, and ends with them."""
    monkeypatch.setattr(places, "tuner", lambda: tuner)
    return lambda data=lab.good, **address: open_page("tune", data=data, **address)


def tuning(app):
    return next(iter(app.session_state[keys.TUNINGS].values()))


def words(app):
    return " ".join(one.value for one in [*app.markdown, *app.caption]).replace("\\", "")


def button(app, label):
    return next(one for one in app.button if one.label.replace("\\", "") == label)


def test_shows_the_part_with_most_cells_as_runs_would_find_them(tune, lab):
    app = tune()
    assert not app.exception and not app.error
    state = tuning(app).now
    assert state.is_there
    assert state.crop == Crop(0, 160, 0, 64, 0, 64), "a small recording is taken whole"
    record = state.answer.record
    assert f"**{record.counts['accepted']} accepted** of {record.counts['refit']} component" in words(app)
    assert "as runs of this animal use them" in words(app)
    assert record.inputs == AnimalInputs()


def test_a_changed_value_is_tried_and_can_be_used_for_all_or_kept_as_own(tune, lab):
    app = tune()
    tuning(app).change(tuning(app).now.params.replace({"cnmf.K": 7, "evaluation.min_SNR": 3.5}))
    app.run()
    assert not app.exception and not app.error
    state = tuning(app).now
    assert state.is_there
    assert state.answer.record.requested["cnmf"]["K"] == 7
    assert "K 4 → 7; min_SNR 2 → 3.5" in words(app)

    app = button(app, "Keep as its own").click().run()
    kept = ProjectFile(lab.store, str(lab.good)).read()["settings"]
    assert kept["own_values"] == {"Animal_1": {"cnmf.K": 7, "evaluation.min_SNR": 3.5}}
    assert kept["parameters"] == {}, "other animals go on as before"
    assert "as runs of this animal use them" in words(app)

    app = button(app, "No own values").click().run()
    assert "own_values" not in ProjectFile(lab.store, str(lab.good)).read()["settings"]
    app = button(app, "Use for all").click().run()
    assert ProjectFile(lab.store, str(lab.good)).read()["settings"]["parameters"] == {
        "cnmf.K": 7,
        "evaluation.min_SNR": 3.5,
    }
    assert app.session_state[keys.parameter("cnmf.K")] == 7


def test_own_values_come_back_with_the_folder_and_runs_use_them(tune, lab, open_page, settle):
    ProjectFile(lab.store, str(lab.good)).update(
        settings={"parameters": {"cnmf.rf": 20}, "own_values": {"Animal_2": {"cnmf.K": 3}}, "animals": ["Animal_2"]}
    )
    app = open_page("evaluation", data=lab.good)
    app = next(one for one in app.button if one.label == "Evaluate").click().run()
    assert not app.exception and not app.error
    job = places.manager().jobs()[0]
    done = settle(places.manager(), job.id)
    assert done.status.state == "done", done.status.error
    assert done.spec.inputs == {"Animal_2": AnimalInputs({"cnmf.K": 3})}
    assert done.results["Animal_2"].requested["cnmf"]["K"] == 3
    places.manager().remove(job.id)
    places._jobs.clear()


@pytest.mark.parametrize(
    "damaged", [[], {"Animal_1": 3}, {"Animal_1": {"cnmf.K": "many"}}, {"Animal_1": {"no.such": 1}}]
)
def test_own_values_of_another_version_are_left_out(tune, lab, damaged):
    ProjectFile(lab.store, str(lab.good)).update(settings={"own_values": damaged})
    app = tune()
    assert not app.exception and not app.error
    assert keys.OWN_VALUES not in app.session_state


def test_what_is_held_is_compared_with_what_is_tried(tune):
    app = tune()
    one = tuning(app)
    one.held = one.now
    one.change(one.now.params.replace({"evaluation.min_soma": 0.0, "evaluation.rval_thr": 0.2}))
    app.run()
    assert not app.exception and not app.error
    accepted = one.held.answer.record.counts["accepted"]
    assert f"{accepted} in both" in words(app)
    assert "(rval_thr 0.85 → 0.2; min_soma 0.5 → 0)" in words(app)


def test_a_threshold_needs_no_other_process(tune, tuner, monkeypatch):
    app = tune()
    one = tuning(app)
    monkeypatch.setattr(Tuner, "ask", lambda *given: pytest.fail("it was asked"))
    one.change(one.now.params.replace({"evaluation.min_SNR": 90.0, "evaluation.rval_thr": 1.0}))
    app.run()
    assert not app.exception and not app.error
    assert "**0 accepted**" in words(app)


def test_what_can_not_be_tried_is_told_and_what_was_shown_stays(tune):
    app = tune()
    one = tuning(app)
    shown = one.now
    one.move(Crop(0, 160, 0, 300, 0, 64))
    app.run()
    assert not app.exception
    assert "A crop of rows 0 to 300 is not inside of the recording's 0 to 64" in words(app)
    assert one.shown == shown
    again = button(app, "Try again").click().run()
    assert not again.exception
    assert "is not inside" in words(again)
    one.go(0)
    app.run()
    assert "accepted** of" in words(app)
    assert not any(found.label == "Try again" for found in app.button)


def test_without_a_frame_rate_the_page_says_where_to_enter_it(tune, lab):
    app = tune(lab.fresh)
    assert not app.exception
    assert "is unknown The files don't state it" in words(app)


@pytest.mark.parametrize("level", [0, 7])
def test_a_movie_of_equal_pixels_and_few_frames_gives_words_and_no_traceback(tune, lab, level):
    folder = lab.good.parent / f"equal_{level}"
    folder.mkdir(exist_ok=True)
    tifffile.imwrite(folder / "movie.tif", np.full((60, 48, 48), level, np.uint16), photometric="minisblack")
    ProjectFile(lab.store, str(folder)).update(settings={"parameters": {"dataset.fr": 10.0}})
    app = tune(folder)
    assert not app.exception
    assert "**No component**: no pixel of this crop changes." in words(app)


def test_a_crop_at_the_rim_is_tried_like_any_other(tune):
    app = tune()
    tuning(app).move(Crop(40, 160, 32, 64, 0, 32))
    app.run()
    assert not app.exception and not app.error
    assert tuning(app).now.is_there, tuning(app).now.error
    assert "accepted** of" in words(app) or "**No component**: nothing in this crop" in words(app)


def test_a_crop_without_a_cell_shows_none_and_says_so(tune, lab):
    folder = lab.good.parent / "noise"
    folder.mkdir(exist_ok=True)
    noise = np.random.default_rng(0).normal(500, 20, (160, 48, 48)).astype(np.uint16)
    tifffile.imwrite(folder / "movie.tif", noise, photometric="minisblack")
    ProjectFile(lab.store, str(folder)).update(settings={"parameters": {"dataset.fr": 10.0}})
    app = tune(folder)
    assert not app.exception and not app.error
    assert tuning(app).now.is_there, tuning(app).now.error
    assert "**No component**: nothing in this crop looks like a cell." in words(app)
    tuning(app).seek_limit()
    app.run()
    assert not app.exception and not app.error


class TestStates:
    def test_undo_redo_and_a_new_branch(self):
        one = Tuning("/a", None, [_state(4)], START)
        for k in (5, 6, 7):
            one.change(START.replace({"cnmf.K": k}))
        one.go(one.at - 2)
        assert one.now.params.cnmf.K == 5
        one.go(one.at + 1)
        assert one.now.params.cnmf.K == 6
        one.change(START.replace({"cnmf.K": 9}))
        assert [state.params.cnmf.K for state in one.states] == [4, 5, 6, 9]
        one.go(-3)
        assert one.at == 0
        one.go(99)
        assert one.at == 3
        one.change(one.now.params)
        assert len(one.states) == 4, "the same values are no new state"

    def test_only_the_last_twelve_are_kept(self):
        one = Tuning("/a", None, [_state(1)], START)
        for k in range(2, 20):
            one.change(START.replace({"cnmf.K": k}))
        assert [state.params.cnmf.K for state in one.states] == list(range(8, 20))
        assert one.at == 11

    def test_each_change_and_step_has_a_higher_number(self):
        one, seen = Tuning("/a", None, [_state(1)], START), []
        for act in (lambda: one.change(START.replace({"cnmf.K": 3})), lambda: one.go(0), lambda: one.go(1)):
            act()
            seen.append(one.stamp)
        assert seen == sorted(set(seen))

    def test_a_state_says_how_it_differs_also_the_first_one_that_a_link_opened(self):
        one = Tuning("/a", None, [_state(START.cnmf.K)], START)
        one.open(_state(9), _state(6))
        assert [states_strip.line_of(one, at) for at in range(len(one.states))] == ["K 4 → 6"]
        one.change(_state(9).params)
        assert states_strip.line_of(one, 1) == "K 6 → 9"
        assert states_strip.line_of(Tuning("/a", None, [_state(START.cnmf.K)], START), 0) == "start"


def _state(k):
    return State(START.replace({"cnmf.K": k}))


def opened_again(tune, lab, monkeypatch, app):
    """Open the link that the page has now in a new session, as after a restart of the server."""
    entries = selection_of(app)
    fresh = Tuner(lab.store)
    monkeypatch.setattr(places, "tuner", lambda: fresh)
    again = tune(**entries)
    return again, fresh


def selection_of(app):
    return {name: value for name, value in app.session_state[keys.ADDRESSES][-1].items() if name != "data"}


def test_a_link_brings_back_what_is_tried_and_held_after_a_restart_also_where_results_are_gone(tune, lab, monkeypatch):
    app = tune(animal="Animal_2")
    assert selection_of(app) == {"animal": "Animal_2"}, "where everyone begins needs no key"
    held = tuning(app).now
    tuning(app).held = held
    tuning(app).change(held.params.replace({"cnmf.K": 6, "evaluation.min_SNR": 3.0}))
    app.run()
    now, entries = tuning(app).now, selection_of(app)
    assert sorted(entries) == ["animal", "held", "tune"] and all(len(entries[name]) == 16 for name in ("held", "tune"))
    for key in now.answer.record.keys.values():
        shutil.rmtree(trial_store(lab.store.resolve()).results / key, ignore_errors=True)
    again, fresh = opened_again(tune, lab, monkeypatch, app)
    try:
        for _ in range(3):
            again.run()
        found = tuning(again)
        assert not again.exception
        assert (found.now.params, found.now.crop) == (now.params, now.crop)
        assert (found.held.params, found.held.crop) == (held.params, held.crop)
        assert found.now.is_there and found.held.is_there and len(found.states) == 2
        assert found.now.answer.record.keys == now.answer.record.keys
        assert selection_of(again) == entries
    finally:
        fresh.end()


@pytest.mark.parametrize("key", ["0123456789abcdef", "../../etc/passwd", "x" * 5000, ""])
def test_a_link_to_a_state_that_is_not_kept_says_so_and_shows_the_usual_one(tune, key):
    app = tune(tune=key)
    assert not app.exception
    assert [one.value for one in app.warning if "not kept here" in one.value] or not key
    assert tuning(app).now.is_there


def drawn(app):
    """What the map was sent."""
    sent = sent_data(app)
    return next(data for data in sent if "layers" in data)


def test_the_truth_of_the_crop_is_drawn_and_f1_of_now_and_held_are_said(tune, lab):
    app = tune(animal="Animal_1")
    assert "F1" not in words(app) and [group["name"] for group in drawn(app)["groups"]] == ["accepted", "rejected"]
    app.toggle(key=keys.SHOWS_TRUTH).set_value(True).run()
    crop = Crop(20, 140, 8, 56, 0, 64)
    tuning(app).move(crop)
    app.run()
    assert not app.exception and not app.error
    whole = read_truth(lab.good / "Animal_1", 160)
    truth, state = cropped_truth(whole, crop), tuning(app).now
    view = AnimalResults(trial_store(lab.store), state.answer.record.keys)
    accepted = view.evaluation.accepted
    expected = found_cells(truth, view.refit.A[:, accepted], view.refit.C[accepted])
    assert f"F1 **{expected.f1:.3f}**" in words(app)
    groups = {group["name"]: group["members"] for group in drawn(app)["groups"]}
    assert set(groups) == {"truth", "accepted", "rejected"}
    assert min(groups["truth"]) == view.refit.n, "they can't be chosen"
    assert 0 < len(groups["truth"]) <= len(whole.masks)
    tuning(app).held = tuning(app).now
    app.run()
    assert f"F1 **{expected.f1:.3f}**, held {expected.f1:.3f}" in words(app)
    assert "truth" in [group["name"] for group in drawn(app)["held"]["groups"]]


def test_known_cells_are_looked_for_when_asked_and_kept_with_the_state(tune, lab):
    app = tune()
    assert "Of " not in words(app)
    app = button(app, "Put known cells in").click().run()
    assert not app.exception and not app.error
    now = tuning(app).now
    assert now.limit.record is not None and "injected" in now.limit.record.keys
    assert now.answer.record is not None, "what came of the state itself stays"
    found = limit_panel.limit_of(now)
    assert found.is_as_run
    assert detection_texts.sentence(found.detection) in words(app)
    assert detection_texts.CELLS_OF_STATE in words(app)
    tuning(app).held = now
    tuning(app).change(now.params.replace({"evaluation.min_SNR": 90.0, "evaluation.rval_thr": 1.0}))
    app.run()
    strict = tuning(app).now
    assert strict.limit == now.limit, "the same fit serves"
    assert not limit_panel.limit_of(strict).detection.accepted.any()
    assert "Held: " in words(app)


def test_a_changed_value_or_cancelling_ends_the_search():
    states = Tuning("path", None, [State(START, answer=TuneAnswer(1, "me", record=AnimalRun("A", None)))], START)
    states.seek_limit()
    assert states.seeks_limit
    states.wants_limit = False
    states.take_search(TuneAnswer(2, "me", fraction=0.3))
    assert states.seeks_limit and states.awaited.number == 2
    states.stop_seeking()
    assert not states.seeks_limit and states.awaited is None and states.ends_search
    assert states.now.is_there
    states.ends_search = False
    states.take_search(TuneAnswer(3, "me", fraction=0.3))
    states.change(START.replace({"cnmf.K": 9}))
    assert states.ends_search and states.states[0].limit is None
    assert not states.seeks_limit
