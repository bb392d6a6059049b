import base64
import json

import cv2
import numpy as np
import pytest

from calscope.plots import png
from calscope.plots.swipe_images import make_swipe

NASTY = '</script><img src=x onerror="alert(1)"> & mäuse'


def decoded(address):
    """Pixels of a PNG, read by a library that had no part in writing it, as RGB."""
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    return rng.random((20, 34)).astype(np.float32), 1.5 * rng.random((20, 34)).astype(np.float32)


def test_one_value_has_one_colour_on_both_sides_and_row_0_is_on_top(pair):
    before, after = pair
    before[0, 30], after[19, 2] = 0.9, 0.9
    drawn = make_swipe(before, after, "Mean")
    first, second = decoded(drawn.before), decoded(drawn.after)
    assert first.shape == (20, 34, 3)
    assert first[0, 30].tolist() == second[19, 2].tolist()
    low, high = np.percentile(np.stack(pair), (50, 99.5))
    colours = png.palette("viridis")
    assert (first[before <= low] == colours[0]).all()
    assert (second[after >= high] == colours[255]).all()
    assert (float(drawn.low), float(drawn.high)) == pytest.approx((low, high), rel=5e-3)


def test_bars_have_the_length_they_say_as_they_are_and_closer(pair):
    drawn = make_swipe(*pair, "Mean", dxy_um=(2.0, 1.25))
    for bar, closer in zip(drawn.bars, (1, drawn.closer), strict=True):
        length_um = float(bar.text.removesuffix(" µm"))
        assert bar.percent / 100 * 34 / closer * 1.25 == pytest.approx(length_um, rel=1e-3)
        assert bar.percent <= 25
    in_px = make_swipe(*pair, "Mean").bars[0]
    assert in_px.percent / 100 * 34 == pytest.approx(float(in_px.text.removesuffix(" px")), rel=1e-3)


def test_everything_goes_to_the_page_as_plain_values(pair):
    sent = json.loads(json.dumps(make_swipe(*pair, NASTY, names=("raw", "rigid")).to_dict()))
    assert (sent["title"], sent["left"], sent["right"]) == (NASTY, "raw", "rigid")
    assert (sent["columns"], sent["rows"]) == (34, 20)


@pytest.mark.parametrize("image", [np.zeros((4, 6)), np.full((4, 6), np.nan), np.zeros((1, 1))])
def test_empty_pictures_can_be_drawn(image):
    drawn = make_swipe(image, image, "Mean")
    assert decoded(drawn.before).shape[:2] == image.shape
    assert (drawn.low, drawn.high) == ("0", "1")
