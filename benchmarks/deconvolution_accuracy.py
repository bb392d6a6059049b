"""Scores deconvolution against true spikes and time constants, on traces of the demo's simulated cells.

    python benchmarks/deconvolution_accuracy.py [--cells 40] [--frames 1500] [--caiman-python PYTHON]

For each frame rate, decay and noise (in units of one spike's peak): the found time constant over the true one, and the
correlation of found with true spikes in bins of 0.2 s, medians over the cells of at least five spikes, for AR(1) and
AR(2). With the Python of an environment that has CaImAn, its `constrained_foopsi` does the same traces beside.
"""

import argparse
import subprocess
import tempfile
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.deconvolution.deconvolution import model_trace
from calscope.io.demo.simulated_activity import calcium, spike_counts

RATES_HZ = (5.0, 10.0, 15.0, 30.0)
DECAYS_S = (0.3, 0.6, 1.0, 1.5)
NOISES = (0.15, 0.3, 0.6)
SPIKE_RATE_HZ = 0.3
BASELINE = 2.0
FEWEST_SPIKES = 5
BIN_S = 0.2
ORDERS = (1, 2)
CAIMANS = """
import sys, numpy as np
from caiman.source_extraction.cnmf.deconvolution import constrained_foopsi
data = np.load(sys.argv[1])
out = {}
for name in data.files:
    for p in (1, 2):
        # With the options that CaImAn's pipeline passes on.
        done = [
            constrained_foopsi(y.astype(float), p=p, bas_nonneg=True, noise_method='mean', fudge_factor=0.96)
            for y in data[name]
        ]
        out[f'{name}/{p}/s'] = np.array([d[5] for d in done])
        out[f'{name}/{p}/g'] = np.array([np.atleast_1d(d[3]) for d in done])
np.savez(sys.argv[2], **out)
"""


class Case(NamedTuple):
    """Traces of one kind."""

    fr_hz: float
    decay_s: float
    noise: float
    traces: NDArray
    spikes: NDArray


class Score(NamedTuple):
    """Medians over cells."""

    tau_ratio: float
    spike_r: float

    def __str__(self) -> str:
        return f"{self.tau_ratio:5.2f} {self.spike_r:6.3f}"


def make_case(fr_hz: float, decay_s: float, noise: float, cells: int, frames: int) -> Case:
    """Simulate cells; the seed is the same for all cases of a frame rate, and so are the spikes."""
    rng = np.random.default_rng(int(fr_hz))
    spikes = spike_counts(cells, frames, fr_hz=fr_hz, rate_hz=SPIKE_RATE_HZ, rng=rng)
    spikes = spikes[spikes.sum(axis=1) >= FEWEST_SPIKES]
    traces = calcium(spikes, fr_hz=fr_hz, decay_s=decay_s) + BASELINE + noise * rng.standard_normal(spikes.shape)
    return Case(fr_hz, decay_s, noise, traces.astype(np.float32), spikes)


def slowest_tau_s(g: NDArray, fr_hz: float) -> float:
    """Give the time constant of the slowest root, s."""
    root = float(np.clip(np.abs(np.roots(np.append(1.0, -g))).max(initial=0), 1e-6, 1 - 1e-6))
    return -1.0 / (fr_hz * np.log(root))


def spike_correlation(found: NDArray, true: NDArray, fr_hz: float) -> float:
    """Correlate found with true spikes in bins; 0 where nothing was found."""
    width = max(1, round(BIN_S * fr_hz))
    a, b = (x[: x.size // width * width].reshape(-1, width).sum(axis=1, dtype=float) for x in (found, true))
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 else 0.0


def score(case: Case, spikes: NDArray, g: NDArray) -> Score:
    """Medians over the cells."""
    ratios = [slowest_tau_s(one, case.fr_hz) / case.decay_s for one in g]
    r = [spike_correlation(a, b, case.fr_hz) for a, b in zip(spikes, case.spikes, strict=True)]
    return Score(float(np.median(ratios)), float(np.median(r)))


def ours(case: Case, p: int) -> Score:
    """Score the built-in deconvolution."""
    done = [model_trace(trace, p=p, nonneg_baseline=True) for trace in case.traces]
    return score(case, np.array([one.s for one in done]), np.array([one.g for one in done]))


def caimans(cases: list[Case], python: str) -> list[list[Score]]:
    """Score CaImAn's, all cases in one process of its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder) / "in.npz", Path(folder) / "out.npz"
        traces: dict[str, Any] = {str(i): case.traces for i, case in enumerate(cases)}
        np.savez(given, **traces)
        subprocess.run([python, "-c", CAIMANS, str(given), str(taken)], check=True)
        found = np.load(taken)
        return [[score(case, found[f"{i}/{p}/s"], found[f"{i}/{p}/g"]) for p in ORDERS] for i, case in enumerate(cases)]


def summary(name: str, scores: list[Score]) -> str:
    """Tell the medians over all cases in a line."""
    ratios = np.array([one.tau_ratio for one in scores])
    near = np.mean(np.abs(np.log(ratios)) <= np.log(1.15))
    r = np.median([one.spike_r for one in scores])
    return f"{name}: tau ratio {np.median(ratios):.2f}, within 15 % in {near:.0%} of cases; spike r {r:.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--caiman-python", default="")
    wanted = parser.parse_args()
    cases = [make_case(*kind, wanted.cells, wanted.frames) for kind in product(RATES_HZ, DECAYS_S, NOISES)]
    columns = {f"AR({p})": [ours(case, p) for case in cases] for p in ORDERS}
    if wanted.caiman_python:
        theirs = caimans(cases, wanted.caiman_python)
        columns |= {f"CaImAn AR({p})": [row[p - 1] for row in theirs] for p in ORDERS}
    print("fr Hz, decay s, noise; then tau ratio and spike r of", ", ".join(columns))
    for i, case in enumerate(cases):
        kind = f"{case.fr_hz:5.0f} {case.decay_s:5.1f} {case.noise:5.2f}"
        print(kind, *(str(scores[i]) for scores in columns.values()), sep=" | ")
    for name, scores in columns.items():
        print(summary(name, scores))


if __name__ == "__main__":
    main()
