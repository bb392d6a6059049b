import numpy as np
import pytest

from calscope.algorithms.cnmf.bright_spots import bright_spots, seeds_in_patches
from calscope.algorithms.cnmf.patches import patch_grid

DIMS = (70, 110)
CELLS = {(15, 20): 1.0, (15, 60): 0.5, (50, 95): 0.8, (55, 30): 0.3}


def tissue(cells=CELLS, radius=4.0):
    rows, columns = np.mgrid[: DIMS[0], : DIMS[1]]
    image = np.zeros(DIMS, np.float32)
    for (y, x), height in cells.items():
        image += height * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * radius**2))
    return image


def test_every_cell_is_a_spot_at_its_place_the_brightest_first():
    spots = bright_spots(tissue(), (4, 4))
    assert [tuple(spot) for spot in spots[:4]] == sorted(CELLS, key=CELLS.get, reverse=True)


def test_ring_has_its_spot_in_the_middle():
    image = tissue({(30, 40): 1.0}, radius=5.0) - tissue({(30, 40): 0.9}, radius=2.5)
    assert tuple(bright_spots(image, (5, 5))[0]) == (30, 40)


def test_spots_in_the_rim_do_not_count():
    found = {tuple(spot) for spot in bright_spots(tissue(), (4, 4), border_px=16)}
    assert (15, 20) not in found
    assert (50, 95) not in found
    assert (55, 30) not in found
    assert all(16 <= y < DIMS[0] - 16 and 16 <= x < DIMS[1] - 16 for y, x in found)


@pytest.mark.parametrize("image", [np.zeros(DIMS), np.full(DIMS, np.nan), np.full((1, 1), 3.0)])
def test_image_of_one_value_has_no_spot(image):
    assert bright_spots(image.astype(np.float32), (4, 4)).shape == (0, 2)


def test_nan_is_no_spot_and_hides_none():
    image = tissue()
    image[:6] = np.nan
    assert {tuple(spot) for spot in bright_spots(image, (4, 4))} >= set(CELLS)


def slowly(spots, patches, K):
    chosen = set()
    for rows, columns in patches:
        inside = [
            s for s in map(tuple, spots) if rows.start <= s[0] < rows.stop and columns.start <= s[1] < columns.stop
        ]
        chosen |= set(inside[:K])
    return chosen


@pytest.mark.parametrize(("rf", "stride", "K"), [(10, 6, 1), (10, 6, 3), (None, 0, 5), (7, 13, 2)])
def test_seeds_are_the_brightest_of_some_patch_each_once(rf, stride, K):
    rng = np.random.default_rng(3)
    spots = np.unique(np.column_stack([rng.integers(0, DIMS[0], 60), rng.integers(0, DIMS[1], 60)]), axis=0)
    rng.shuffle(spots)
    patches = patch_grid(*DIMS, rf, stride)
    seeds = [tuple(seed) for seed in seeds_in_patches(spots, patches, K)]
    assert len(seeds) == len(set(seeds))
    assert set(seeds) == slowly(spots, patches, K)
