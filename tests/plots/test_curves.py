from types import SimpleNamespace

import numpy as np
import pytest

from calscope.plots.motion_curves import frame_of_click, shift_figure, shifts_around, template_match_figure, time_axis
from calscope.plots.trace_curves import background_figure


def motion(n_frames=300, *, patches=True):
    rng = np.random.default_rng(1)
    shifts = rng.normal(0, 1, (n_frames, 2)).astype(np.float32)
    return SimpleNamespace(
        shifts_rig=shifts,
        shifts_els=shifts[:, None, :] + rng.normal(0, 0.3, (n_frames, 4, 2)).astype(np.float32) if patches else None,
    )


def correlations(n_frames=300):
    raw, corrected = np.random.default_rng(2).uniform(0.4, 0.7, (2, n_frames)).astype(np.float32)
    return SimpleNamespace(estimate=SimpleNamespace(corr_raw=raw), corrected=SimpleNamespace(corr_corrected=corrected))


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_time_is_in_seconds_where_the_rate_is_known_and_in_frames_where_not():
    seconds, title = time_axis(31, 15.0)
    assert seconds[-1] == pytest.approx(2.0)
    assert "(s)" in title
    frames, title = time_axis(31, None)
    assert frames[-1] == 30
    assert "rate unknown" in title


def test_shift_curves_are_the_shifts_over_seconds():
    found = motion()
    figure = shift_figure(found, 10.0, None)
    down = named(figure, "down (y)")
    assert np.allclose(down.y, found.shifts_rig[:, 0])
    assert down.x[-1] == pytest.approx(29.9)
    assert named(figure, "right (x)").y[5] == pytest.approx(found.shifts_rig[5, 1])


def test_um_axis_shows_the_same_stretch_as_the_px_axis():
    figure = shift_figure(motion(), 10.0, (1.5, 1.5))
    assert np.allclose(np.asarray(figure.layout.yaxis2.range), 1.5 * np.asarray(figure.layout.yaxis.range))


def test_no_common_um_axis_for_pixels_that_are_not_square():
    assert "yaxis2" not in shift_figure(motion(), 10.0, (1.0, 2.0)).to_dict()["layout"]


def test_spread_of_patches_is_drawn_only_where_there_are_patches():
    filled = [trace for trace in shift_figure(motion(), 10.0, None).data if trace.fill == "toself"]
    assert len(filled) == 2
    found = motion()
    assert max(filled[0].y) == pytest.approx(found.shifts_els[:, :, 0].max())
    assert not [t for t in shift_figure(motion(patches=False), 10.0, None).data if t.fill]


def test_template_match_shows_before_and_after():
    found = correlations()
    figure = template_match_figure(found, None)
    assert np.allclose(named(figure, "raw").y, found.estimate.corr_raw)
    assert np.allclose(named(figure, "corrected").y, found.corrected.corr_corrected)


def test_background_is_relative_to_its_mean():
    figure = background_figure(np.asarray([[1, 2, 3], [10, 20, 30]], np.float32), 1.0)
    assert np.allclose(figure.data[0].y, figure.data[1].y)


def test_click_on_the_shifts_gives_the_frame_by_its_time():
    figure = shift_figure(motion(), 14.7, None, largest=[120, 7])
    marks = named(figure, "largest motion")
    for time, frame in zip(marks.x, (120, 7), strict=True):
        assert frame_of_click({"selection": {"points": [{"x": float(time)}]}}, 14.7, 300) == frame
    assert frame_of_click({"selection": {"points": [{"x": 1e9}]}}, None, 300) == 299
    assert frame_of_click({"selection": {"points": []}}, 14.7, 300) is None
    assert frame_of_click(None, 14.7, 300) is None


def test_points_to_click_lie_on_the_curves_of_a_long_recording():
    found = motion(50_000, patches=False)
    figure = shift_figure(found, 10.0, None)
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert len(points) == 2
    for axis, trace in enumerate(points):
        assert 200 <= len(trace.x) <= 240
        assert np.allclose(found.shifts_rig[np.round(trace.x * 10).astype(int), axis], trace.y)
    assert max(named(figure, "down (y)").y) == found.shifts_rig[:, 0].max()


def test_frames_around_the_chosen_one_are_shown_at_the_ends_of_a_recording_too():
    found = motion(60)
    for frame, shown in ((0, 46), (59, 46), (30, 60)):
        figure = shifts_around(found, frame, 10.0)
        assert len(named(figure, "down (y)").x) == shown
        assert figure.layout.shapes[0].x0 == pytest.approx(frame / 10)


def test_frames_that_got_worse_are_marked_with_their_number():
    found = correlations()
    worse = np.zeros(300, bool)
    worse[[4, 200]] = True
    marks = next(trace for trace in template_match_figure(found, 10.0, worse).data if trace.mode == "markers")
    assert marks.x.tolist() == pytest.approx([0.4, 20.0])
    assert marks.name == "got worse (2 frames)"


def test_axis_of_a_recording_that_holds_still_does_not_blow_up_its_noise():
    found = motion(patches=False)
    found.shifts_rig[:] *= 0.001
    low, high = shift_figure(found, 10.0, None).layout.yaxis.range
    assert low <= -0.5 and high >= 0.5
