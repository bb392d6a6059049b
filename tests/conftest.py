"""What tests of several rooms use."""

import chromium
import pytest


@pytest.fixture(scope="module")
def browser():
    if chromium.PATH is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="drives a browser")
    with playwright.sync_playwright() as driver:
        started = chromium.launch(driver)
        yield started
        started.close()
