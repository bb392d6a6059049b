"""The folder holds suite2p's files. This test reads the object arrays back as suite2p does; the package never does."""

from types import SimpleNamespace

import numpy as np
import pytest
import tifffile

from calscope.export.formats.suite2p_export import write_suite2p
from calscope.export.formats.suite2p_movie import write_movie
from calscope.export.run_folder.open_run_folder import open_run
from calscope.io.results.open_results import open_results
from calscope.model.errors import StoreError
from calscope.model.movie import Movie


def load(path):
    return np.load(path, allow_pickle=True)


@pytest.fixture
def plane(make_animal, truth, tmp_path):
    folder = tmp_path / "s2p"
    write_suite2p(open_run(make_animal(truth=truth)).animals[0], folder)
    return folder / "suite2p" / "plane0"


def test_footprints(plane, truth):
    stat = load(plane / "stat.npy")
    assert len(stat) == 4
    for one, footprint in zip(stat, truth.footprints, strict=True):
        drawn = np.zeros_like(footprint)
        drawn[one["ypix"], one["xpix"]] = one["lam"]
        np.testing.assert_array_equal(drawn, footprint)
        assert one["npix"] == (footprint > 0).sum()
        y, x = np.nonzero(footprint)
        assert one["med"] == [np.median(y), np.median(x)]


def test_shape_measures_of_a_disk_and_a_bar(make_animal, truth, tmp_path):
    y, x = np.mgrid[:20, :34]
    truth.footprints[0] = (np.hypot(y - 9, x - 9) <= 6).astype(np.float32)
    truth.footprints[1] = ((y == 10) & (x > 5) & (x < 30)).astype(np.float32)
    write_suite2p(open_run(make_animal(truth=truth)).animals[0], tmp_path / "s2p")
    disk, bar = load(tmp_path / "s2p" / "suite2p" / "plane0" / "stat.npy")[:2]
    assert disk["radius"] == pytest.approx(6, rel=0.03)
    assert disk["compact"] == pytest.approx(1, abs=0.03) and bar["compact"] > 2
    assert disk["aspect_ratio"] == pytest.approx(1, abs=0.02) and bar["aspect_ratio"] == pytest.approx(2, abs=0.01)
    assert disk["overlap"].any() and disk["overlap"].sum() == bar["overlap"].sum()


def test_traces_and_evaluation(plane, truth):
    np.testing.assert_array_equal(np.load(plane / "F.npy"), truth.raw)
    np.testing.assert_array_equal(np.load(plane / "F.npy") - 0.7 * np.load(plane / "Fneu.npy"), truth.raw)
    np.testing.assert_array_equal(np.load(plane / "spks.npy"), truth.spikes)
    np.testing.assert_array_equal(np.load(plane / "iscell.npy")[:, 0], truth.accepted)


def test_settings_and_images(plane, truth):
    ops = load(plane / "ops.npy").item()
    assert (ops["Ly"], ops["Lx"], ops["nframes"], ops["fs"], ops["tau"]) == (20, 34, 90, 9.0, 0.4)
    assert ops["aspect"] == pytest.approx(1.5 / 1.25)
    np.testing.assert_array_equal(ops["meanImg"], truth.images["mean_after"])
    np.testing.assert_array_equal(ops["Vcorr"], truth.images["corr_after"])
    np.testing.assert_array_equal(ops["max_proj"], truth.images["max_after"])
    np.testing.assert_array_equal(ops["yoff"], -truth.shifts[:, 0])
    np.testing.assert_array_equal(ops["xoff"], -truth.shifts[:, 1])


def test_every_picture_that_suite2ps_window_shows_covers_the_field(plane, truth):
    """It takes Vcorr and max_proj to cover yrange and xrange, which are the whole field here."""
    for name in ("db", "ops"):
        found = load(plane / f"{name}.npy").item()
        for picture in ("meanImg", "meanImgE", "Vcorr", "max_proj"):
            assert found[picture].shape == (20, 34) and found[picture].std() > 0, (name, picture)
        assert found["meanImgE"].min() >= 0 and found["meanImgE"].max() <= 1
    dark = truth.images["mean_after"] < 0.1
    assert found["meanImgE"][dark].mean() < 0.5 < found["meanImgE"][truth.images["mean_after"] > 0.9].mean()


