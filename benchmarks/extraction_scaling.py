"""Measures how time and memory of the built-in extraction grow with frames, pixels and components.

    python benchmarks/extraction_scaling.py [--frames 1000 2000 4000] [--sides 128 181 256] [--neurons 20 40 80]
                                            [--what frames] [--workers 2] [--scratch FOLDER]

One of the three changes at a time. Every run is a process of its own on a simulated movie that holds still, fit and
refit, after everything was compiled. Printed are processor seconds (of all threads, so that other work on the machine
disturbs little), wall seconds, the largest memory that isn't a page of a file, and the exponent e in
"grows as size to the power of e", from the smallest to the largest.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from drive_builtin import warm_up
from numpy.typing import DTypeLike, NDArray
from watched_process import run_watched

from calscope.engines.builtin import BuiltinEngine
from calscope.engines.engine import Context
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.movie import Movie
from calscope.model.params import Parameters
from calscope.model.progress import silent

SIMULATED_FRAMES = 500
"""Longer movies play these again and again."""
CHILD = "--measure"


class Size(NamedTuple):
    """A movie to extract cells from."""

    frames: int
    side_px: int
    neurons: int


class Cost(NamedTuple):
    """What that took."""

    cpu_s: float
    wall_s: float
    own_mb: float
    components: int


def main() -> None:
    """Print a table for each of the three, and its exponents."""
    args = read_arguments()
    middle = Size(args.frames[0], args.sides[-1], args.neurons[len(args.neurons) // 2])
    series = {
        "frames": [middle._replace(frames=n) for n in args.frames],
        "pixels": [
            Size(args.frames[0], side, round(middle.neurons * (side / middle.side_px) ** 2)) for side in args.sides
        ],
        "components": [middle._replace(neurons=n) for n in args.neurons],
    }
    with tempfile.TemporaryDirectory(prefix="scaling_", dir=args.scratch) as scratch:
        for what in args.what:
            costs = [measure(size, Path(scratch), args.workers) for size in series[what]]
            print_table(what, series[what], costs)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, nargs="+", default=[1000, 2000, 4000])
    parser.add_argument("--sides", type=int, nargs="+", default=[128, 181, 256], metavar="PX")
    parser.add_argument("--neurons", type=int, nargs="+", default=[20, 40, 80])
    parser.add_argument("--what", nargs="+", default=["frames", "pixels", "components"], help="which of the three")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--scratch", help="folder for the simulated movies; the system's unless given")
    return parser.parse_args()


def measure(size: Size, scratch: Path, workers: int) -> Cost:
    """Extract from a simulated movie of that size in a process of its own."""
    path = scratch / "codes.npy"
    write_movie(path, size)
    cost = scratch / "cost.json"
    job = {"codes": str(path), "out": str(cost), "workers": workers}
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    watched = run_watched([sys.executable, __file__, CHILD, json.dumps(job)], scratch / "log.txt", environment)
    if watched.returncode:
        raise SystemExit(f"The run on {size} failed:\n{watched.last_words}")
    told = json.loads(cost.read_text())
    own, _ = watched.peak_bytes(told["start"], told["stop"])
    return Cost(told["cpu_s"], told["stop"] - told["start"], own / 1e6, told["components"])


def write_movie(path: Path, size: Size) -> None:
    """Write a movie that holds still, in stretches, as 16-bit codes."""
    still: dict[str, Any] = {"drift_px": 0, "jitter_px": 0, "jumps_per_min": 0, "warp_px": 0}
    n = min(size.frames, SIMULATED_FRAMES)
    scene = Scene(frames=n, height=size.side_px, width=size.side_px, n_neurons=size.neurons, seed=1, **still)
    frames = np.asarray(Simulation(scene).read(0, n), np.uint16)
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint16, shape=(size.frames, *frames.shape[1:]))
    for start in range(0, size.frames, n):
        out[start : start + n] = frames[: size.frames - start]
    out.flush()


def extract(job: dict) -> None:
    """Do one run and write down what it took."""
    params = Parameters().replace({"dataset.fr": 14.7, "dataset.dxy": [1.0, 1.0]})
    engine, workers = BuiltinEngine(), job["workers"]
    warm_up(engine, params, workers, fit=True)

    def allocate(name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray:
        return np.empty(shape, dtype)

    movie = Movie(np.load(job["codes"], mmap_mode="r"))
    context = Context(silent, allocate, workers, Path())
    start, cpu = time.time(), time.process_time()
    first = engine.fit(movie, 0, params, context)
    cells = engine.refit(movie, first, 0, params, context)
    cost = {"start": start, "stop": time.time(), "cpu_s": time.process_time() - cpu, "components": cells.n}
    Path(job["out"]).write_text(json.dumps(cost))


def print_table(what: str, sizes: Sequence[Size], costs: Sequence[Cost]) -> None:
    """Print one series as Markdown, with the exponents."""
    amounts = {
        "frames": [size.frames for size in sizes],
        "pixels": [size.side_px**2 for size in sizes],
        "components": [cost.components for cost in costs],
    }[what]
    print(f"\n| {what} | frames x side, neurons | components found | CPU s | wall s | own memory, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for amount, size, cost in zip(amounts, sizes, costs, strict=True):
        of = f"{size.frames} x {size.side_px} px, {size.neurons}"
        print(f"| {amount} | {of} | {cost.components} | {cost.cpu_s:.1f} | {cost.wall_s:.1f} | {cost.own_mb:.0f} |")
    growth = math.log(amounts[-1] / amounts[0]) if amounts[0] and amounts[-1] != amounts[0] else math.nan
    times, memory = (math.log(a / b) / growth for a, b in zip(costs[-1][::2], costs[0][::2], strict=False))
    print(f"\nWith {what}, time grows as the power {times:.2f}, memory as the power {memory:.2f}.", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        extract(json.loads(sys.argv[2]))
    else:
        main()
