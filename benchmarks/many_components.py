"""What the pages of Evaluation and Traces cost with very many components: the server's time, and what it sends.

    python benchmarks/many_components.py                           # 1000 components of 30000 frames
    python benchmarks/many_components.py --components 300 --frames 9000 --repeat 5

Needs Playwright and a Chromium (`requirements-dev.txt`), and 0.7 GB of disk for the traces. Nothing is fitted: discs
with random transients are put into a store as the results of a run, without a corrected movie. A real browser does
each thing; its own protocol tells when it sent a message over the websocket, when the last answer came, and how many
bytes these answers had. The wait is from the one to the other; in it the browser works on the same processors, takes in
what has come, and loads Streamlit's own files where it has none. The server's time is what its process had of the
processors. Each is the median of `--repeat`, with the slowest wait; the first page of a new server is there once.
"over" is what took the server longer, or had more bytes, than is asked; "wait over" what only the wait is too long of.
"""

import argparse
import base64
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from page_speed import CHROMIUM, DRAWN, server
from playwright.sync_api import Page, sync_playwright
from scipy.ndimage import gaussian_filter
from scipy.signal import lfilter
from scipy.sparse import csc_matrix

from calscope.engines.engine_registry import ENGINES
from calscope.io.demo.demo_files import write_demo
from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.jobs.job_folder import JobFolder, new_id
from calscope.jobs.job_spec import JobSpec
from calscope.model.groups import Thresholds
from calscope.model.params import Parameters
from calscope.model.results import ComponentQuality, Components, RelativeFluorescence, Residual, SummaryImages
from calscope.pipeline.codecs import save_result
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.runner import plan_keys
from calscope.pipeline.steps.stage_steps import evaluate_components
from calscope.pipeline.store import Store

SIZE_PX, RADIUS_PX, BLUR_PX, FR_HZ = 512, 5.0, 1.0, 30.0
DECAY = 0.95
EVENTS_PER_FRAME = 0.003
MOST_S, MOST_MB = 0.3, 2.0
"""What is asked of each."""
QUIET_S = 0.8
"""The server has answered where it sent nothing for so long."""
MOST_WAIT_S = 400
READY = "canvas[data-view]"
SERVER, BROWSER, WINDOW = "new server", "new browser", "new window"
OPENED = (
    ("evaluation", SERVER),
    ("evaluation", BROWSER),
    ("evaluation", WINDOW),
    ("traces", BROWSER),
    ("traces", WINDOW),
)
"""Pages, and what they are the first of. A new browser has none of Streamlit's own files and asks for them meanwhile; a
new window is of a browser that has them."""


def make_store(store: Path, data: Path, n: int, n_frames: int) -> None:
    """Put the results of a run into a store, as if a recording of such a size had been run."""
    write_demo(data, animals=1, frames=40, size=64)
    ref = find_recordings(data).recordings[0]
    info = open_recording(ref.path).info
    params = Parameters.from_dict({"dataset": {"fr": FR_HZ}})
    keys = plan_keys(info, params, ENGINES["builtin"])
    made = results(n, n_frames)
    target = Store(store, durable=False)
    for stage, result in made.items():
        with target.writer(keys[stage], {"stage": stage, "recording": ref.name}) as writer:
            save_result(stage, writer, result)
    folder = JobFolder(target.jobs / new_id())
    folder.path.mkdir(parents=True)
    folder.write_spec(JobSpec(data=str(data), params={"dataset": {"fr": FR_HZ}}))
    run = AnimalRun(
        ref.name,
        replace(info, shape=(n_frames, SIZE_PX, SIZE_PX)),
        requested=params.to_dict(),
        effective=params.to_dict(),
        engine="builtin",
        keys={stage: keys[stage] for stage in made},
        counts={"refit": n, "accepted": made["evaluation"].n_accepted, "rejected": made["evaluation"].n_rejected},
    )
    folder.write_ended([run], time.time())


