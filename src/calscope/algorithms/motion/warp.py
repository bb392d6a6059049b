"""Laying a frame on the template by a smooth field of shifts, with cubic interpolation.

Cubic, not linear: linear interpolation takes away a third of the noise, and more of it the further a shift is from a
whole pixel, which distorts every later estimate of noise and flatters every measure of the correction.

A smooth field moves neighbouring pixels by nearly the same amount. A run of pixels is moved by the same whole number of
pixels, so that its sources lie side by side: they are loaded as they are, without looking up each one, and only the
weights differ. Where the whole number changes within a run, the run is done once for each and the right one is chosen.
"""

import math

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion.grid import ShiftField
from calscope.algorithms.motion.likeness import correlate_inside, prepare_inside
from calscope.compiled import kernel
from calscope.model.movie import FloatArray, Movie

ROUNDING_PX = 1e-3
"""A source this little outside of the frame is inside but for rounding."""
RUN_PX = 32
"""Pixels interpolated together; a fixed number, so that the compiler makes whole vectors of them."""
GROUP_ROWS = 4
"""The field is evaluated on every so many rows and taken as straight in between: wrong by about 0.001 px."""
CURVE = np.float32(-0.75)
"""Slope of the cubic kernel at distance 1 (Keys, 1981, IEEE Trans. ASSP 29:1153); that of OpenCV. -0.5 would follow a
smooth picture a little better, and take away more of the noise."""
SLACK_PX = 1e-4
_ONE = np.float32(1)


