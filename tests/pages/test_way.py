"""From a folder to its traces: each page leads to the next, and one button runs everything and says what that is."""

import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from sent_views import sent_data

from calscope.jobs.job_spec import DEMOS, JobSpec
from calscope.pipeline import room
from calscope.ui.frame import keys
from calscope.ui.session import places


def next_pages(app):
    return [link.proto.label for link in app.main.get("page_link") if link.proto.label.startswith("Next: ")]


def words(app):
    return "\n".join(text.value for kind in (app.markdown, app.caption) for text in kind).replace("\\", "")


def button(app, label):
    return next(button for button in app.button if button.label == label)


@pytest.fixture
def submitted(monkeypatch):
    specs = []
    monkeypatch.setattr(places, "submit", lambda spec: specs.append(spec) or "nothing")
    return specs


@pytest.mark.parametrize(
    ("page", "following"),
    [
        ("data", ["Next: Motion"]),
        ("motion", ["Next: Extraction"]),
        ("extraction", ["Next: Evaluation"]),
        ("evaluation", ["Next: Traces"]),
        ("traces", ["Next: Share"]),
        ("share", []),
    ],
)
def test_each_page_leads_to_the_next_one(open_page, lab, page, following):
    assert next_pages(open_page(page, run=lab.good_run)) == following


def test_home_leads_from_an_untouched_folder_to_its_recordings_and_from_results_to_them(open_page, lab):
    assert next_pages(open_page("home")) == []
    assert next_pages(open_page("home", data=lab.fresh)) == ["Next: Data"]
    assert next_pages(open_page("home", data=lab.good)) == ["Next: Evaluation"]


def test_what_stands_out_is_the_run_button_until_its_step_is_done_and_the_next_page_after_it(open_page, lab):
    run = lambda app: app.button(key=keys.run_button("extraction")).proto.type  # noqa: E731
    app = open_page("extraction", data=lab.fresh)
    assert run(app) == "primary"
    app = open_page("extraction", run=lab.good_run)
    assert run(app) == "secondary"
    app.number_input(key=keys.parameter("cnmf.K")).set_value(9).run()
    assert run(app) == "primary", "with other settings a run gives something new"


def test_home_says_what_is_open_and_where_its_animals_stand(open_page, lab):
    assert "2 animals: 2 evaluated." in words(open_page("home", data=lab.good))
    assert "1 animal: 1 raw." in words(open_page("home", data=lab.fresh))
    assert "2 animals: 1 evaluated, 1 raw." in words(open_page("home", data=lab.bad))


@pytest.mark.parametrize("page", ["home", "data"])
def test_one_button_runs_everything_and_says_what_that_is(open_page, lab, submitted, page):
    app = open_page(page, run=lab.good_run)
    assert "Motion correction, extraction and evaluation of 2 animals. All of it is in the store" in words(app)
    app.session_state[keys.parameter("cnmf.K")] = 9
    app.run()
    assert "First fit and 6 stages after it run again: K 4 → 9; the rest is in the store." in words(app)
    app.session_state[keys.ANIMALS] = ["Animal_2"]
    app.run()
    assert "evaluation of Animal_2." in words(app)
    button(app, "Run everything").click()
    app.run()
    assert [(spec.until, spec.animals, spec.params["cnmf"]["K"]) for spec in submitted] == [
        ("evaluation", ("Animal_2",), 9)
    ]


def plan(app):
    """What is said under the run button."""
    return next(text.value for text in app.sidebar.caption if "default" in (text.proto.help or "")).replace("\\", "")


def test_each_run_button_says_which_stages_run_again_and_why(open_page, lab):
    app = open_page("extraction", run=lab.good_run)
    assert plan(app) == "All of it is in the store with these settings: no time."
    app.session_state[keys.parameter("cnmf.gSig", 0)] = app.session_state[keys.parameter("cnmf.gSig", 1)] = 5
    app.session_state[keys.parameter("evaluation.min_SNR")] = 4.0
    app.run()
    about, _, said = plan(app).partition(". ")
    assert re.fullmatch(r"About [\d.]+ s · [\d.]+ MB memory · [\d.]+ kB disk", about)
    assert said == "First fit, refit, residual run again: gSig 4 → 5; the rest is in the store."
    told = next(said for text in app.sidebar.caption if "Runs: " in (said := (text.proto.help or "").replace("\\", "")))
    runs = r"Runs: first fit \(about [\d.]+ s, [\d.]+ kB\), refit \(.*From the store: .*corrected movie"
    assert re.search(runs, told), told
    assert "Learnt from the runs that ended on this machine." in told
    app.session_state[keys.FRAMES] = 120
    assert plan(app.run()).endswith(". Everything runs again: frames 160 → 120, gSig 4 → 5.")
    app.session_state[keys.FRAMES] = None
    app.session_state[keys.parameter("cnmf.gSig", 0)] = app.session_state[keys.parameter("cnmf.gSig", 1)] = 4
    app.switch_page("pages/evaluation.py").run()
    assert plan(app).endswith(". Evaluation runs again: min_SNR 2 → 4; the rest is in the store."), "no refit"
    app.switch_page("pages/motion.py").run()
    assert plan(app).startswith("All of it is in the store"), "thresholds are none of its business"


