"""The film player in a real Chromium: it plays, pauses, steps, and goes where the curve is clicked."""

import re

import numpy as np
import pytest
import tifffile
from waiting import OPEN_MS, expect, settle, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def recorded(server):
    """A recording whose frames get brighter one by one."""
    folder = server.store.parent / "brighter"
    folder.mkdir()
    levels = np.linspace(100, 4000, 60)[:, None, None]
    frames = (levels + np.random.default_rng(0).normal(0, 3, (60, 48, 64))).astype(np.uint16)
    tifffile.imwrite(folder / "movie.tif", frames, photometric="minisblack")
    return folder


def shown(tab):
    """Number of the frame that is shown, and how bright the middle of its picture is."""
    frame = int(re.search(r"frame (\d+)", tab.locator("output.time").inner_text()).group(1))
    middle = "c => c.getContext('2d').getImageData(32, 24, 1, 1).data[0]"
    return frame, tab.locator("canvas.film").evaluate(middle)


def test_plays_and_steps_through_a_stretch(server, tab, recorded):
    tab.goto(server.address(f"data?data={recorded}"))
    tab.locator("canvas.film").wait_for(timeout=OPEN_MS)
    expect(tab.locator("output.time")).to_have_text(re.compile(r"frame 0$"))
    _, dark = shown(tab)
    tab.get_by_label("Speed").select_option("0.25")  # so that it is not at the end again when it is paused
    tab.get_by_role("button", name="Play").click()
    tab.wait_for_function(
        "() => [...document.querySelectorAll('*')].some(e => e.shadowRoot"
        " && /frame ([5-9]|[1-4]\\d)$/.test(e.shadowRoot.querySelector('output.time')?.textContent))"
    )
    tab.get_by_role("button", name="Pause").click()
    later, brighter = shown(tab)
    assert later >= 5 and brighter > dark
    settle(tab)
    assert shown(tab)[0] == later, "it stands still"
    slider = tab.get_by_role("slider", name="Frame")
    slider.focus()
    slider.press("End")
    last, _ = until(lambda: shown(tab), lambda found: found[0] in {49, 59} and found[1] > brighter)
    slider.press("ArrowLeft")
    until(lambda: shown(tab)[0], last - 1)
    until(lambda: tab.locator("canvas.film").evaluate("c => [c.width, c.height]"), [64, 48])
