import json
import re
from dataclasses import replace

import numpy as np
import pytest
from sent_views import sent_data

from calscope.jobs.manager import JobManager
from calscope.model.groups import Thresholds
from calscope.model.note_texts.all_texts import text, texts, why
from calscope.model.notes import Note
from calscope.model.results import Evaluation
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.steps.stage_steps import evaluate_components
from calscope.pipeline.store import Store
from calscope.ui.frame import keys
from calscope.ui.session.shown_run import ShownRun

PAGES = ("home", "data", "motion", "extraction", "evaluation", "traces", "parameters", "runs")
OF_A_RUN = ("motion", "extraction", "evaluation", "traces")
TITLES = {"home": "Calscope"}


def words(app):
    """Everything that is said on a page."""
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning, app.success, app.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)


def type_folder(app, path):
    box = next(box for box in app.text_input if box.label.startswith("Path of a folder"))
    box.set_value(str(path))


def plainly(text):
    return text.replace("\\", "")


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def linked(app, part):
    """What the page sent to its linked views, of those whose data have that part."""
    sent = sent_data(app)
    return [data for data in sent if part in data]


def strip(app):
    """The tiles of the animals above the page, by name."""
    sent = sent_data(app)
    tiles = next(one["animals"] for one in sent if "animals" in one)
    return {tile["value"]: tile for tile in tiles}


def all_animals(app):
    app.session_state[keys.SHOWS_ALL] = True
    return app.run()


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return app.run()


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_with_nothing_there(open_page, page):
    app = open_page(page)
    assert not app.exception
    assert not app.error or page == "runs"
    assert app.title[0].value == TITLES.get(page, page.capitalize())


@pytest.mark.parametrize("page", ["data", *OF_A_RUN])
def test_page_without_a_folder_says_where_to_open_one(open_page, page):
    assert "on Home" in words(open_page(page))


@pytest.mark.parametrize("page", OF_A_RUN)
def test_page_of_a_folder_on_which_nothing_ran_says_what_to_press(open_page, lab, page):
    app = open_page(page, data=lab.fresh)
    assert not app.exception
    assert "processed this animal yet" in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_page_shows_a_finished_run(open_page, lab, page):
    app = open_page(page, run=lab.good_run)
    assert not app.exception
    assert not app.error or page == "runs"
    assert app.query_params["run"] == lab.good_run
    if page in OF_A_RUN:
        assert figures(app) or linked(app, "outlines")
        assert set(strip(app)) == {"Animal_1", "Animal_2", ""}


@pytest.mark.parametrize("page", PAGES)
def test_page_of_a_run_in_which_an_animal_failed(open_page, lab, page):
    app = open_page(page, run=lab.bad_run)
    assert not app.exception
    if page in OF_A_RUN[:-1]:
        assert figures(app) or linked(app, "outlines"), "the animal that went well is shown"
        assert "failed" in strip(app)["Broken_1"]["line"]
        app.session_state[keys.ANIMAL] = "Broken_1"
        app.run()
        assert any("Broken_1" in plainly(error.value) for error in app.error)
        assert "Traceback" not in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_page_where_the_chosen_engine_is_missing(open_page, lab, page):
    app = open_page(page, run=lab.good_run)
    app.session_state["engine"] = "caiman"
    app.run()
    assert not app.exception
    if page in OF_A_RUN[:-1]:
        assert any("conda" in error.value for error in app.error)
        before = len(JobManager(lab.store).jobs())
        press(app, {"motion": "Correct motion", "extraction": "Extract components"}.get(page, "Evaluate"))
        assert not app.exception
        assert len(JobManager(lab.store).jobs()) == before


def test_home_tells_which_engine_is_here_and_why_not_the_other(open_page):
    app = open_page("home")
    said = words(app)
    assert "ready" in said
    assert "conda" in said


def test_typed_folder_outside_of_the_allowed_ones_is_refused_in_words(open_page):
    app = open_page("home")
    type_folder(app, "/etc")
    press(app, "Open")
    assert not app.exception
    assert "/etc" in plainly(app.error[0].value)


