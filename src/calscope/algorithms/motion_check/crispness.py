"""How crisp the mean of images is, and how well they agree, without what their noise adds.

Crispness is the norm of the gradient of an image (Pnevmatikakis & Giovannucci, 2017, J. Neurosci. Methods 291:83). The
gradient of noise has a norm too, larger than a correction's effect in a dim movie, and smaller after any interpolation.
Here the square of the norm is summed over pairs of *different* images only, whose noise is independent. All that is
needed are the products of the images with each other; with them every bootstrap draw is a small matrix product.
"""

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion_check.bootstrap import Weights
from calscope.model.movie import FloatArray

Gram = NDArray[np.float64]


def gradient_products(images: FloatArray) -> Gram:
    """Give the products of the images' gradients with each other, per px, (B, H, W) -> (B, B)."""
    down, right = np.gradient(images, axis=1), np.gradient(images, axis=2)
    return np.asarray(_products(down) + _products(right))


def image_products(images: FloatArray) -> Gram:
    """Give the covariances of the images with each other over the pixels, (B, H, W) -> (B, B)."""
    return _products(images - images.mean(axis=(1, 2), keepdims=True))


def _products(images: NDArray) -> Gram:
    flat = images.reshape(len(images), -1)
    # what all images share is most of each; taken apart, float32 keeps the digits of the rest
    shared = flat.mean(axis=0)
    rest = flat - shared
    cross = (rest @ shared).astype(np.float64)
    total = (rest @ rest.T).astype(np.float64) + cross[:, None] + cross[None]
    return (total + float(shared.astype(np.float64) @ shared)) / flat.shape[1]


def crispness(products: Gram, weights: Weights) -> NDArray[np.float64]:
    """Give the norm of the gradient of the weighted mean image per root px, (draws,); 0 where there is only noise."""
    pairs = _between_different(products, weights)
    count = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    mean = np.divide(pairs, count, out=np.zeros(len(weights)), where=count > 0)
    return np.asarray(np.sqrt(np.maximum(mean, 0.0)))


def _between_different(products: Gram, weights: Weights) -> NDArray[np.float64]:
    """Sum the products over pairs of different images; a draw may hold an image more than once."""
    return np.einsum("di,ij,dj->d", weights, products, weights, optimize=True) - weights**2 @ np.diag(products)


def agreement(products: Gram, weights: Weights) -> NDArray[np.float64]:
    """Give the mean correlation of each image with the mean of the others, (draws,); 0 where images are constant."""
    own = np.diag(products)
    with_all = weights @ products
    total = (with_all * weights).sum(axis=1, keepdims=True)
    with_others = with_all - weights * own
    energy = total - 2 * weights * with_all + weights**2 * own
    norms = np.sqrt(np.maximum(energy * own, 0.0))
    each = np.divide(with_others, norms, out=np.zeros_like(with_others), where=norms > 0)
    return np.asarray((each * weights).sum(axis=1) / weights.sum(axis=1))
