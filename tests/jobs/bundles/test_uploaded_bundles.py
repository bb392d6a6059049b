"""Bundles that come by the browser are kept once, checked before, and forgotten with their run."""

import io
import os

import pytest
from small_disk import small_disk

from calscope.io.bundles.bundle_reading import open_bundle
from calscope.jobs.bundles.import_bundle import import_bundle
from calscope.jobs.bundles.uploaded_bundles import MOST_MB, keep_upload, uploads_of
from calscope.jobs.manager import JobManager
from calscope.model.errors import RecordingError, StoreError
from calscope.pipeline.store import Store


def upload(store, content, name="Mice.calscope"):
    return keep_upload(store, io.BytesIO(content), name, len(content))


def test_the_same_bundle_is_kept_once_under_a_plain_name(made, tmp_path):
    store, content = Store(tmp_path / "store"), made.path.read_bytes()
    first = upload(store, content, "..\\<b>Mice<b> 🐭.calscope")
    assert first.is_relative_to(uploads_of(store)) and first.read_bytes() == content
    assert first.name == "b_Mice_b.calscope"
    assert upload(store, content, "..\\<b>Mice<b> 🐭.calscope") == first
    assert open_bundle(first).problems() == [] and not list((store.root / "scratch").glob("*"))


def test_what_is_no_bundle_is_refused_by_its_own_name_and_leaves_nothing(made, tmp_path):
    store = Store(tmp_path / "store")
    for content, why in ((b"PK hello", "no bundle of Calscope"), (made.path.read_bytes()[:-40], "not copied whole")):
        with pytest.raises(RecordingError, match=f"^mine.calscope .*{why}"):
            upload(store, content, "mine.calscope")
    with pytest.raises(StoreError, match="open it by its path"):
        keep_upload(store, io.BytesIO(b""), "large.calscope", MOST_MB * 1_000_000 + 1)
    assert not list(uploads_of(store).glob("*")) and not list((store.root / "scratch").glob("*"))


def test_a_full_disk_is_told(made, tmp_path):
    with small_disk(tmp_path / "small", 65536) as place:
        with pytest.raises(StoreError, match="are free in the store"):
            upload(Store(place / "store"), made.path.read_bytes())
        assert not list(place.rglob("*.calscope"))


def test_it_goes_when_no_run_is_of_it_any_more(made, tmp_path):
    store, content = Store(tmp_path / "store"), made.path.read_bytes()
    place = upload(store, content)
    jobs = JobManager(store.root)
    job = jobs.keep_import(*import_bundle(place, store), data=str(place))
    os.utime(place.parent, (0, 0))
    upload(store, content, "again.calscope")
    assert place.exists()
    jobs.remove(job)
    os.utime(place.parent, (0, 0))
    upload(store, content, "third.calscope")
    assert not place.exists()
