"""Likeness to a soma, on drawn shapes whose nature is known, and on movies made of them."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.sparse import csc_matrix

from calscope.algorithms.evaluation.component_quality import measure_components
from calscope.algorithms.evaluation.soma import disc_radius_px, measure_soma, roundness, soma_parts
from calscope.model.movie import Movie
from calscope.model.results import SOMA_PARTS, ComponentQuality, Components

SIDE = 41
Y, X = np.mgrid[:SIDE, :SIDE] - SIDE // 2
GSIG = (4, 4)


def disc(radius, ratio=1.0, blur=0.8):
    """An ellipse of that area's radius, seen through the optics."""
    inside = (Y * np.sqrt(ratio)) ** 2 + (X / np.sqrt(ratio)) ** 2 <= radius**2
    return gaussian_filter(inside.astype(np.float32), blur)


def ring(radius, hole):
    return disc(radius) - 0.8 * disc(hole)


def blob(sigma):
    return np.exp(-(Y**2 + X**2) / (2.0 * sigma**2)).astype(np.float32)


def line(width, length):
    return gaussian_filter(((abs(Y) <= width / 2) & (abs(X) <= length / 2)).astype(np.float32), 0.6)


def trimmed(image):
    """As a fit gives it: nothing outside of the stronger pixels."""
    return np.where(image > 0.3 * image.max(), image, 0).astype(np.float32)


def evaluated(image, footprint=None, gSig=GSIG, noise=0.03):
    picture = image + noise * image.max() * np.random.default_rng(0).standard_normal(image.shape)
    parts = soma_parts(picture.astype(np.float32), trimmed(image) if footprint is None else footprint, gSig)
    return dict(zip(SOMA_PARTS, parts, strict=True))


def weakest(parts):
    return min(parts, key=parts.get)


@pytest.mark.parametrize(
    "image",
    [disc(5.8), disc(3.6), disc(8.0), ring(5.8, 3.2), ring(7.0, 5.0), disc(5.8, ratio=1.6)],
    ids=["disc", "small", "large", "ring", "thin ring", "oval"],
)
def test_somata_in_focus_pass(image):
    assert min(evaluated(image).values()) > 0.6


@pytest.mark.parametrize(
    ("image", "part"),
    [
        (blob(5.5), "edge"),
        (blob(8.0), "edge"),
        (line(2, 36), "roundness"),
        (line(2, 8), "thickness"),
        (line(5, 40), "roundness"),
        (disc(1.6), "thickness"),
        (disc(14.0), "extent"),
    ],
    ids=["out of focus", "far out of focus", "neurite", "piece of a neurite", "thick process", "bouton", "huge"],
)
def test_what_is_no_soma_fails_for_the_right_reason(image, part):
    parts = evaluated(image)
    assert parts[part] < 0.5
    assert weakest(parts) == part


def test_a_footprint_unlike_what_lights_up_fails():
    elsewhere = np.roll(trimmed(disc(5.0)), 5, axis=1)
    parts = evaluated(disc(5.0), footprint=elsewhere)
    assert weakest(parts) == "fit"
    assert parts["fit"] < 0.3


def test_a_picture_of_noise_is_no_soma():
    noise = np.random.default_rng(1).standard_normal((SIDE, SIDE)).astype(np.float32)
    assert min(soma_parts(noise, trimmed(disc(5.0)), GSIG)) < 0.2
    assert soma_parts(-disc(5.0), trimmed(disc(5.0)), GSIG) == (0.0,) * 5


