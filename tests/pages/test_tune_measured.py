"""What a recording says of its parameters, on the page Tune: measured on demand, and taken by a press alone."""

from dataclasses import replace

import pytest

from calscope.engines.engine_registry import get_engine
from calscope.io.readers.reader_registry import open_recording
from calscope.jobs.tune_messages import TuneAnswer
from calscope.model.params import Parameters
from calscope.model.proposals import Measure
from calscope.model.results import Estimate
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store
from calscope.ui.frame import keys
from calscope.ui.session import places
from calscope.ui.tune import lab_units
from calscope.ui.tune import measured as measured_box


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
    assert "largest shift" in said(app) and "px (y)" in said(app)
    assert app.button(keys.TAKE_ALL).disabled and "serves all that was measured" in said(app)
    before = far_off(app)
    take = app.button(keys.TAKE_ALL)
    assert not take.disabled, "nothing was taken by itself"
    take.click().run()
    assert not app.exception
    after = tuning(app).now.params
    assert after.motion.max_shifts != before.motion.max_shifts
    assert app.button(keys.TAKE_ALL).disabled
    assert "serves all that was measured" in said(app)
    tuning(app).go(tuning(app).at - 1)
    assert tuning(app).now.params == before


def far_off(app):
    """Try a value that does not serve; give what is tried."""
    tuning(app).change(tuning(app).now.params.replace({"motion.max_shifts": (30, 30)}))
    app.run()
    return tuning(app).now.params


def said(app):
    return " ".join(one.value for one in (*app.caption, *app.markdown)).replace("\\", "")


def test_each_measurement_has_its_picture_and_each_proposal_its_own_button(tune, measured):
    app = tune("Animal_1")
    assert not app.exception
    for caption in ("Cells that were measured", "Shift of each frame", "Noise of pixels"):
        assert caption in said(app)
    assert said(app).count("There is nothing to draw.") == 2, "no transient stands alone, and the field has no ninths"
    before = far_off(app)
    buttons = {one.key: one for one in app.button if one.key and one.key.startswith(keys.take_one(""))}
    assert keys.take_one("motion.max_shifts") in buttons
    buttons[keys.take_one("motion.max_shifts")].click().run()
    assert not app.exception
    after = tuning(app).now.params
    assert after == before.replace({"motion.max_shifts": after.motion.max_shifts}) != before, "that one alone"
    assert keys.take_one("motion.max_shifts") not in {one.key for one in app.button}


def test_a_proposal_that_contradicts_a_value_in_use_is_refused_in_words_and_all_together_are_taken(
    tune, measured, lab, monkeypatch
):
    """Cells of 40 px: their gSig alone does not fit into patches of 31 px."""
    found = AnimalResults(Store(lab.store), measured.keys).proposals
    huge = Measure(Estimate(40.0, 38.0, 42.0), 9)
    found = replace(found, measures={**found.measures, "soma_diameter_px": huge})
    monkeypatch.setattr(measured_box, "measurements", lambda tuning, info: (measured.keys["proposals"], found))
    app = tune("Animal_1")
    before = tuning(app).now.params
    app.button(keys.take_one("cnmf.gSig")).click().run()
    assert not app.exception
    assert tuning(app).now.params == before
    assert [one for one in app.warning if "rf 15 makes patches of 31 px" in one.value.replace("\\", "")]
    app.button(keys.TAKE_ALL).click().run()
    assert not app.exception and not app.warning
    assert tuning(app).now.params.cnmf.gSig == (16, 16)


@pytest.mark.parametrize(
    ("diameter_um", "told"),
    [
        (500.0, "1 to 100 µm are allowed"),
        (-3.0, "1 to 100 µm are allowed"),
        (90.0, "half of the field"),
        (1.5, "2 to 32 px"),
    ],
)
def test_a_diameter_that_no_cell_has_is_refused_in_words_with_what_is_allowed(tune, diameter_um, told):
    app = tune("Animal_1")
    app.number_input(keys.LAB_DIAMETER).set_value(diameter_um).run()
    assert not app.exception
    assert [one.value for one in app.error if told in one.value.replace("\\", "")]
    assert app.button(keys.TAKE_LAB_UNITS).disabled


def test_of_an_indicator_without_a_figure_the_persons_own_is_taken(tune):
    app = tune("Animal_1")
    assert "jRGECO1a" not in app.selectbox(keys.LAB_INDICATOR).options
    assert "jRGECO1a is not among them" in app.selectbox(keys.LAB_INDICATOR).help
    app.selectbox(keys.LAB_INDICATOR).select(lab_units.CUSTOM).run()
    assert app.button(keys.TAKE_LAB_UNITS).disabled
    app.number_input(keys.LAB_DECAY).set_value(0.35).run()
    app.button(keys.TAKE_LAB_UNITS).click().run()
    assert tuning(app).now.params.dataset.decay_time == pytest.approx(0.5)


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
