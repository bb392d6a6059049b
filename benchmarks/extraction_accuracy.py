"""Scores the built-in extraction against known truth.

    python benchmarks/extraction_accuracy.py FOLDER... [--fr 14.7] [--workers 2] [--set cnmf.K=6 ...]

Each folder holds movie.tif and truth.npz, as `calscope demo` writes them; CaImAn's result in FOLDER/caiman, where there
is one, is scored beside. A component hits a neuron where the cosine of their footprints is at least 0.5, one to one.
Neurons of under three spikes, or barely inside the field, count neither way.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse
import tifffile
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from calscope.algorithms.acceptance import accept_components
from calscope.engines.base import Context
from calscope.engines.builtin import BuiltinEngine
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters
from calscope.model.progress import silent

SMALLEST_COSINE = 0.5
LARGEST_OFFSET_PX = 4


class Found(NamedTuple):
    """What an engine found."""

    images: NDArray
    traces: NDArray
    accepted: NDArray
    seconds: float


def extract(folder: Path, params: Parameters, workers: int) -> Found:
    """Run the built-in engine from the raw movie on; the seconds are those of fit, refit and evaluation."""
    engine = BuiltinEngine()
    context = Context(silent, lambda name, shape, dtype: np.empty(shape, dtype), workers, Path(tempfile.gettempdir()))
    source = ArrayMovie(tifffile.imread(folder / "movie.tif"))
    motion = engine.correct_motion(source, params, context)
    start = time.perf_counter()
    first = engine.fit(motion.movie, motion.border_px, params, context)
    cells = engine.refit(motion.movie, first, motion.border_px, params, context)
    quality = engine.measure(motion.movie, cells, params, context)
    seconds = time.perf_counter() - start
    limits = params.evaluation.model_dump()
    accepted = accept_components(quality, **limits).accepted
    images = cells.A.T.toarray().reshape(cells.n, *cells.dims[::-1]).transpose(0, 2, 1)
    return Found(images, cells.C, accepted, seconds)


def caimans(folder: Path, dims: tuple[int, int]) -> Found:
    """CaImAn's result as it lies in the folder."""
    table = pd.read_parquet(folder / "components.parquet").sort_values("component")
    traces = pd.read_parquet(folder / "traces.parquet").sort_values(["component", "frame"])
    images = scipy.sparse.load_npz(folder / "footprints.npz").T.toarray()
    images = images.reshape(len(table), *dims[::-1]).transpose(0, 2, 1)
    wall = json.loads((folder / "run.json").read_text(encoding="utf-8")).get("wall", {})
    seconds = sum(wall.get(name, 0.0) for name in ("fit", "refit", "evaluate"))
    return Found(
        images, traces["denoised"].to_numpy().reshape(len(table), -1), table["accepted"].to_numpy(bool), seconds
    )


def unit_rows(images: NDArray) -> NDArray:
    """Each image as a row of norm 1."""
    rows = images.reshape(len(images), -1).astype(np.float64)
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-12)


def aligned(masks: NDArray, images: NDArray) -> NDArray:
    """Move the true masks by the whole pixels by which the template lies elsewhere."""
    true, found = masks.max(axis=0), images.max(axis=0)
    cross = np.fft.ifft2(np.fft.fft2(found / (found.max() + 1e-12)) * np.conj(np.fft.fft2(true))).real
    reach = range(-LARGEST_OFFSET_PX, LARGEST_OFFSET_PX + 1)
    best = max(((dy, dx) for dy in reach for dx in reach), key=lambda lag: cross[lag])
    return np.roll(masks, best, axis=(1, 2))


def score(truth: dict[str, NDArray], found: Found) -> dict[str, float]:
    """Precision, recall, F1 of the accepted; medians over the hits of footprint cosine and trace correlation."""
    images, traces = found.images[found.accepted], found.traces[found.accepted]
    masks = truth["masks"].astype(np.float32)
    counted = (truth["spikes"].sum(axis=1) >= 3) & (masks.reshape(len(masks), -1).sum(axis=1) > 20)
    if not len(images):
        return {"found": 0, "true": int(counted.sum()), "precision": 0, "recall": 0, "f1": 0, "cosine": 0, "trace_r": 0}
    cosine = unit_rows(aligned(masks, images)) @ unit_rows(images).T
    pairs = [(i, j) for i, j in zip(*linear_sum_assignment(-cosine), strict=True) if cosine[i, j] >= SMALLEST_COSINE]
    hits = [(i, j) for i, j in pairs if counted[i]]
    precision = len(hits) / max(1, len(images) - (len(pairs) - len(hits)))
    recall = len(hits) / max(1, int(counted.sum()))
    r = [np.corrcoef(truth["traces"][i], traces[j])[0, 1] for i, j in hits]
    return {
        "found": len(images),
        "true": int(counted.sum()),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(1e-9, precision + recall),
        "cosine": float(np.median([cosine[i, j] for i, j in hits])) if hits else 0.0,
        "trace_r": float(np.median(r)) if r else 0.0,
    }


def main() -> None:
    """Print a table, one line a folder and engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--fr", type=float, default=14.7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    wanted = parser.parse_args()
    changes = {name: json.loads(value) for name, value in (item.split("=", 1) for item in wanted.set)}
    params = Parameters().replace({"dataset.fr": wanted.fr, **changes})
    lines = []
    for folder in wanted.folders:
        truth = dict(np.load(folder / "truth.npz"))
        results = {"builtin": extract(folder, params, wanted.workers)}
        if (folder / "caiman").exists():
            results["caiman"] = caimans(folder / "caiman", truth["masks"].shape[1:])
        for engine, found in results.items():
            lines.append({"folder": folder.name, "engine": engine, **score(truth, found), "seconds": found.seconds})
    print(pd.DataFrame(lines).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
