"""Files made to be downloaded: whole or not there, of what the run is, and sent from the disk."""

import asyncio
import io
import shutil
import zipfile
from dataclasses import replace

import pandas as pd
import pytest
import stand_in
from small_disk import small_disk

from calscope.export.formats.format_registry import FORMATS
from calscope.export.formats.format_words import WORDS, all_names, bytes_of_format, extent_of, words_of
from calscope.io.bundles.bundle_reading import open_bundle
from calscope.jobs import downloads
from calscope.jobs.downloads import make_download, remove_old
from calscope.jobs.job_folder import JobFolder, find_job
from calscope.jobs.job_spec import ExportSettings, JobSpec
from calscope.jobs.job_status import JobStatus, write_status
from calscope.jobs.manager import JobManager
from calscope.jobs.run_export import export_stored_run, stored_run
from calscope.model.errors import Cancelled, StoreError
from calscope.model.params import Parameters
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store

RUN, ORDER = "0123456789abcdef-aaaaaa", "1123456789abcdef-bbbbbb"
NAMES = ("Animal_1", 'it\'s "2" <script>🐭')


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    store, engine = Store(tmp_path_factory.mktemp("whole") / "store"), stand_in.StandIn()
    recordings = [stand_in.MemoryRecording(name, seed=n) for n, name in enumerate(NAMES)]
    runs = [run_animal(one, Parameters(), engine=engine, store=store, workers=1) for one in recordings]
    folder = JobFolder(store.jobs / RUN)
    folder.path.mkdir(parents=True)
    folder.write_spec(JobSpec(data='/nowhere/Mice & "men"'))
    folder.write_results(runs)
    write_status(folder.path, JobStatus(state="done", started_at=1e9, ended_at=1e9 + 5))
    return store


@pytest.fixture
def store(whole, tmp_path):
    shutil.copytree(whole.root, tmp_path / "store")
    return Store(tmp_path / "store")


def order(store, chosen, **changes):
    folder = JobFolder(store.jobs / ORDER)
    folder.path.mkdir()
    spec = JobSpec(kind="export", export=ExportSettings(RUN, chosen), **changes)
    folder.write_spec(spec)
    return spec, folder


def test_several_files_become_one_zip_file(store):
    spec, folder = order(store, "csv")
    file = make_download(store, spec, folder)
    assert folder.made_file() == file and file.name == "Mice_men_csv.zip"
    with zipfile.ZipFile(file) as found:
        assert found.testzip() is None
        assert {name.split("/")[1] for name in found.namelist()} == set(NAMES)
        table = pd.read_csv(io.BytesIO(found.read(f"Mice_men_csv/{NAMES[1]}/components.csv")), comment="#")
        assert len(table) == 3
    assert not list((store.root / "scratch").glob("*"))


def test_paths_of_this_machine_stand_in_a_report_only_where_asked_for(store):
    place = "/recordings/of somebody"
    spec = JobSpec(kind="export", export=ExportSettings(RUN, "report"))
    folder, run = JobFolder(store.jobs / ORDER), JobFolder(store.jobs / RUN)
    folder.path.mkdir()
    results = list(run.read_results().values())
    run.write_results([replace(one, info=replace(one.info, path=f"{place}/{one.name}.tif")) for one in results])
    assert place not in make_download(store, spec, folder).read_text(encoding="utf-8")
    asked = replace(spec, export=replace(spec.export, with_paths=True))
    assert place in make_download(store, asked, folder).read_text(encoding="utf-8")
    assert JobSpec.from_json(asked.to_json()) == asked


@pytest.mark.parametrize(("chosen", "name"), [("report", "Mice_men_report.html"), ("bundle", "Mice_men.calscope")])
def test_one_file_stays_as_it_is(store, chosen, name):
    spec, folder = order(store, chosen, animals=(NAMES[1],))
    file = make_download(store, spec, folder)
    assert file.name == name and [one.name for one in folder.made.iterdir()] == [name]
    if chosen == "bundle":
        assert open_bundle(file).manifest.animals == [NAMES[1]]
    else:
        text = file.read_text(encoding="utf-8")
        assert "&lt;script&gt;🐭" in text and "<script>🐭" not in text


def test_one_that_is_stopped_leaves_nothing(store):
    spec, folder = order(store, "csv")
    told = []

    def stop(fraction, note="", /):
        told.append(note)
        if note.endswith(".zip"):
            raise Cancelled

    with pytest.raises(Cancelled):
        make_download(store, spec, folder, stop)
    assert told and folder.made_file() is None and not folder.made.exists()
    assert not list((store.root / "scratch").glob("*"))


