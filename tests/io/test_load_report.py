"""The load report says what is wrong with the pixels, and what is not known."""

import re
import time
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from calscope.io.load_report import count_saturated, make_report, open_warnings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import Note


def report_of(tmp_path, movie, **options):
    tifffile.imwrite(tmp_path / "movie.tif", movie, photometric="minisblack", **options)
    return make_report(open_recording(tmp_path / "movie.tif"))


def light(n=200, dtype=np.uint16, mean=1000.0):
    return np.random.default_rng(0).gamma(4.0, mean / 4.0, (n, 24, 24)).astype(dtype)


def test_a_good_recording_has_no_warnings(tmp_path):
    movie = light()
    report = report_of(
        tmp_path, movie, imagej=True, resolution=(1, 1), metadata={"axes": "TYX", "finterval": 0.1, "unit": "um"}
    )
    assert report.warnings == ()
    assert report.n_sampled_frames == 32
    sampled = movie[np.unique(np.linspace(0, 199, 32).round().astype(int))]
    assert (report.minimum, report.maximum) == (sampled.min(), sampled.max())


def test_unknown_rate_and_pixel_size_are_said(tmp_path):
    warnings = texts(report_of(tmp_path, light()).warnings)
    assert any("frame rate is not in the files" in text for text in warnings)
    assert any("pixel size is not in the files" in text for text in warnings)


@pytest.mark.parametrize(
    ("limit", "dtype"), [(65535, np.uint16), (4095, np.uint16), (255, np.uint8), (3000.0, np.float32)]
)
def test_saturation_at_the_type_and_at_a_plateau_below(tmp_path, limit, dtype):
    movie = np.minimum(light(mean=limit / 2.5, dtype=np.float64), limit).astype(dtype)
    report = report_of(tmp_path, movie)
    sampled = movie[np.unique(np.linspace(0, 199, 32).round().astype(int))]
    assert report.n_saturated == np.count_nonzero(sampled == limit)
    assert report.n_saturated > 100
    assert any(f"are at the highest one, {limit:g}" in text for text in texts(report.warnings))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_light_that_thins_out_is_not_saturated(dtype):
    assert count_saturated(light(mean=40.0, dtype=dtype)) == 0
    assert count_saturated(np.full((4, 5, 5), 7, dtype)) == 0


def test_nan_and_constant_frames(tmp_path):
    movie = light(n=20, dtype=np.float32)
    movie[3, 2:4, 5] = np.nan
    movie[4, 0, 0] = np.inf
    movie[7] = 5.0
    movie[9] = np.nan
    report = report_of(tmp_path, movie)
    assert report.n_nan == 3 + 24 * 24
    assert report.n_dark_frames == 2
    assert np.isfinite(report.maximum)
    assert "are not numbers" in texts(report.warnings)[0]
    assert "2 of 20 frames looked at are constant" in texts(report.warnings)[1]


def test_a_movie_of_nan_only(tmp_path):
    report = report_of(tmp_path, np.full((5, 8, 8), np.nan, np.float32))
    assert report.n_dark_frames == 5
    assert np.isnan(report.minimum)


def test_gaps_files_left_out_and_few_frames(frame_folder):
    (frame_folder / "img_4.tif").unlink()
    (frame_folder / "log.txt").write_text("x")
    report = make_report(open_recording(frame_folder))
    assert report.gaps == ((4, 4),)
    assert report.skipped == (Note("file_of_unknown_format", {"name": "log.txt"}),)
    assert any(re.search(r"no file has the number 4\b", text) for text in texts(report.warnings))
    assert any("only 11 frames" in text for text in texts(report.warnings))


def test_some_gaps_are_named_and_the_others_counted(tmp_path):
    frame = light(1)[0]
    for number in (0, *range(1, 30, 2), *range(60, 100)):
        tifffile.imwrite(tmp_path / f"f_{number:03d}.tif", frame)
    report = make_report(open_recording(tmp_path))
    assert report.gaps[-1] == (30, 59) and len(report.gaps) == 15
    assert any("no file has the number 2, 4, 6, 8, 10 and 10 more gaps." in text for text in texts(report.warnings))


def test_what_a_person_tells_is_no_longer_open(tmp_path):
    report = report_of(tmp_path, light())
    known = replace(report.info, fr_hz=10.0)
    assert open_warnings(report, report.info) == report.warnings
    assert [note.kind for note in open_warnings(report, known)] == ["pixel_size_unknown"]
    assert "pixels_not_square" not in [note.kind for note in open_warnings(report, replace(known, dxy_um=(1.0, 2.0)))]


def test_one_frame_and_pixels_that_are_not_square(tmp_path):
    report = report_of(tmp_path, light(1)[0], imagej=True, resolution=(2, 1), metadata={"unit": "um", "finterval": 0.1})
    assert "a single image, no movie" in texts(report.warnings)[0]
    assert any("Pixels are not square: 1 µm down, 0.5 µm across" in text for text in texts(report.warnings))


def test_notes_of_the_reader_are_passed_on(tmp_path):
    for i in range(2):
        tifffile.imwrite(tmp_path / f"rec_{i}.tif", light(5), photometric="minisblack")
    assert Note("files_joined", {"n": 2}) in make_report(open_recording(tmp_path)).warnings


def test_it_is_quick_for_many_files(tmp_path):
    frame = light(1)[0]
    tifffile.imwrite(tmp_path / "f_0.tif", frame)
    content = (tmp_path / "f_0.tif").read_bytes()
    for i in range(1, 1500):
        (tmp_path / f"f_{i}.tif").write_bytes(content)
    started = time.perf_counter()
    make_report(open_recording(tmp_path))
    assert time.perf_counter() - started < 1.5  # a tenth of it on an idle machine
