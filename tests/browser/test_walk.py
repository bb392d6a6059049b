"""One walk through the program in a real Chromium, from the demo button to a trace."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
JOB_MS = 120_000


class Server:
    """The program, started as a user starts it, on a free port and with a store of its own."""

    def __init__(self, store):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.store = store
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
        options = ["--server.port", str(self.port), "--server.headless", "true", "--server.address", "127.0.0.1"]
        environment = os.environ | {"CALSCOPE_STORE": str(self.store), "CALSCOPE_ROOTS": str(self.store.parent)}
        log = (self.store.parent / "server.log").open("ab")
        self.process = subprocess.Popen(
            command + options, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self._wait_until_healthy()

    def _wait_until_healthy(self):
        end = time.monotonic() + 40
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=2).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
            else:
                return
        raise AssertionError((self.store.parent / "server.log").read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def address(self, page=""):
        return f"http://127.0.0.1:{self.port}/{page}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("browser").resolve() / "store")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium):
    page = chromium.new_page(viewport={"width": 1440, "height": 1900})
    outside = []
    page.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    yield page
    page.close()
    assert not [url for url in outside if url.startswith("http")], "the program needs no other server"


def at(tab, title):
    """Wait until the page with that title stands, without an exception on it."""
    tab.get_by_role("heading", name=title, exact=True, level=1).wait_for(timeout=30_000)
    assert tab.get_by_test_id("stException").count() == 0


def run(tab, button):
    """Press a run button and wait until its job is through."""
    tab.get_by_role("button", name=button).first.click()
    cancel = tab.get_by_role("button", name="Cancel").first
    cancel.wait_for(timeout=20_000)
    cancel.wait_for(state="detached", timeout=JOB_MS)


def number(tab, label):
    return tab.get_by_role("spinbutton", name=label)


def go(tab, link, title):
    tab.get_by_role("link", name=link, exact=True).first.click()
    at(tab, title)


def component(tab):
    heading = tab.get_by_role("heading", name=re.compile(r"^Component \d+$"))
    heading.wait_for(timeout=20_000)
    return int(heading.inner_text().split()[1])


def test_any_page_may_be_the_first_address_of_a_fresh_server(server, tab):
    tab.goto(server.address("motion"))
    at(tab, "Motion correction")
    tab.get_by_role("link", name="Evaluation", exact=True).first.wait_for(timeout=20_000)
    assert tab.get_by_text("No folder is open").count() >= 1


def test_from_the_demo_button_to_a_trace_and_back_after_a_restart(server, tab):
    tab.goto(server.address())
    at(tab, "Calscope")
    tab.get_by_role("button", name="Open the demo").click()
    tab.get_by_role("heading", name="Data", exact=True, level=1).wait_for(timeout=JOB_MS)
    at(tab, "Data")
    go(tab, "Motion", "Motion correction")
    run(tab, "Correct motion")
    tab.get_by_text("corrected", exact=True).first.wait_for(timeout=20_000)
    go(tab, "Extraction", "Extraction")
    number(tab, "Components per patch").fill("3")
    run(tab, "Extract components")
    tab.get_by_text(re.compile(r"^Refit: \d+ component")).first.wait_for(timeout=20_000)
    go(tab, "Evaluation", "Evaluation")
    run(tab, "Evaluate")
    tab.get_by_text(re.compile(r"\d+ accepted \(blue\)")).first.wait_for(timeout=20_000)
    go(tab, "Traces", "Traces")
    first = component(tab)
    markers = tab.get_by_test_id("stPlotlyChart").first.locator(".scatterlayer .points path")
    markers.nth(3).click(force=True)
    tab.wait_for_function(f"!document.querySelector('h3').innerText.endsWith(' {first}')", timeout=20_000)
    clicked = component(tab)
    tab.wait_for_url(re.compile(rf"component={clicked}\b"), timeout=20_000)
    link = tab.url
    go(tab, "Extraction", "Extraction")
    assert number(tab, "Components per patch").input_value() == "3"

    server.stop()
    server.start()
    tab.goto(link)
    at(tab, "Traces")
    assert component(tab) == clicked
    assert tab.url == link


def test_a_run_can_be_cancelled(server, tab):
    tab.goto(server.address(f"motion?data={server.store / 'demo' / 'quick'}"))
    at(tab, "Motion correction")
    number(tab, "Largest deviation").fill("4")
    tab.get_by_role("button", name="Correct motion").first.click()
    tab.get_by_role("button", name="Cancel").first.click(timeout=20_000)
    tab.get_by_role("button", name="Cancel").first.wait_for(state="detached", timeout=JOB_MS)
    go(tab, "Runs", "Runs")
    tab.get_by_text("cancelled", exact=True).first.wait_for(timeout=20_000)
