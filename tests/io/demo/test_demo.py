"""The demo on disk is the simulation, can be opened as a project, and leaves nothing behind when it is stopped."""

import errno

import numpy as np
import pytest

from calscope.io.demo import demo_files
from calscope.io.demo.demo_files import write_demo, write_movie
from calscope.io.demo.scenes import demo_scene
from calscope.io.demo.simulate import Scene, Simulation
from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import Cancelled, RecordingError


def tree(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_movies_are_the_simulations_with_rate_pixel_size_and_truth(tmp_path):
    out = tmp_path / "demo"
    told = []
    folders = write_demo(out, animals=2, frames=60, size=40, seed=3, progress=lambda f, note="": told.append((f, note)))
    assert folders == [out / "Animal_1", out / "Animal_2"]
    assert tree(tmp_path) == [
        "demo",
        "demo/.calscope-demo",
        "demo/Animal_1",
        "demo/Animal_1/movie.tif",
        "demo/Animal_1/truth.npz",
        "demo/Animal_2",
        "demo/Animal_2/movie.tif",
        "demo/Animal_2/truth.npz",
    ]
    project = find_recordings(out)
    assert [ref.name for ref in project.recordings] == ["Animal_1", "Animal_2"]
    for i, ref in enumerate(project.recordings):
        recording = open_recording(ref.path)
        simulation = Simulation(demo_scene(i, frames=60, size=40, seed=3))
        assert np.array_equal(recording.read(0, 60), simulation.read(0, 60))
        assert recording.info.fr_hz == pytest.approx(14.7, rel=1e-6)
        assert recording.info.dxy_um == pytest.approx((300 / 256, 300 / 256), rel=1e-6)
        with np.load(ref.path / "truth.npz") as truth:
            assert np.array_equal(truth["shifts"], simulation.shifts)
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any(note.startswith("Animal_2: frame ") for _, note in told)


def test_above_4_gb_it_is_a_bigtiff_that_says_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_files, "_LARGEST_CLASSIC_TIFF", 1000)
    simulation = Simulation(Scene(frames=30, height=24, width=40, n_neurons=2))
    write_movie(tmp_path / "movie.tif", simulation)
    assert (tmp_path / "movie.tif").read_bytes()[:4] == b"II+\0"
    recording = open_recording(tmp_path / "movie.tif")
    assert np.array_equal(recording.read(0, 30), simulation.read(0, 30))
    assert recording.info.fr_hz == pytest.approx(14.7, rel=1e-6)
    assert recording.info.dxy_um == pytest.approx((300 / 256, 300 / 256), rel=1e-6)


def test_stopped_in_the_middle_nothing_is_left(tmp_path):
    def stop(fraction, _note=""):
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_demo(tmp_path / "demo", animals=2, frames=40, size=32, progress=stop)
    assert tree(tmp_path) == []


def test_an_earlier_demo_survives_a_stop_and_is_replaced_by_the_next(tmp_path):
    out = tmp_path / "demo"
    write_demo(out, animals=3, frames=4, size=32)
    (out / "Animal_3" / "my notes.txt").write_text("keep")
    before = tree(out)

    def stop(fraction, _note=""):
        raise Cancelled

    with pytest.raises(Cancelled):
        write_demo(out, animals=1, frames=6, size=32, progress=stop)
    assert tree(out) == before
    write_demo(out, animals=1, frames=6, size=32)
    assert open_recording(out / "Animal_1").shape == (6, 32, 32)
    assert tree(out) == [
        ".calscope-demo",
        "Animal_1",
        "Animal_1/movie.tif",
        "Animal_1/truth.npz",
        "Animal_3",
        "Animal_3/my notes.txt",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_an_empty_folder_is_used_and_anything_else_is_left_alone(tmp_path):
    (tmp_path / "empty").mkdir()
    write_demo(tmp_path / "empty", animals=1, frames=3, size=32)
    assert (tmp_path / "empty" / "Animal_1" / "movie.tif").is_file()
    (tmp_path / "mine" / "Animal_1").mkdir(parents=True)
    with pytest.raises(RecordingError, match="holds files that are no demo; they are left alone"):
        write_demo(tmp_path / "mine", animals=1, frames=3, size=32)
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordingError, match="is a file"):
        write_demo(tmp_path / "file", animals=1, frames=3, size=32)


def test_a_mark_that_was_tampered_with_leads_nowhere_else(tmp_path):
    out = tmp_path / "demo"
    write_demo(out, animals=1, frames=3, size=32)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "movie.tif").write_text("x")
    (out / ".calscope-demo").write_text("../precious\nAnimal_1\n..\n")
    write_demo(out, animals=1, frames=3, size=32)
    assert (tmp_path / "precious" / "movie.tif").read_text() == "x"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({"animals": 0}, "animals can be 1 to 99, not 0"),
        ({"frames": 0}, "frames can be 1 to"),
        ({"size": 8}, r"size \(px\) can be 32 to"),
    ],
)
def test_numbers_that_make_no_recording(tmp_path, numbers, text):
    with pytest.raises(RecordingError, match=text):
        write_demo(tmp_path / "demo", **numbers)


def test_a_full_disk_is_said_in_words_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(demo_files, "write_movie", full)
    with pytest.raises(RecordingError, match=r"the disk is full( \(.* free\))?\. Free some space"):
        write_demo(tmp_path / "demo", animals=1, frames=3, size=32)
    assert tree(tmp_path) == []
