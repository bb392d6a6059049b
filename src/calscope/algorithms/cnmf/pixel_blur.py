"""Blurs of small pixel-major movies, for the search for components: whole traces are added, many frames at once."""

import numpy as np
from numpy.typing import NDArray

from calscope.compiled import kernel


@kernel
def blur(movie: NDArray, ky: NDArray, kx: NDArray) -> NDArray:
    """Blur a movie, (h, w, T) float32, by one kernel along each side; what lies outside counts as 0."""
    h, w, n_frames = movie.shape
    hy, hx = ky.size // 2, kx.size // 2
    out = np.empty_like(movie)
    pixels = movie.reshape(h * w, n_frames)
    row = np.empty((w, n_frames), np.float32)
    for y in range(h):
        top, bottom = max(0, y - hy), min(h, y + hy + 1)
        for x in range(w):
            _weighted_sum(pixels, top * w + x, w, ky[top - y + hy : bottom - y + hy], row[x])
        for x in range(w):
            left, right = max(0, x - hx), min(w, x + hx + 1)
            _weighted_sum(row, left, 1, kx[left - x + hx : right - x + hx], out[y, x])
    return out


@kernel
def _weighted_sum(traces: NDArray, first: int, apart: int, weights: NDArray, out: NDArray) -> None:
    """Sum of weighted traces, those numbered `first`, `first + apart` and so on.

    Three at a time, for the target is then loaded and stored a third as often. Each is cut from a contiguous array on
    its own: of slices of slices the compiler doesn't know that they are contiguous, which halves the speed.
    """
    n = weights.size
    out[:] = 0
    for i in range(0, n - 2, 3):
        a, b, c = traces[first + i * apart], traces[first + (i + 1) * apart], traces[first + (i + 2) * apart]
        u, v, w = weights[i], weights[i + 1], weights[i + 2]
        for t in range(out.size):
            out[t] += u * a[t] + v * b[t] + w * c[t]
    for i in range(n - n % 3, n):
        subtract(out, -weights[i], traces[first + i * apart])


@kernel
def blur_image(image: NDArray, ky: NDArray, kx: NDArray) -> NDArray:
    """Blur an image, (h, w) float32, as `blur` does each frame."""
    h, w = image.shape
    hy, hx = ky.size // 2, kx.size // 2
    rows = np.zeros_like(image)
    out = np.zeros_like(image)
    for y in range(h):
        for i in range(max(-hy, -y), min(hy, h - 1 - y) + 1):
            for x in range(w):
                rows[y, x] += ky[i + hy] * image[y + i, x]
    for y in range(h):
        for x in range(w):
            for i in range(max(-hx, -x), min(hx, w - 1 - x) + 1):
                out[y, x] += kx[i + hx] * rows[y, x + i]
    return out


@kernel
def subtract_surround(movie: NDArray, hy: int, hx: int) -> None:
    """Subtract the mean of the surrounding square from each pixel, in place, which removes wide background."""
    h, w, n_frames = movie.shape
    rows = np.empty_like(movie)
    run = np.zeros((w, n_frames), np.float32)
    for y in range(-hy, h):
        if y + hy < h:
            for x in range(w):
                subtract(run[x], np.float32(-1), movie[y + hy, x])
        if y - hy - 1 >= 0:
            for x in range(w):
                subtract(run[x], np.float32(1), movie[y - hy - 1, x])
        if y >= 0:
            rows[y] = run
    total = np.zeros(n_frames, np.float32)
    for y in range(h):
        total[:] = 0
        n_rows = min(h, y + hy + 1) - max(0, y - hy)
        for x in range(-hx, w):
            if x + hx < w:
                subtract(total, np.float32(-1), rows[y, x + hx])
            if x - hx - 1 >= 0:
                subtract(total, np.float32(1), rows[y, x - hx - 1])
            if x >= 0:
                n_columns = min(w, x + hx + 1) - max(0, x - hx)
                subtract(movie[y, x], np.float32(1) / np.float32(n_rows * n_columns), total)


@kernel
def subtract(trace: NDArray, weight: np.float32, c: NDArray) -> None:
    """Subtract a weighted trace from another, in place."""
    if weight != 0:
        for t in range(c.size):
            trace[t] -= weight * c[t]
