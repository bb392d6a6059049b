"""Pages show the newest result of each animal, whatever became of later runs, or those of the run that is picked."""

from dataclasses import replace

import pytest
from sent_views import sent_data

from calscope.jobs.manager import JobManager
from calscope.ui.frame import keys
from calscope.ui.session import places, shown_run

NEWER = f"{2**62:016x}-f125t0"


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def pictures(app):
    """The maps of components that the page sent."""
    sent = sent_data(app)
    return [data for data in sent if "outlines" in data]


def tile(app, name):
    sent = sent_data(app)
    return next(one for one in next(data["animals"] for data in sent if "animals" in data) if one["value"] == name)


def picker(app):
    return next(box for box in app.selectbox if box.label == "Results of")


@pytest.fixture
def newer(lab, monkeypatch):
    """Let the pages see a run newer than all others: its state, what it left of which animals, until where."""
    others = JobManager(lab.store).jobs()
    good = next(job for job in others if job.id == lab.good_run)

    def set_to(state, stages_of, animals=(), until="evaluation", error="", *, animal=""):
        results = {
            name: replace(
                good.results[name],
                keys={stage: good.results[name].keys[stage] for stage in stages},
                error=error,
            )
            for name, stages in stages_of.items()
        }
        spec = replace(good.spec, animals=animals or None, until=until)
        status = replace(good.status, state=state, fraction=0.5, animal=animal)
        job = replace(good, id=NEWER, spec=spec, status=status, results=results)
        monkeypatch.setattr(places, "jobs", lambda: [job, *others])

    return set_to


def test_a_cancelled_run_hides_nothing(open_page, lab, newer):
    newer("cancelled", {})
    app = open_page("evaluation", data=lab.good)
    assert not app.exception and not app.error and pictures(app)
    assert picker(app).options[0].startswith("Newest: ")
    assert "cancelled" not in picker(app).options[0]


def test_a_run_of_motion_alone_shows_on_motion_and_leaves_the_evaluation(open_page, lab, newer):
    newer("done", {"Animal_1": ("source", "before", "estimate", "apply", "after")}, until="motion")
    app = open_page("motion", data=lab.good)
    assert "Motion correction" in picker(app).options[0]
    app.switch_page("pages/evaluation.py").run()
    assert "Whole analysis" in picker(app).options[0] and pictures(app)


def test_a_run_of_one_animal_leaves_the_others(open_page, lab, newer):
    good = JobManager(lab.store).get(lab.good_run).results["Animal_1"].keys
    newer("done", {"Animal_1": tuple(good)}, animals=("Animal_1",))
    app = open_page("evaluation", data=lab.good, animal="Animal_2")
    assert pictures(app) and "· Animal_1" not in picker(app).options[0]
    app.session_state[keys.ANIMAL] = "Animal_1"
    assert "· Animal_1" in picker(app.run()).options[0]


def test_what_a_running_run_has_through_is_shown_and_the_others_wait(open_page, lab, newer):
    good = JobManager(lab.store).get(lab.good_run).results["Animal_1"].keys
    newer("running", {"Animal_1": tuple(good)})
    app = open_page("evaluation", data=lab.good)
    assert "running" in picker(app).options[0]


def test_cards_keep_their_counts_while_a_run_goes_on(open_page, lab, newer):
    good = JobManager(lab.store).get(lab.good_run).results
    newer("running", {"Animal_1": tuple(good["Animal_1"].keys)})
    app = open_page("evaluation", data=lab.good)
    counts = {name: f"{record.counts['accepted']} of {record.counts['refit']}" for name, record in good.items()}
    assert tile(app, "Animal_1")["line"] == f"{counts['Animal_1']} accepted", "it is through"
    assert tile(app, "Animal_2")["line"] == f"waits · {counts['Animal_2']}"
    assert tile(app, "Animal_2")["told"].startswith(
        f"waits for its turn · {counts['Animal_2']} accepted until now · motion"
    )
    newer("running", {}, animal="Animal_2")
    assert tile(app.run(), "Animal_2")["line"] == f"runs · {counts['Animal_2']}"


def test_an_animal_of_which_there_is_nothing_yet_only_runs(open_page, lab, newer, monkeypatch):
    newer("running", {})
    job = places.jobs()[0]
    monkeypatch.setattr(places, "jobs", lambda: [job])
    app = open_page("evaluation", data=lab.good)
    assert tile(app, "Animal_2")["line"] == "waits for its turn"


