"""Pictures of a motion correction, made once per result; the keys of the results name them."""

import plotly.graph_objects as go
import streamlit as st

from calscope.algorithms.motion_check import shift_summary as motion_summary
from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.model.results import MotionCorrection, MotionEstimate, MotionQuality, SummaryImages
from calscope.plots import motion_curves as curves
from calscope.plots.images import Panel, image_row
from calscope.plots.motion_measures_plot import measures_figure
from calscope.plots.scaling import display_range
from calscope.plots.shift_field import Shown, field_figure
from calscope.plots.swipe_images import Swipe, make_swipe
from calscope.ui.widgets import charts
from calscope.ui.widgets.cached_figures import IMAGE_TITLES


@charts.cached
def swipe(
    keys: tuple[str, str], image: str, dxy_um: Pair | None, _raw: SummaryImages, _corrected: SummaryImages
) -> Swipe:
    """Lay one kind of image of the raw and the corrected movie over each other."""
    return make_swipe(getattr(_raw, image), getattr(_corrected, image), IMAGE_TITLES[image], dxy_um=dxy_um)


@charts.cached
def side_by_side(
    keys: tuple[str, str],
    image: str,
    dxy_um: Pair | None,
    width_px: int,
    _raw: SummaryImages,
    _corrected: SummaryImages,
) -> go.Figure:
    """Draw one kind of image, raw and corrected, in a shared display range; zooming one zooms both."""
    first, second = getattr(_raw, image), getattr(_corrected, image)
    shown = display_range([first, second])
    panels = [Panel(first, f"{IMAGE_TITLES[image]}, raw", shown), Panel(second, "corrected", shown)]
    return image_row(panels, dxy_um=dxy_um, width_px=width_px, bar_in_px=True)


@charts.cached
def shifts(
    key: str, fr_hz: float | None, dxy_um: Pair | None, truth: str, _motion: MotionEstimate, _true: FloatArray | None
) -> go.Figure:
    """Draw the shifts over time, with the frames that moved most, and the true shifts where they are to be seen."""
    return curves.shift_figure(_motion, fr_hz, dxy_um, largest(key, _motion), _true)


@st.cache_data(max_entries=256, show_spinner=False)
def largest(key: str, _motion: MotionEstimate) -> list[int]:
    """Give the frames that moved most, the largest first."""
    return motion_summary.largest_motion(motion_summary.shift_length(_motion))


@charts.cached
def field(
    keys: tuple[str, str], frame: int, shown: Shown, dxy_um: Pair | None, _motion: MotionEstimate, _after: SummaryImages
) -> go.Figure:
    """Draw patches and the shifts of one frame over the mean of the corrected movie."""
    return field_figure(_after.mean, _motion, frame, title="Mean, corrected", dxy_um=dxy_um, shown=shown)


@charts.cached
def shifts_around(key: str, frame: int, fr_hz: float | None, _motion: MotionEstimate) -> go.Figure:
    """Draw the shifts of the frames around one."""
    return curves.shifts_around(_motion, frame, fr_hz)


@charts.cached
def template_match(
    key: str, fr_hz: float | None, _motion: MotionCorrection, _quality: MotionQuality | None
) -> go.Figure:
    """Draw the correlation with the template over time, and which frames got worse."""
    return curves.template_match_figure(_motion, fr_hz, None if _quality is None else _quality.got_worse)


@charts.cached
def margin(key: str, fr_hz: float | None, _quality: MotionQuality) -> go.Figure:
    """Draw how far shifts are from max_shifts."""
    return curves.margin_figure(_quality, fr_hz)


@charts.cached
def measures(key: str, _quality: MotionQuality) -> go.Figure:
    """Draw the measures with their intervals."""
    return measures_figure(_quality)
