"""The movie around the chosen component at its transients: raw, corrected, as the fit explains it, and the rest."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from calscope.algorithms.evaluation.model_frames import ModelFrames, ResidualFrames
from calscope.algorithms.evaluation.transients import transients
from calscope.algorithms.motion_check.short_film import Crop, CroppedFrames, FilmPlan, crop_around
from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.results import Components, CorrectedMovie
from calscope.plots.contours import Outline
from calscope.plots.film_sheet import FilmWords
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys, messages
from calscope.ui.linked import choice
from calscope.ui.session import cached
from calscope.ui.widgets import film_clips, player

VERSIONS = ("raw", "corrected", "model", "residual")
LEVEL_FRAMES = 20
MOST_TRANSIENTS = 20
LEAST_PX = 48
"""Side of the smallest part of the field that is shown."""
SHOWN_ALIKE = "All in one range of values; in the residual 0 is as bright as the median of the corrected movie."
APART_S, LEAD_S = 1.0, 2.0
APART, LEAD = 20, 40
"""Frames, where the rate is unknown."""


def show(view: EvaluatedAnimal, page: str) -> None:
    """Draw the film of the chosen component; what keeps it from being made is said in its place."""
    messages.guarded(partial(_show, view, page))


def _show(view: EvaluatedAnimal, page: str) -> None:
    component, corrected = choice.of(view).component, view.animal.results.corrected
    if component is None:
        st.info("No component is chosen.")
    elif corrected is None:
        st.info("There is no film: the corrected movie is not among these results.")
    else:
        _show_film(view, page, component, corrected)


def _show_film(view: EvaluatedAnimal, page: str, component: int, corrected: CorrectedMovie) -> None:
    who, animal = f"{view.animal.name} {component}", view.animal
    is_whole = _choose_transient(view, page, component, who)
    crop = (0, view.components.dims[0], 0, view.components.dims[1])
    crop = crop if is_whole else crop_of(view.components, component)
    place = st.container()  # the film stands above what chooses its stretch
    shape = corrected.movie.shape[0], crop[1] - crop[0], crop[3] - crop[2]
    plan = film_clips.choose(page, who, shape, animal.fr_hz)
    versions, why_not = _versions(view, corrected, crop, _choose_versions(page), plan)
    line = cached.contour_lines(view.keys[0], view.components)[component]
    words = replace(
        words_of(plan, crop, line, view.components.C[component]),
        titles=tuple(versions),
        fr_hz=animal.fr_hz,
        dxy_um=animal.dxy_um,
    )
    stored = animal.results.keys
    keys_of = (stored["refit"], stored["apply"], str(component), *versions, str((animal.fr_hz, animal.dxy_um)))
    film = film_clips.around(keys_of, crop, plan, _versions=versions, _words=words)
    with place:
        player.show(film, keys.on_page(page, f"film {animal.name}"))
    if why_not:
        st.caption(messages.plain(f"Without the raw movie. {why_not}"))
    film_clips.say(plan, film)
    if len(versions) > 1:
        st.caption(SHOWN_ALIKE)


def _choose_versions(page: str) -> list[str]:
    """Draw the choice of what is shown beside each other; all but the raw movie, where nothing is chosen."""
    chosen = st.pills(
        "Shown",
        VERSIONS,
        selection_mode="multi",
        default=VERSIONS[1:],
        key=keys.on_page(page, "film versions"),
        label_visibility="collapsed",
        help="The model is all components and the background, A·C + b·f; the residual is the corrected movie "
        "without it.",
        persist_state="session",
    )
    return [name for name in VERSIONS if name in (chosen or VERSIONS[1:])]


def _versions(
    view: EvaluatedAnimal, corrected: CorrectedMovie, crop: Crop, wanted: Sequence[str], plan: FilmPlan
) -> tuple[dict[str, FrameSource], str]:
    """Give the movies to show by name, and why the raw one is not among them."""
    movie, model, why_not = CroppedFrames(corrected.movie, crop), ModelFrames(view.components, crop), ""
    found: dict[str, FrameSource] = {"corrected": movie, "model": model}
    if "residual" in wanted:
        found["residual"] = ResidualFrames(movie, model, level_of(movie, plan))
    if "raw" in wanted:
        try:
            raw = film_clips.recording_of(view.animal, corrected.movie.shape[0])
            found = {"raw": CroppedFrames(raw, crop), **found}
        except RecordingError as error:
            why_not = str(error)
    return {name: found[name] for name in wanted if name in found} or {"corrected": movie}, why_not


def level_of(movie: FrameSource, plan: FilmPlan) -> float:
    """Give the median of a movie in the first frames of a stretch: as bright as that is 0 shown in the residual."""
    return float(np.median(movie.read(plan.start, min(plan.start + LEVEL_FRAMES, movie.shape[0]))))


def crop_of(components: Components, component: int) -> Crop:
    """Give the part of the field around a footprint."""
    own = slice(*components.A.indptr[component : component + 2])
    columns, rows = np.divmod(components.A.indices[own], components.dims[0])
    return crop_around((rows, columns), components.dims, least_px=LEAST_PX)


def words_of(plan: FilmPlan, crop: Crop, line: Outline, trace: FloatArray) -> FilmWords:
    """Give what stands over the pictures and the slider: the outline, and the denoised trace.

    Parameters
    ----------
    line
        Outline of the component, (n, 2) px (x, y) in the whole field.
    trace
        (T,) its denoised trace; of the frames that one picture stands for the largest value is drawn.
    """
    in_film = (line + 0.5 - np.array([crop[2], crop[0]], np.float32)) / np.float32(plan.binning)
    return FilmWords(
        titles=(),
        frames=tuple(plan.frames),
        every=plan.every,
        binning=plan.binning,
        curve=tuple(round(max(float(trace[k : k + plan.every].max()), 0.0), 4) for k in plan.frames),
        curve_title="denoised trace",
        curve_unit="a.u.",
        outline=_pieces(np.asarray(in_film, np.float32)),
    )


def _pieces(line: Outline) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Split an outline where it has a row of NaN."""
    gaps = np.flatnonzero(np.isnan(line).any(axis=1))
    pieces = (part[~np.isnan(part).any(axis=1)] for part in np.split(line, gaps))
    return tuple(tuple((round(float(x), 2), round(float(y), 2)) for x, y in part) for part in pieces if len(part))


