"""Crispness, agreement, intervals and flow against direct computations and known displacements."""

import cv2
import numpy as np
import pytest

from calscope.algorithms.motion_check.bootstrap import draw_weights, estimate
from calscope.algorithms.motion_check.crispness import agreement, crispness, gradient_products, image_products
from calscope.algorithms.motion_check.residual_flow import residual_flow, tones_of


@pytest.fixture(scope="module")
def picture():
    rough = np.random.default_rng(1).standard_normal((96, 112))
    return (200 + 120 * cv2.GaussianBlur(rough, (0, 0), 3.0) / 0.094).astype(np.float32)


def gradient_norm(image):
    down, right = np.gradient(image.astype(np.float64))
    return np.sqrt((down**2 + right**2).mean())


def test_crispness_is_that_of_the_picture_without_the_noise(picture):
    noise = np.random.default_rng(2).normal(0, 300, (24, *picture.shape)).astype(np.float32)
    images = picture + noise
    found = crispness(gradient_products(images), np.ones((1, 24)))[0]
    assert found == pytest.approx(gradient_norm(picture), rel=0.05)
    assert gradient_norm(images.mean(axis=0)) > 1.3 * gradient_norm(picture)


def test_crispness_of_noise_alone_is_near_nothing():
    noise = np.random.default_rng(3).standard_normal((24, 64, 64)).astype(np.float32)
    assert crispness(gradient_products(noise), np.ones((1, 24)))[0] < 0.3 * gradient_norm(noise.mean(axis=0))


def test_crispness_falls_when_images_lie_apart(picture):
    apart = np.stack([np.roll(picture, 3 * (k % 3), axis=0) for k in range(12)])
    weights = np.ones((1, 12))
    together = crispness(gradient_products(np.stack([picture] * 12)), weights)[0]
    assert crispness(gradient_products(apart), weights)[0] < 0.95 * together


def test_agreement_is_the_mean_correlation_with_the_others(picture):
    images = picture + np.random.default_rng(4).normal(0, 100, (9, *picture.shape)).astype(np.float32)
    direct = [np.corrcoef(images[k].ravel(), np.delete(images, k, axis=0).mean(axis=0).ravel())[0, 1] for k in range(9)]
    assert agreement(image_products(images), np.ones((1, 9)))[0] == pytest.approx(np.mean(direct), abs=1e-4)


def test_a_draw_is_as_good_as_its_images_repeated(picture):
    images = picture + np.random.default_rng(5).normal(0, 100, (4, *picture.shape)).astype(np.float32)
    weights = np.array([[2.0, 1.0, 0.0, 1.0]])
    pairs = [(0, 1), (0, 1), (0, 3), (0, 3), (1, 3)]
    products = gradient_products(images)
    direct = np.mean([products[i, j] for i, j in pairs])
    assert crispness(products, weights)[0] ** 2 == pytest.approx(direct)


def test_constant_images_agree_with_nothing():
    flat = np.full((5, 20, 20), 3.0, np.float32)
    weights = draw_weights(5)
    assert (agreement(image_products(flat), weights) == 0).all()
    assert (crispness(gradient_products(flat), weights) == 0).all()


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(6)
    weights = draw_weights(24)
    inside = 0
    for _ in range(200):
        sample = rng.normal(1.0, 0.5, 24)
        found = estimate(weights @ sample / 24)
        inside += found.low <= 1.0 <= found.high
    assert 176 <= inside <= 199


@pytest.mark.parametrize("shift", [(0.5, 0.0), (0.0, -1.0), (2.0, 1.5), (-4.0, 3.0)])
def test_flow_finds_a_known_displacement(picture, shift):
    matrix = np.float32([[1, 0, shift[1]], [0, 1, shift[0]]])
    moved = cv2.warpAffine(picture, matrix, picture.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    images = np.stack([picture, picture, picture, moved])
    found = residual_flow(images, 3, images.sum(axis=0), tones_of(picture))
    assert found == pytest.approx(np.hypot(*shift), rel=0.15)


def test_flow_of_equal_images_is_nothing(picture):
    images = np.stack([picture] * 4)
    assert residual_flow(images, 0, images.sum(axis=0), tones_of(picture)) < 0.02
    flat = np.full_like(images, 5.0)
    assert residual_flow(flat, 0, flat.sum(axis=0), tones_of(flat[0])) == 0.0
