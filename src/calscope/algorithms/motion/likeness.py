"""How alike a frame and the template are: brightness matched by a straight line, and correlation.

Written as kernels of our own: a linear algebra library would start threads for sums this small, which then compete with
the threads that the frames are spread over.
"""

import math

import numpy as np
from numpy.typing import NDArray

from calscope.compiled import kernel
from calscope.model.movie import FloatArray

GAIN_LIMIT = 5.0


def match_brightness(frame: FloatArray, template: FloatArray) -> tuple[float, float]:
    """Give the factor (within GAIN_LIMIT) and the offset that make a frame as bright as the template."""
    mean_frame, mean_template, _, power, shared = _moments(frame, template)
    strength = shared / power if power > 0 else 1.0
    gain = 1 / min(max(strength, 1 / GAIN_LIMIT), GAIN_LIMIT)
    return gain, mean_template - gain * mean_frame


def correlations(frames: FloatArray, image: FloatArray) -> FloatArray:
    """Correlation of each frame (n, H, W) with an image (H, W), (n,); 0 where either is constant."""
    out = np.zeros(len(frames), np.float32)
    for index, frame in enumerate(frames):
        _, _, own, power, shared = _moments(frame, image)
        if own > 0 and power > 0:
            out[index] = min(max(shared / math.sqrt(own * power), -1.0), 1.0)
    return out


def correlations_inside(frames: FloatArray, image: FloatArray, inside: tuple[slice, slice]) -> FloatArray:
    """Correlation of the inner part of each frame (n, H, W) with that of an image (H, W), (n,)."""
    out = np.empty(len(frames), np.float32)
    _correlate_all(frames, *prepare_inside(image, inside), out)
    return out


def prepare_inside(image: FloatArray, inside: tuple[slice, slice]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Give an image (H, W) and the box (top, bottom, left, right) as `correlate_inside` takes them."""
    centred = np.zeros(image.shape, np.float32)
    centred[inside] = image[inside] - image[inside].mean(dtype=np.float64)
    return centred, np.array([inside[0].start, inside[0].stop, inside[1].start, inside[1].stop])


@kernel
def _correlate_all(frames, centred, box, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for t in range(len(frames)):
        out[t] = correlate_inside(frames[t], centred, box)


@kernel
def _moments(frame, image):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Means of both, sums of squares of both about their means, and the sum of products about the means."""
    height, width = frame.shape
    n = height * width
    # about the first pixel, so that a large even brightness doesn't eat the digits
    base_a = frame[0, 0]
    base_b = image[0, 0]
    sum_a = np.float64(0)
    sum_b = np.float64(0)
    sum_aa = np.float64(0)
    sum_bb = np.float64(0)
    sum_ab = np.float64(0)
    for y in range(height):
        row_a = frame[y]
        row_b = image[y]
        a1 = np.float32(0)
        b1 = np.float32(0)
        aa = np.float32(0)
        bb = np.float32(0)
        ab = np.float32(0)
        for x in range(width):
            a = row_a[x] - base_a
            b = row_b[x] - base_b
            a1 += a
            b1 += b
            aa += a * a
            bb += b * b
            ab += a * b
        sum_a += a1
        sum_b += b1
        sum_aa += aa
        sum_bb += bb
        sum_ab += ab
    mean_a = sum_a / n
    mean_b = sum_b / n
    return (
        base_a + mean_a,
        base_b + mean_b,
        max(sum_aa - n * mean_a * mean_a, 0.0),
        max(sum_bb - n * mean_b * mean_b, 0.0),
        sum_ab - n * mean_a * mean_b,
    )


@kernel
def correlate_inside(frame, centred, box):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Correlation of a frame with an image whose mean is 0 inside of the box, there; 0 where either is constant."""
    base = frame[box[0], box[2]]
    total = np.zeros(4)
    for y in range(box[0], box[1]):
        row = frame[y, box[2] : box[3]]
        other = centred[y, box[2] : box[3]]
        s = np.float32(0)
        ss = np.float32(0)
        sw = np.float32(0)
        ww = np.float32(0)
        for x in range(len(row)):
            a = row[x] - base
            s += a
            ss += a * a
            sw += a * other[x]
            ww += other[x] * other[x]
        total[0] += s
        total[1] += ss
        total[2] += sw
        total[3] += ww
    own = total[1] - total[0] * total[0] / ((box[1] - box[0]) * (box[3] - box[2]))
    if own <= 0 or total[3] <= 0:
        return 0.0
    return min(max(total[2] / math.sqrt(own * total[3]), -1.0), 1.0)
