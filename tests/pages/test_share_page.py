"""The page Share: what can be handed over of the shown run, made by jobs, and where it may be written."""

import json
import time

from repository import ROOT

from calscope.export.formats.format_words import all_names
from calscope.jobs.bundles.import_bundle import import_bundle
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.manager import JobManager
from calscope.model.nwb.form_fields import form_fields
from calscope.model.nwb.project_metadata import NOTHING_SAID
from calscope.pipeline.by_hand.kept_nwb_metadata import keep_nwb_metadata, nwb_metadata_of
from calscope.pipeline.store import Store
from calscope.ui.session import places


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def button(app, what, name):
    return next(one for one in app.button if one.key == f"share {what} {name}")


def ended(lab, settle):
    manager = JobManager(lab.store)
    job = manager.jobs()[0]
    assert settle(manager, job.id).status.state == "done", job.status.error
    return manager.get(job.id)


def links(app):
    return [element.proto.url for element in app.get("link_button")]


def test_every_way_to_hand_over_has_a_row_with_a_size(open_page, lab):
    app = open_page("share", run=lab.good_run)
    assert not app.exception and not app.error
    for name in all_names():
        assert not button(app, "make", name).disabled
        assert button(app, "write", name).disabled, "no folder is named yet"
    assert words(app).count("about ") >= len(all_names()) - 1
    assert "NoRMCorre" in "".join(code.value for code in app.code)
    provenance = next(json.loads(code.value) for code in app.code if code.language == "json")
    (run,) = [job for job in JobManager(lab.store).jobs() if job.id == lab.good_run]
    first = run.results["Animal_1"]
    told = provenance["animals"]["Animal_1"]
    assert provenance["run"] == lab.good_run and told["recording"]["fingerprint"] == first.info.fingerprint
    assert told["results"] == first.keys and told["versions"]["calscope"] and told["parameters"]["cnmf"]
    assert any(code.value.endswith(f"/evaluation?run={lab.good_run}") for code in app.code)


def test_of_results_without_a_movie_all_but_the_movie_goes_out(open_page, lab):
    path = lab.good.parent / "shared.calscope"
    path.write_bytes((ROOT / "tests/data/format_2.calscope").read_bytes())
    runs = import_bundle(path, Store(lab.store))
    app = open_page("share", run=JobManager(lab.store).keep_import(*runs, data=str(path)))
    assert not app.exception and not app.error
    disabled = {name for name in all_names() if button(app, "make", name).disabled}
    assert disabled == {"movie", "suite2p-with-movie"}
    assert words(app).count("the corrected movie is not in these results") == 2


def test_where_nothing_ran_it_says_what_to_do(open_page, lab):
    app = open_page("share", data=lab.fresh)
    assert not app.exception and "There is nothing to share yet" in words(app)
    assert "No folder is open" in words(open_page("share"))


def test_what_is_made_is_downloaded_by_a_link_and_made_again_after_a_decision(open_page, lab, settle):
    app = open_page("share", run=lab.good_run)
    app.multiselect[0].set_value(["Animal_2"]).run()
    button(app, "make", "bundle").click().run()
    assert not app.exception and not app.error
    job = ended(lab, settle)
    assert job.spec.animals == ("Animal_2",)
    time.sleep(0.4)
    app.run()
    assert links(app) == [f"made/{job.id}/good.calscope"]
    folder = JobFolder(job.folder)
    spec = json.loads((folder.path / "spec.json").read_text())
    spec["export"]["n_judgements"] = 99
    (folder.path / "spec.json").write_text(json.dumps(spec))
    time.sleep(0.4)
    app.run()
    assert links(app) == [] and "Decisions were made since" in words(app)
    assert button(app, "make", "bundle").label == "Make again"
    app.multiselect[0].set_value([]).run()
    assert links(app) == [] and button(app, "make", "bundle").label == "Make", "of all animals none was made"


