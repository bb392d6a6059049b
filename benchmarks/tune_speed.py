"""How long Tune takes, in a real browser: from letting a value go to the picture of the new state.

    python benchmarks/tune_speed.py                       # makes the demo first
    python benchmarks/tune_speed.py --store STORE --data FOLDER [--repeat 18]
    python benchmarks/tune_speed.py --caiman-python PYTHON   # and how many times as fast as CaImAn on the same crop

Each time is measured in the browser, by its own clock, with values that were not tried before (but for the threshold,
which goes to and fro); the median, and the slowest. Needs Playwright and a Chromium (`requirements-dev.txt`). Nothing
else should run meanwhile.

CaImAn runs on Tune's crop before and after, with the same parameters, in an environment of its own that the named
interpreter belongs to; of each stage the faster time counts. Its imports and the start of its processes are not timed.
Two figures of it stand beside Tune's: the whole chain of motion correction, fit, refit and evaluation, and the part of
it that a change of the parameter needs (after a parameter of the motion correction, that is the whole chain).
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

import tifffile
from compare_engines import CAIMAN, STAGES, Task, caiman_absent, parameters, print_row, run_engine
from page_speed import CHROMIUM, server, settle
from playwright.sync_api import Page, sync_playwright

from calscope.algorithms.crop_choice import choose_crop
from calscope.io.cropped_recording import read_crop
from calscope.io.demo.demo_files import write_demo
from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording

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
FASTER_THAN_CAIMAN = 50
"""So many times as fast as CaImAn's whole chain on the same crop: asked of all but the threshold."""
OF_MOTION = ("pw_rigid", "max_shifts", "strides")
"""Parameters after which CaImAn has to do everything again; the others leave its motion correction as it is."""
WORKERS = 2
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
  const roots = () => [...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean);
  const find = (selector) => roots().flatMap((root) => [...root.querySelectorAll(selector)]);
  let canvases = find("canvas[data-mark]");  // looked for once: to look through the page takes the cores from the work
  const mark = () => {
    if (!canvases.every((one) => one.isConnected)) canvases = find("canvas[data-mark]");
    return canvases.map((one) => one.dataset.mark).join();
  };
  const box = find(`input[aria-label="${label}"]`)[0], before = mark(), begun = performance.now();
  if (box.type === "checkbox") box.checked = !box.checked; else box.value = value;
  box.dispatchEvent(new Event("input"));
  box.dispatchEvent(new Event("change"));
  while (mark() === before) {
    if (performance.now() - begun > 120000) throw new Error(`nothing changed with ${label} ${value}`);
    await new Promise((go) => setTimeout(go, 15));  // not every frame, which would keep the cores from the work itself
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


def measure(page: Page, repeat: int) -> dict[str, float]:
    """Measure each parameter and print the table; give the medians."""
    print(f"{'':14} {'median s':>8} {'slowest':>8} {'asked':>8}")
    medians = {}
    for name, most_s in MOST_S.items():
        found = times(page, name, repeat)
        medians[name] = median = statistics.median(found)
        over = "" if median <= most_s else "  over"
        print(f"{name:14} {median:8.2f} {max(found):8.2f} {most_s:8.2f}{over}", flush=True)
    return medians


def drive(store: Path, data: Path, repeat: int) -> dict[str, float]:
    """Open the page and measure; give the medians."""
    with server(store, data) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{address}/tune?data={quote(str(data))}")
        page.locator("canvas[data-mark]").first.wait_for(timeout=300_000)
        settle(page)
        medians = measure(page, repeat)
        browser.close()
    return medians


@dataclass(frozen=True)
class OnCrop:
    """CaImAn on the crop that Tune chooses."""

    python: str
    stack: Path
    """The crop as a stack."""
    scratch: Path

    def seconds(self, which: str) -> dict[str, float]:
        """Run it once; give what its stages took."""
        place = self.scratch / which
        place.mkdir()
        task = Task(place, self.stack, place, parameters([]), WORKERS, "evaluation")
        run = run_engine(CAIMAN, self.python, task)
        if run.trouble:
            raise SystemExit(f"CaImAn failed:\n{run.trouble}")
        return dict(run.seconds)


def crop_for_caiman(data: Path, scratch: Path, python: str) -> OnCrop:
    """Write the crop that Tune chooses in the first animal."""
    if why_not := caiman_absent(python):
        raise SystemExit(f"CaImAn can't run: {why_not}")
    recording = open_recording(find_recordings(data).recordings[0].path)
    crop = choose_crop(recording)
    print(f"Tune's crop: {crop}", flush=True)
    stack = scratch / "crop.tif"
    tifffile.imwrite(stack, read_crop(recording, crop).read(0, crop.stop - crop.start))
    return OnCrop(python, stack, scratch)


def print_ratios(medians: Mapping[str, float], caiman: Mapping[str, float]) -> None:
    """Print Tune's medians beside what CaImAn took."""
    whole = sum(caiman.values())
    print("\nCaImAn on the crop: " + ", ".join(f"{stage} {caiman[stage]:.2f} s" for stage in STAGES), end="\n\n")
    head = ("", "Tune, s", "CaImAn, whole chain, s", "times as fast", "CaImAn, from there on, s", "times as fast")
    print_row([*head, f"asked: {FASTER_THAN_CAIMAN} times"])
    print_row(["---"] * (len(head) + 1))
    for name, median in medians.items():
        if name != "min_soma":
            after = whole if name in OF_MOTION else whole - caiman["motion"]
            kept = "yes" if whole / median >= FASTER_THAN_CAIMAN else "no"
            figures = (median, whole, whole / median, after, after / median)
            print_row([name, *(f"{figure:.2f}" for figure in figures), kept])


def main() -> None:
    """Read the command line, prepare what is missing, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--repeat", type=int, default=18)
    parser.add_argument("--caiman-python", default="", help="interpreter of an environment with CaImAn")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = (given.store or Path(folder) / "store").resolve()
        data = (given.data or Path(folder) / "demo").resolve()
        if given.data is None:
            write_demo(data, animals=1, frames=1500, size=256)
        caiman = crop_for_caiman(data, Path(folder), given.caiman_python) if given.caiman_python else None
        runs = [caiman.seconds("before")] if caiman else []
        medians = drive(store, data, given.repeat)
        if caiman:
            runs.append(caiman.seconds("after"))
            print_ratios(medians, {stage: min(run[stage] for run in runs) for stage in STAGES})


if __name__ == "__main__":
    main()