def test_a_demo_folder_inside_of_an_allowed_one_is_listed_once(open_page, lab, monkeypatch):
    (lab.store / "demo").mkdir(exist_ok=True)
    monkeypatch.setenv("CALSCOPE_ROOTS", str(lab.store))
    app = open_page("home")
    assert not app.exception
    assert [button.key for button in app.button].count(keys.folder_button(str(lab.store / "demo"))) == 1


def test_typed_folder_opens(open_page, lab):
    app = open_page("home")
    type_folder(app, lab.good)
    press(app, "Open")
    assert app.session_state["project"] == str(lab.good)


def test_data_page_lists_every_animal_with_what_its_files_say(open_page, lab):
    table = open_page("data", data=lab.good).dataframe[0].value
    assert table["Animal"].tolist() == ["Animal_1", "Animal_2"]
    assert table["Frames"].tolist() == [160, 160]
    assert set(table["Rate (Hz)"]) == {"14.7"}


def test_data_page_asks_for_an_unknown_rate_and_runs_wait_for_it(open_page, lab):
    app = open_page("data", data=lab.fresh)
    assert not app.exception
    assert "not in the files" in words(app)
    app.switch_page("pages/motion.py").run()
    before = len(JobManager(lab.store).jobs())
    press(app, "Correct motion")
    assert "frame rate" in plainly(app.error[0].value)
    assert len(JobManager(lab.store).jobs()) == before


def test_name_with_markdown_in_it_is_shown_as_it_stands(open_page, lab):
    app = open_page("data", data=lab.fresh)
    said = words(app)
    assert "Still__1__here" in plainly(said)
    assert "__1__" not in said


def swipes(app):
    """What the page sent to be swiped, by the title of the image."""
    sent = sent_data(app)
    return [drawn for drawn in sent if "before" in drawn]


def choose(app, label, value):
    next(group for group in app.get("button_group") if group.label == label).set_value(value)
    return app.run()


def test_motion_page_lays_both_images_of_each_animal_over_each_other_in_one_display_range(open_page, lab):
    app = open_page("motion", run=lab.good_run)
    drawn = swipes(app)
    assert [one["title"] for one in drawn] == ["Max projection", "Local correlation"]
    job = JobManager(lab.store).get(lab.good_run)
    found = AnimalResults(Store(lab.store), job.results["Animal_1"].keys)
    both = np.concatenate([found.before.max.ravel(), found.after.max.ravel()])
    said = [float(drawn[0][end]) for end in ("low", "high")]
    assert said == pytest.approx(np.percentile(both, (50, 99.5)), rel=5e-3)


def test_motion_page_shows_all_three_images_side_by_side(open_page, lab):
    app = open_page("motion", run=lab.good_run)
    choose(app, "View of the images", "Side by side")
    choose(app, "Images", ["max", "mean", "corr"])
    assert not app.exception
    rows = [figure for figure in figures(app) if len(figure["layout"].get("images", ())) == 2]
    assert len(rows) == 3
    assert all(figure["layout"]["xaxis2"]["matches"] == "x" for figure in rows)
    assert not swipes(app)


def test_motion_page_lists_every_animal_with_the_verdict_of_its_run(open_page, lab):
    table = all_animals(open_page("motion", run=lab.good_run)).dataframe[0].value.set_index("Animal")
    for name, record in JobManager(lab.store).get(lab.good_run).results.items():
        found = AnimalResults(Store(lab.store), record.keys).motion_quality
        assert table.loc[name, "Verdict"].endswith(found.verdict)
        assert table.loc[name, "Flags"] == len(found.flags)
        app = open_page("motion", run=lab.good_run, animal=name)
        assert plainly(text(found.why)) in plainly(words(app))
        assert all(flag in plainly(words(app)) for flag in texts(found.flags))


def test_motion_page_marks_the_animal_that_failed(open_page, lab):
    app = all_animals(open_page("motion", run=lab.bad_run))
    table = app.dataframe[0].value.set_index("Animal")
    assert table.loc["Broken_1", "Verdict"] == "▲ failed"
    assert re.search(r"\d animals? needs? a look", words(app))


