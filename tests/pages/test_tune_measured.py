"""What a recording says of its parameters, on the page Tune: measured on demand, and taken by a press alone."""

import pytest

from calscope.engines.engine_registry import get_engine
from calscope.io.readers.reader_registry import open_recording
from calscope.jobs.tune_messages import TuneAnswer
from calscope.model.params import Parameters
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store
from calscope.ui.frame import keys
from calscope.ui.session import places


class NothingTried:
    """Stands in for the process that tries parameters: nothing comes of any."""

    def ask(self, who, trial):
        pass

    def answer(self, who):
        return TuneAnswer(number=1, who=who, error="Not tried here.")


@pytest.fixture
def tune(lab, open_page, monkeypatch):
    monkeypatch.setattr(places, "tuner", NothingTried)
    return lambda animal: open_page("tune", data=lab.good, animal=animal)


@pytest.fixture(scope="module")
def measured(lab):
    """The first animal of the lab, measured."""
    recording = open_recording(lab.good / "Animal_1")
    return run_animal(
        recording, Parameters(), engine=get_engine("builtin"), store=Store(lab.store), until="proposals", workers=1
    )


def tuning(app):
    return next(iter(app.session_state[keys.TUNINGS].values()))


def test_before_it_was_measured_a_press_submits_the_look_and_nothing_is_proposed(tune, monkeypatch):
    submitted = []
    monkeypatch.setattr(places, "submit", lambda spec: submitted.append(spec) or "0")
    app = tune("Animal_2")
    assert not app.exception
    assert not [one for one in app.button if one.key == keys.TAKE_ALL]
    app.button(keys.MEASURE).click().run()
    assert [(spec.until, spec.animals) for spec in submitted] == [("proposals", ("Animal_2",))]


def test_what_was_measured_is_shown_and_taken_in_one_step_that_can_be_undone(tune, measured):
    app = tune("Animal_1")
    assert not app.exception
    told = " ".join(one.value for one in app.caption).replace("\\", "")
    assert "largest shift" in told and "px (y)" in told
    before = tuning(app).now.params
    take = app.button(keys.TAKE_ALL)
    assert take.label.startswith("Take all"), "nothing was taken by itself"
    take.click().run()
    assert not app.exception
    after = tuning(app).now.params
    assert after.motion.max_shifts != before.motion.max_shifts
    assert app.button(keys.TAKE_ALL).disabled
    tuning(app).go(tuning(app).at - 1)
    assert tuning(app).now.params == before


def test_lab_units_become_pixels_and_seconds_and_are_taken_by_a_press(tune):
    app = tune("Animal_1")
    before = tuning(app).now.params
    app.number_input(keys.LAB_DIAMETER).set_value(14.0).run()
    app.selectbox(keys.LAB_INDICATOR).select("jGCaMP8s").run()
    told = " ".join(one.value for one in app.caption).replace("\\", "")
    assert "11.9 px" in told and "half-decay time 307" in told
    assert tuning(app).now.params == before, "nothing is taken by itself"
    app.button(keys.TAKE_LAB_UNITS).click().run()
    assert not app.exception
    assert tuning(app).now.params.cnmf.gSig == (5, 5)
    assert tuning(app).now.params.dataset.decay_time == pytest.approx(0.44)