def test_a_report_has_paths_only_where_that_is_switched_on(open_page, lab, settle):
    app = open_page("share", run=lab.good_run)
    switch = next(one for one in app.toggle if one.label == "With paths of this machine")
    assert not switch.value
    button(app, "make", "report").click().run()
    job = ended(lab, settle)
    assert not job.spec.export.with_paths
    time.sleep(0.4)
    switch.set_value(True).run()
    assert links(app) == [], "what was made has no paths"
    button(app, "make", "report").click().run()
    assert ended(lab, settle).spec.export.with_paths
    button(app, "make", "csv").click().run()
    assert not ended(lab, settle).spec.export.with_paths
    app.toggle[0].set_value(False).run()
    assert f"made/{job.id}/good_report.html" in links(app)


def test_a_folder_is_written_below_the_roots_only_and_nothing_there_is_replaced(open_page, lab, settle, tmp_path):
    place = lab.good.parent / "for a colleague"
    place.mkdir(exist_ok=True)
    app = open_page("share", run=lab.good_run)
    for refused, why in ((str(tmp_path), "may be opened"), (f"{place}/../x", "Type the whole path")):
        app.text_input(key="folder to share into").set_value(refused).run()
        button(app, "write", "csv").click().run()
        assert not app.exception and why in words(app)
    app.text_input(key="folder to share into").set_value(str(place)).run()
    button(app, "write", "csv").click().run()
    assert not app.exception and not app.error
    job = ended(lab, settle)
    written = sorted(path.name for path in place.glob("good_*/csv/*"))
    assert written == ["Animal_1", "Animal_2"]
    time.sleep(0.4)
    app.run()
    assert "Written into" in words(app) and job.spec.data.startswith(str(place))


def test_runs_and_traces_lead_to_it(open_page, lab, monkeypatch):
    good = JobManager(lab.store).get(lab.good_run)
    with monkeypatch.context() as alone:
        alone.setattr(places, "jobs", lambda: [good])
        app = open_page("runs")
    assert any(one.key == "share run" for one in app.button)
    app = open_page("traces", run=lab.good_run)
    assert any("share" in element.proto.page for element in app.get("page_link"))


def test_what_is_said_for_nwb_is_kept_with_the_folder_and_what_cannot_be_is_refused(open_page, lab):
    app = open_page("share", run=lab.good_run)
    fields = {field.name: f"NWB {lab.good}  {field.name}" for field in form_fields()}
    assert all(app.text_input(key=fields[name]).value == "" for name in ("Subject.species", "NWBFile.lab"))
    app.text_input(key=fields["Subject.species"]).set_value("mouse")
    app.text_input(key=fields["NWBFile.lab"]).set_value("Doe <b> Lab")
    keep = next(one for one in app.button if one.label == "Keep")
    keep.click().run()
    assert not app.exception and "must be the Latin name" in words(app)
    assert nwb_metadata_of(lab.store, str(lab.good)) == NOTHING_SAID
    app.text_input(key=fields["Subject.species"]).set_value("Mus musculus")
    app.text_input(key=fields["NWBFile.experimenter"]).set_value("Doe, Jane; Roe, Rob")
    next(one for one in app.button if one.label == "Keep").click().run()
    assert not app.exception and not app.error
    said = nwb_metadata_of(lab.store, str(lab.good))
    assert said.common.known() == {
        "Subject.species": "Mus musculus",
        "NWBFile.lab": "Doe <b> Lab",
        "NWBFile.experimenter": ["Doe, Jane", "Roe, Rob"],
    }
    app = open_page("share", run=lab.good_run)
    keep_nwb_metadata(lab.store, str(lab.good), said)
    app.run()
    app.selectbox(key=f"NWB of {lab.good_run}").set_value("Animal_2").run()
    own = app.text_input(key=f"NWB {lab.good} Animal_2 Subject.species")
    assert own.value == "" and own.placeholder == "as all: Mus musculus"
    app.text_input(key=f"NWB {lab.good} Animal_2 Subject.age").set_value("P90D")
    next(one for one in app.button if one.label == "Keep").click().run()
    said = nwb_metadata_of(lab.store, str(lab.good))
    assert said.of("Animal_2").known()["Subject.age"] == "P90D" and "Subject.age" not in said.of("Animal_1").known()
