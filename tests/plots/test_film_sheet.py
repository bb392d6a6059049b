"""A packed film, unpacked as the page does it: every tile is its frame, within what JPEG takes away."""

import json
import struct

import cv2
import numpy as np
import pytest

from calscope.plots.film_sheet import MOST_BYTES, FilmWords, film_display_range, pack_film


def unpack(film):
    length = struct.unpack("<I", film[:4])[0]
    head = json.loads(film[4 : 4 + length])
    sheets, start = [], 4 + length
    for size in head["sizes"]:
        sheets.append(cv2.imdecode(np.frombuffer(film[start : start + size], np.uint8), cv2.IMREAD_UNCHANGED))
        start += size
    assert start == len(film)
    return head, sheets


def tile(head, sheets, at, version):
    """The same arithmetic as in player.js."""
    per_sheet = head["across"] * head["down"]
    sheet, place = sheets[at // per_sheet], at % per_sheet
    y = place // head["across"] * head["tile"][0]
    x = (place % head["across"] * len(head["titles"]) + version) * head["tile"][1]
    return sheet[y : y + head["height"], x : x + head["width"]]


def words(n, **more):
    return FilmWords(titles=("original", "corrected"), frames=tuple(range(5, 5 + 2 * n, 2)), every=2, **more)


@pytest.mark.parametrize(("n", "height", "width"), [(30, 300, 411), (7, 33, 20), (1, 9, 9)])
def test_every_tile_is_its_frame(n, height, width):
    y, x = np.mgrid[:height, :width]
    slopes = np.linspace(0.2, 1, n)[:, None, None]
    first = (slopes * (y / height) * 255).astype(np.float32)
    second = (slopes * (x / width) * 255).astype(np.float32)
    head, sheets = unpack(pack_film([first, second], words(n), (0.0, 255.0)))
    assert head["n"] == n and head["frames"][-1] == 5 + 2 * (n - 1)
    assert max(max(sheet.shape) for sheet in sheets) <= 2048 and sheets[0].ndim == 2
    for at in {0, n // 2, n - 1}:
        for version, frames in enumerate((first, second)):
            np.testing.assert_allclose(tile(head, sheets, at, version), frames[at], atol=8)


def test_noise_does_not_make_it_too_large():
    noise = np.random.default_rng(0).normal(0, 1, (150, 256, 256)).astype(np.float32)
    assert len(pack_film([noise, noise], words(150), (-1.0, 1.0))) < MOST_BYTES + 10_000


def test_values_that_are_not_finite_neither_set_the_display_range_nor_show():
    frames = np.linspace(0, 1, 4 * 64 * 64, dtype=np.float32).reshape(4, 64, 64)
    frames[0, :8, :8] = np.nan
    frames[1, :8, :8] = np.inf
    low, high = film_display_range([frames])
    assert 0 <= low < 0.05 and 0.95 < high <= 1
    head, sheets = unpack(pack_film([frames], words(4), (low, high)))
    assert tile({**head, "titles": ["one"]}, sheets, 0, 0)[:4, :4].max() < 10
    assert film_display_range([np.full((2, 8, 8), np.nan, np.float32)]) == (0.0, 1.0)


def test_the_scale_bar_counts_binned_pixels():
    frames = np.zeros((2, 128, 128), np.float32)
    head, _ = unpack(pack_film([frames], words(2, dxy_um=(1.0, 0.5), binning=2), (0.0, 1.0)))
    assert head["bar"] == {"text": "20 µm", "percent": pytest.approx(100 * 20 / 128)}
    assert unpack(pack_film([frames], words(2), (0.0, 1.0)))[0]["bar"] is None


def test_lines_over_the_pictures_are_in_the_head():
    frames, line = np.zeros((2, 16, 16), np.float32), (((1.5, 2.0), (3.0, 4.25)),)
    head, _ = unpack(pack_film([frames], words(2, outline=line, curve_unit="a.u."), (0.0, 1.0)))
    assert head["outline"] == [[[1.5, 2.0], [3.0, 4.25]]] and head["curve_unit"] == "a.u."
    assert unpack(pack_film([frames], words(2), (0.0, 1.0)))[0]["outline"] == []
