"""Values that one animal has of its own: marked wherever they count, and set beside the parameters for all."""

import pytest

from calscope.io.project import find_recordings
from calscope.pipeline.project_file import ProjectFile
from calscope.ui.frame import keys
from calscope.ui.session import places

K = "cnmf.K"


def plan(app):
    """What is said under the run button."""
    return next(text.value for text in app.sidebar.caption if "default" in (text.proto.help or "")).replace("\\", "")


def words(app):
    return "\n".join(str(one.value) for one in [*app.caption, *app.markdown]).replace("\\", "")


def marks(app):
    """Labels of the marks under the parameters."""
    blocks = [block.proto.popover.label for block in app.sidebar.get("popover")]
    return [label.replace("\\", "") for label in blocks]


def own(app):
    return app.session_state[keys.OWN_VALUES]


@pytest.fixture
def with_own(open_page, lab):
    """Animal_2 has its own K; what it ran with is no different from the other's."""

    def opened(page, animal):
        app = open_page(page, run=lab.good_run, animal=animal)
        app.session_state[keys.OWN_VALUES] = {"Animal_2": {K: 6}}
        app.run()
        assert not app.exception and not app.error
        return app

    return opened


def test_the_run_button_says_what_runs_again_because_of_an_own_value(with_own):
    app = with_own("extraction", "Animal_1")
    about = "First fit, refit, residual run again of 1 animal: K 4 → 6 of Animal_2 alone; the rest is in the store."
    assert plan(app).endswith(about)
    assert "other settings" not in words(app), "Animal_1 is shown as it would run"
    app.session_state[keys.ANIMAL] = "Animal_2"
    assert "K was 4, now 6, of Animal_2 alone" in words(app.run())


def test_a_parameter_that_the_shown_animal_overrules_is_marked(with_own):
    app = with_own("extraction", "Animal_1")
    assert not any("has its own" in label for label in marks(app))
    app.session_state[keys.ANIMAL] = "Animal_2"
    assert "Animal_2 has its own: 6" in marks(app.run())
    app.session_state[keys.SHOWS_ALL] = True
    assert "Of their own: Animal_2: 6." in words(app.run())


@pytest.mark.parametrize(("what", "for_all"), [("remove", 4), ("use for all", 6)])
def test_an_own_value_is_removed_or_used_for_all(with_own, lab, what, for_all):
    app = with_own("extraction", "Animal_2")
    app.button(key=keys.own_button(what, K)).click().run()
    assert own(app) == {}
    assert app.session_state[keys.parameter(K)] == for_all
    assert "own_values" not in ProjectFile(lab.store, str(lab.good)).read()["settings"]


def test_what_was_changed_can_be_kept_for_one_animal_and_goes_back_for_all(open_page, lab):
    app = open_page("motion", run=lab.good_run, animal="Animal_2")
    assert app.button(key=keys.own_button("keep", "motion")).disabled
    app.session_state[keys.parameter("motion.max_shifts", 0)] = 9
    app.session_state[keys.parameter("motion.max_shifts", 1)] = 9
    app.run()
    assert "Changed above since the newest run: max_shifts 6 px → 9 px." in words(app)
    app.button(key=keys.own_button("keep", "motion")).click().run()
    assert own(app) == {"Animal_2": {"motion.max_shifts": [9, 9]}}
    assert app.session_state[keys.parameter("motion.max_shifts", 0)] == 6
    assert "Animal_2 has its own: 9 px" in marks(app)
    assert ProjectFile(lab.store, str(lab.good)).read()["settings"]["own_values"] == own(app)


def test_one_animal_alone_has_nothing_to_differ_from(open_page, lab):
    assert "One animal" not in marks(open_page("motion", data=lab.fresh))


def test_a_frame_rate_of_an_animals_own_is_not_asked_for(open_page, lab, monkeypatch):
    app = open_page("motion", data=lab.fresh)
    specs = []
    monkeypatch.setattr(places, "submit", lambda spec: specs.append(spec) or "nothing")
    app.button(key=keys.run_button("motion")).click().run()
    assert not specs and any("frame rate" in error.value for error in app.error)
    name = find_recordings(lab.fresh).recordings[0].name
    app.session_state[keys.OWN_VALUES] = {name: {"dataset.fr": 20.0}}
    app.run().button(key=keys.run_button("motion")).click().run()
    assert specs[0].inputs[name].parameters == {"dataset.fr": 20.0}
