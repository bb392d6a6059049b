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
    page = browser.new_page(viewport={"width": 1440, "height": 1900})
    outside = []
    page.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    yield page
    page.close()
    assert not [url for url in outside if url.startswith("http")], "the program needs no other server"