class Warper:
    """Warps frames by fields of one kind."""

    def __init__(self, field: ShiftField) -> None:
        self.field = field
        height, width = field.rows.shape[0], field.columns.shape[0]
        padded = -(-width // RUN_PX) * RUN_PX
        # beyond the right edge the last pixel's weights go on, so that every run is whole
        by_node = field.columns[np.minimum(np.arange(padded), width - 1)].T
        nodes = np.stack([_reach((run != 0).any(axis=1)) for run in np.split(by_node, padded // RUN_PX, axis=1)])
        self._rows = np.ascontiguousarray(field.rows, np.float32)
        self._row_nodes = np.stack([_reach(self._rows[y] != 0) for y in range(height)])
        self._by_node = np.ascontiguousarray(by_node, np.float32)
        self._run_nodes = nodes

    def warp(self, frames: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Warp frames.

        Parameters
        ----------
        frames
            (n, H, W) float32, finite.
        coefficients
            (n, Ky, Kx, 2) of the field, px; positive moves the picture down and right.

        Returns
        -------
        FloatArray
            (n, H, W); where a frame doesn't reach, its nearest edge pixel is repeated.
        """
        out = np.empty_like(frames)
        own = np.ascontiguousarray(coefficients, np.float32)
        _warp(frames, own, self._rows, self._row_nodes, self._by_node, self._run_nodes, out)
        return out

    def write(  # noqa: PLR0917
        self,
        frames: FloatArray,
        coefficients: FloatArray,
        movie: Movie,
        start: int,
        template: FloatArray,
        inside: tuple[slice, slice],
    ) -> FloatArray:
        """Warp frames and write them as codes of a 16-bit movie, in one go over the pixels.

        Parameters
        ----------
        frames, coefficients
            As for `warp`.
        movie
            Its codes, from frame `start` on, are written.
        template
            (H, W); the part `inside` is what frames are correlated with.

        Returns
        -------
        FloatArray
            (n,) correlation of the corrected frame with the template; 0 where a frame or the template is constant.
        """
        codes = movie.codes[start : start + len(frames)]
        centred, box = prepare_inside(template, inside)
        own = np.array(coefficients, np.float32)  # a copy: one that may not be written to would be compiled for anew
        found = np.empty(len(frames), np.float32)
        coding = (np.float32(1 / movie.scale), np.float32(movie.offset))
        grid = (self._rows, self._row_nodes, self._by_node, self._run_nodes)
        _write(frames, own, *grid, centred, box, *coding, codes, found)
        return found

    def rims(self, coefficients: FloatArray) -> NDArray[np.int64]:
        """Width of the rim that each field (n, Ky, Kx, 2) leaves to be filled, (n, 4): top, bottom, left, right, px."""
        rows, columns = self.field.rows, self.field.columns
        down = np.array(coefficients[..., 0], np.float32, order="C")
        right = np.array(coefficients[..., 1].swapaxes(1, 2), np.float32, order="C")
        return np.concatenate([_rims(rows, columns, down), _rims(columns, rows, right)], axis=1)


def _reach(used: NDArray[np.bool_]) -> NDArray[np.int64]:
    which = np.flatnonzero(used)
    return np.array([which[0], which[-1] + 1])


@kernel
def _copy(values, to):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Copy a line: numba takes several times as long to assign it as a whole."""
    for x in range(len(values)):
        to[x] = values[x]


@kernel
def _pad(frame, pad, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Copy a frame into a larger one, `pad` px off its corner; its edges are repeated outwards."""
    height, width = frame.shape
    for y in range(out.shape[0]):
        source = frame[min(max(y - pad, 0), height - 1)]
        line = out[y]
        _copy(source, line[pad : pad + width])
        first = source[0]
        last = source[width - 1]
        for x in range(pad):
            line[x] = first
        for x in range(pad + width, out.shape[1]):
            line[x] = last


@kernel
def _displace(y, rows, row_nodes, by_node, run_nodes, coefficients, line, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Where the values of one row come from, relative to their own place, (2, W): minus the shift."""
    line[:] = 0
    for i in range(row_nodes[y, 0], row_nodes[y, 1]):
        weight = rows[y, i]
        for j in range(coefficients.shape[1]):
            line[j, 0] += weight * coefficients[i, j, 0]
            line[j, 1] += weight * coefficients[i, j, 1]
    for r in range(run_nodes.shape[0]):
        begin = r * RUN_PX
        to_y = out[0, begin : begin + RUN_PX]
        to_x = out[1, begin : begin + RUN_PX]
        for x in range(RUN_PX):
            to_y[x] = 0
            to_x[x] = 0
        for j in range(run_nodes[r, 0], run_nodes[r, 1]):
            w = by_node[j, begin : begin + RUN_PX]
            down = line[j, 0]
            right = line[j, 1]
            for x in range(RUN_PX):
                to_y[x] -= down * w[x]
            for x in range(RUN_PX):
                to_x[x] -= right * w[x]


@kernel
def _cubic(r0, r1, r2, r3, to_y, to_x, whole_y, whole_x, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Interpolate runs from four rows, whose first pixel is one left of the runs'."""
    for x in range(len(out)):
        t = to_y[x] - whole_y
        u = _ONE - t
        v0 = CURVE * t * u * u
        v3 = CURVE * t * u * t
        v1 = ((CURVE + np.float32(2)) * t - (CURVE + np.float32(3))) * t * t + _ONE
        v2 = _ONE - v0 - v1 - v3
        s = to_x[x] - whole_x
        u = _ONE - s
        w0 = CURVE * s * u * u
        w3 = CURVE * s * u * s
        w1 = ((CURVE + np.float32(2)) * s - (CURVE + np.float32(3))) * s * s + _ONE
        w2 = _ONE - w0 - w1 - w3
        out[x] = (
            w0 * (v0 * r0[x] + v1 * r1[x] + v2 * r2[x] + v3 * r3[x])
            + w1 * (v0 * r0[x + 1] + v1 * r1[x + 1] + v2 * r2[x + 1] + v3 * r3[x + 1])
            + w2 * (v0 * r0[x + 2] + v1 * r1[x + 2] + v2 * r2[x + 2] + v3 * r3[x + 2])
            + w3 * (v0 * r0[x + 3] + v1 * r1[x + 3] + v2 * r2[x + 3] + v3 * r3[x + 3])
        )


@kernel
def _choose(values, to_y, to_x, whole_y, whole_x, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Take those values of a run that these whole numbers are right for."""
    for x in range(RUN_PX):
        in_y = (to_y[x] >= whole_y) & (to_y[x] < whole_y + _ONE)
        in_x = (to_x[x] >= whole_x) & (to_x[x] < whole_x + _ONE)
        out[x] = values[x] if in_y & in_x else out[x]


@kernel
def _move(padded, top, left, to, begin, end, whole_y, whole_x, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Interpolate the runs from begin to end, moved by the same whole number; (top, left) is the first tap."""
    width = end - begin + 3
    _cubic(
        padded[top, left : left + width],
        padded[top + 1, left : left + width],
        padded[top + 2, left : left + width],
        padded[top + 3, left : left + width],
        to[0, begin:end],
        to[1, begin:end],
        np.float32(whole_y),
        np.float32(whole_x),
        out,
    )


@kernel
def _interpolate(padded, pad, y, to, whole, spare, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Interpolate row y; `whole` are the smallest and largest whole numbers of each run, down, then right."""
    n = len(whole)
    r = 0
    while r < n:
        begin = r * RUN_PX
        end = begin + RUN_PX
        y0, y1, x0, x1 = whole[r, 0], whole[r, 1], whole[r, 2], whole[r, 3]
        r += 1
        if y0 == y1 and x0 == x1:
            while r < n and whole[r, 0] == y0 and whole[r, 1] == y0 and whole[r, 2] == x0 and whole[r, 3] == x0:
                r += 1
            end = r * RUN_PX
            _move(padded, pad + y + y0 - 1, pad + begin + x0 - 1, to, begin, end, y0, x0, out[begin:end])
            continue
        for ky in range(y0, y1 + 1):
            for kx in range(x0, x1 + 1):
                _move(padded, pad + y + ky - 1, pad + begin + kx - 1, to, begin, end, ky, kx, spare)
                _choose(spare, to[0, begin:end], to[1, begin:end], np.float32(ky), np.float32(kx), out[begin:end])


@kernel
def _whole_numbers(ends, whole):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Bounds of the whole part of where each run comes from, in the rows between two."""
    for r in range(len(whole)):
        for k in range(2):
            a = ends[0, k, r * RUN_PX : r * RUN_PX + RUN_PX]
            b = ends[1, k, r * RUN_PX : r * RUN_PX + RUN_PX]
            low = min(a[0], b[0])
            high = max(a[0], b[0])
            for x in range(RUN_PX):
                low = min(low, a[x], b[x])
            for x in range(RUN_PX):
                high = max(high, a[x], b[x])
            whole[r, 2 * k] = math.floor(low - SLACK_PX)
            whole[r, 2 * k + 1] = math.floor(high + SLACK_PX)


@kernel
def _warp_group(padded, pad, y, n_rows, ends, to, whole, spare, moved):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Warp the rows from y on, into `moved`; the field goes straight from ends[0], in row y, to ends[1]."""
    height, width = moved.shape
    step = _ONE / np.float32(max(min(GROUP_ROWS, height - 1 - y), 1))
    _whole_numbers(ends, whole)
    for k in range(n_rows):
        share = np.float32(k) * step
        for axis in range(2):
            a = ends[0, axis]
            b = ends[1, axis]
            o = to[axis]
            for x in range(len(o)):
                o[x] = a[x] + share * (b[x] - a[x])
        _interpolate(padded, pad, y + k, to, whole, spare[0, :RUN_PX], spare[1])
        _copy(spare[1, :width], moved[y + k])


@kernel
def _warp_frame(frame, coefficients, rows, row_nodes, by_node, run_nodes, pad, padded, moved):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    height = frame.shape[0]
    line = np.empty((coefficients.shape[1], 2), np.float32)
    to = np.empty((2, by_node.shape[1]), np.float32)
    ends = np.empty((2, 2, by_node.shape[1]), np.float32)
    spare = np.empty((2, by_node.shape[1]), np.float32)
    whole = np.empty((len(run_nodes), 4), np.int64)
    _pad(frame, pad, padded)
    _displace(0, rows, row_nodes, by_node, run_nodes, coefficients, line, ends[1])
    for y in range(0, height, GROUP_ROWS):
        for axis in range(2):
            _copy(ends[1, axis], ends[0, axis])
        _displace(min(y + GROUP_ROWS, height - 1), rows, row_nodes, by_node, run_nodes, coefficients, line, ends[1])
        _warp_group(padded, pad, y, min(GROUP_ROWS, height - y), ends, to, whole, spare, moved)


@kernel
def _room(coefficients):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Pixels that frames need to be extended by, so that every source lies inside."""
    furthest = np.float32(0)
    for value in coefficients.flat:
        furthest = max(furthest, abs(value))
    return math.ceil(furthest) + 4


@kernel
def _warp(frames, coefficients, rows, row_nodes, by_node, run_nodes, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    pad = _room(coefficients)
    padded = np.empty((frames.shape[1] + 2 * pad, by_node.shape[1] + 2 * pad), np.float32)
    for t in range(frames.shape[0]):
        _warp_frame(frames[t], coefficients[t], rows, row_nodes, by_node, run_nodes, pad, padded, out[t])


@kernel
def _write(frames, coefficients, rows, row_nodes, by_node, run_nodes, centred, box, per_unit, offset, codes, found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    pad = _room(coefficients)
    padded = np.empty((frames.shape[1] + 2 * pad, by_node.shape[1] + 2 * pad), np.float32)
    moved = np.empty(frames.shape[1:], np.float32)
    for t in range(frames.shape[0]):
        _warp_frame(frames[t], coefficients[t], rows, row_nodes, by_node, run_nodes, pad, padded, moved)
        found[t] = correlate_inside(moved, centred, box)
        _encode(moved, per_unit, offset, codes[t])


@kernel
def _encode(values, per_unit, offset, codes):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for y in range(values.shape[0]):
        line = values[y]
        coded = codes[y]
        for x in range(len(line)):
            code = (line[x] - offset) * per_unit + np.float32(0.5)
            coded[x] = np.uint16(min(max(code, np.float32(0)), np.float32(65535)))


@kernel
def _rims(along, across, shifts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Lines at the begin and the end of an axis with a source outside of the frame, (n, 2); shifts are (n, Ky, Kx)."""
    n, n_along, n_across = shifts.shape
    length = along.shape[0]
    out = np.zeros((n, 2), np.int64)
    line = np.empty(n_across, np.float32)
    for t in range(n):
        for end in range(2):
            for depth in range(length):
                at = depth if end == 0 else length - 1 - depth
                line[:] = 0
                for i in range(n_along):
                    for j in range(n_across):
                        line[j] += along[at, i] * shifts[t, i, j]
                furthest = np.float32(0)
                for x in range(across.shape[0]):
                    value = np.float32(0)
                    for j in range(n_across):
                        value += across[x, j] * line[j]
                    furthest = max(furthest, value if end == 0 else -value)
                if furthest <= depth + ROUNDING_PX:
                    break
                out[t, end] = depth + 1
    return out
