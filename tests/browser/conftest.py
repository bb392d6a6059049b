"""The program started as a user starts it, and a Chromium to look at it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from repository import ROOT

from calscope.io.curation_log import log_of
from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager

SMALL = {"cnmf": {"rf": 20, "stride": 8, "K": 4}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}


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
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=10).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
            else:
                return
        raise AssertionError((self.store.parent / "server.log").read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def restart(self):
        """End the process, and start another one on the same store."""
        ended = self.process.pid
        self.stop()
        self.start()
        assert self.process.pid != ended

    def address(self, page=""):
        return f"http://127.0.0.1:{self.port}/{page}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One for the tests of a file that leave it as it is."""
    yield from _running(tmp_path_factory)


@pytest.fixture(scope="module")
def fresh_server(tmp_path_factory):
    """One of which nothing was opened yet, and which may be stopped."""
    yield from _running(tmp_path_factory)


def _running(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("browser").resolve() / "store")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def tab(browser):
    from waiting import new_page

    page = new_page(browser, viewport={"width": 1440, "height": 1900})
    outside = []
    page.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    yield page
    page.close()
    assert not [url for url in outside if url.startswith("http")], "the program needs no other server"


@pytest.fixture(scope="module")
def run(server):
    """A run of a small recording, for tests of what persons say of its components."""
    folder = server.store.parent / "judged"
    write_demo(folder, animals=1, frames=160, size=96)
    manager = JobManager(server.store)
    job = manager.wait(manager.submit(JobSpec(data=str(folder), params=SMALL, workers=2)), 480)
    assert job.status.state == "done", job.status.error
    return job


@pytest.fixture
def log(server, run):
    """What persons said of that recording, empty at the beginning of a test."""
    found = log_of(server.store, run.results["Animal_1"].info.fingerprint)
    found.path.unlink(missing_ok=True)
    return found


@pytest.fixture
def pages(server, run, browser, log):
    """Opens a page of that run, in a browser of its own."""
    from waiting import OPEN_MS, new_page, no_exception

    opened = []

    def go(name="evaluation", component=0):
        page = new_page(browser, viewport={"width": 1280, "height": 1000})
        opened.append(page)
        page.goto(server.address(f"{name}?run={run.id}&animal=Animal_1&component={component}"))
        page.locator(".bar.judge:not([hidden])").wait_for(timeout=OPEN_MS)
        page.locator(".bar .badge:not(:empty)").wait_for()
        return page

    yield go
    for page in opened:
        no_exception(page)
        page.close()
