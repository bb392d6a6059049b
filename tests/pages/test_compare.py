"""Compare: two runs of one animal beside each other, or in words why they can't be."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from sent_views import sent_data

from calscope.jobs.manager import JobManager
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.codecs import save_result
from calscope.pipeline.store import Store
from calscope.ui.compare import compared_components
from calscope.ui.frame import keys
from calscope.ui.session import places

OTHER = f"{1:016x}-0ther0"
"""A run older than all others."""


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def sent(app, name):
    """What the page sent to its views that holds this entry."""
    found = sent_data(app)
    return [data for data in found if name in data]


def tables(app):
    return [table.value for table in app.table]


def pick(app, letter):
    return next(box for box in app.selectbox if box.label == f"Run {letter}")


@pytest.fixture(autouse=True)
def jobs(lab, monkeypatch):
    """Let the pages see the runs that the lab began with alone, whatever tests of other files started in its store."""
    own = [job for job in JobManager(lab.store).jobs() if job.id in (lab.good_run, lab.bad_run)]
    monkeypatch.setattr(places, "jobs", lambda: own)
    return own


@pytest.fixture
def other(lab, jobs, monkeypatch):
    """Let the pages see a second run of the good folder, in which something of Animal_1 is changed."""
    good = next(job for job in jobs if job.id == lab.good_run)

    def made(changed=None, *, n_frames=None, kind="run", data=None, name=None, evaluation=None):
        changes = {"keys": lambda keys: keys, **(changed or {})}
        record = good.results["Animal_1"]
        own = {field: change(getattr(record, field)) for field, change in changes.items()}
        results = {name or "Animal_1": replace(record, name=name or "Animal_1", **own)}
        results |= {} if name else {"Animal_2": good.results["Animal_2"]}
        params = good.spec.params | ({"evaluation": evaluation} if evaluation else {})
        spec = replace(good.spec, kind=kind, data=data or good.spec.data, params=params, n_frames=n_frames)
        job = replace(good, id=OTHER, spec=spec, results=results)
        monkeypatch.setattr(places, "jobs", lambda: [*jobs, job])
        return job

    return made


def key_of(name):
    return hashlib.sha256(name.encode()).hexdigest()[:40]


def kept(lab, stage, result, key):
    """Put a result into the store under a key of its own."""
    store, key = Store(lab.store), key_of(key)
    if not store.has(key):
        with store.writer(key, {"stage": stage}) as writer:
            save_result(stage, writer, result)
    return key


def results_of(lab, animal="Animal_1"):
    return AnimalResults(Store(lab.store), JobManager(lab.store).get(lab.good_run).results[animal].keys)


@pytest.fixture
def shortened(lab, other):
    """The other run has half of the frames, and accepted all but its first accepted component."""
    found = results_of(lab)
    n = found.refit.n_frames // 2
    half = replace(found.refit, **{name: getattr(found.refit, name)[:, :n] for name in ("C", "S", "YrA", "f")})
    accepted = found.evaluation.accepted.copy()
    accepted[np.flatnonzero(accepted)[0]] = False
    own = {
        "refit": kept(lab, "refit", half, "half of the refit"),
        "evaluation": kept(lab, "evaluation", replace(found.evaluation, accepted=accepted), "other evaluation"),
    }

    def changed(effective):
        return effective | {"evaluation": effective["evaluation"] | {"min_SNR": 7.0}}

    other({"keys": lambda keys: keys | own, "effective": changed, "requested": changed}, n_frames=n)
    return accepted


def test_without_a_second_run_the_page_says_how_to_get_one(open_page, lab):
    app = open_page("compare", data=lab.good)
    assert not app.exception and "There are no two runs to compare yet" in words(app)
    assert keys.COMPARED_NOW not in app.session_state


def test_without_a_folder_the_page_says_how_to_open_one(open_page):
    app = open_page("compare")
    assert not app.exception and "No folder is open" in words(app)


def test_the_older_run_is_a_and_what_it_rejected_is_only_in_b(open_page, lab, shortened):
    app = open_page("compare", data=lab.good, animal="Animal_1")
    assert not app.exception
    assert app.session_state[keys.COMPARED_NOW] == {"a": OTHER, "b": lab.good_run}
    (data,) = sent(app, "held")
    groups = {
        side: {group["name"]: len(group["members"]) for group in own["groups"]}
        for side, own in (("A", data["held"]), ("B", data))
    }
    n = int(shortened.sum())
    assert groups == {"A": {"in both": n, "only A": 0}, "B": {"in both": n, "only B": 1}}
    assert [layer["low"] for layer in data["layers"]] == [layer["low"] for layer in data["held"]["layers"]]
    (table,) = sent(app, "ignores_filter")
    column = {one["title"]: one["values"] for one in table["columns"]}
    assert column["found"][0] == "only B" and column["run A"][0] == "rejected" and column["run B"][0] == "accepted"
    assert column["cosine"][0] == 1 and column["SNR A"][0] == column["SNR B"][0]


def test_other_lengths_and_settings_are_said_in_words(open_page, lab, shortened):
    app = open_page("compare", data=lab.good, animal="Animal_1")
    assert "A has 80 frames and B 160: traces are correlated over the first 80" in words(app)
    settings = next(table for table in tables(app) if table.index.name == "Setting")
    assert [tuple(row) for row in settings.to_numpy()[:, :2]] == [("7", "2")] and "min" in settings.index[0]
    assert "min_SNR 7 | 2" in words(app)


def test_all_animals_are_counted_and_met_with_the_truth(open_page, lab, shortened):
    app = open_page("compare", data=lab.good, animal="Animal_2")
    found = next(table for table in tables(app) if table.index.name == "Animal")
    assert list(found.index) == ["Animal_1", "Animal_2"]
    assert {"accepted A", "accepted B", "SNR, median A", "F1 A", "F1 B"} <= set(found)
    n = int(shortened.sum())
    assert found["accepted A"]["Animal_1"].startswith(f"{n} of") and found["accepted B"]["Animal_1"].startswith(
        f"{n + 1} of"
    )
    assert 0 <= float(found["F1 B"]["Animal_1"]) <= 1
    motion = next(table for table in tables(app) if table.index.name == "Motion")
    assert motion["A"]["Verdict"] == motion["B"]["Verdict"] != "–"
    assert "Both runs used the same stored motion correction" in words(app)


def test_a_link_names_both_runs_and_swapping_turns_them(open_page, lab, shortened):
    app = open_page("compare", a=lab.good_run, b=OTHER, animal="Animal_1")
    assert app.session_state[keys.PROJECT] == str(lab.good)
    assert app.session_state[keys.COMPARED_NOW] == {"a": lab.good_run, "b": OTHER}
    (data,) = sent(app, "held")
    assert [len(group["members"]) for group in data["held"]["groups"] if group["name"] == "only A"] == [1]
    app.button(key=keys.SWAP).click().run()
    assert app.session_state[keys.COMPARED_NOW] == {"a": OTHER, "b": lab.good_run}
    pick(app, "A").select_index(0).run()
    assert "A and B are the same run" in words(app) and not sent(app, "held")


def test_a_run_that_is_gone_is_said_and_others_are_compared(open_page, lab, other):
    other()
    app = open_page("compare", data=lab.good, a="no-such-run", b=lab.bad_run)
    assert not app.exception and sent(app, "held")
    assert "no-such-run is not in this store" in words(app)
    assert lab.bad_run in words(app) and "has nothing of this animal" in words(app)


def test_pruned_components_are_said_and_settings_still_compared(open_page, lab, other):
    other({"keys": lambda keys: keys | {"refit": key_of("pruned since")}})
    app = open_page("compare", data=lab.good, animal="Animal_1")
    assert not app.exception and not sent(app, "held")
    assert "The components of run A are no longer in the store" in words(app)
    assert any(table.index.name == "Motion" for table in tables(app))


def test_a_run_without_evaluation_has_all_its_components_compared(open_page, lab, other):
    other({"keys": lambda keys: {stage: key for stage, key in keys.items() if stage != "evaluation"}})
    app = open_page("compare", data=lab.good, animal="Animal_1")
    n = results_of(lab).refit.n
    assert f"has no evaluation of Animal_1: all its {n} components are compared" in words(app)
    (data,) = sent(app, "held")
    assert sum(len(group["members"]) for group in data["held"]["groups"]) == n


def test_a_run_of_motion_alone_or_of_other_animals_is_said(open_page, lab, other):
    other({"keys": lambda keys: {stage: keys[stage] for stage in ("source", "before", "estimate", "apply", "after")}})
    app = open_page("compare", data=lab.good, animal="Animal_1")
    assert "Run A did not look for components in Animal_1" in words(app)
    other({"info": lambda _: None}, name="Somebody_else")
    app = open_page("compare", data=lab.good, animal="Animal_1")
    assert not app.exception and "Run A has not processed Animal_1" in words(app)


def test_fields_of_other_sizes_are_said(open_page, lab, other):
    found = results_of(lab).refit
    rows = found.dims[0] // 2
    cut = replace(found, dims=(rows, found.dims[1] * 2))
    other({"keys": lambda keys: keys | {"refit": kept(lab, "refit", cut, "refit of another field")}})
    app = open_page("compare", data=lab.good, animal="Animal_1")
    assert not app.exception and not sent(app, "held")
    assert "The fields have different sizes, 32 x 128 px and 64 x 64 px" in words(app)


def test_imported_results_are_offered_and_what_is_taken_for_granted_is_said(open_page, lab, other):
    other(
        {
            "engine_version": lambda _: "caiman 1.12.1",
            "info": lambda info: replace(info, path="/elsewhere/results.hdf5"),
            "effective": lambda _: {},
        },
        kind="import",
        data="/elsewhere/results.hdf5",
        name="results",
    )
    app = open_page("compare", data=lab.good, animal="Animal_1")
    assert not app.exception and sent(app, "held")
    assert "caiman 1.12.1" in pick(app, "A").value or "caiman" in str(pick(app, "A").options)
    assert "That it is of Animal_1 is taken from its name or the size of its field alone" in words(app)
    assert "does not tell" in words(app)


def test_runs_leads_to_the_comparison_of_two(open_page, lab, other, monkeypatch):
    other()
    only = [job for job in places.jobs() if job.id in {lab.good_run, OTHER}]
    monkeypatch.setattr(places, "jobs", lambda: only)
    app = open_page("runs")
    box = next(one for one in app.selectbox if one.label == "Compare with")
    box.select_index(0).run()
    assert not app.exception and app.title[0].value == "Compare"
    assert app.session_state[keys.COMPARED_NOW] == {"a": OTHER, "b": lab.good_run}


def test_traces_are_in_units_of_the_noise_of_the_raw_one():
    rng = np.random.default_rng(0)
    clean = np.zeros(4000)
    clean[1000:1100] = 50.0
    raw = clean + rng.normal(100.0, 2.0, clean.size)
    both = np.stack([clean + 100.0, raw]).astype(np.float32)
    denoised, found = compared_components.in_noise(both, 4000)
    assert np.isclose(found[:900].std(), 1, atol=0.05) and np.isclose(denoised[1050], 25, rtol=0.05)
    assert np.allclose(compared_components.in_noise(7 * both, 4000)[1], found, atol=1e-3), "whatever the scale"
    both[:, 2000:] += 300.0
    assert np.allclose(compared_components.in_noise(both, 2000)[1, :2000], found[:2000], atol=0.1), "what both have"
    assert np.isnan(compared_components.in_noise(np.ones((2, 10), np.float32), 10)).all()