def test_a_soma_cut_by_the_border_is_one_as_long_as_half_is_left():
    image = disc(5.8)[SIDE // 2 - 1 :]
    assert min(evaluated(image).values()) > 0.5


@pytest.mark.parametrize("zoom", [0.5, 1, 2])
def test_the_measure_follows_gsig(zoom):
    def judged(image):
        return evaluated(image, gSig=(4 * zoom, 4 * zoom))

    assert min(judged(disc(5.8 * zoom, blur=0.8 * zoom)).values()) > 0.6
    assert judged(blob(6.0 * zoom))["edge"] < 0.5


def test_pixels_that_are_not_square_are_accounted_for():
    squeezed = gaussian_filter(((Y / 3.0) ** 2 + (X / 6.0) ** 2 <= 1).astype(np.float32), 0.7)
    assert evaluated(squeezed, gSig=(2, 4))["roundness"] > 0.9
    assert evaluated(squeezed)["roundness"] < 0.85


def test_light_of_the_surroundings_does_not_count():
    ramp = (2.0 + 0.01 * X).astype(np.float32)
    plain, lifted = evaluated(disc(5.8), noise=0), evaluated(disc(5.8) + ramp, footprint=trimmed(disc(5.8)), noise=0)
    assert lifted == pytest.approx(plain, abs=0.06)


@pytest.mark.parametrize("radius", [2.0, 3.0, 5.5])
@pytest.mark.parametrize("hole", [0.0, 0.6])
def test_the_inner_radius_does_not_depend_on_where_between_the_pixels_a_spot_lies(radius, hole):
    def measured(shift):
        distance = np.hypot(Y - shift[0], X - shift[1])
        soft = np.clip(radius + 0.5 - distance, 0, 1) - np.clip(hole * radius - 0.5 - distance, 0, 1)
        return disc_radius_px(soft.astype(np.float32), 0.5, distance < radius)

    found = [measured(shift) for shift in ((0.0, 0.0), (0.5, 0.5), (0.5, 0.0), (0.25, 0.7))]
    assert found == pytest.approx([radius] * len(found), abs=0.45)
    assert max(found) - min(found) < 0.3


@pytest.mark.parametrize("width", [0.75, 1.0, 1.5])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.5), (0.25, 0.7)])
def test_a_ring_is_as_thick_as_what_it_encloses_however_thin_its_rim(width, shift):
    distance = np.hypot(Y - shift[0], X - shift[1])
    rim = np.clip(1 - abs(distance - 4.5) / width, 0, 1).astype(np.float32)
    spot = distance < 4.5
    assert disc_radius_px(rim, 0.4, spot) > 3.5


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.5)])
def test_a_small_soma_passes_and_a_bouton_does_not_wherever_they_lie(shift):
    def spot(radius):
        inside = np.clip(radius + 0.5 - np.hypot(Y - shift[0], X - shift[1]), 0, 1)
        return evaluated(gaussian_filter(inside.astype(np.float32), 0.6))["thickness"]

    assert spot(2.8) > 0.5 > spot(2.0)


def test_roundness_of_known_shapes():
    big = np.mgrid[-60:61, -60:61]
    circle = (big**2).sum(axis=0) <= 50**2
    assert roundness(circle) == pytest.approx(1, abs=2e-3)
    ellipse = (big[0] / 15) ** 2 + (big[1] / 45) ** 2 <= 1
    assert roundness(ellipse) == pytest.approx(2 * 15 * 45 / (15**2 + 45**2), rel=1e-2)
    square = (abs(big) <= 40).all(axis=0)
    assert roundness(square) == pytest.approx(3 / np.pi, abs=1e-3)
    half = circle & (big[0] >= 0)
    assert 0.7 < roundness(half) < 0.85


# A movie of one cell in focus, one out of focus that overlaps it, and one that only the fit has.

T = 300


def traces():
    rng = np.random.default_rng(3)
    spikes = rng.random((3, T)) < 0.04
    decay = 0.8 ** np.arange(20)
    return np.stack([np.convolve(s, decay)[:T] for s in spikes]).astype(np.float32)


def scene(C):
    """Movie (T, 41, 61) of the first two; neuropil waves over all of it."""
    soma, soft = np.pad(disc(5.5), ((0, 0), (0, 20))), np.pad(blob(6.5), ((0, 0), (20, 0)))
    wave = np.sin(np.arange(T) / 9)[:, None, None] * 0.3
    light = 5 + wave + C[0][:, None, None] * soma + C[1][:, None, None] * soft
    noise = np.random.default_rng(4).standard_normal(light.shape) * 0.2
    return np.clip((light + noise) * 1000, 0, 65535).astype(np.uint16), soma, soft, wave.ravel()