def results(n: int, n_frames: int) -> dict[Any, Any]:
    """Give the results of the stages that the two pages show."""
    rng = np.random.default_rng(0)
    components = made_components(n, n_frames, rng)
    uniform = rng.uniform(size=(3, n)).astype(np.float32)
    quality = ComponentQuality(
        snr=10 * uniform[0],
        r_value=uniform[1],
        cnn=np.full(n, np.nan, np.float32),
        soma_parts=np.repeat(np.sqrt(uniform[2])[:, None], 5, axis=1),
    )
    # As smooth as a microscope's: neighbouring pixels see the same.
    noise = [gaussian_filter(rng.gamma(2.0, size=(SIZE_PX, SIZE_PX)), BLUR_PX).astype(np.float32) for _ in range(4)]
    return {
        "after": SummaryImages(*noise[:3]),
        "residual": Residual(10 * noise[3], np.zeros((SIZE_PX, SIZE_PX), np.int32)),
        "refit": components,
        "component_quality": quality,
        "evaluation": evaluate_components(quality, Thresholds()),
        "dff": RelativeFluorescence(components.C, np.full(components.C.shape, 100, np.float32)),
    }


def made_components(n: int, n_frames: int, rng: np.random.Generator) -> Components:
    """Give discs at random places with transients at random times."""
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX]
    columns, starts = [], [0]
    for row, column in rng.uniform(RADIUS_PX, SIZE_PX - RADIUS_PX, (n, 2)):
        inside = np.clip(RADIUS_PX + 0.5 - np.hypot(y - row, x - column), 0, 1).ravel(order="F")
        columns.append(np.flatnonzero(inside))
        starts.append(starts[-1] + len(columns[-1]))
    indices = np.concatenate(columns).astype(np.int32)
    A = csc_matrix((np.ones(len(indices), np.float32), indices, np.array(starts)), shape=(SIZE_PX**2, n))
    S = (rng.random((n, n_frames), np.float32) < EVENTS_PER_FRAME).astype(np.float32)
    ones = np.ones(n, np.float32)
    return Components(
        dims=(SIZE_PX, SIZE_PX),
        A=A,
        C=np.asarray(lfilter([1.0], [1.0, -DECAY], S, axis=1), np.float32),
        S=S,
        YrA=0.1 * rng.standard_normal((n, n_frames), np.float32),
        b=np.ones((SIZE_PX**2, 1), np.float32),
        f=np.ones((1, n_frames), np.float32),
        bl=0 * ones,
        c1=0 * ones,
        g=np.full((n, 1), DECAY, np.float32),
        neurons_sn=0.1 * ones,
        sn=np.ones(SIZE_PX**2, np.float32),
    )


@dataclass
class Wire:
    """What goes over the websocket of a page, by the browser's own clock."""

    page: Page
    server: psutil.Process
    sent_s: list[float] = field(default_factory=list)
    received: list[tuple[float, int]] = field(default_factory=list)

    def listen(self) -> "Wire":
        """Begin to note."""
        protocol = self.page.context.new_cdp_session(self.page)
        protocol.on("Network.webSocketFrameSent", lambda told: self.sent_s.append(told["timestamp"]))
        protocol.on("Network.webSocketFrameReceived", self._note)
        protocol.send("Network.enable")
        return self

    def _note(self, told: dict[str, Any]) -> None:
        text, is_text = told["response"]["payloadData"], told["response"]["opcode"] == 1
        self.received.append((told["timestamp"], len(text) if is_text else len(base64.b64decode(text))))

    def cost(self, act: Callable[[], object]) -> "Cost":
        """Do something; give what the server took and sent until it was quiet."""
        self.sent_s.clear()
        self.received.clear()
        before_s = processor_s(self.server)
        act()
        end, n, changed = time.monotonic() + MOST_WAIT_S, 0, time.monotonic()
        while not n or time.monotonic() - changed < QUIET_S:
            if time.monotonic() > end:
                raise SystemExit("the server does not answer")
            self.page.wait_for_timeout(50)
            if len(self.received) != n or not self.page.locator(DRAWN).count():
                n, changed = len(self.received), time.monotonic()
        sent_mb = sum(size for _, size in self.received) / 1e6
        return Cost(self.received[-1][0] - self.sent_s[0], processor_s(self.server) - before_s, sent_mb)


