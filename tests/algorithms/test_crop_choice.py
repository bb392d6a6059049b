"""Which part of a recording is chosen to try parameters on."""

import numpy as np

from calscope.algorithms.crop_choice import choose_crop, find_spots
from calscope.model.crop import Crop
from calscope.model.movie import ArrayMovie

RNG = np.random.default_rng(4)
Y, X = np.mgrid[:120, :160]


def movie_with_cells(places, active, n_frames=600):
    """A noisy movie in which cells at these places blink during some frames."""
    movie = RNG.normal(100, 2, (n_frames, *Y.shape)).astype(np.float32)
    for y, x in places:
        shape = np.exp(-((Y - y) ** 2 + (X - x) ** 2) / (2 * 3.0**2))
        trace = np.zeros(n_frames)
        trace[active] = 25.0 * (RNG.random(len(range(*active.indices(n_frames)))) < 0.3)
        movie += (trace[:, None, None] * shape).astype(np.float32)
    return ArrayMovie(movie)


def test_takes_the_square_with_most_cells_and_the_frames_in_which_they_are_active():
    many = [(80 + 10 * i, 100 + 12 * j) for i in range(4) for j in range(4)]
    movie = movie_with_cells([(15, 15), (20, 60), *many], slice(350, 560))
    crop = choose_crop(movie, side_px=48, n_frames=200)
    assert crop.shape == (200, 48, 48)
    inside = [crop.top <= y < crop.bottom and crop.left <= x < crop.right for y, x in many]
    assert np.mean(inside) >= 0.9
    assert 340 <= crop.start <= 370
    assert choose_crop(movie, side_px=48, n_frames=200) == crop


def test_a_small_recording_is_taken_whole():
    small = ArrayMovie(movie_with_cells([(50, 50)], slice(0, 90), 90).frames[:, :, :110])
    assert choose_crop(small) == Crop(0, 90, 0, 120, 0, 110)


def test_without_any_cell_the_middle_is_taken():
    same = ArrayMovie(np.full((150, 200, 200), 7, np.uint16))
    crop = choose_crop(same)
    assert (crop.top, crop.left) == (36, 36)
    assert crop.shape == (150, 128, 128)


def test_spots_are_found_where_they_are():
    image = np.zeros((90, 90), np.float32)
    places = [(20, 30), (60, 70), (70, 20)]
    for y, x in places:
        image += 0.5 * np.exp(-((Y[:90, :90] - y) ** 2 + (X[:90, :90] - x) ** 2) / 18).astype(np.float32)
    image += RNG.normal(0, 0.01, image.shape).astype(np.float32)
    found = [tuple(int(v) for v in spot) for spot in find_spots(image)]
    for place in places:
        assert any(np.hypot(place[0] - y, place[1] - x) <= 1.5 for y, x in found)
