"""How long Tune takes, in a real browser: from letting a value go to the picture of the new state.

    python benchmarks/tune_speed.py                       # makes the demo first
    python benchmarks/tune_speed.py --store STORE --data FOLDER [--repeat 18]

Each time is measured in the browser, by its own clock, with values that were not tried before (but for the threshold,
which goes to and fro); the median, and the slowest. Needs Playwright and a Chromium (`requirements-dev.txt`). Nothing
else should run meanwhile.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

from page_speed import CHROMIUM, server, settle
from playwright.sync_api import Page, sync_playwright

from calscope.io.demo.demo_files import write_demo

MOST_S: Mapping[str, float] = {
    "min_soma": 0.15,
    "merge_thr": 1.0,
    "K": 1.0,
    "gSig": 1.0,
    "p": 1.0,
    "pw_rigid": 2.0,
    "max_shifts": 2.0,
    "strides": 2.0,
}
"""What is asked of each parameter."""
LABELS: Mapping[str, str] = {
    "min_soma": "Likeness to a soma · min_soma, slider",
    "merge_thr": "Merge threshold · merge_thr, slider",
    "K": "Components per patch · K, slider",
    "gSig": "Soma half-size, px · gSig, slider",
    "rf": "Patch half-size, px · rf, slider",
    "p": "Order of the transient model · p, slider",
    "max_shifts": "Largest shift, px · max_shifts, slider",
    "strides": "Patch step, px · strides, slider",
    "pw_rigid": "Piecewise rigid · pw_rigid",
}
CHANGE = """async ([label, value]) => {
  const roots = [...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean);
  const find = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  const mark = () => find("canvas[data-mark]").map((one) => one.dataset.mark).join();
  const box = find(`input[aria-label="${label}"]`)[0], before = mark(), begun = performance.now();
  if (box.type === "checkbox") box.checked = !box.checked; else box.value = value;
  box.dispatchEvent(new Event("input"));
  box.dispatchEvent(new Event("change"));
  while (mark() === before) {
    if (performance.now() - begun > 120000) throw new Error(`nothing changed with ${label} ${value}`);
    await new Promise(requestAnimationFrame);
  }
  return (performance.now() - begun) / 1000;
}"""


FRESH: Mapping[str, tuple[str, int]] = {"p": ("rf", 16), "pw_rigid": ("max_shifts", 21)}
"""Parameters of few values, and the one that is changed before each of them, untimed, so that each state is new: its
first value, beyond those that are measured."""
MOST_FRESH = 10
DEFAULTS: Mapping[str, float] = {"merge_thr": 0.85, "K": 4, "rf": 15, "gSig": 4, "p": 1, "max_shifts": 6, "strides": 48}
RANGES: Mapping[str, tuple[float, float, int]] = {
    "merge_thr": (0.1, 0.05, 18),
    "K": (2, 1, 18),
    "gSig": (2, 1, 10),  # a wider soma doesn't fit into a patch
    "max_shifts": (3, 1, 18),
    "strides": (36, 1, 18),
}
"""First value, step and number of those that have many."""


def values(name: str, repeat: int) -> Iterator[float]:
    """Give values that differ from one to the next and begin with another than the default."""
    if name == "min_soma":
        return islice(cycle((0.95, 0.5)), repeat)
    if name in FRESH:
        return islice(cycle((2, 1)), min(repeat, MOST_FRESH))
    first, step, most = RANGES[name]
    steps = (round(first + step * i, 2) for i in range(most + 1))
    return islice((value for value in steps if value != DEFAULTS[name]), min(repeat, most))


def let_go(page: Page, name: str, value: float) -> float:
    """Let a value go; give the seconds until the picture of the new state."""
    seconds = float(page.evaluate(CHANGE, [LABELS[name], value]))
    settle(page)
    return seconds


def times(page: Page, name: str, repeat: int) -> list[float]:
    """Let a parameter go so many times, and put its default back."""
    found, last, wanted = [], None, [*values(name, repeat)]
    other, first = FRESH.get(name, ("", 0))
    for i, value in enumerate(wanted):
        if other:
            let_go(page, other, first + i)
        found.append(let_go(page, name, value))
        last = value
    for changed in (name, other):
        if changed in DEFAULTS and (changed != name or last != DEFAULTS[changed]):
            let_go(page, changed, DEFAULTS[changed])
    return found


def measure(page: Page, repeat: int) -> None:
    """Measure each parameter and print the table."""
    print(f"{'':14} {'median s':>8} {'slowest':>8} {'asked':>8}")
    for name, most_s in MOST_S.items():
        found = times(page, name, repeat)
        median = statistics.median(found)
        over = "" if median <= most_s else "  over"
        print(f"{name:14} {median:8.2f} {max(found):8.2f} {most_s:8.2f}{over}", flush=True)


def drive(store: Path, data: Path, repeat: int) -> None:
    """Open the page and measure."""
    with server(store, data) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{address}/tune?data={quote(str(data))}")
        page.locator("canvas[data-mark]").first.wait_for(timeout=300_000)
        settle(page)
        measure(page, repeat)
        browser.close()


def main() -> None:
    """Read the command line, prepare what is missing, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--repeat", type=int, default=18)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = (given.store or Path(folder) / "store").resolve()
        data = (given.data or Path(folder) / "demo").resolve()
        if given.data is None:
            write_demo(data, animals=1, frames=1500, size=256)
        drive(store, data, given.repeat)


if __name__ == "__main__":
    main()
