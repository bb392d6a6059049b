from dataclasses import replace

import numpy as np
import pytest

from calscope.model.notes import Note
from calscope.model.results import Estimate, MotionGain, MotionQuality
from calscope.ui.motion import motion_table, motion_view


@pytest.fixture
def quality():
    return MotionQuality(
        shift_px=np.zeros(4, np.float32),
        margin_to_max_shift_px=np.ones(4, np.float32),
        clipped=np.zeros(4, bool),
        got_worse=np.zeros(4, bool),
        brightness_r=0.0,
        brightness_p=1.0,
        measures={},
        gains=(),
        verdict="use piecewise-rigid",
        why=Note("verdict_too_few_frames"),
        n_evaluated=48,
    )


@pytest.mark.parametrize(
    ("verdict", "done", "flags", "level"),
    [
        ("use piecewise-rigid", "piecewise", (), motion_table.FINE),
        ("use rigid", "rigid", (), motion_table.FINE),
        ("use rigid", "rigid", ("Look.",), motion_table.TO_SEE),
        ("no measurable benefit", "rigid", (), motion_table.NEUTRAL),
        ("not evaluated", "piecewise", (), motion_table.NEUTRAL),
        ("use rigid", "piecewise", (), motion_table.TROUBLE),
        ("use raw", "rigid", (), motion_table.TROUBLE),
    ],
)
def test_what_the_verdict_would_not_have_done_needs_a_look(quality, verdict, done, flags, level):
    judged = replace(quality, verdict=verdict, flags=flags)
    assert motion_table.level_of(judged, done) == level
    assert bool(motion_table.differs(judged, done)) == (level == motion_table.TROUBLE)


def test_the_way_to_follow_a_verdict_of_rigid_is_stated(quality):
    said = motion_table.differs(replace(quality, verdict="use rigid"), "piecewise")
    assert "is piecewise-rigid" in said and "switch piecewise rigid off" in said


def test_poor_rows_stand_out_by_mark_and_colour_and_missing_numbers_stay_whole():
    rows = [
        motion_table.Row(motion_table.FINE, {"Animal": "a", "Verdict": "✓ use rigid", "Flags": 2, "Frames": 1500}),
        motion_table.Row(motion_table.FAILED, {"Animal": "b", "Verdict": "▲ failed"}),
    ]
    look = motion_table.styled(rows)
    assert look.data["Frames"].dtype == "Int64"
    html = look.to_html()
    blue, orange = (motion_table._TEXT_COLOURS[level] for level in (motion_table.FINE, motion_table.FAILED))
    assert blue in html and orange in html


def test_less_flow_reads_as_less_with_its_interval_the_right_way_round(quality):
    flow = MotionGain("residual_flow_px", "raw", "rigid", Estimate(0.5, 0.2, 0.9), 0.01, "better")
    crisp = MotionGain("crispness", "raw", "rigid", Estimate(0.11, 0.075, 0.17), 0.004, "better")
    table = motion_view.gain_table(replace(quality, gains=(flow, crisp)))
    assert table["Change (95 % interval)"].tolist() == ["-0.5 px (-0.9 px to -0.2 px)", "+11 % (+7.5 % to +17 %)"]
    assert table["By noise alone"].tolist() == ["-0.01 px", "+0.4 %"]
    assert table["From → to"].tolist() == ["raw → rigid"] * 2