def test_an_animal_that_failed_in_the_newest_run_says_so_and_shows_the_one_before(open_page, lab, newer):
    newer("failed", {"Animal_1": ("source",)}, error="The disk was pulled out.")
    app = open_page("evaluation", data=lab.good)
    assert pictures(app)
    assert any("The disk was pulled out." in error.value.replace("\\", "") for error in app.error)


def test_a_run_that_is_picked_is_shown_alone_and_the_address_names_it(open_page, lab, newer):
    newer("done", {"Animal_1": ("source", "before", "estimate", "apply", "after")}, until="motion")
    app = open_page("evaluation", data=lab.good)
    assert app.session_state[keys.ADDRESSES][-1] == {"data": str(lab.good)}
    picker(app).select(next(words for words in picker(app).options if "Motion correction" in words)).run()
    assert app.session_state[keys.RUN] == NEWER and app.session_state[keys.ADDRESSES][-1]["run"] == NEWER
    assert not pictures(app) and "no evaluation" in words(app)
    picker(app).select(picker(app).options[0]).run()
    assert keys.RUN not in app.session_state and pictures(app)


def test_nothing_was_run_is_not_said_while_a_run_goes_on(open_page, lab, newer, monkeypatch):
    newer("running", {})
    job = places.jobs()[0]
    job = replace(job, spec=replace(job.spec, data=str(lab.fresh)))
    monkeypatch.setattr(places, "jobs", lambda: [job])
    for page, more in (("extraction", "What it finds appears here"), ("evaluation", "What it finds appears here")):
        told = words(open_page(page, data=lab.fresh))
        assert "waits for its turn" in told and more in told and "processed this animal yet" not in told
    job = replace(job, spec=replace(job.spec, until="motion"), status=replace(job.status, animal="Still__1__here"))
    told = words(open_page("evaluation", data=lab.fresh))
    assert "Motion correction of Still__1__here is going on. It doesn't reach this page: press **Evaluate**" in told
    job = replace(job, spec=replace(job.spec, animals=("another",)))
    assert "processed this animal yet" in words(open_page("evaluation", data=lab.fresh))


def test_starting_a_run_ends_the_look_at_a_picked_one(open_page, lab, monkeypatch):
    monkeypatch.setattr(places, "submit", lambda spec: "nothing")
    app = open_page("evaluation", run=lab.good_run)
    assert app.session_state[keys.RUN] == lab.good_run
    next(button for button in app.button if button.label == "Evaluate").click()
    app.run()
    assert keys.RUN not in app.session_state


def test_of_many_runs_none_is_read_that_is_not_needed(lab, monkeypatch):
    good = JobManager(lab.store).get(lab.good_run)
    many = [replace(good, id=f"{2**62 + k:016x}-f125t0") for k in range(400)]
    looked = []
    monkeypatch.setattr(shown_run, "of_project", lambda: many)
    monkeypatch.setattr(shown_run, "_parsed", lambda job_id, spec: looked.append(job_id) or spec.parameters())
    monkeypatch.setattr(shown_run.st, "session_state", {})
    monkeypatch.setattr(shown_run.edited, "results_of", lambda record: (None, ()))
    ref = type("Ref", (), {"name": "Animal_1", "path": good.results["Animal_1"].info.path})()
    assert shown_run.animal(ref, "evaluation").run.id == many[0].id
    assert len(set(looked)) < 5


def test_a_picked_run_that_left_nothing_is_named_and_one_press_leads_back(open_page, lab, newer):
    newer("cancelled", {})
    app = open_page("evaluation", data=lab.good)
    app.session_state[keys.RUN] = NEWER
    app.run()
    assert "cancelled" in picker(app).value or "cancelled" in picker(app).options[-1] or picker(app).value == NEWER
    assert "This run has not processed this animal" in words(app) and not pictures(app)
    next(button for button in app.button if button.label == "Show the newest results").click().run()
    assert pictures(app) and keys.RUN not in app.session_state


def test_opening_the_folder_again_ends_the_look_at_a_picked_run(open_page, lab):
    app = open_page("evaluation", run=lab.good_run)
    app.switch_page("pages/home.py").run()
    next(box for box in app.text_input if box.label.startswith("Path of a folder")).set_value(str(lab.good))
    next(button for button in app.button if button.label == "Open").click()
    assert keys.RUN not in app.run().session_state