def test_a_plan_names_seeds_the_animals_that_it_is_for_and_the_end_of_a_run_at_once(open_page, lab, monkeypatch):
    app = open_page("extraction", run=lab.good_run)
    placed = {f"{lab.good}\nAnimal_2": ((30, 30),)}
    app.session_state[keys.SEEDS] = placed
    assert plan(app.run()).endswith(". Refit, residual run again of 1 animal: seeds; the rest is in the store.")
    app.session_state[keys.SEEDS] = {}
    assert plan(app.run()).startswith("All of it")
    monkeypatch.setattr(type(places.store()), "has", lambda *_: False)
    jobs = places.jobs()
    run = next(job for job in jobs if job.id == lab.good_run)
    monkeypatch.setattr(places, "jobs", lambda: [replace(run, id="newer"), *jobs])
    assert plan(app.run()).endswith("Everything runs.")


def test_a_folder_that_was_never_run_is_run_whole(open_page, lab):
    never = lab.good.parent / "never run"
    never.mkdir()
    frames = np.random.default_rng(1).integers(0, 900, (40, 48, 64)).astype(np.uint16)
    tifffile.imwrite(never / "movie.tif", frames, photometric="minisblack")
    app = open_page("extraction", data=never)
    app.session_state[keys.parameter("dataset.fr")] = 20.0
    assert re.search(r" disk\. Everything runs\.$", plan(app.run()))


def test_what_keeps_a_run_of_everything_from_starting_is_said(open_page, lab, submitted):
    app = open_page("home", data=lab.fresh)
    button(app, "Run everything").click()
    app.run()
    assert not app.exception and not submitted
    assert "frame rate" in app.error[0].value


def test_the_marks_of_the_steps_are_explained_in_words(open_page, lab):
    sent = sent_data(open_page("data", data=lab.bad))
    tiles = {tile["value"]: tile for tile in next(one["animals"] for one in sent if "animals" in one)}
    assert (tiles["Animal_1"]["step"], tiles["Animal_1"]["n_done"]) == ("evaluated", 4)
    assert (tiles["Broken_1"]["step"], tiles["Broken_1"]["n_done"]) == ("raw", 1)
    assert "step 1 of 4 (raw, corrected, extracted, evaluated)" in tiles["Broken_1"]["told"]


def test_a_demo_is_called_by_its_number_of_animals(open_page, submitted):
    app = open_page("home")
    assert [(name, demo.animals) for name, demo in DEMOS.items()] == [
        ("Demo, 2 animals", 2),
        ("Demo, 5 animals", 5),
    ]
    button(app, "Open the demo").click()
    app.run()
    assert submitted == [
        JobSpec(kind="demo", data=str(places.demo_folder() / "Demo, 2 animals"), demo=DEMOS["Demo, 2 animals"])
    ]


def test_a_demo_that_an_earlier_version_made_opens(open_page, lab):
    folder = lab.store / "demo" / "quick"
    shutil.copytree(lab.good, folder)
    app = open_page("data", data=folder)
    assert not app.exception and not app.error
    assert app.dataframe[0].value["Animal"].tolist() == ["Animal_1", "Animal_2"]
    shutil.rmtree(folder)


def test_a_run_that_does_not_fit_says_so_at_its_button_and_is_refused_where_it_surely_can_not_work(
    open_page, lab, submitted, monkeypatch
):
    monkeypatch.setattr(room, "free_bytes", lambda _: 100_000)
    app = open_page("extraction", run=lab.good_run)
    app.session_state[keys.FRAMES] = 120
    app.run()
    assert "are free: prune the store on the page Runs" in plan(app)
    app.button(key=keys.run_button("extraction")).click().run()
    assert not submitted
    assert any("The corrected movies would take 2.0 MB" in error.value.replace("\\", "") for error in app.error)
    monkeypatch.setattr(room, "free_bytes", lambda _: 10**9)
    monkeypatch.setattr(room.psutil, "virtual_memory", lambda: SimpleNamespace(available=10**6, total=10**12))
    assert "are free: close other programs" in plan(app.run())
    app.button(key=keys.run_button("extraction")).click().run()
    assert submitted, "it may work all the same"
