"""Scores of motion and components against the truth of a simulated recording.

Motion: root mean square of the distance between estimated and true displacement at the patches' centres, px, after the
constant offset that any template may have is taken out. Components: one hits a neuron where the cosine of the two
footprints is at least 0.5, one to one; neurons of under three spikes, or barely inside the field, count neither way.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.optimize import linear_sum_assignment

PAD_PX = 16
"""The simulated scene is that much larger than the field on every side; the knots of its warp span all of it."""
SMALLEST_COSINE = 0.5
FEWEST_SPIKES, SMALLEST_MASK = 3, 20
LARGEST_OFFSET_PX = 4
Truth = Mapping[str, NDArray]


def load_truth(folder: Path) -> dict[str, NDArray] | None:
    """Give the truth beside a recording, or None."""
    path = folder / "truth.npz"
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as file:
        return {name: np.asarray(file[name], np.float64) for name in ("shifts", "warp", "masks", "traces", "spikes")}


def true_displacement(truth: Truth, centers: NDArray) -> NDArray:
    """Give the displacement of the tissue at places (P, 2) of the field in every frame, (T, P, 2) px."""
    knots = truth["warp"].shape[1]
    scene = np.array(truth["masks"].shape[1:]) + 2 * PAD_PX
    places = ((centers + PAD_PX + 0.5) * knots / scene - 0.5).T
    weights = np.stack(
        [map_coordinates(knot.reshape(knots, knots), places, order=3, mode="nearest") for knot in np.eye(knots * knots)]
    )
    bent = np.einsum("tkc,kp->tpc", truth["warp"].reshape(len(truth["warp"]), -1, 2), weights)
    return bent + truth["shifts"][:, None]


def motion_error_px(truth: Truth, shifts: NDArray, centers: NDArray) -> tuple[float, float]:
    """Give the error of estimated shifts (T, P, 2) and that of doing nothing; either sign of the shifts will do."""
    true = true_displacement(truth, np.asarray(centers, np.float64))
    return min(_spread(shifts - true), _spread(-shifts - true)), _spread(true)


def _spread(difference: NDArray) -> float:
    centred = difference - np.median(difference, axis=0, keepdims=True)
    return float(np.sqrt((centred**2).sum(axis=-1).mean()))


def component_scores(truth: Truth, images: NDArray, traces: NDArray) -> dict[str, float]:
    """Give F1, and medians over the hits of the footprints' cosine and the correlation with the true calcium.

    Parameters
    ----------
    images
        (K, H, W) footprints.
    traces
        (K, T) denoised traces.
    """
    if not len(images):
        return {"f1": 0.0, "cosine": 0.0, "trace_r": 0.0}
    masks = _aligned(truth["masks"], images)
    cosine = _unit(masks) @ _unit(images).T
    rows, columns = linear_sum_assignment(cosine, maximize=True)
    near = cosine[rows, columns] >= SMALLEST_COSINE
    rows, columns = rows[near], columns[near]
    counts = (truth["spikes"].sum(axis=1) >= FEWEST_SPIKES) & (truth["masks"].sum(axis=(1, 2)) > SMALLEST_MASK)
    hit = counts[rows]
    n_hits = int(hit.sum())
    considered = len(images) - int((~hit).sum())
    r = [np.corrcoef(truth["traces"][i], traces[j])[0, 1] for i, j in zip(rows[hit], columns[hit], strict=True)]
    return {
        "f1": 2 * n_hits / max(1, considered + int(counts.sum())),
        "cosine": float(np.median(cosine[rows, columns][hit])) if n_hits else 0.0,
        "trace_r": float(np.nanmedian(r)) if n_hits else 0.0,
    }


def _unit(images: NDArray) -> NDArray:
    flat = images.reshape(len(images), -1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)


def _aligned(masks: NDArray, images: NDArray) -> NDArray:
    """Move the masks by the whole px at which the two sets overlap most: a template may lie anywhere near."""
    spectrum = np.fft.fft2(images.max(axis=0)) * np.conj(np.fft.fft2(masks.max(axis=0)))
    overlap = np.fft.ifft2(spectrum).real
    near = range(-LARGEST_OFFSET_PX, LARGEST_OFFSET_PX + 1)
    best = max(((dy, dx) for dy in near for dx in near), key=lambda lag: overlap[lag])
    return np.roll(masks, best, axis=(1, 2))
