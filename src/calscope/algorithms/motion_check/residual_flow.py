"""Movement that is left in a movie: optical flow between short stretches of frames and the mean of all the others.

Farnebäck's method (2003, Two-frame motion estimation based on polynomial expansion) by OpenCV, at half the resolution:
what tissue does is smooth, and a single frame's photon noise would drown it, so that stretches are averaged first.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray

HALVE = 2
SMOOTH_PX = 1.5
LEVELS, WINDOW, ROUNDS, NEIGHBOURHOOD, SPREAD = 2, 25, 2, 5, 1.1
MIN_SIDE = 16
"""A field smaller than that has no flow worth the name."""


@dataclass(frozen=True)
class Tones:
    """The range of values that is turned into 8 bits for the flow, the same for every version of a movie."""

    low: float
    high: float

    def of(self, image: FloatArray) -> NDArray[np.uint8]:
        """Smooth and halve an image (H, W), and give it in 8 bits."""
        smooth = cv2.GaussianBlur(image, (0, 0), SMOOTH_PX)
        half = cv2.resize(smooth, None, fx=1 / HALVE, fy=1 / HALVE, interpolation=cv2.INTER_AREA)
        scaled = (half - self.low) * (255 / max(self.high - self.low, 1e-12))
        return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def tones_of(image: FloatArray) -> Tones:
    """Choose the range from an image that shows the field well."""
    low, high = np.percentile(image, [0.5, 99.8])
    return Tones(float(low), float(high))


def residual_flow(images: FloatArray, index: int, total: FloatArray, tones: Tones) -> float:
    """Give the root mean square flow (px) between one of the images (B, H, W) and the mean of the others.

    Parameters
    ----------
    images
        Means of stretches of frames.
    index
        Which one.
    total
        (H, W) sum of all of them.
    tones
        From `tones_of`, the same for all that is compared.
    """
    if min(images.shape[1:]) < MIN_SIDE or len(images) < 2 or tones.high <= tones.low:
        return 0.0
    others = tones.of((total - images[index]) / np.float32(len(images) - 1))
    flow = np.zeros((*others.shape, 2), np.float32)
    cv2.calcOpticalFlowFarneback(
        others, tones.of(images[index]), flow, 0.5, LEVELS, WINDOW, ROUNDS, NEIGHBOURHOOD, SPREAD, 0
    )
    return HALVE * float(np.sqrt(np.mean(np.square(flow)) * 2))