def test_motion_page_without_a_verdict_says_so(open_page, lab, monkeypatch):
    monkeypatch.setattr(AnimalResults, "motion_quality", property(lambda self: None))
    app = open_page("motion", run=lab.good_run)
    for tab in ("Frame by frame", "Measures"):
        app.session_state["motion: tab Animal_1"] = tab
        app.run()
        assert not app.exception
    assert "no verdict" in words(app)


def test_motion_page_goes_to_the_frame_that_is_asked_for(open_page, lab):
    app = open_page("motion", run=lab.good_run)
    keys = JobManager(lab.store).get(lab.good_run).results["Animal_1"].keys
    motion = AnimalResults(Store(lab.store), keys).motion_estimate
    next(slider for slider in app.slider if slider.label == "Frame").set_value(37)
    app.run()
    down, right = motion.shifts_rig[37]
    assert (
        f"Frame 37, counted from 0, at {37 / 14.7:.2f} s: shifted by {down:+.2f} px down and {right:+.2f}"
        in plainly(words(app))
    )


def test_counts_on_the_pages_are_those_of_the_run(open_page, lab):
    counts = JobManager(lab.store).get(lab.good_run).results["Animal_2"].counts
    app = all_animals(open_page("extraction", run=lab.good_run))
    fits = app.dataframe[0].value.set_index("Animal").loc["Animal_2"]
    assert (fits["First fit"], fits["Refit"]) == (counts["first"], counts["refit"])
    app.switch_page("pages/evaluation.py").run()
    assert strip(app)["Animal_2"]["line"] == f"{counts['accepted']} of {counts['refit']} accepted"


def test_page_says_at_once_where_the_sidebar_differs_from_the_run(open_page, lab):
    app = open_page("extraction", run=lab.good_run)
    assert "other settings" not in words(app), "a link brings the settings of its run"
    app.number_input(key=keys.parameter("cnmf.rf")).set_value(15).run()
    assert "rf was 20 px, now 15 px" in plainly(words(app))
    assert "min_SNR" not in plainly(words(app))
    assert "stride 8 px" in plainly("\n".join(caption.proto.help for caption in app.sidebar.caption))
    press(app, "Use this run's settings")
    assert "other settings" not in words(app)


def test_thresholds_on_the_page_evaluate_on_every_page_and_the_run_is_named(open_page, lab):
    found = AnimalResults(Store(lab.store), JobManager(lab.store).get(lab.good_run).results["Animal_1"].keys)
    app = open_page("evaluation", run=lab.good_run, animal="Animal_1")
    card = strip(app)["Animal_1"]
    assert (card["step"], card["tried"]) == ("evaluated", False)
    strict = dict.fromkeys(("evaluation.rval_thr", "evaluation.min_soma"), 0.9)
    for dotted, value in strict.items():
        app.number_input(key=keys.parameter(dotted)).set_value(value).run()
    now = evaluate_components(found.component_quality, Thresholds(rval_thr=0.9, min_soma=0.9)).n_accepted
    assert now != found.evaluation.n_accepted
    note = f"The run itself accepted {found.evaluation.n_accepted} of {found.refit.n}"
    assert strip(app)["Animal_1"]["line"] == f"{now} of {found.refit.n} accepted"
    card = strip(app)["Animal_1"]
    assert (card["step"], card["tried"]) == ("these thresholds", True)
    assert f"not run: the run accepted {found.evaluation.n_accepted}" in card["told"]
    assert [len(group["members"]) for group in linked(app, "groups")[0]["groups"]] == [now, found.refit.n - now]
    assert linked(app, "choice")[0]["counts"]["accepted"] == now
    assert note in words(app)
    assert "other settings" not in words(app)
    app.switch_page("pages/extraction.py").run()
    assert strip(app)["Animal_1"]["line"] == f"{now} of {found.refit.n} accepted"
    assert note in words(app)
    app.switch_page("pages/traces.py").run()
    assert linked(app, "choice")[0]["counts"]["accepted"] == now
    assert note in words(app)


