"""Patch shifts, the evidence in what is left, and the prior learned from a movie, against what was put in."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from calscope.algorithms.motion.evidence import BLUR_PX, blurred, flatten, noise_of, prepare_evidence, unflatten
from calscope.algorithms.motion.grid import make_field, make_patches, rigid_field
from calscope.algorithms.motion.piecewise import estimate_patches, prepare_patches
from calscope.algorithms.motion.prior import estimate_map_fields, smooth_shapes

SIZE, MARGIN = (120, 140), 12
STRIDES, OVERLAPS = (32, 32), (16, 16)


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(4)
    picture = gaussian_filter(rng.random((SIZE[0] + 2 * MARGIN, SIZE[1] + 2 * MARGIN)), 2)
    return (200 + 3000 * (picture - picture.mean())).clip(0)


@pytest.fixture(scope="module")
def field():
    return make_field(SIZE, make_patches(SIZE, STRIDES, OVERLAPS), STRIDES)


def view(scene, down=0.0, right=0.0):
    """What is seen where the shifts (down, right) at every pixel lay the frame on the still scene, to first order."""
    y, x = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]), indexing="ij")
    return map_coordinates(scene, [y + MARGIN + down, x + MARGIN + right], order=3).astype(np.float32)


def test_patches_follow_a_gradient_of_shifts(scene):
    y, x = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]), indexing="ij")
    grid = make_patches(SIZE, STRIDES, OVERLAPS)
    frame = view(scene, 1 + y / 60 - 1, x / 70 - 2)
    found = estimate_patches(frame[None], np.array([[1, -1]], np.float32), _prepared(scene, grid, 3))[0]
    centers = grid.centers_px
    expected = np.stack([centers[:, 0] / 60, centers[:, 1] / 70 - 2], axis=1)
    assert np.abs(found - expected).mean() < 0.15
    assert np.abs(found - expected).max() < 0.4


def _prepared(scene, grid, max_deviation):
    return prepare_patches(view(scene), grid, STRIDES, max_deviation)


def test_deviation_stays_within_its_limit(scene):
    grid = make_patches(SIZE, STRIDES, OVERLAPS)
    found = estimate_patches(view(scene, 4.0, 0.0)[None], np.zeros((1, 2), np.float32), _prepared(scene, grid, 2))
    assert found[..., 0].max() <= 2
    assert np.median(found[..., 0]) == 2


def test_empty_patch_leans_on_its_neighbours(scene):
    grid = make_patches(SIZE, STRIDES, OVERLAPS)
    y, x = grid.corners_px[5]
    blind = scene.copy()
    blind[MARGIN + y - 4 : MARGIN + y + 52, MARGIN + x - 4 : MARGIN + x + 52] = 200
    rng = np.random.default_rng(0)
    frame = rng.poisson(view(blind, 0.7, -1.2).clip(0)).astype(np.float32)
    found = estimate_patches(frame[None], np.zeros((1, 2), np.float32), _prepared(blind, grid, 3))[0]
    np.testing.assert_allclose(found[5], (0.7, -1.2), atol=0.3)


def test_evidence_recovers_a_field_in_one_step(scene, field):
    rng = np.random.default_rng(1)
    wanted = rng.uniform(-0.3, 0.3, (1, *field.shape, 2)) + np.array([0.2, -0.15])
    down, right = np.einsum("yi,ijk,xj->kyx", field.rows, wanted[0], field.columns)
    still = view(scene)
    evidence = prepare_evidence(still, np.ones(SIZE, np.float32), field)
    y, x = np.meshgrid(np.linspace(-1, 1, SIZE[0]), np.linspace(-1, 1, SIZE[1]), indexing="ij")
    uneven = 1.4 * view(scene, down, right) * (1 + 0.1 * y) + 30 * x
    none = np.zeros((1, *field.shape, 2), np.float32)
    told = evidence.read(uneven[None].astype(np.float32), none)
    solved = unflatten(evidence.combine(told, none) @ np.linalg.pinv(evidence.information, rcond=1e-4), field.shape)
    error = np.einsum("yi,ijk,xj->kyx", field.rows, solved[0] - wanted[0], field.columns)
    inside = np.s_[:, 8:-8, 8:-8]
    assert np.sqrt((error[inside] ** 2).mean()) < 0.06
    assert np.sqrt((np.stack([down, right])[inside] ** 2).mean()) > 0.12


def test_evidence_is_the_same_around_fractions_and_whole_pixels(scene, field):
    still = view(scene)
    evidence = prepare_evidence(still, np.ones(SIZE, np.float32), field)
    frame = view(scene, 2.3, -1.4)[None]
    inverse = np.linalg.pinv(evidence.information, rcond=1e-4)
    for start in ([2.3, -1.4], [2.45, -1.6], [2.4, -1.45]):
        around = np.broadcast_to(np.float32(start), (1, *field.shape, 2))
        found = unflatten(evidence.combine(evidence.read(frame, around), around) @ inverse, field.shape)
        np.testing.assert_allclose(found[0, 2:-2, 2:-2].mean(axis=(0, 1)), (2.3, -1.4), atol=0.04)


def test_pixels_without_a_source_say_nothing(scene, field):
    still = view(scene)
    evidence = prepare_evidence(still, np.ones(SIZE, np.float32), field)
    around = np.broadcast_to(np.float32([3, -4]), (1, *field.shape, 2))
    moved = view(scene, 3, -4)
    told = evidence.read(moved[None], around)
    assert np.abs(told).max() < 1e-2 * np.abs(evidence.information).max()
    beyond = moved.copy()
    beyond[-3:], beyond[:, :4] = 9e3, 9e3  # what the shift carries out of the field
    np.testing.assert_allclose(evidence.read(beyond[None], around), told, atol=1e-6 * np.abs(told).max() + 1e-3)


def test_coefficients_survive_being_laid_flat():
    coefficients = np.random.default_rng(0).random((5, 3, 4, 2)).astype(np.float32)
    np.testing.assert_array_equal(unflatten(flatten(coefficients), (3, 4)), coefficients)
    np.testing.assert_allclose(flatten(coefficients)[:, :12], coefficients[..., 0].reshape(5, -1))


def test_noise_of_independent_pixels_is_their_variance():
    rng = np.random.default_rng(2)
    frames = np.stack([blurred(f) for f in rng.normal(0, 3, (400, 40, 40)).astype(np.float32)])
    assert BLUR_PX == 1
    np.testing.assert_allclose(noise_of(frames.var(axis=0))[5:-5, 5:-5].mean(), 9, rtol=0.05)


def simulated_evidence(n, slow_sd, noise_precision, rng):
    """A frame-wide motion: a random walk down with jumps (clear) and slow motion to the right (in noise)."""
    clear = np.cumsum(rng.normal(0, 0.2, n) + (rng.random(n) < 0.02) * rng.normal(0, 3, n))
    slow = np.convolve(rng.normal(0, 1, n + 40), np.hanning(41) / np.sqrt((np.hanning(41) ** 2).sum()), "valid")
    true = np.stack([clear - clear.mean(), slow_sd * slow], axis=1)
    information = np.diag([1e4, noise_precision])
    told = true @ information + rng.normal(0, 1, (n, 2)) * np.sqrt(np.diag(information))
    return true, information, told


def test_what_is_clear_passes_and_what_is_noisy_is_smoothed():
    true, information, told = simulated_evidence(600, 0.5, 2.0, np.random.default_rng(3))
    field = rigid_field((64, 64))
    raw = told @ np.linalg.inv(information)

    def estimate(in_time):
        first, shapes = unflatten(raw, (1, 1)), smooth_shapes(field, (30, 30))
        of_shapes = (told @ shapes.vectors).astype(np.float32)
        found, _ = estimate_map_fields(of_shapes, information, first=first, shapes=shapes, in_time=in_time)
        return np.sqrt(((flatten(found[:]) - true) ** 2).mean(axis=0))

    alone, followed, untreated = (
        estimate(in_time=False),
        estimate(in_time=True),
        np.sqrt(((raw - true) ** 2).mean(axis=0)),
    )
    assert alone[0] < 1.1 * untreated[0]
    assert followed[0] < 1.1 * untreated[0]
    assert alone[1] < 0.75 * untreated[1]
    assert followed[1] < 0.5 * alone[1]


def test_directions_without_evidence_stay_with_the_prior_mean(field):
    n = 2 * field.shape[0] * field.shape[1]
    shapes = smooth_shapes(field, (30, 30))
    found, _ = estimate_map_fields(
        np.zeros((50, len(shapes.variances)), np.float32),
        np.zeros((n, n)),
        first=np.zeros((50, *field.shape, 2), np.float32),
        shapes=shapes,
        in_time=True,
    )
    assert not found[:].any()


def test_evidence_for_smooth_shapes_is_that_for_fields_times_the_shapes(scene, field):
    rng = np.random.default_rng(4)
    evidence = prepare_evidence(view(scene), np.ones(SIZE, np.float32), field)
    shapes = smooth_shapes(field, (30, 30)).vectors
    around = rng.normal(0, 0.5, (3, *field.shape, 2)).astype(np.float32)
    told = evidence.read(np.repeat(view(scene)[None], 3, axis=0).astype(np.float32), around)
    wanted = evidence.combine(told, around) @ shapes
    found = np.concatenate([told, flatten(around)], axis=1, dtype=np.float32) @ evidence.combiner(shapes)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max())
