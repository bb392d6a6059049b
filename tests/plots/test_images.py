import base64

import cv2
import numpy as np
import pytest

from calscope.plots import png
from calscope.plots.images import Panel, image_row
from calscope.plots.scaling import display_range, nice_length, thin, to_codes


def decoded(figure, number):
    """Pixels of a figure's picture, read by a library that had no part in writing it, as RGB."""
    data = base64.b64decode(figure.layout.images[number].source.split(",")[1])
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


@pytest.mark.parametrize("colours", ["viridis", "gray"])
def test_picture_holds_the_palette_colour_of_every_pixel(colours):
    codes = np.random.default_rng(0).integers(0, 256, (37, 53)).astype(np.uint8)
    data = np.frombuffer(png.encode(codes, png.palette(colours)), np.uint8)
    assert np.array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], png.palette(colours)[codes])


def test_viridis_runs_from_dark_violet_to_yellow():
    colours = png.palette("viridis").astype(int)
    assert tuple(colours[0]) == pytest.approx((68, 1, 84), abs=2)
    assert tuple(colours[-1]) == pytest.approx((253, 231, 37), abs=2)
    assert (np.diff(colours @ (0.2126, 0.7152, 0.0722)) > -1).all()


def test_display_ranges_are_percentiles_of_all_images_together():
    dim, bright = np.arange(100.0).reshape(10, 10), np.arange(900.0, 1000.0).reshape(10, 10)
    assert display_range([dim, bright]) == pytest.approx(
        tuple(np.percentile(np.concatenate([dim, bright]), (50, 99.5)))
    )


@pytest.mark.parametrize("image", [np.full((4, 4), 7.0), np.full((4, 4), np.nan)])
def test_the_display_range_of_an_empty_or_constant_image_can_be_drawn(image):
    bottom, top = display_range([image])
    assert top > bottom
    assert to_codes(image, (bottom, top)).shape == (4, 4)


def test_nan_is_drawn_as_the_darkest_colour():
    assert to_codes(np.asarray([[np.nan, 0.0, 5.0, 50.0]]), (0.0, 10.0)).tolist() == [[0, 0, 127, 255]]


def test_row_shows_both_images_in_the_same_colours_with_row_0_on_top_and_linked_zoom():
    before, after = np.zeros((20, 30)), np.zeros((20, 30))
    before[2, 25], after[17, 4] = 10.0, 5.0
    shown = (0.0, 10.0)
    figure = image_row([Panel(before, "before", shown), Panel(after, "after", shown)])
    assert decoded(figure, 0)[2, 25].tolist() == png.palette("viridis")[255].tolist()
    assert decoded(figure, 1)[17, 4].tolist() == png.palette("viridis")[127].tolist()
    assert figure.layout.yaxis.range == (19.5, -0.5)
    assert figure.layout.xaxis2.matches == "x"
    assert figure.layout.yaxis2.matches == "y"


def test_scale_bar_has_the_length_it_says():
    figure = image_row([Panel(np.zeros((100, 200)), "", (0.0, 1.0))], dxy_um=(2.0, 1.25))
    bar = figure.layout.shapes[0]
    said = next(note.text for note in figure.layout.annotations if "µm" in note.text)
    assert (bar.x1 - bar.x0) * 1.25 == pytest.approx(float(said.split()[0]))
    assert bar.x1 < 200


def test_no_scale_bar_without_pixel_size():
    figure = image_row([Panel(np.zeros((10, 10)), "", (0.0, 1.0))])
    assert not figure.layout.shapes


@pytest.mark.parametrize(("longest", "length"), [(1.0, 1.0), (4.9, 2.0), (75.0, 50.0), (0.3, 0.2)])
def test_nice_length(longest, length):
    assert nice_length(longest) == pytest.approx(length)


def test_thinning_keeps_every_peak_and_the_order():
    values = np.zeros(100_000, np.float32)
    values[[17, 50_000, 99_998]] = (5, -3, 9)
    index, kept = thin(values, 1000)
    assert len(kept) <= 1000
    assert {17, 50_000, 99_998} <= set(index.tolist())
    assert (np.diff(index) > 0).all()
    assert np.array_equal(values[index], kept)
