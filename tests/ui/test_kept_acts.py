"""Acts as the browser tells them: what becomes an entry, what is refused with words, and what is left out."""

from uuid import uuid4

import pytest
import stand_in

from calscope.model.params import Parameters
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_judgements import open_log
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store
from calscope.ui.evaluation import judged_animal
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import judging, kept_acts
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
        act(("merge", 0, "")),
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
    (lost,) = (judging._lost(one, view.after.corr) for one in view.judgements.lost)
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
