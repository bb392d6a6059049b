"""Before a whole run: the sidebar's parameters tried where the movie moves most, raw, rigid and piecewise-rigid."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.io.project import RecordingRef
from calscope.io.server_rights import Right
from calscope.jobs.manager import Job
from calscope.model.animal_inputs import parameters_of
from calscope.model.errors import CalscopeError, ParameterError
from calscope.model.fields import StageName
from calscope.model.motion_preview import MotionPreview, MotionSurvey
from calscope.model.note_texts.all_texts import text
from calscope.model.params import Parameters, fields
from calscope.model.recording import Pair, RecordingInfo
from calscope.model.results import Estimate
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.runner import plan_keys
from calscope.plots.images import Panel, image_row
from calscope.plots.motion_survey_plot import crop_figure, displacement_figure
from calscope.plots.scaling import display_range
from calscope.ui.frame import keys, messages
from calscope.ui.frame.act_button import act_button
from calscope.ui.session import cached, launch, own_values, places, shown_run
from calscope.ui.widgets import charts, parameter_form
from calscope.ui.widgets.cached_figures import IMAGE_TITLES

TITLE = "Preview where it moves most"
BUTTON = "Preview"
VERSION_TITLES = {"raw": "raw", "rigid": "rigid", "piecewise": "piecewise-rigid"}
_PAGE = "motion"


@dataclass(frozen=True)
class _Shown:
    """A preview that was made, and with what."""

    preview: MotionPreview
    survey: MotionSurvey
    key: str
    """Names the preview in the store."""
    params: Parameters
    engine: str


def show(*, opened: bool = True) -> None:
    """Draw the preview; `opened` says whether its box is open at first."""
    ref = shown_run.current()
    if ref is None or places.shows_import():
        return
    box = st.expander(
        TITLE, icon=":material/bolt:", expanded=opened, on_change="rerun", key=keys.on_page(_PAGE, "preview box")
    )
    if box.open:
        with box:
            messages.guarded(partial(_show_inside, ref))


def _show_inside(ref: RecordingRef) -> None:
    st.caption(
        "Tries the sidebar's parameters on the stretch with the most motion, in the part of the field with the most "
        "structure. It takes a few seconds instead of a whole run."
    )
    if act_button(
        Right.RUN, BUTTON, icon=":material/bolt:", key=keys.on_page(_PAGE, "preview"), disabled=_is_busy(ref)
    ):
        _start(ref)
    info = cached.info_or_none(str(ref.path), st.session_state.get(keys.FRAMES))
    key = keys.on_page(_PAGE, f"preview of {ref.path}")
    shown, newest = _of_sidebar(info), _newest(ref)
    if shown is None and newest is not None:
        if newest[1].error:
            st.error(messages.plain(newest[1].error), icon=":material/error:")
        shown = _of_job(*newest)
    shown = shown or st.session_state.get(key)
    if shown is None:
        return
    st.session_state[key] = shown  # it stays while the next one is made
    _say_age(ref.name, shown)
    _draw(ref.name, shown, info)


def _start(ref: RecordingRef) -> None:
    try:
        launch.start_look(ref.name, "preview")
    except CalscopeError as error:
        messages.show_error(error)
    else:
        st.rerun()


def _jobs_of(ref: RecordingRef) -> list[Job]:
    return shown_run.looks_at(ref.name, "preview")


def _is_busy(ref: RecordingRef) -> bool:
    return any(job.status.is_active for job in _jobs_of(ref))


def _of_sidebar(info: RecordingInfo | None) -> _Shown | None:
    """Give the preview with the sidebar's parameters, where there is one."""
    engine = st.session_state.get(keys.ENGINE) or next(iter(ENGINES))
    try:
        params = parameter_form.parameters()
    except ParameterError:
        return None  # told when a run is asked for
    if info is None or engine not in ENGINES:
        return None
    params = own_values.parameters(info.name, params)
    planned = plan_keys(info, params, ENGINES[engine])
    return _stored(planned, params, engine)


def _newest(ref: RecordingRef) -> tuple[Job, AnimalRun] | None:
    """Give the newest preview job of an animal that has ended, with what it left."""
    found = ((job, job.results.get(ref.name)) for job in _jobs_of(ref))
    return next(((job, record) for job, record in found if record is not None), None)


def _of_job(job: Job, record: AnimalRun) -> _Shown | None:
    if record.error or "preview" not in record.keys:
        return None
    try:
        params = parameters_of(record.name, job.spec.parameters(), record.inputs)
        return _stored(record.keys, params, job.spec.engine)
    except ParameterError:
        return None  # of another version: with other parameters it is another preview


def _stored(keys_of: Mapping[StageName, str], params: Parameters, engine: str) -> _Shown | None:
    stages: tuple[StageName, ...] = ("survey", "preview")
    found = cached.results({stage: keys_of[stage] for stage in stages})
    if found.preview is None or found.survey is None:
        return None
    return _Shown(found.preview, found.survey, keys_of["preview"], params, engine)