def components(images, C, f):
    k, (height, width) = len(images), images[0].shape
    A = csc_matrix(np.stack([image.ravel(order="F") for image in images], axis=1).astype(np.float32))
    empty = np.zeros(k, np.float32)
    return Components(
        dims=(height, width), A=A, C=np.asarray(C, np.float32), S=np.zeros_like(C), YrA=np.zeros_like(C),
        b=np.ones((height * width, 1), np.float32), f=np.asarray(f, np.float32)[None], bl=empty, c1=empty,
        g=np.zeros((k, 1), np.float32), neurons_sn=empty, sn=np.ones(height * width, np.float32),
    )  # fmt: skip


@pytest.fixture(scope="module")
def recording():
    C = traces()
    codes, soma, soft, wave = scene(C)
    third = trimmed(np.pad(disc(4.0), ((0, 0), (0, 20))))
    found = components([trimmed(soma), trimmed(soft), np.roll(third, (12, 30), (0, 1))], C, wave)
    return Movie(codes, scale=0.001), found


def test_own_pictures_tell_overlapping_components_apart(recording):
    movie, found = recording
    parts = measure_soma(movie, found, gSig=GSIG)
    assert parts.shape == (3, 5)
    assert parts.dtype == np.float32
    assert parts[0].min() > 0.6, "in focus"
    assert SOMA_PARTS[parts[1].argmin()] == "edge", "out of focus"
    assert parts[1].min() < 0.5
    assert parts[2].min() < 0.2, "nothing lights up with it"


def test_scale_of_the_movie_and_of_traces_do_not_matter(recording):
    movie, found = recording
    usual = measure_soma(movie, found, gSig=GSIG)
    louder = Movie(movie.codes, scale=7.0, offset=-300.0)
    scaled = components([found.footprint(k) * 9 for k in range(3)], found.C * 50, found.f[0])
    np.testing.assert_allclose(measure_soma(louder, scaled, gSig=GSIG), usual, atol=1e-3)


@pytest.mark.filterwarnings("error")
def test_odd_components_give_no_number_or_nought(recording):
    movie, found = recording
    C = np.array(found.C)
    one_pixel = np.zeros(found.dims, np.float32)
    one_pixel[20, 20] = 1
    images = [found.footprint(0), np.zeros(found.dims), one_pixel, found.footprint(0), found.footprint(0)]
    odd = np.stack([C[0], C[0], C[1], np.full(T, np.nan), np.full(T, 3.0)])
    parts = measure_soma(movie, components(images, odd, found.f[0]), gSig=GSIG)
    assert parts[0].min() > 0.6, "it suffers nothing from its odd neighbours"
    assert (parts[1] == 0).all(), "an empty footprint is no soma"
    assert parts[2].min() < 0.5, "nor is a single pixel"
    assert np.isnan(parts[3:]).all(), "a trace of NaN or that never changes can't be measured"


def test_two_components_of_one_trace_have_nothing_of_their_own(recording):
    movie, found = recording
    twins = components([found.footprint(0)] * 2, np.stack([found.C[0]] * 2), found.f[0])
    assert np.isnan(measure_soma(movie, twins, gSig=GSIG)).all()


def test_a_field_smaller_than_the_surroundings_is_measured():
    C = traces()[:1]
    image = disc(3.0)[14:27, 13:28]
    light = 5 + C[0][:, None, None] * image
    found = components([trimmed(image)], C, np.zeros(T))
    parts = measure_soma(Movie((light * 1000).astype(np.uint16)), found, gSig=GSIG)
    assert np.isfinite(parts).all()


def test_quality_carries_the_smallest_part_and_names_it(recording):
    movie, found = recording
    quality = measure_components(movie, found, gSig=GSIG, fr_hz=10.0, decay_time_s=0.4)
    np.testing.assert_array_equal(quality.soma, quality.soma_parts.min(axis=1))
    assert quality.weakest_parts()[1] == "edge"
    bare = ComponentQuality(quality.snr, quality.r_value, quality.cnn)
    assert np.isnan(bare.soma).all()
    assert bare.weakest_parts() == [None] * len(bare.snr)
