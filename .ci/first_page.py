"""Opens the address given as the first argument in Chromium and waits until the first page of the program shows."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
import chromium

with sync_playwright() as playwright:
    browser = chromium.launch(playwright)
    page = browser.new_page()
    page.goto(sys.argv[1])
    heading = page.get_by_role("heading", name="Open your recordings")
    heading.wait_for(timeout=120_000)
    print("first page:", heading.inner_text())
    browser.close()
