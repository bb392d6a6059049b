"""In a real browser: who has the link of a server that only shows comes in and looks, and changes nothing."""

import json
import os
import socket
import subprocess
import sys

import pytest
from repository import ROOT
from waiting import OPEN_MS, expect, new_page

from calscope.io.curation_log import FOLDER
from calscope.jobs.bundles.import_bundle import import_bundle
from calscope.jobs.manager import JobManager
from calscope.pipeline.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WORD = "the-word-of-this-test"
BUNDLE = ROOT / "tests" / "data" / "format_1.calscope"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with the results of a bundle, and the record of its first animal."""
    found = Store(tmp_path_factory.mktemp("looking").resolve() / "store")
    runs = import_bundle(BUNDLE, found)
    JobManager(found.root).keep_import(*runs, data=str(BUNDLE))
    return found.root, runs[0]


@pytest.fixture(scope="module")
def link(store):
    """Gives the link that the server prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "calscope.cli", "app", "--read-only", "--no-browser", "--port", str(port)]
    known = {"CALSCOPE_STORE": str(store[0]), "CALSCOPE_ROOTS": str(BUNDLE.parent), "CALSCOPE_TOKEN": WORD}
    server = subprocess.Popen(command, env=os.environ | known, stdout=subprocess.PIPE, text=True)
    yield server.stdout.readline().split()[-1]
    server.terminate()
    server.communicate(timeout=30)


def judgements_in(root):
    return {path.name: path.read_bytes() for path in (root / FOLDER).iterdir()}


def test_who_has_the_link_comes_in_and_judges_nothing_whatever_the_browser_sends(browser, link, store):
    root, record = store
    before = judgements_in(root)
    page, start = new_page(browser, viewport={"width": 1280, "height": 720}), link.split("?")[0]
    assert page.goto(f"{start}evaluation").status == 403
    expect(page.locator("body")).to_contain_text("Open the whole link")
    # What a page keeps until the server has answered it, it sends by itself: here a decision that nobody could press.
    kept = f"calscope acts {record.name} {record.keys['refit'][:12]}"
    act = {"id": "0" * 32, "who": "Ada", "blind": False, "said": [["reject", 0, ""]]}
    page.evaluate("([key, acts]) => sessionStorage.setItem(key, acts)", [kept, json.dumps([act])])
    page.goto(f"{start}evaluation?token={WORD}&data={BUNDLE}")
    reject = page.get_by_role("button", name="Reject", exact=True)
    reject.wait_for(timeout=OPEN_MS)
    assert WORD not in page.url
    expect(reject).to_be_disabled()
    expect(page.get_by_text("Everything can be looked at")).to_be_visible()
    page.wait_for_function("(key) => sessionStorage.getItem(key) === '[]'", arg=kept)
    expect(page.locator(".bar.judge .words")).to_contain_text("components are not judged here")
    page.close()
    assert judgements_in(root) == before
