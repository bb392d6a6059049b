import numpy as np
import pytest

from calscope.model.notes import Note
from calscope.model.results import Estimate, MotionMeasures, MotionQuality
from calscope.plots.motion_curves import margin_figure
from calscope.plots.motion_measures_plot import NAMES, measures_figure


def measures(value):
    return MotionMeasures(*(Estimate(value * k, value * k - 0.1, value * k + 0.3) for k in (1, 2, 3, 4)))


def quality(*versions):
    room = np.full(6, 2.0, np.float32)
    room[4] = 0
    return MotionQuality(
        shift_px=np.zeros(6, np.float32),
        margin_to_max_shift_px=room,
        clipped=room == 0,
        got_worse=np.zeros(6, bool),
        brightness_r=0.0,
        brightness_p=1.0,
        measures={version: measures(1.0 + i) for i, version in enumerate(versions)},
        gains=(),
        verdict="not evaluated",
        why=Note("verdict_too_few_frames"),
        n_evaluated=48,
    )


@pytest.mark.parametrize("versions", [("raw", "rigid"), ("raw", "rigid", "piecewise")])
def test_every_version_has_a_dot_and_its_interval_in_every_panel(versions):
    figure = measures_figure(quality(*versions))
    assert len(figure.data) == 4 * len(versions)
    for panel in ("x", "x2", "x3", "x4"):
        dots = {trace.y[0]: trace for trace in figure.data if trace.xaxis == panel}
        assert set(dots) == {NAMES[version] for version in versions}
    flow = next(trace for trace in figure.data if trace.xaxis == "x3" and trace.y[0] == "rigid")
    assert flow.x[0] == pytest.approx(8)  # residual_flow_px of the second version
    assert (flow.error_x.arrayminus[0], flow.error_x.array[0]) == pytest.approx((0.1, 0.3))


def test_the_raw_movie_comes_first_from_above():
    figure = measures_figure(quality("raw", "rigid", "piecewise"))
    assert figure.layout.yaxis.categoryarray[-1] == "raw"


def test_frames_that_end_at_the_largest_shift_are_marked():
    marks = next(trace for trace in margin_figure(quality("raw"), 2.0).data if trace.mode == "markers")
    assert (marks.x.tolist(), marks.y.tolist(), marks.customdata) == ([2.0], [0.0], ([4],))
    assert "1 frame" in marks.name