def _choose_transient(view: EvaluatedAnimal, page: str, component: int, who: str) -> bool:
    """Draw the buttons that go from transient to transient; tell whether the whole field is wanted."""
    by_size = transients(view.components.C[component], apart=apart(view.animal.fr_hz), most=MOST_TRANSIENTS)
    key, in_time = keys.on_page(page, f"transient {who}"), sorted(by_size)
    if by_size and film_clips.start_key(page, who) not in st.session_state:
        _go_to(view, page, who, by_size[0])
    at = in_time.index(st.session_state[key]) if st.session_state.get(key) in in_time else 0
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for title, to in (("Previous", at - 1), ("Next", at + 1)):
            is_there = 0 <= to < len(in_time)
            st.button(
                title,
                key=keys.on_page(page, f"{title} transient {who}"),
                help=f"{title} transient of this component",
                disabled=not is_there,
                on_click=_go_to,
                args=(view, page, who, in_time[to] if is_there else 0),
            )
        st.caption(_said(in_time, by_size, at, view.animal.fr_hz), width=205)
        return st.toggle("Whole field", key=keys.on_page(page, "whole field"), persist_state="session")


def apart(fr_hz: float | None) -> int:
    """Give how many frames at least lie between two transients."""
    return round(APART_S * fr_hz) if fr_hz else APART


def _said(in_time: list[int], by_size: tuple[int, ...], at: int, fr_hz: float | None) -> str:
    if not in_time:
        return "This trace has no transient."
    frame = in_time[at]
    when = f"{frame / fr_hz:.1f} s" if fr_hz else f"frame {frame}"
    largest = " (largest)" if frame == by_size[0] else ""
    return f"Transient {at + 1} of {len(in_time)}: {when}{largest}"


def _go_to(view: EvaluatedAnimal, page: str, who: str, frame: int) -> None:
    """Let the stretch begin a little before a transient."""
    fr_hz = view.animal.fr_hz
    lead = round(LEAD_S * fr_hz) if fr_hz else LEAD
    st.session_state[keys.on_page(page, f"transient {who}")] = frame
    st.session_state[film_clips.start_key(page, who)] = film_clips.start_value(max(0, frame - lead), fr_hz)
