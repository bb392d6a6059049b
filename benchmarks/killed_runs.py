"""Kills `calscope run` at random moments, runs it again, and compares: `python benchmarks/killed_runs.py`.

A run over a small demo is killed a few times in a row in one store and is then let through; its files must be those of
a run that nobody killed, and nothing half made may be left. That is done again in new stores until there were enough
kills.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMPARED = ("components.parquet", "traces.parquet", "footprints.npz", "motion.parquet", "background.npz", "images.npz")
ANIMALS, FRAMES, SIZE_PX = 1, 160, 64


def main() -> int:
    """Do it, tell the numbers, and end with 1 where something was left or other than it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--in-a-row", type=int, default=5, help="kills in one store before a run is let through")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)
    with tempfile.TemporaryDirectory(prefix="calscope-kills-") as folder:
        place = Path(folder)
        make_demo(place)
        run(place, "first")  # what is compiled now does not count into the length of a run
        began = time.monotonic()
        run(place, "alone")
        length_s = time.monotonic() - began
        tell(f"a run that nobody kills takes {length_s:.1f} s")
        kills, dirty, faults = 0, 0, []
        while kills < wanted.kills:
            store = f"store {kills}"
            for _ in range(min(wanted.in_a_row, wanted.kills - kills)):
                kills += kill_in_the_middle(place, store, chance.uniform(0, length_s))
                dirty += bool(half_made(place / store))
            run(place, store)
            faults += [f"{store}: {fault}" for fault in compare(place, store)]
            tell(f"{kills} kills, {dirty} of them left something half made; faults: {faults or 'none'}")
            shutil.rmtree(place / store)
    return 1 if faults else 0


def make_demo(place: Path) -> None:
    """Make the demo recording."""
    sizes = ("--animals", ANIMALS, "--frames", FRAMES, "--size", SIZE_PX)
    subprocess.run([*command("demo", "demo"), *map(str, sizes)], cwd=place, check=True, capture_output=True)


def command(*words: str) -> list[str]:
    """Give a command of Calscope."""
    return [sys.executable, "-m", "calscope.cli", *words]


def start(place: Path, store: str) -> "subprocess.Popen[bytes]":
    """Start a run in a store of its own, which its files go beside."""
    (place / store).mkdir(exist_ok=True)
    return subprocess.Popen(
        command("run", "demo", "--out", f"{store}/out"),
        cwd=place,
        env=os.environ | {"CALSCOPE_STORE": str(place / store / "kept")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run(place: Path, store: str) -> None:
    """Let a run through."""
    status = start(place, store).wait()
    if status != 0:
        raise SystemExit(f"The run in {store} ended with {status}.")


def kill_in_the_middle(place: Path, store: str, after_s: float) -> bool:
    """Kill a run after some seconds; tell whether it was still running."""
    process = start(place, store)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def half_made(store: Path) -> list[str]:
    """List what a run that ended well leaves nothing of."""
    kept = store / "kept"
    patterns = ("results/??/.*", "scratch/*", "leases/*", "owners/*", ".*")
    found = [path for pattern in patterns for path in kept.glob(pattern)]
    return sorted(str(path.relative_to(store)) for path in [*found, *store.glob("out/**/.*"), *store.glob(".*")])


def compare(place: Path, store: str) -> list[str]:
    """List what a run that was let through left, or made otherwise than one that nobody killed."""
    faults = [f"left {name}" for name in half_made(place / store)]
    wanted = place / "alone/out"
    for animal in (path.parent for path in wanted.glob("*/run.json")):
        for name in COMPARED:
            mine = place / store / "out" / animal.name / name
            if not mine.exists() or mine.read_bytes() != (animal / name).read_bytes():
                faults.append(f"{animal.name}/{name} is not as it should be")
    if json.loads((place / store / "out/run.json").read_text())["state"] != "done":
        faults.append("run.json does not say that it is done")
    return faults


def tell(text: str) -> None:
    """Write one line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