def processor_s(process: psutil.Process) -> float:
    """Give the time that a process had on the processors so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


@dataclass(frozen=True)
class Cost:
    """What one thing cost."""

    wait_s: float
    server_s: float
    sent_mb: float


def measure(store: Path, data: Path, repeat: int) -> None:
    """Do everything in a browser, and print the table."""
    print(f"{'':44} {'server s':>9} {'wait s':>9} {'slowest':>9} {'sent MB':>9}   asked {MOST_S} s, {MOST_MB} MB")
    with server(store, data) as address, sync_playwright() as playwright:
        process = next(one for one in psutil.Process().children() if "streamlit" in " ".join(one.cmdline()))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        for name, of_what in OPENED:
            if of_what != WINDOW:
                context = browser.new_context(viewport={"width": 1280, "height": 720})
            page = context.new_page()
            wire = Wire(page, process).listen()
            cost = wire.cost(lambda: page.goto(f"{address}/{name}?data={data}&animal=Animal_1"))  # noqa: B023
            say(f"{name}: first picture of a {of_what}", [cost])
            page.locator(READY).wait_for(timeout=60_000)
            if of_what == WINDOW:
                (measure_evaluation if name == "evaluation" else measure_traces)(page, wire, repeat)
            page.close()
        browser.close()


def measure_evaluation(page: Page, wire: Wire, repeat: int) -> None:
    """Move a threshold, choose, decide."""
    box = page.get_by_role("spinbutton", name="SNR", exact=True)

    def enter(value: float) -> None:
        box.fill(str(value))
        box.press("Enter")

    say("evaluation: a threshold that was not tried", [wire.cost(lambda: enter(2.1 + k / 7)) for k in range(repeat)])  # noqa: B023
    page.get_by_role("heading", name="Evaluation", exact=True, level=1).click()  # the keys are to reach the page
    measure_keys("evaluation", page, wire, repeat)


def measure_keys(what: str, page: Page, wire: Wire, repeat: int) -> None:
    """Choose and decide with keys."""
    say(f"{what}: the next component", [wire.cost(lambda: page.keyboard.press("ArrowRight")) for _ in range(repeat)])
    keys = ["a" if k % 2 else "r" for k in range(repeat)]
    say(f"{what}: a decision", [wire.cost(lambda: page.keyboard.press(key)) for key in keys])  # noqa: B023


def measure_traces(page: Page, wire: Wire, repeat: int) -> None:
    """Look at one component, at the stack, the raster and the matrix; choose and decide in each."""
    measure_keys("traces", page, wire, repeat)
    for tab in ("Stack", "Raster", "Matrix"):
        choice = page.get_by_test_id("stButtonGroup").get_by_text(tab, exact=True)
        say(f"{tab.lower()}: opened first", [wire.cost(choice.click)])
        page.get_by_role("heading", name="Traces", exact=True, level=1).click()
        measure_keys(tab.lower(), page, wire, repeat)


def say(what: str, costs: list[Cost]) -> None:
    """Print one line."""
    took, sent = [cost.wait_s for cost in costs], [cost.sent_mb for cost in costs]
    median, most = statistics.median(took), statistics.median(sent)
    worked = statistics.median(cost.server_s for cost in costs)
    mark = "  over" if worked > MOST_S or most > MOST_MB else "  wait over" if median > MOST_S else ""
    print(f"{what:44} {worked:9.3f} {median:9.3f} {max(took):9.3f} {most:9.3f}{mark}", flush=True)


def main() -> None:
    """Read the command line, make the store, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--components", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=30_000)
    parser.add_argument("--repeat", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store, data = Path(folder).resolve() / "store", Path(folder).resolve() / "demo"
        make_store(store, data, given.components, given.frames)
        measure(store, data, given.repeat)


if __name__ == "__main__":
    main()
