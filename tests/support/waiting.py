"""Waiting for what a page shows: it comes with the next frame of the screen, or when the server has answered.

A test that reads a page once, right after a click, is sometimes too early on a busy machine. So tests say with `expect`
or `until` what is to be read, and wait for it.
"""

import time
from contextlib import contextmanager

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="drives a browser")
expect = playwright.expect
WAIT_S = 60
"""How long anything on a page may take: only tests that fail wait so long, and a machine may be busy with much else."""
OPEN_MS, JOB_MS = 120_000, 240_000
"""How long a page may take to open, and a run to end."""
expect.set_options(timeout=WAIT_S * 1000)

DRAWN = """() => new Promise((done) => {
    setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))), 300);
})"""
"""By the browser's own clock, so that a slow browser has sent by then what it sends a little later (after 150 ms)."""


def until(read, wanted):
    """Read again and again until the value is the wanted one, or one that `wanted` is true of; give it."""
    is_wanted = wanted if callable(wanted) else lambda found: found == wanted
    end = time.monotonic() + WAIT_S
    while not is_wanted(found := read()):
        assert time.monotonic() < end, f"after {WAIT_S} s still {found!r}, not {wanted!r}"
        time.sleep(0.05)
    return found


def settle(page):
    """Wait until the page has sent what there is to send, the server is done, and the browser has drawn it."""
    page.evaluate(DRAWN)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=OPEN_MS)
    page.evaluate(DRAWN)


SENDS = """window.nSent = 0;
window.withheld = null;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (...given) {
    window.nSent += 1;
    if (window.withheld) window.withheld.push(() => send.apply(this, given));
    else send.apply(this, given);
};
"""


def new_page(browser, **looks):
    """Open a page, of a browser or of a context, that waits for everything so long and for which `unheard` works."""
    page = browser.new_page(**looks)
    page.set_default_timeout(WAIT_S * 1000)
    page.add_init_script(SENDS)
    return page


@contextmanager
def unheard(page):
    """Keep from the server what the page sends meanwhile: what is shown then, the browser shows by itself."""
    page.evaluate("window.withheld = []")
    yield
    page.evaluate("for (const send of window.withheld.splice(0)) send(); window.withheld = null")


def resting_box(locator):
    """Where something is once it moves no more: for a mouse that goes to a place on the screen."""
    boxes = [None]

    def rests():
        time.sleep(0.2)
        boxes.append(locator.bounding_box())
        return boxes[-1] is not None and boxes[-1] == boxes[-2]

    until(rests, wanted=True)
    return boxes[-1]


def holds(page, label, value):
    """Wait until a number box holds a value: one that is drawn anew shows its smallest value for a moment."""
    expect(page.get_by_role("spinbutton", name=label)).to_have_value(value)


def no_exception(page):
    assert page.get_by_test_id("stException").count() == 0