def test_thresholds_that_are_not_allowed_evaluate_nothing_and_other_values_do_not_hinder_them(open_page, lab):
    app = open_page("evaluation", run=lab.good_run)
    accepted = strip(app)["Animal_1"]["line"]
    app.session_state[keys.parameter("cnmf.stride")] = 400
    app.number_input(key=keys.parameter("evaluation.min_SNR")).set_value(100.0).run()
    assert not app.error
    assert strip(app)["Animal_1"]["line"] != accepted
    app.number_input(key=keys.parameter("evaluation.SNR_lowest")).set_value(100.0).run()
    app.number_input(key=keys.parameter("evaluation.min_SNR")).set_value(3.0).run()
    assert "evaluation.SNR_lowest" in plainly(app.warning[0].value)
    assert strip(app)["Animal_1"]["line"] == accepted


def test_scatter_counts_the_components_that_only_their_likeness_to_a_soma_rejects(open_page, lab):
    found = AnimalResults(Store(lab.store), JobManager(lab.store).get(lab.good_run).results["Animal_1"].keys)
    app = open_page("evaluation", run=lab.good_run, animal="Animal_1")
    app.number_input(key=keys.parameter("evaluation.min_soma")).set_value(0.9).run()
    reasons = evaluate_components(found.component_quality, Thresholds(min_soma=0.9)).reasons
    n = sum(reason.kind == "rejected" and reason.values["checks"][-1]["measure"] == "soma" for reason in reasons)
    assert n > 0
    groups = {group["name"]: group["members"] for group in linked(app, "pairs")[0]["groups"]}
    assert len(groups["rejected: unlike a soma"]) == n


def test_traces_page_shows_the_component_of_the_link(open_page, lab):
    record = JobManager(lab.store).get(lab.good_run).results["Animal_2"]
    found = AnimalResults(Store(lab.store), record.keys)
    component = found.refit.n - 1
    app = open_page("traces", run=lab.good_run, animal="Animal_2", component=component)
    assert not app.exception
    assert linked(app, "choice")[0]["choice"]["component"] == component
    assert str(component) in linked(app, "panels")[0]["components"]
    columns = {column["name"]: column.get("values") for column in linked(app, "accepted")[0]["columns"][1:]}
    assert columns["SNR"][component] == pytest.approx(found.component_quality.snr[component], abs=1e-4)
    assert "CNN" not in columns
    assert columns["reason"][component] == why(found.evaluation.reasons[component])
    assert app.query_params["component"] == str(component)


def test_traces_page_begins_with_the_first_accepted_and_its_neighbours(open_page, lab):
    record = JobManager(lab.store).get(lab.good_run).results["Animal_1"]
    found = AnimalResults(Store(lab.store), record.keys)
    first = int(np.flatnonzero(found.evaluation.accepted)[0])
    app = open_page("traces", run=lab.good_run, animal="Animal_1")
    assert app.session_state["component"] == first
    near = range(max(first - 3, 0), min(first + 4, found.refit.n))
    assert sorted(int(number) for number in linked(app, "panels")[0]["components"]) == list(near)


@pytest.mark.parametrize(
    "address", [{"component": 9999}, {"component": "x"}, {"animal": "Nobody"}, {"run": "../../etc"}]
)
def test_links_to_what_is_not_there_do_no_harm(open_page, lab, address):
    app = open_page("traces", **({"run": lab.good_run} | address))
    assert not app.exception


def test_link_to_a_folder_outside_of_the_allowed_ones_is_refused(open_page):
    app = open_page("data", data="/etc")
    assert not app.exception
    assert "project" not in app.session_state


def test_run_of_which_nothing_was_accepted_can_be_shown(open_page, lab, monkeypatch):
    def nobody(self):
        found = self.get("evaluation")
        return found and Evaluation(np.zeros_like(found.accepted), found.reasons)

    monkeypatch.setattr(AnimalResults, "evaluation", property(nobody))
    for page in ("evaluation", "traces"):
        app = open_page(page, run=lab.good_run)
        assert not app.exception
        assert not app.error


