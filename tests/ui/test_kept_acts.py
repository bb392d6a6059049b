"""Acts as the browser tells them: what becomes an entry, what is refused with words, and what is left out."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
import stand_in

from calscope.engines.engine_registry import ENGINES
from calscope.model.params import Parameters
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.edited_results import with_edits
from calscope.pipeline.kept_judgements import open_log
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store
from calscope.ui.evaluation import evaluated_animal, judged_animal, not_carried
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import edit_preview, judging, kept_acts
from calscope.ui.session import edited
from calscope.ui.session.shown_run import ShownAnimal

PRINT = "0123456789abcdef0123456789abcdef"


def shown(store, *, n=3, fingerprint=PRINT):
    recording = stand_in.MemoryRecording(fingerprint=fingerprint)
    engine = stand_in.StandIn(n=n, version=str(n))
    run = run_animal(recording, Parameters(), engine=engine, store=store, workers=1)
    found = AnimalResults(store, run.keys)
    animal = ShownAnimal(run.name, run, found, run.info)
    return EvaluatedAnimal(animal, found.refit, found.component_quality, found.evaluation, found.after)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("CALSCOPE_STORE", str(tmp_path / "store"))
    return Store(tmp_path / "store")


def act(*said, who="Ada"):
    return {"id": str(uuid4()), "who": who, "said": [list(part) for part in said]}


def tell(view, *acts):
    return kept_acts.keep(view, kept_acts.parsed({"n": 1, "acts": list(acts)}))


def test_an_act_is_kept_once_and_changes_what_is_accepted(store):
    view = shown(store)
    one = act(("accept", 0, ""))
    assert tell(view, one) == {one["id"]: {"error": "", "component": None}}
    assert tell(view, one) == {one["id"]: {"error": "", "component": None}}
    assert len(open_log(store.root, PRINT).entries()) == 1
    found = judged_animal.judge(view)
    assert found.evaluation.accepted.tolist() == [True, False, True]
    assert found.unjudged.accepted.tolist() == [False, False, True]
    assert found.keys != view.keys and found.unjudged_keys == view.unjudged_keys


def test_several_at_once_are_taken_back_at_once_and_one_is_looked_at(store):
    view = shown(store)
    tell(view, act(("accept", 1, "")), act(("reject", 0, ""), ("reject", 1, ""), ("reject", 2, "")))
    undo, again = act(("undo", None, "")), act(("undo", None, ""))
    answers = tell(view, undo, again)
    assert [answers[one["id"]]["component"] for one in (undo, again)] == [None, 1]
    third = act(("undo", None, ""))
    assert "nothing to undo" in tell(view, third)[third["id"]]["error"]
    assert judged_animal.judge(view).judgements.by_component == {}


def test_what_is_too_long_or_of_no_component_is_refused_and_the_rest_is_kept(store):
    view = shown(store)
    wrong = [
        act(("note", 0, "x" * 10_000)),
        act(("accept", 3, "")),
        act(("accept", None, "")),
        act(("accept", 0, ""), who="y" * 61),
        act(("praise", 0, "")),
        act(("dismiss", 0, "some run")),
    ]
    right = act(("tag", 2, "blood vessel"))
    answers = tell(view, *wrong, right)
    told = [answers[one["id"]]["error"] for one in wrong]
    for part, error in zip(
        ["at most 1000", "no component 3", "no component None", "1 to 60", "nothing called", "not among"],
        told,
        strict=True,
    ):
        assert part in error
    assert answers[right["id"]]["error"] == "" and len(open_log(store.root, PRINT).entries()) == 1


@pytest.mark.parametrize(
    "told",
    [
        None,
        7,
        {"acts": 3},
        {"acts": [None, 5, {}]},
        {"acts": [{"id": "../../etc/passwd", "who": "a", "said": [["accept", 0, ""]]}]},
        {"acts": [act() | {"said": []}, act(("accept", True, "")), act(("accept", 0)), act((1, 0, ""))]},
        {"acts": [act(("accept", 0, "")) | {"who": 5}]},
    ],
)
def test_what_is_no_act_is_left_out(told):
    assert kept_acts.parsed(told) == []


def test_a_recording_of_unknown_files_can_not_be_judged_and_says_so(store):
    view = judged_animal.judge(shown(store, fingerprint="strange"))
    one = act(("accept", 0, ""))
    assert "no recording whose files are known" in view.closed
    assert "no recording" in tell(view, one)[one["id"]]["error"]


def test_where_the_log_is_another_recording_s_the_thresholds_decide_and_that_is_said(store):
    view = shown(store)
    tell(view, act(("accept", 0, "")))
    path = open_log(store.root, PRINT).path
    path.write_text(path.read_text().replace(PRINT, "f" * 32))
    open_log.cache_clear()  # as another process would read it
    found = judged_animal.judge(view)
    assert "another recording" in found.closed and found.evaluation.accepted.tolist() == [False, False, True]


def test_lost_ones_have_a_picture_and_are_dismissed(store):
    tell(shown(store), act(("reject", 2, ""), ("note", 2, "<b>bright</b>")))
    view = judged_animal.judge(shown(store, n=2))
    (lost,) = not_carried.to_browser(view)["lost"]
    assert "reject by Ada · <b>bright</b> · y 10, x 0 px" in lost["words"] and lost["picture"].startswith(
        "data:image/png"
    )
    one = act(tuple(lost["dismiss"]))
    assert tell(view, one)[one["id"]]["error"] == ""
    assert not judged_animal.judge(view).judgements.lost


@pytest.mark.parametrize("n", [0, 1])
def test_none_found_and_one_component(store, n):
    view = judged_animal.judge(shown(store, n=n))
    assert view.evaluation.accepted.shape == (n,) and view.closed == ""
    tell(view, *(act((action, k, "")) for k in range(n) for action in ("reject", "accept")))
    assert judged_animal.judge(view).evaluation.n_accepted == n


def test_two_persons_who_judge_one_component_at_once_are_both_kept_and_what_holds_is_said(store):
    view = shown(store)
    both = [act(("accept", 1, ""), who="Ada"), act(("reject", 1, ""), who="Bob")]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda one: tell(view, one), both))
    assert all(not one["error"] for answer in answers for one in answer.values())
    entries = open_log(store.root, PRINT).entries()
    assert sorted(one.who for one in entries) == ["Ada", "Bob"]
    found = judged_animal.judge(view).judgements.of(1)
    assert (found.decision, found.decided_by) == (entries[-1].action, entries[-1].who), "in sight the last one is right"
    tell(view, act(("accept" if found.decision == "reject" else "reject", 1, ""), who="Cleo") | {"blind": True})
    judged = judged_animal.judge(view)
    assert judged.judgements.of(1).is_disputed and judged.evaluation.accepted[1] == view.evaluation.accepted[1]
    entry = judging._entry(judged.judgements.of(1), judged.evaluation, 1)
    assert entry[0] == "disagree" and "raters disagree, not settled" in entry[5] and entry[6] == "disputed"
    one = act(("settle", 1, "accept"), who="Dan")
    assert "Leave off judging blind" in tell(view, one | {"blind": True})[one["id"]]["error"]
    assert tell(view, one)[one["id"]]["error"] == ""
    assert judged_animal.judge(view).judgements.of(1).held.state == "settled"
    wrong = act(("settle", 1, "perhaps"), who="Dan")
    assert "accept, reject, unsure" in tell(view, wrong)[wrong["id"]]["error"]


@pytest.fixture
def changeable(store, monkeypatch):
    """Gives the animal as it is now, as its engine is known here."""
    engine = stand_in.StandIn()
    monkeypatch.setitem(ENGINES, engine.name, engine)
    first = shown(store)
    monkeypatch.setattr("calscope.ui.session.places.store", lambda: store)

    def now():
        results, why = edited.results_of(first.animal.record)
        assert not why
        animal = replace(first.animal, results=results)
        return evaluated_animal.evaluated(animal)

    return now


def told(view, *said):
    one = act(*said)
    return tell(view, one)[one["id"]]["error"]


def test_components_are_merged_judged_and_deleted_again(store, changeable):
    assert told(changeable(), ("merge", 0, ""), ("merge", 1, "")) == ""
    view = changeable()
    assert view.components.n == 2 and kept_acts.made_by_hand(view) == {1: "merge"}
    assert told(view, ("accept", 1, "")) == "" and told(view, ("reject", 0, "")) == ""
    found = judged_animal.judge(changeable())
    assert [found.judgements.of(k).decision for k in range(2)] == ["reject", "accept"]
    assert "Only components that were made by hand" in told(view, ("delete", 0, ""))
    assert told(view, ("delete", 1, "")) == ""
    back = judged_animal.judge(changeable())
    assert back.components.n == 3 and [back.judgements.of(k).decision for k in range(3)] == [None, None, "reject"]
    undo = act(("undo", None, ""))
    tell(back, undo)
    assert changeable().components.n == 2


def test_a_merge_that_is_not_made_is_shown_where_it_was_until_it_is_dismissed(store, changeable):
    assert told(changeable(), ("merge", 1, ""), ("merge", 2, "")) == ""
    entries = open_log(store.root, PRINT).entries()
    of_another_run = [replace(one, target=replace(one.target, run="f" * 32)) for one in entries]
    less = shown(store, n=2)
    results = with_edits(less.animal.record, less.animal.results, of_another_run)
    view = replace(less, animal=replace(less.animal, results=results))
    found = not_carried.to_browser(view)
    (lost,) = found["lost"]
    assert lost["words"] == "A merge by Ada is not made here: Not all of its components are found in this run."
    assert lost["picture"].startswith("data:image/png") and found["n_lost"] == 1
    assert len(lost["outlines"]["lengths"]) == 2, "of both that were merged"
    y, x = (
        (entries[0].target.y_px + entries[1].target.y_px) / 2,
        (entries[0].target.x_px + entries[1].target.x_px) / 2,
    )
    assert lost["place"] == pytest.approx([y, x], abs=0.1)
    assert found["dismiss_all"] == [lost["dismiss"]]
    one = act(tuple(lost["dismiss"]))
    assert tell(judged_animal.judge(view), one)[one["id"]]["error"] == ""
    after = judged_animal.judge(view)
    assert not_carried.to_browser(after)["n_lost"] == 0 and after.judgements.notes == ()
    again = act(tuple(lost["dismiss"]))
    assert "not carried over any more" in tell(after, again)[again["id"]]["error"]
    tell(after, act(("undo", None, "")))
    assert not_carried.to_browser(judged_animal.judge(view))["n_lost"] == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([("merge", 0, "")], "two or more components"),
        ([("merge", 0, ""), ("merge", 0, "")], "two or more components"),
        ([("split", 0, ""), ("split", 1, "")], "one at a time|at a time"),
        ([("merge", 0, ""), ("accept", 1, "")], "one at a time"),
        ([("split", 0, "")], "no two cells|rise and fall together"),
        ([("draw", None, "500,500")], "outside of the field of 32 x 28 px"),
        ([("draw", None, "3,3 x")], "can't be read"),
        ([("draw", None, "3,3 3,4")], "at least 3 are needed"),
        ([("split", 7, "")], "There is no component 7"),
    ],
)
def test_changes_that_mean_nothing_are_refused_in_words_and_not_kept(store, changeable, said, words):
    assert re.search(words, told(changeable(), *said))
    assert not open_log(store.root, PRINT).entries()


def test_results_that_were_not_run_here_can_not_be_changed(store):
    assert "they were not run here" in told(shown(store), ("merge", 0, ""), ("merge", 1, ""))


def test_a_preview_shows_footprints_and_traces_and_says_nothing(store, changeable):
    view = changeable()
    new, _ = kept_acts.entries_of(kept_acts.parsed({"acts": [act(("merge", 0, ""), ("merge", 1, ""))]})[0], view, ())
    found = edit_preview.pictures(view, edit_preview.planned(view, (), new), new[0].act, [0, 1])
    assert [label for label, _, _ in found["traces"]] == ["component 0 now", "component 1 now", "then"]
    assert all(0 <= min(values) < max(values) <= 1 for _, values, _ in found["traces"])
    assert found["now"].startswith("data:image/png") and found["now"] != found["then"]
    assert not open_log(store.root, PRINT).entries()
