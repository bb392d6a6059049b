"""Recordings stay open between reruns, and what is shown of them is of the files as they are."""

import os

import numpy as np
import pytest
import tifffile

from calscope.algorithms.motion_check.short_film import plan_film
from calscope.model.errors import RecordingError
from calscope.ui.session import cached
from calscope.ui.widgets import film_clips


def write_stack(path, value):
    tifffile.imwrite(path, np.full((12, 16, 16), value, np.uint16), photometric="minisblack")
    os.utime(path, ns=(value, value))


@pytest.fixture
def stack(tmp_path):
    write_stack(tmp_path / "movie.tif", 100)
    return tmp_path / "movie.tif"


def time_passes():
    """Let the time be over for which a recording's files are taken to be the same."""
    cached._is_unchanged.clear()


def test_a_recording_that_is_the_same_stays_open(stack):
    first = cached.recording(str(stack))
    time_passes()
    assert cached.recording(str(stack)) is first


def test_a_stack_that_was_overwritten_is_opened_anew(stack):
    old, old_report = cached.recording(str(stack)), cached.report(str(stack))
    write_stack(stack, 900)
    time_passes()
    new, report = cached.recording(str(stack)), cached.report(str(stack))
    assert new.info.fingerprint != old.info.fingerprint and new.read(0, 1).max() == 900
    assert report.info.fingerprint == new.info.fingerprint != old_report.info.fingerprint


def test_a_film_of_frames_that_changed_meanwhile_is_not_kept(stack):
    opened = cached.recording(str(stack))
    plan = plan_film(opened.shape, start=0, length=12, mean_of=1)
    write_stack(stack, 900)
    with pytest.raises(RecordingError, match="changed while it was read"):
        film_clips.of_recording(opened.info, plan, opened)
    write_stack(stack, 100)
    assert film_clips.of_recording(opened.info, plan, opened), "they are what they were, so nothing wrong was kept"


def test_a_report_on_frames_that_changed_meanwhile_is_not_kept(stack):
    cached.recording(str(stack))
    write_stack(stack, 900)
    with pytest.raises(RecordingError, match="changed while it was read"):
        cached.report(str(stack))
    time_passes()
    assert cached.report(str(stack)).info.fingerprint == cached.recording(str(stack)).info.fingerprint


def test_a_recording_that_is_gone_is_told(stack):
    cached.recording(str(stack))
    stack.unlink()
    time_passes()
    assert cached.info_or_none(str(stack)) is None
