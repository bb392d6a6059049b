"""Finds and starts Chromium for what is looked at in a real browser."""

import shutil

PATH = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(driver):
    """Start it; `driver` is what `playwright.sync_api.sync_playwright` gives."""
    return driver.chromium.launch(executable_path=PATH, args=list(FLAGS))