def _say_age(name: str, shown: _Shown) -> None:
    """Say where what is set for an animal differs from the parameters that the preview was made with."""
    now, differences = own_values.values(name), []
    for field in fields():
        used = shown.params.get(field.dotted)
        if "preview" in field.spec.stages and now[field.dotted] != used:
            before, after = parameter_form.words(used, field.spec), parameter_form.words(now[field.dotted], field.spec)
            differences.append(f"{field.name} {before}, now {after}")
    engine = st.session_state.get(keys.ENGINE) or shown.engine
    if engine != shown.engine:
        differences.append(f"engine {shown.engine}, now {engine}")
    if differences:
        told = messages.plain("; ".join(differences))
        st.caption(f"**This preview was made with other parameters:** {told}. Press **{BUTTON}** to try these.")


def _draw(name: str, shown: _Shown, info: RecordingInfo | None) -> None:
    preview = shown.preview
    fr_hz = shown.params.dataset.fr or (info.fr_hz if info else None)
    dxy_um = shown.params.dataset.dxy or (info.dxy_um if info else None)
    st.badge(f"in this stretch: {preview.verdict}", icon=":material/gavel:", color="blue")
    st.caption(messages.plain(text(preview.why)))
    kind = st.segmented_control(
        "Image",
        list(IMAGE_TITLES),
        default="mean",
        required=True,
        format_func=IMAGE_TITLES.__getitem__,
        key=keys.on_page(_PAGE, "preview image"),
        label_visibility="collapsed",
        persist_state="session",
    )
    key = shown.key
    alt = f"{IMAGE_TITLES[kind]} of {name}: {', '.join(preview.versions)}"
    charts.show(_versions_figure(key, kind, dxy_um, preview), keys.on_page(_PAGE, "preview versions"), alt)
    st.dataframe(table(preview), hide_index=True, width="content")
    _draw_where(name, shown, fr_hz, dxy_um)
    messages.notes(preview.notes)
    messages.notes(preview.crop_notes, of="In the crop")


def _draw_where(name: str, shown: _Shown, fr_hz: float | None, dxy_um: Pair | None) -> None:
    preview, survey = shown.preview, shown.survey
    key, crop = shown.key, preview.crop
    left, right = st.columns([1, 4], vertical_alignment="center")
    with left:
        charts.show(
            _crop_figure(key, dxy_um, survey, preview), keys.on_page(_PAGE, "preview crop"), f"Crop in {name}'s field"
        )
    with right:
        charts.show(
            _displacement_figure(key, fr_hz, survey, preview),
            keys.on_page(_PAGE, "preview stretch"),
            f"Displacement of {name} over time with the stretch",
        )
    when = f"{crop.start / fr_hz:.1f} to {crop.stop / fr_hz:.1f} s" if fr_hz else f"frames {crop.start} to {crop.stop}"
    looked = f", every {survey.every} frames" if survey.every > 1 else ""
    st.caption(
        f"The stretch, {when}, and the crop, {crop.height} × {crop.width} px. The curve is a rough estimate from "
        f"frames binned {survey.binning} × {survey.binning}{looked}: how far each lies from the median position."
    )


def table(preview: MotionPreview) -> pd.DataFrame:
    """One row a version: its measures, with 95 % intervals where there are any."""
    return pd.DataFrame(
        {
            "Version": VERSION_TITLES[name],
            "Correlation with template": f"{version.template_r:.3f}",
            "Crispness of the mean": _interval(version.measures.crispness if version.measures else None, 1),
            "Correlation with the rest": _interval(version.measures.correlation if version.measures else None, 3),
            "Residual flow (px)": _interval(version.measures.residual_flow_px if version.measures else None, 2),
        }
        for name, version in preview.versions.items()
    )


def _interval(value: Estimate | None, digits: int) -> str:
    if value is None:
        return "not measured"
    return f"{value.value:.{digits}f} ({value.low:.{digits}f} to {value.high:.{digits}f})"


@charts.cached
def _versions_figure(key: str, kind: str, dxy_um: Pair | None, _preview: MotionPreview) -> go.Figure:
    images = {name: getattr(version.images, kind) for name, version in _preview.versions.items()}
    shared = display_range(list(images.values()), 1.0 if kind == "mean" else 50.0, 99.7)
    panels = [Panel(image, VERSION_TITLES[name], shared) for name, image in images.items()]
    return image_row(panels, dxy_um=dxy_um)


@charts.cached
def _crop_figure(key: str, dxy_um: Pair | None, _survey: MotionSurvey, _preview: MotionPreview) -> go.Figure:
    return crop_figure(_survey, _preview.crop, dxy_um)


@charts.cached
def _displacement_figure(key: str, fr_hz: float | None, _survey: MotionSurvey, _preview: MotionPreview) -> go.Figure:
    return displacement_figure(_survey, _preview.crop, fr_hz)