def test_a_folder_opens_with_the_files_that_suite2p_1_reads_there(plane, truth):
    """`suite2p.io.combined` takes these from db and the rest from settings; its view of frames wants reg_file."""
    db, settings = load(plane / "db.npy").item(), load(plane / "settings.npy").item()
    assert [db[name] for name in ("Ly", "Lx", "nframes", "nchannels")] == [20, 34, 90, 1]
    assert (db["yrange"], db["xrange"], db["reg_file"]) == ([0, 20], [0, 34], "data.bin")
    np.testing.assert_array_equal(db["Vcorr"], truth.images["corr_after"])
    np.testing.assert_array_equal(db["yoff"], -truth.shifts[:, 0])
    assert (settings["fs"], settings["tau"], settings["io"]["save_mat"]) == (9.0, 0.4, False)
    assert not (plane / "data.bin").exists()


@pytest.mark.parametrize(("dtype", "factor"), [("uint8", 1), ("int16", 1), ("uint16", 0.5), ("float32", 32766 / 300)])
def test_the_corrected_movie_as_suite2p_keeps_it(tmp_path, dtype, factor):
    values = np.random.default_rng(0).integers(0, 200, (70, 5, 6)).astype(np.float32)
    values[3, 2, 1] = 300 if dtype == "float32" else 200
    animal = SimpleNamespace(movie=Movie(values.astype(np.uint16)), recording={"dtype": dtype})
    assert write_movie(tmp_path / "data.bin", animal) == pytest.approx(factor)
    written = np.fromfile(tmp_path / "data.bin", "<i2").reshape(values.shape)
    np.testing.assert_array_equal(written, np.rint(values * np.float32(factor)))


def test_the_movie_comes_from_the_runs_folder_or_is_missed_in_words(make_animal, truth, tmp_path):
    folder = make_animal(truth=truth)
    animal = open_run(folder).animals[0]
    with pytest.raises(StoreError, match=r"no corrected movie\. Run it with --save-movie"):
        write_suite2p(animal, tmp_path / "without", with_movie=True)
    frames = np.random.default_rng(0).integers(0, 2**16, (90, 20, 34)).astype(np.uint16)
    tifffile.imwrite(animal.path / "corrected.tif", frames, photometric="minisblack")
    write_suite2p(animal, tmp_path / "with", with_movie=True)
    plane = tmp_path / "with" / "suite2p" / "plane0"
    factor = load(plane / "db.npy").item()["calscope_counts_per_unit"]
    written = np.fromfile(plane / "data.bin", "<i2").reshape(frames.shape)
    np.testing.assert_allclose(written, np.clip(frames * factor, 0, 32766), atol=0.5)


def test_what_was_written_opens_again_without_unpickling(plane, truth):
    found = open_results(plane)
    assert (found.program, found.fr_hz, found.components.dims) == ("suite2p", 9.0, (20, 34))
    for component, footprint in enumerate(truth.footprints):
        again = found.components.footprint(component)
        np.testing.assert_allclose(again, footprint / np.linalg.norm(footprint), rtol=1e-5)
    np.testing.assert_array_equal(found.components.raw, truth.raw)
    np.testing.assert_array_equal(found.components.S, truth.spikes)
    np.testing.assert_array_equal(found.evaluation.accepted, truth.accepted)
    np.testing.assert_array_equal(found.images["corr"], truth.images["corr_after"])
    np.testing.assert_array_equal(found.images["mean"], truth.images["mean_after"])
    np.testing.assert_array_equal(found.motion.shifts_rig, truth.shifts.astype(np.float32))
