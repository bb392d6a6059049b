"""What tests of several rooms use."""

import chromium
import pytest
from processes import children


def pytest_collection_modifyitems(items):
    """Try once more what failed in a real browser, which a busy machine may starve; the summary counts such reruns."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="module")
def browser():
    if chromium.PATH is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="drives a browser")
    with playwright.sync_playwright() as driver:
        started = chromium.launch(driver)
        yield started
        started.close()


@pytest.fixture
def left():
    """Gives the processes that came since the test began: tests before it may have left theirs."""
    before = {process.pid for process in children()}
    return lambda: [process for process in children() if process.pid not in before]
