"""From light to counts: the scene displaced under the microscope, photons drawn, an analogue chain read out.

Every frame draws from a generator of its own, seeded with the recording's seed and the frame's number: a frame is the
same however and in whatever order frames are read.
"""

import math

import numpy as np
from numpy.typing import NDArray

from calscope.compiled import kernel

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
State = tuple[float, np.uint64]
MANY_PHOTONS = 40.0
"""Above this a Poisson draw is made from a Gaussian with its skewness put right; read noise hides the difference."""


@kernel
def add_footprints(
    scene: FloatArray, starts: IntArray, pixels: IntArray, weights: FloatArray, light: FloatArray
) -> None:
    """Add sparse footprints to an image: footprint i has `weights` at `pixels`, and shines with light[i]."""
    flat = scene.reshape(-1)
    for i in range(len(light)):
        for j in range(starts[i], starts[i + 1]):
            flat[pixels[j]] += weights[j] * light[i]


@kernel
def displace(  # noqa: PLR0917 - numba takes positional arguments best
    scene: FloatArray,
    warp_y: FloatArray,
    warp_x: FloatArray,
    shift_y: float,
    shift_x: float,
    pad: int,
    out: FloatArray,
) -> None:
    """Show the scene as displaced: what lies at p in the scene lands on p + shift + warp(p) of the frame.

    Each pixel asks where its light came from; that point solves p = q - shift - warp(p), which three rounds do to far
    below a hundredth of a pixel, as the warp changes slowly. Light between pixels by cubic convolution (Keys 1981).
    """
    height, width = out.shape
    last_y, last_x = scene.shape[0] - 1, scene.shape[1] - 1
    wy, wx = np.empty(4, np.float32), np.empty(4, np.float32)
    for i in range(height):
        for j in range(width):
            target_y, target_x = i + pad - shift_y, j + pad - shift_x
            y, x = target_y, target_x
            for _ in range(3):
                move_y, move_x = _bilinear(warp_y, y, x), _bilinear(warp_x, y, x)
                y, x = target_y - move_y, target_x - move_x
            y, x = min(max(y, 0.0), float(last_y)), min(max(x, 0.0), float(last_x))
            y0, x0 = int(y), int(x)
            _cubic_weights(y - y0, wy)
            _cubic_weights(x - x0, wx)
            total = 0.0
            for a in range(4):
                row = min(max(y0 + a - 1, 0), last_y)
                line = 0.0
                for b in range(4):
                    line += wx[b] * scene[row, min(max(x0 + b - 1, 0), last_x)]
                total += wy[a] * line
            out[i, j] = max(total, 0.0)


@kernel
def _bilinear(image: FloatArray, y: float, x: float) -> float:
    height, width = image.shape
    y, x = min(max(y, 0.0), height - 1.001), min(max(x, 0.0), width - 1.001)
    i, j = int(y), int(x)
    v, u = y - i, x - j
    top = image[i, j] * (1.0 - u) + image[i, j + 1] * u
    return top * (1.0 - v) + (image[i + 1, j] * (1.0 - u) + image[i + 1, j + 1] * u) * v


@kernel
def _cubic_weights(u: float, out: FloatArray) -> None:
    out[0] = ((-0.5 * u + 1.0) * u - 0.5) * u
    out[1] = (1.5 * u - 2.5) * u * u + 1.0
    out[2] = ((-1.5 * u + 2.0) * u + 0.5) * u
    out[3] = (0.5 * u - 0.5) * u * u


@kernel(fastmath=False)
def expose(  # noqa: PLR0917 - numba takes positional arguments best
    light: FloatArray,
    seed: int,
    frame: int,
    gain: float,
    read_noise: float,
    offset: float,
    out: NDArray[np.uint16],
) -> None:
    """Draw photons for each pixel's mean `light` and turn them into counts of `out`'s type, with read noise."""
    state = _mix(np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) ^ _mix(np.uint64(frame) + np.uint64(1)))
    for i in range(light.shape[0]):
        for j in range(light.shape[1]):
            state += np.uint64(0x9E3779B97F4A7C15)
            photons, state = _poisson(light[i, j], state)
            state += np.uint64(0x9E3779B97F4A7C15)
            counts = offset + gain * photons + read_noise * _nearly_gaussian(_mix(state))
            out[i, j] = np.uint16(min(max(counts + 0.5, 0.0), 65535.0))


@kernel(fastmath=False)
def _mix(z: np.uint64) -> np.uint64:
    """Scramble 64 bits: the output step of splitmix64 (Steele et al. 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel(fastmath=False)
def _uniform(bits: np.uint64) -> float:
    """Turn 64 random bits into a number in (0, 1)."""
    return (float(bits >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


@kernel(fastmath=False)
def _poisson(mean: float, state: np.uint64) -> State:
    """Poisson number and the generator's next state: by inversion for few photons, nearly Gaussian for many."""
    u = _uniform(_mix(state))
    if mean < MANY_PHOTONS:
        count, chance = 0.0, math.exp(-mean)
        total = chance
        while u > total and count < 200.0:
            count += 1.0
            chance *= mean / count
            total += chance
        return count, state
    state += np.uint64(0x9E3779B97F4A7C15)
    z = math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * _uniform(_mix(state)))
    return max(math.floor(mean + math.sqrt(mean) * z + (z * z - 1.0) / 6.0 + 0.5), 0.0), state


@kernel(fastmath=False)
def _nearly_gaussian(bits: np.uint64) -> float:
    """Turn 64 random bits into a number of zero mean and unit variance: the sum of four uniform ones."""
    total = 0.0
    for part in range(4):
        total += float((bits >> np.uint64(16 * part)) & np.uint64(0xFFFF)) + 0.5
    return (total / 65536.0 - 2.0) * 1.7320508075688772
