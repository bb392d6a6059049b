"""How long the pages take, in a real browser: from a press to the picture.

    python benchmarks/page_speed.py                       # makes the demo of five animals and runs it first
    python benchmarks/page_speed.py --store STORE --data FOLDER

Needs Playwright and a Chromium (`requirements-dev.txt`). A store that is given holds a whole run of FOLDER. Each time
is the median of `--repeat`, with the slowest; the server's own time is that of the page's script, warm, without a
browser. Nothing else should run meanwhile.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright
from streamlit.testing.v1 import AppTest

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("Data", "Motion", "Extraction", "Evaluation", "Traces", "Parameters", "Runs")
PICTURES = {
    "Data": "canvas.film",
    "Motion": ".frame img.after",
    "Extraction": ".js-plotly-plot .main-svg",
    "Evaluation": "canvas[data-view]",
    "Traces": "canvas[data-view]",
    "Parameters": "[data-testid=stMarkdownContainer]",
    "Runs": "[data-testid=stDataFrame]",
}
"""What each page is looked at for."""
MOST_S = {"page to picture": 1.5, "page on the server": 0.6, "threshold": 0.3, "next component": 0.2, "stored run": 2.0}
"""What is asked of them."""
DRAWN = "[data-testid=stApp][data-test-script-state=notRunning]"
"""The page while the server draws nothing."""
LOOKING_S = 6.0
"""How long a picture is looked at before the next run: meanwhile the server makes the next process ready."""
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def prepare(store: Path, data: Path) -> None:
    """Make the demo of five animals and run it."""
    write_demo(data, animals=5, frames=1500, size=256)
    manager = JobManager(store)
    job = manager.wait(manager.submit(JobSpec(data=str(data), workers=2)), 3600)
    if job.status.state != "done":
        raise SystemExit(job.status.error)


@contextmanager
def server(store: Path, data: Path) -> Iterator[str]:
    """Start the program as a user does; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"CALSCOPE_STORE": str(store), "CALSCOPE_ROOTS": str(data.parent)}
    options = ["--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *options]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def wait_for(address: str) -> None:
    """Wait until the server answers."""
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server did not start")


def timed(press: Callable[[], object], until: Callable[[], object]) -> float:
    """Give the seconds from a press until something is there."""
    begun = time.perf_counter()
    press()
    until()
    return time.perf_counter() - begun


def settle(page: Page) -> None:
    """Wait until the server has nothing more to send."""
    page.wait_for_timeout(300)
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached", timeout=60_000)
    page.wait_for_timeout(200)


def go_to(page: Page, name: str) -> float:
    """Press a page's link; give the seconds until its title and its picture are there."""
    link = page.get_by_role("link", name=name, exact=True).first
    title = page.get_by_role("heading", name=name, exact=True, level=1)
    picture = page.locator(PICTURES[name]).locator("visible=true").first

    def arrived() -> None:
        title.wait_for(timeout=60_000)
        picture.wait_for(timeout=60_000)

    return timed(link.click, arrived)


def page_times(page: Page, repeat: int) -> dict[str, list[float]]:
    """Go round all pages; the first round, in which figures are made, is not counted."""
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    for turn in range(repeat + 1):
        for name in PAGES:
            seconds = go_to(page, name)
            settle(page)
            if turn:
                found[name].append(seconds)
    return found


def threshold_times(page: Page, repeat: int) -> list[float]:
    """Type another threshold, by turns of two that accept other components; until the accepted are drawn anew."""
    go_to(page, "Evaluation")
    settle(page)
    box = page.get_by_role("spinbutton", name="Likeness to a soma", exact=True)
    counts = (
        "() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot)"
        ".map(e => e.shadowRoot.querySelector('.filters')?.textContent).find(Boolean)"
    )
    found = []
    box.fill("0.5")  # what is set is kept from one session to the next
    box.press("Enter")
    settle(page)
    for turn in range(repeat):
        before = page.evaluate(counts)
        box.fill("0.5" if turn % 2 else "0.9")
        changed = f"before => ({counts})() !== before"
        found.append(timed(lambda: box.press("Enter"), lambda: page.wait_for_function(changed, arg=before)))  # noqa: B023
        settle(page)
    box.fill("0.5")
    box.press("Enter")
    settle(page)
    return found


def component_times(page: Page, repeat: int) -> list[float]:
    """Press the right arrow; until the next component's traces are drawn."""
    go_to(page, "Traces")
    settle(page)
    page.get_by_role("heading", name="Traces", exact=True, level=1).click()  # the keys are to reach the page
    chosen = (
        "() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot)"
        ".flatMap(e => [...e.shadowRoot.querySelectorAll('[data-chosen]')]).map(e => e.dataset.chosen).join()"
    )
    found = []
    for _ in range(repeat):
        before = page.evaluate(chosen)
        changed = f"before => ({chosen})() !== before"
        found.append(
            timed(lambda: page.keyboard.press("ArrowRight"), lambda: page.wait_for_function(changed, arg=before))  # noqa: B023
        )
        settle(page)
    return found


def stored_run_times(page: Page, store: Path, repeat: int, pause_s: float) -> list[float]:
    """Press Evaluate where the store has everything; until the run has ended and the page was drawn since."""
    go_to(page, "Evaluation")
    settle(page)
    found, manager = [], JobManager(store)
    for _ in range(repeat):
        page.wait_for_timeout(pause_s * 1e3)
        before = newest_run(manager)

        def arrived() -> None:
            while newest_run(manager) == before:  # noqa: B023
                page.wait_for_timeout(20)
            page.get_by_role("button", name="Cancel").first.wait_for(state="detached", timeout=60_000)
            page.locator(DRAWN).wait_for(timeout=60_000)
            page.locator(PICTURES["Evaluation"]).locator("visible=true").first.wait_for()

        found.append(timed(page.get_by_role("button", name="Evaluate", exact=True).click, arrived))
        settle(page)
    return found


def newest_run(manager: JobManager) -> str:
    """Give the number of the newest run that has ended."""
    return next(job.id for job in manager.jobs() if not job.status.is_active)


def server_times(store: Path, data: Path, repeat: int) -> dict[str, list[float]]:
    """Run the script of each page, warm, without a browser."""
    os.environ |= {"CALSCOPE_STORE": str(store), "CALSCOPE_ROOTS": str(data.parent)}
    app = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    app.query_params["data"] = str(data)
    app.run()
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    for turn in range(repeat + 1):
        for name in PAGES:
            app.switch_page(f"pages/{name.lower()}.py")
            begun = time.perf_counter()
            app.run()
            if turn:
                found[name].append(time.perf_counter() - begun)
    return found


def row(what: str, seconds: list[float], most_s: float) -> str:
    """One line of the table."""
    median = statistics.median(seconds)
    mark = "" if median <= most_s else "  over"
    return f"{what:34} {median:8.2f} {max(seconds):8.2f} {most_s:8.2f}{mark}"


def measure(store: Path, data: Path, repeat: int) -> None:
    """Measure everything and print the table."""
    print(f"{'':34} {'median s':>8} {'slowest':>8} {'asked':>8}")
    with server(store, data) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{address}/data?data={quote(str(data))}")
        page.locator(PICTURES["Data"]).first.wait_for(timeout=120_000)
        settle(page)
        for name, seconds in page_times(page, repeat).items():
            print(row(f"{name}: press to picture", seconds, MOST_S["page to picture"]), flush=True)
        print(row("threshold to picture", threshold_times(page, repeat), MOST_S["threshold"]), flush=True)
        print(row("next component", component_times(page, repeat), MOST_S["next component"]), flush=True)
        for what, pause_s in (("run that is all in the store", LOOKING_S), ("  pressed again at once", 0.0)):
            print(row(what, stored_run_times(page, store, min(repeat, 5), pause_s), MOST_S["stored run"]), flush=True)
        browser.close()
    for name, seconds in server_times(store, data, repeat).items():
        print(row(f"{name}: time of the server", seconds, MOST_S["page on the server"]))


def main() -> None:
    """Read the command line, prepare what is missing, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--repeat", type=int, default=20)
    given = parser.parse_args()
    if given.store and given.data:
        measure(given.store.resolve(), given.data.resolve(), given.repeat)
        return
    with tempfile.TemporaryDirectory() as folder:
        store, data = Path(folder).resolve() / "store", Path(folder).resolve() / "demo"
        prepare(store, data)
        measure(store, data, given.repeat)


if __name__ == "__main__":
    main()
