"""Cohort: all animals in one table and one sheet, and which of them lie far from the others."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sent_views import sent_data

from calscope.jobs.manager import JobManager
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.curation.component_flags import flags_of, kinds_of
from calscope.model.detection import Limit
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_remarks import keep_remark
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store
from calscope.ui.cohort import cohort_table
from calscope.ui.cohort.animal_measures import AnimalMeasures, far_from_group
from calscope.ui.session import places
from calscope.ui.session.shown_run import ShownAnimal

HOSTILE = '=1+1;<script>alert("x")</script>'


def measures(name, error="", **known):
    blank = dict.fromkeys(("frames", "duration_s", "shift_p95_px", "match", "components", "accepted", "snr_median"))
    blank |= {
        "view": None,
        "motion_verdict": "",
        "limit": None,
        "flags": None,
        "flagged": None,
        "ran_with": "",
        "remark": "",
    }
    record = AnimalRun(name, None, {}, error=error)
    return AnimalMeasures(ShownAnimal(name, record, AnimalResults(Store("nowhere"), {})), **(blank | known))


def tiles(app):
    sent = sent_data(app)
    return next(data["tiles"] for data in sent if "tiles" in data)


def test_the_page_says_of_every_animal_what_its_run_left(open_page, lab):
    app = open_page("cohort", run=lab.good_run)
    assert not app.exception and not app.error
    records = JobManager(lab.store).get(lab.good_run).results
    shown = app.dataframe[0].value
    assert shown["Animal"].tolist() == list(records)
    assert shown["Components"].tolist() == [record.counts["refit"] for record in records.values()]
    assert shown["Accepted"].tolist() == [record.counts["accepted"] for record in records.values()]
    for at, record in enumerate(records.values()):
        results = AnimalResults(Store(lab.store), record.keys)
        assert shown["SNR"][at] == pytest.approx(
            np.median(results.component_quality.snr[results.evaluation.accepted]), rel=1e-5
        )
    assert "Own values" not in shown and "Detection limit (SNR)" not in shown, "nothing is known of them"
    assert [(tile["name"], tile["shape"], tile["is_marked"]) for tile in tiles(app)] == [
        (name, "64 / 64", False) for name in records
    ]
    assert all(tile["picture"].startswith("data:image/png") for tile in tiles(app))


def test_own_values_and_remarks_are_told_and_a_failed_animal_is_marked(open_page, lab, monkeypatch):
    jobs = places.JobManager(lab.store).jobs()
    good = next(job for job in jobs if job.id == lab.good_run)
    first, second = good.results.values()
    changed = replace(first, inputs=AnimalInputs({"cnmf.K": 6}))
    failed = replace(second, error="It ended early.", keys={"source": second.keys["source"]}, counts={})
    monkeypatch.setattr(places, "jobs", lambda: [replace(good, results={first.name: changed, second.name: failed})])
    keep_remark(lab.store, str(lab.good), first.name, HOSTILE)
    app = open_page("cohort", run=lab.good_run)
    assert not app.exception
    shown = app.dataframe[0].value
    assert shown["Own values"].tolist()[0] == "K 6"
    assert shown["Remark"].tolist()[0] == HOSTILE
    assert shown["Animal"].tolist() == [first.name, f"{second.name} ✕"]
    assert "Far from the group" not in shown, "a failed animal is not far, nor are the others"
    assert shown["Run failed"].tolist()[1] == "It ended early."
    assert [tile["title"] for tile in tiles(app)] == [f"{first.name} ◆", f"{second.name} ✕"]


def test_what_lies_far_is_named_with_the_value_and_the_groups(lab):
    group = [
        measures(f"A{n}", accepted=n, snr_median=snr) for n, snr in [(90, 11.5), (120, 11.5), (95, 12.0), (82, 4.1)]
    ]
    far = far_from_group(group)
    assert far == {"A90": {}, "A120": {}, "A95": {}, "A82": {"snr_median": "SNR 4.1 (median 11.5)"}}
    assert far_from_group(group[1:]) == {"A120": {}, "A95": {}, "A82": {}}, "three are no group"


def test_an_animal_that_failed_or_never_ran_is_not_in_the_group(lab):
    group = [measures(f"A{n}", frames=n) for n in (100, 101, 150)]
    lost = [measures("failed", error="It ended early.", frames=9000), measures("new", frames=9000)]
    lost[1] = replace(lost[1], animal=replace(lost[1].animal, record=None))
    none = {"A100": {}, "A101": {}, "A150": {}, "failed": {}, "new": {}}
    assert far_from_group([*group, *lost]) == none, "three are no group, whatever else there is"
    more = [*group, measures("A102", frames=102), measures("A600", frames=600), *lost]
    assert far_from_group(more)["A600"] == {"frames": "frames 600 (median 102)"}, "the median is of the five"
    assert not far_from_group(more)["failed"] and not far_from_group(more)["new"]


def test_the_file_holds_plain_numbers_and_no_formulas(lab):
    group = [measures("Ada", frames=500, accepted=7, snr_median=4.0 / 3, remark=HOSTILE), measures("+Bo")]
    text = cohort_table.as_csv(group, far_from_group(group))
    read = pd.read_csv(io.BytesIO(text))
    assert read["animal"].tolist() == ["Ada", "'+Bo"]
    assert read["remark"][0] == "'" + HOSTILE
    assert text.decode().splitlines()[1].startswith("Ada,500,,,")
    assert read["accepted"][0] == 7 and read["snr_median"][0] == pytest.approx(4 / 3, rel=1e-5)
    assert pd.isna(read["accepted"][1])


def test_the_page_of_a_folder_that_never_ran_says_so(open_page, lab):
    app = open_page("cohort", data=lab.fresh)
    assert not app.exception and not app.dataframe
    assert any("Nothing has run" in text.value for text in app.markdown)


def test_runs_leads_to_it_with_that_run(open_page, lab):
    app = open_page("runs", run=lab.good_run)
    next(button for button in app.button if button.label == "All animals").click().run()
    assert app.title[0].value == "Cohort"


def test_the_detection_limit_is_told_with_its_interval_and_compared(lab):
    limits = [Limit(4.2, 3.9, 4.6), Limit(4.1, 3.8, 4.6), Limit(4.3, 4.0, 4.7), Limit(9.0, 8.0, np.inf)]
    group = [measures(f"A{n}", frames=1, limit=limit) for n, limit in enumerate(limits)]
    far = far_from_group(group)
    assert far["A3"] == {"detection_limit_snr": "detection limit 9 (median 4.25)"} and not far["A0"]
    told = cohort_table.table(group, far)["Detection limit (SNR)"].tolist()
    assert told[0] == "4.2 (3.9 to 4.6)"
    read = pd.read_csv(io.BytesIO(cohort_table.as_csv(group, far)))
    assert read["detection_limit_snr"].tolist() == [4.2, 4.1, 4.3, 9.0]
    assert read["detection_limit_high"].tolist()[-1] == np.inf


def test_flags_of_the_accepted_are_counted_by_kind(open_page, lab):
    app = open_page("cohort", run=lab.good_run)
    assert not app.exception
    shown = app.dataframe[0].value
    for at, record in enumerate(JobManager(lab.store).get(lab.good_run).results.values()):
        results = AnimalResults(Store(lab.store), record.keys)
        told = [kinds_of(notes) for notes in flags_of(results.flags)]
        accepted = [kinds for kinds, is_accepted in zip(told, results.evaluation.accepted, strict=True) if is_accepted]
        assert shown["Flagged"][at] == sum(bool(kinds) for kinds in accepted)
        if any(accepted):
            assert shown["Flags"][at].count(",") + 1 == len({kind for kinds in accepted for kind in kinds})
    group = [measures("A", accepted=9, flags={"motion": 1, "one_transient": 2}, flagged=3), measures("B")]
    assert cohort_table.table(group, far_from_group(group))["Flags"].fillna("").tolist() == [
        "motion 1, one transient 2",
        "",
    ]
    read = pd.read_csv(io.BytesIO(cohort_table.as_csv(group, far_from_group(group))))
    assert read["flag_one_transient"][0] == 2 and pd.isna(read["flagged"][1]) and pd.isna(read["flag_motion"][1])