def test_parameters_page_finds_a_parameter_by_its_caiman_path(open_page):
    app = open_page("parameters")
    app.text_input(key=keys.SEARCH_PARAMETERS).set_value("quality.min_SNR").run()
    described = [text.value for text in app.markdown if text.value.startswith("**`")]
    assert described == ["**`min_SNR`**"]


def test_runs_page_lists_runs_with_their_log(open_page, lab):
    app = open_page("runs")
    assert set(app.dataframe[0].value["Run"]) >= {lab.good_run, lab.bad_run}
    assert app.code[0].value.strip()


def test_forgotten_run_leaves_the_list_when_that_was_asked_once_more(open_page, lab, settle):
    manager = JobManager(lab.store)
    extra = manager.submit(JobManager(lab.store).get(lab.good_run).spec)
    settle(manager, extra)
    app = open_page("runs")
    for _ in range(200):  # the list of jobs is looked at again after a while
        if any(extra in caption.value for caption in app.caption):
            break
        app.run()
    press(app, "Forget this run")
    assert extra in {job.id for job in manager.jobs()}
    press(app, "Keep it")
    assert extra in {job.id for job in manager.jobs()}
    press(app, "Forget this run")
    press(app, "Forget it")
    assert not app.exception
    assert extra not in {job.id for job in manager.jobs()}
    assert "Forget this run" in [button.label for button in app.button], "of the next run it is asked anew"


def test_motion_says_which_parameters_were_not_used_as_requested(open_page, lab, monkeypatch):
    app = open_page("motion", run=lab.good_run, animal="Animal_1")
    assert any("All parameters of motion correction were used as requested" in text.value for text in app.caption)
    job = JobManager(lab.store).get(lab.good_run)
    record = job.results["Animal_1"]
    changed = replace(
        record,
        effective=record.effective | {"motion": record.effective["motion"] | {"strides": [40, 32]}},
        reasons={"motion.strides": Note("sentence", {"text": "The field is smaller."})},
    )
    monkeypatch.setattr(ShownRun, "record", lambda self, ref: changed)
    app = open_page("motion", run=lab.good_run, animal="Animal_1")
    assert not app.exception
    expander = next(
        one for one in app.expander if "1 parameter of motion correction not used as requested" in one.label
    )
    row = expander.table[0].value.map(lambda text: text.replace("\\", "")).iloc[0]
    assert row[["Requested", "Used"]].tolist() == ["32 px", "(40, 32) px"] and row["Why"] == "The field is smaller."


def test_what_is_left_open_follows_the_engine_and_the_rule_in_force_is_said(lab, open_page):
    app = open_page("evaluation", run=lab.good_run, animal="Animal_1")
    assert any("likeness to a soma" in one.value for one in app.caption)
    app.session_state[keys.ENGINE] = "caiman"
    app.run()
    assert any("CaImAn's own rule" in plainly(one.value) for one in app.caption)
    assert app.session_state[keys.RULE] is False, "the switch stands where the engine puts it"
    app.button_group(key=keys.RULE).set_value(True).run()
    assert any("likeness to a soma" in one.value for one in app.caption)
    assert app.session_state[keys.parameter("evaluation.use_soma")] is True


def test_the_switch_tells_how_many_both_rules_accept_by_the_thresholds_set_now(lab, open_page):
    found = AnimalResults(Store(lab.store), JobManager(lab.store).get(lab.good_run).results["Animal_1"].keys)
    app = open_page("evaluation", run=lab.good_run, animal="Animal_1")
    app.number_input(key=keys.parameter("evaluation.min_soma")).set_value(0.9).run()
    both = [Thresholds(min_soma=0.9, use_soma=rule) for rule in (True, False)]
    bodies, caimans = (evaluate_components(found.component_quality, one).n_accepted for one in both)
    assert bodies < caimans
    assert app.button_group(key=keys.RULE).options == [f"cell bodies only: {bodies}", f"as CaImAn judges: {caimans}"]
    app.button_group(key=keys.RULE).set_value(False).run()
    assert linked(app, "choice")[0]["counts"]["accepted"] == caimans
