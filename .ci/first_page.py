"""Opens the address given as the first argument in Chromium and waits until the first page of the program shows."""

import shutil
import sys

from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    page = browser.new_page()
    page.goto(sys.argv[1])
    heading = page.get_by_role("heading", name="Open your recordings")
    heading.wait_for(timeout=120_000)
    print("first page:", heading.inner_text())
    browser.close()
