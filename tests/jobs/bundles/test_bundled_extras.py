"""Events and a short film go along in a bundle; bundles of older formats open with a word on what they lack."""

import json
import struct

import numpy as np
import pytest
from repository import ROOT

from calscope.export.report.write_report import render
from calscope.export.run_folder.write_animal import write_animal
from calscope.io.bundles.bundle_manifest import FORMAT_VERSION
from calscope.io.bundles.bundle_reading import open_bundle
from calscope.jobs.bundles.bundled_extras import events_in, film_in
from calscope.jobs.bundles.import_bundle import import_bundle
from calscope.jobs.bundles.older_bundles import STEPS, run_of_today
from calscope.jobs.bundles.write_bundle import write_bundle
from calscope.jobs.run_export import run_from_folder, stored_run
from calscope.model.errors import RecordingError
from calscope.model.events import Event
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.kept_events import EventChoice, keep_event_choice
from calscope.pipeline.store import Store
from calscope.plots.film_sheet import check_film

DATA = "/home/somebody/secret place/Mice"
SAMPLES = sorted((ROOT / "tests" / "data").glob("format_*.calscope"))


@pytest.fixture
def choose(made, tmp_path, monkeypatch):
    """Choose a file of events for the first animal, as a person does on Traces; back as it was afterwards."""
    monkeypatch.setenv("CALSCOPE_ROOTS", str(tmp_path))

    def keep(text, *, in_ms=False):
        (tmp_path / "stimuli.csv").write_text(text)
        chosen = EventChoice(str(tmp_path / "stimuli.csv"), in_ms)
        keep_event_choice(made.store.root, DATA, made.runs[0].name, chosen)

    yield keep
    keep_event_choice(made.store.root, DATA, made.runs[0].name, EventChoice())


def bundled(made, path, **options):
    with stored_run(made.store, made.run) as run:
        return write_bundle(run, made.store, path, **options)


def test_chosen_events_travel_in_seconds(made, choose, tmp_path):
    choose("time_s;label;duration_s\n1500;<b>tone</b>, high;250\n100;lick;\n", in_ms=True)
    path = bundled(made, tmp_path / "x.calscope")
    assert import_bundle(path, Store(tmp_path / "other"))
    found = events_in(path, made.runs[0].name)
    assert found.unit == "s"
    assert found.events == (Event(1.5, "<b>tone</b>, high", 0.25), Event(0.1, "lick"))
    assert events_in(path, made.runs[1].name) is None and events_in(made.path, made.runs[0].name) is None
    choose("frame,label\n7,lick\n")
    assert events_in(bundled(made, path), made.runs[0].name).events == (Event(7, "lick"),)


def test_events_travel_by_a_folder_of_a_run_and_its_bundle(made, choose, tmp_path):
    choose("time_s,label\n0.5,lick\n")
    with stored_run(made.store, made.run, [made.runs[0].name]) as run:
        write_animal(tmp_path / "OUT" / "Animal_1", run.animals[0])
        assert "Events of the recording are marked" in render(run)
    (tmp_path / "OUT" / "run.json").write_text("{}")
    store = Store(tmp_path / "store")
    with run_from_folder(store, tmp_path / "OUT") as run:
        write_bundle(run, store, tmp_path / "x.calscope")
    assert events_in(tmp_path / "x.calscope", "Animal_1").events == (Event(0.5, "lick"),)


def test_events_that_cannot_be_used_are_told_to_who_opens_the_bundle(made, choose, tmp_path):
    choose("time_ms,label\n1,a\n")
    path = bundled(made, tmp_path / "x.calscope")
    first, second = import_bundle(path, Store(tmp_path / "other"))
    assert events_in(path, first.name) is None
    assert [note.kind for note in first.notes if note not in second.notes] == ["events_not_bundled"]


def test_a_film_goes_along_when_asked_for_and_is_checked(made, tmp_path, monkeypatch):
    assert film_in(made.path, made.runs[0].name) is None
    path = bundled(made, tmp_path / "x.calscope", with_film=True)
    film = film_in(path, made.runs[1].name)
    n_head = struct.unpack("<I", film[:4])[0]
    head = json.loads(film[4 : 4 + n_head])
    assert head["titles"] == ["corrected"], "the recording itself is no longer there"
    assert (head["height"], head["width"], head["n"]) == (32, 28, 40) and len(head["curve"]) == 40
    for spoilt in (
        *(b"", film[:3], film[:-1], film + b"x", b"\xff" * 40, struct.pack("<I", 2**31) + film[4:]),
        film.replace(b'"n": 40', b'"n": 99', 1),
        film.replace(b'"width": 28', b'"width": "x"', 1),
        film.replace(b'"every": 1', b'"every": 0', 1),
    ):
        with pytest.raises(ValueError, match="its "):
            check_film(spoilt)
    opened = import_bundle(path, store := Store(tmp_path / "other"))
    monkeypatch.setattr("calscope.jobs.bundles.import_bundle.read_film_of", lambda *_: None)
    assert [run.keys for run in import_bundle(path, store)] == [run.keys for run in opened]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_bundle_of_each_format_still_opens(tmp_path, sample):
    """When this fails, the stored form of a result changed: raise FORMAT_VERSION, and add a step for this one."""
    store = Store(tmp_path / "store")
    (run,) = import_bundle(sample, store)
    found, version = AnimalResults(store, run.keys), open_bundle(sample).manifest.format_version
    assert found.refit.dims == (48, 48) and found.refit.C.shape == (run.counts["refit"], 120)
    assert int(np.sum(found.evaluation.accepted)) >= 1 and found.dff is not None and found.residual is not None
    told = [note.kind for note in run.notes]
    assert (found.flags is None) == ("bundle_without_flags" in told) == (version == 1)
    assert (events_in(sample, "Animal_1") is None) == (film_in(sample, "Animal_1") is None) == (version == 1)


def test_there_is_a_sample_of_each_format_and_a_step_from_each_to_the_next():
    assert [open_bundle(path).manifest.format_version for path in SAMPLES] == list(range(1, FORMAT_VERSION + 1))
    assert len(STEPS) == FORMAT_VERSION - 1
    today = {"animals": [{"name": "a", "notes": []}]}
    assert run_of_today(today, FORMAT_VERSION) == today


@pytest.mark.parametrize("animals", [None, "x", [None], [{"notes": 3}], [[]]])
def test_a_step_takes_whatever_somebody_wrote(animals):
    run_of_today({"animals": animals}, 1)


@pytest.mark.parametrize(
    ("part", "content", "told"),
    [
        ("animals/0/events.csv", b"time_ms,label\n1,a\n", "the column 'time_ms' is not known"),
        ("animals/0/events.csv", b"\xff\xfe", "it is not text"),
        ("animals/0/film.bin", b"GIF89a", "its head is not that of a film"),
    ],
)
def test_damaged_extras_are_refused_with_the_part(spoilt, tmp_path, part, content, told):
    path = spoilt(**{part.replace("/", "__").replace(".", "_DOT_"): content})
    store = Store(tmp_path / "other")
    with pytest.raises(RecordingError, match=told) as error:
        import_bundle(path, store)
    assert part in str(error.value) and not store.sizes()