def pages(folder):
    """How many pages of 4096 bytes the files below a folder take on a small disk."""
    return sum(-(-path.stat().st_size // 4096) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("chosen", all_names())
def test_a_folder_on_a_disk_that_fills_up_is_left_empty_with_a_word(whole, tmp_path, monkeypatch, chosen):
    if chosen == "nwb":
        pytest.importorskip("pynwb")
    monkeypatch.setenv("CALSCOPE_ROOTS", str(tmp_path))
    settings = ExportSettings(RUN, chosen)
    export_stored_run(whole, JobSpec(kind="export", data=str(tmp_path / "whole"), export=settings))
    room = 4096 * max(1, int(0.6 * pages(tmp_path / "whole")))
    with small_disk(tmp_path / "small", room) as place:
        with pytest.raises(StoreError, match=r"small.* can't be written: the disk is full \(.* free\)\. Free some"):
            export_stored_run(whole, JobSpec(kind="export", data=str(place / "out"), export=settings))
        assert [path for path in place.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("chosen", all_names())
def test_a_full_disk_leaves_nothing(whole, tmp_path, chosen):
    with small_disk(tmp_path / "small", 1 << 20) as place:
        shutil.copytree(whole.root, place / "store")
        spec, folder = order(store := Store(place / "store"), chosen)
        (place / "fills").write_bytes(bytes(max(0, shutil.disk_usage(place).free - 4096)))
        with pytest.raises(StoreError, match="the disk is full"):
            make_download(store, spec, folder)
        assert folder.made_file() is None and not list((store.root / "scratch").glob("*"))


def test_results_that_were_pruned_are_named(store):
    spec, folder = order(store, "bundle")
    store.prune(max_bytes=0)
    with pytest.raises(StoreError, match="no longer in the store"):
        make_download(store, spec, folder)


def test_a_store_that_is_swept_and_pruned_meanwhile_keeps_what_goes_out(store):
    spec, folder = order(store, "bundle")

    def prune(fraction, note="", /):
        store.prune(max_bytes=0)

    assert open_bundle(make_download(store, spec, folder, prune)).problems() == []


def test_a_file_that_nobody_fetched_goes_after_a_week(store, monkeypatch):
    spec, folder = order(store, "bundle")
    file = make_download(store, spec, folder)
    other = JobFolder(store.jobs / "2123456789abcdef-cccccc")
    remove_old(store, other)
    assert file.exists()
    monkeypatch.setattr(downloads, "KEPT_S", -1.0)
    remove_old(store, folder)
    assert file.exists()
    remove_old(store, other)
    assert folder.made_file() is None


def test_a_job_makes_it_while_a_run_holds_its_place(store, monkeypatch):
    manager = JobManager(store.root)
    running = JobFolder(store.jobs / "0223456789abcdef-dddddd")
    running.path.mkdir()
    running.write_spec(JobSpec(data="/nowhere"))
    write_status(running.path, JobStatus(state="running"))
    job = manager.wait(manager.submit(JobSpec(kind="export", export=ExportSettings(RUN, "bundle"))), 120)
    assert job.status.state == "done", job.status.error
    assert find_job(store.jobs, job.id).made_file().name == "Mice_men.calscope"
    manager.remove(job.id)
    assert find_job(store.jobs, job.id) is None


def test_everything_that_goes_out_has_words_and_a_size(store):
    assert set(all_names()) == {"report", "bundle", *FORMATS}
    assert set(WORDS) <= set(all_names())
    with stored_run(store, RUN) as run:
        extents = [extent_of(animal) for animal in run.animals]
    assert [one.n_components for one in extents] == [3, 3] and extents[0].movie == 40 * 32 * 28
    for name in set(WORDS) - {"report", "bundle"}:
        assert bytes_of_format(name, extents) > 0
    assert words_of("something new").title == "something new" and bytes_of_format("something new", extents) is None


def answer(path):
    """Ask the route as a browser does; gives status, headers and body."""
    from starlette.applications import Starlette

    from calscope.ui.share import download_route

    sent = []

    async def receive():
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    scope["asgi"] = {"version": "3.0", "spec_version": "2.4"}
    asyncio.run(Starlette(routes=download_route.routes())(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_the_server_sends_what_a_job_made_and_nothing_else(store, monkeypatch):
    monkeypatch.setenv("CALSCOPE_STORE", str(store.root))
    spec, folder = order(store, "report")
    file = make_download(store, spec, folder)
    status, headers, body = answer(f"/made/{ORDER}/{file.name}")
    assert status == 200 and body == file.read_bytes()
    assert headers["content-disposition"].startswith("attachment") and headers["content-type"].startswith(
        "application/octet-stream"
    )
    for path in (f"/made/{ORDER}/spec.json", f"/made/{ORDER}/..", f"/made/../{ORDER}", f"/made/{RUN}/results.json"):
        assert answer(path)[0] == 404
    file.unlink()
    assert answer(f"/made/{ORDER}/{file.name}")[0] == 404
