"""Compares what a first fit is expected to take with what it takes: `python benchmarks/fit_memory.py`.

Each setting is a process of its own, over noise with cells that is mapped from a file as the corrected movie is. What
is measured is memory of its own: pages of files can be dropped.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from watched_process import run_watched

from calscope.engines.builtin import BuiltinEngine
from calscope.engines.engine import Context
from calscope.engines.fit_estimate import fit_bytes
from calscope.model.movie import Movie
from calscope.model.params import Parameters
from calscope.model.progress import silent


class Setting(NamedTuple):
    """One fit."""

    side_px: int
    frames: int
    rf: int | None
    stride: int
    K: int
    gSig: int
    workers: int = 2


SETTINGS = (
    Setting(128, 500, 25, 10, 4, 3),
    Setting(128, 500, 3, 1, 12, 2),
    Setting(128, 500, None, 0, 500, 3),
    Setting(128, 6000, 25, 10, 4, 3),
    Setting(128, 6000, 10, 5, 20, 3),
    Setting(128, 2000, 3, 0, 12, 2),
    Setting(256, 500, 25, 10, 4, 3),
    Setting(256, 500, 25, 10, 200, 3),
    Setting(256, 1500, 40, 20, 10, 5),
    Setting(256, 500, None, 0, 2000, 3),
    Setting(256, 500, 3, 0, 12, 2),
    Setting(256, 6000, 25, 10, 4, 3),
    Setting(512, 500, 25, 10, 4, 3),
    Setting(512, 500, 60, 20, 30, 3),
    Setting(512, 1000, None, 0, 100, 3),
    Setting(512, 3000, 25, 10, 4, 3, 1),
)


def main() -> int:
    """Measure every setting and print a table; end with 1 where an estimate is under the measured, or over twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the settings, from 0")
    parser.add_argument("--fit", nargs=2, metavar=("NUMBER", "MOVIE"), help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.fit:
        fit(SETTINGS[int(wanted.fit[0])], Path(wanted.fit[1]))
        return 0
    print("| px | frames | rf | stride | K | gSig | workers | estimate, MB | measured, MB | ratio | s |", flush=True)
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    numbers = range(len(SETTINGS)) if wanted.only is None else wanted.only
    ratios = [compare(number) for number in numbers]
    return int(any(not 1 <= ratio <= 2 for ratio in ratios))


def compare(number: int) -> float:
    """Measure one setting, print its row, and give the estimate as a share of the measured."""
    setting = SETTINGS[number]
    with tempfile.TemporaryDirectory(prefix="calscope-memory-") as folder:
        movie = write_movie(setting, Path(folder))
        command = [sys.executable, __file__, "--fit", str(number), str(movie)]
        watched = run_watched(command, Path(folder) / "log.txt")
    if watched.returncode:
        raise SystemExit(f"{setting} ended with {watched.returncode}: {watched.last_words}")
    began, ended = watched.samples[0][0], watched.samples[-1][0]
    measured, expected = watched.peak_bytes(began, ended)[0], fit_bytes(*asked(setting))
    ratio = expected / measured
    values = (*setting, round(expected / 1e6), round(measured / 1e6), f"{ratio:.2f}", f"{ended - began:.0f}")
    print("| " + " | ".join(map(str, values)) + " |", flush=True)
    return ratio


def asked(setting: Setting) -> tuple[Parameters, tuple[int, int, int], int]:
    """Give parameters, shape and workers of a setting."""
    size = 2 * setting.gSig + 1
    values = {
        "dataset.fr": 10.0,
        "cnmf.K": setting.K,
        "cnmf.rf": setting.rf,
        "cnmf.stride": setting.stride,
        "cnmf.gSig": (setting.gSig, setting.gSig),
        "cnmf.gSiz": (size, size),
    }
    return Parameters().replace(values), (setting.frames, setting.side_px, setting.side_px), setting.workers


def write_movie(setting: Setting, folder: Path) -> Path:
    """Write a movie of noise, with a cell that flickers every four radii."""
    rng, side = np.random.default_rng(0), setting.side_px
    path = folder / "codes.npy"
    shape = (setting.frames, side, side)
    codes = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint16, shape=shape)
    y, x = np.mgrid[:side, :side]
    period = 4 * setting.gSig
    number = (y // period) * (side // period + 1) + x // period
    spot = np.exp(-((y % period - period / 2) ** 2 + (x % period - period / 2) ** 2) / (2 * setting.gSig**2))
    for t in range(setting.frames):
        bright = rng.random(int(number.max()) + 1) < 0.05
        codes[t] = rng.poisson(100, (side, side)) + 200 * spot * bright[number]
    codes.flush()
    return path


def fit(setting: Setting, path: Path) -> None:
    """Do the first fit."""
    params, _, workers = asked(setting)
    movie = Movie(np.load(path, mmap_mode="r"), 1.0, 0.0)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        context = Context(silent, lambda name, shape, dtype: np.empty(shape, dtype), workers, Path(scratch))
        BuiltinEngine().fit(movie, 0, params, context)


if __name__ == "__main__":
    sys.exit(main())
