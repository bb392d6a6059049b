"""The page Tune: parameters, one large picture that answers, the trace of the chosen component, the last states."""

import time
from contextvars import ContextVar
from typing import Any

import streamlit as st

from calscope.engines.engine import with_defaults
from calscope.engines.engine_registry import ENGINES
from calscope.io.server_rights import Right
from calscope.jobs.tune_messages import TuneAnswer
from calscope.jobs.tuner import Tuner
from calscope.model.recording import RecordingInfo
from calscope.plots.scaling import display_range
from calscope.ui.evaluation import rule_switch
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys, messages, wording
from calscope.ui.frame.act_button import why_not
from calscope.ui.linked import choice, component_bar, field_map, mounting, trace_view
from calscope.ui.linked.field_map import Held, Layer
from calscope.ui.session import cached, places, selection, shown_run
from calscope.ui.tune import (
    compared,
    controls,
    crop_picker,
    keep_values,
    lab_units,
    limit_panel,
    measured,
    states_strip,
    tried,
    tuned_link,
)
from calscope.ui.tune.tuning import State, Tuning, of_animal
from calscope.ui.widgets import charts, parameter_form, truth_view

PAGE = "tune"
PICTURE_PX, TRACES_PX, STATUS_PX = 374, 112, 52
_LOOK_EVERY_S = 0.1
_SOON_S = 3.0
"""An answer that comes within this is drawn alone, and the browser says by itself that one is awaited. While a later
one is awaited, the progress is drawn, which takes the cores from the work."""
_in_page: ContextVar[bool] = ContextVar("calscope_tune_in_page", default=False)
"""Whether the whole page is drawn, and not the fragment alone."""


def show() -> None:
    """Draw what is tried on the current animal, and wait for what was asked for last."""
    token = _in_page.set(True)
    try:
        _show_fragment()
    finally:
        _in_page.reset(token)


def _draw() -> None:
    ref = shown_run.current()
    if ref is None:
        return
    if why := why_not(Right.RUN):
        messages.nothing_yet("Trying parameters is off here", why)
        return
    n_frames = st.session_state.get(keys.FRAMES)
    info = cached.recording(str(ref.path), n_frames).info  # one that can't be opened is told in words
    if not has_rate(info):
        return
    tuning = of_animal(str(ref.path), n_frames, keep_values.start_of(ref.name))
    tuned_link.take(tuning, info)
    tuner = places.tuner()
    _ask(tuner, tuning)
    if tuning.after_held is not None and tuning.now.is_there:
        tuning.go_on()
        _ask(tuner, tuning)
    if tuning.shown is not None and not _in_page.get():
        _wait_a_little(tuner, tuning)
    said = _show_all(tuning, info)  # first: a person waits for the picture
    with st.sidebar:
        with st.container(horizontal=True, gap="small"):
            measured.show(tuning, info)
            lab_units.show(tuning, info)
        controls.show(tuning, measured.proposals(tuning, info))
        place = st.empty()  # emptied at once, not when what was asked for is there
        if refused := st.session_state.pop(keys.TUNE_REFUSED, None):  # it is about the last press alone
            place.warning(messages.plain(refused), icon=":material/error:")
        if tuning.not_found:
            st.warning(messages.plain(tuning.not_found), icon=":material/link_off:")
    tuned_link.note(tuning)
    selection.put_into_address(PAGE)
    _follow(tuner, tuning, said)


_show_fragment = messages.fragment(_draw)


def has_rate(info: RecordingInfo) -> bool:
    """Tell whether the frame rate is known; say where to enter it where it is not."""
    if info.fr_hz is not None or parameter_form.value("dataset.fr") is not None:
        return True
    messages.nothing_yet(
        f"The frame rate of {messages.plain(info.name)} is unknown",
        "The files don't state it, and it is never guessed. Enter it on **Data**, under Frame rate.",
    )
    return False


def _ask(tuner: Tuner, tuning: Tuning) -> None:
    """Ask for the state that was chosen, unless it is known or asked for already."""
    if tuning.now.answer is None and not tuning.served():
        tuning.asked_at = time.monotonic()
        tuner.ask(tuning.who, tuning.trial())
        asked = tuner.answer(tuning.who)
        if asked is not None:
            tuning.take(asked, None)
    elif tuning.wants_limit and tuning.now.is_there:
        tuning.wants_limit = False
        tuner.ask(tuning.who, tuning.trial(with_limit=True))
        tuning.take_search(tuner.answer(tuning.who))
    elif tuning.ends_search:
        tuner.ask(tuning.who, tuning.trial())  # which is known: it only takes the place of the search
    tuning.ends_search = False


def _wait_a_little(tuner: Tuner, tuning: Tuning) -> None:
    """Take an answer that comes soon before anything is drawn: the picture is then drawn once, not twice."""
    asked, end = tuning.awaited, time.monotonic() + _SOON_S
    while asked is not None and not asked.is_over and time.monotonic() < end:
        st.session_state.get(keys.TUNINGS)  # Streamlit lets a newer change end the waiting here, and sends nothing
        asked = tuner.wait(tuning.who, asked, _LOOK_EVERY_S)
    if asked is not None and asked.is_over and tuning.awaited is not None and asked.number == tuning.awaited.number:
        _take(tuning, asked)
        _ask(tuner, tuning)  # what a link asks for besides what it holds


def _take(tuning: Tuning, answer: TuneAnswer) -> None:
    """Keep an answer, of the state or of the search for known cells in it."""
    if tuning.now.is_there:
        tuning.take_search(answer)
    else:
        tuning.take(answer, time.monotonic() - tuning.asked_at)
    tuning.go_on()


def _follow(tuner: Tuner, tuning: Tuning, said: Any) -> None:
    """Wait for the answer, then draw again; a newer change ends the waiting."""
    asked = tuning.awaited
    if asked is None:
        return
    while True:
        answer = tuner.wait(tuning.who, asked, _LOOK_EVERY_S)
        if answer is None or answer.number != asked.number:
            return  # another drawing of this page asked for something else
        if answer.is_over:
            _take(tuning, answer)
            st.rerun(scope="app" if _in_page.get() else "fragment")
        asked = answer
        _say_progress(said, answer)


def _say_progress(place: Any, answer: TuneAnswer) -> None:
    place.caption(messages.plain(f"{answer.note or 'starting'} · {round(100 * answer.fraction)} %"))


def _show_all(tuning: Tuning, info: RecordingInfo) -> Any:
    """Draw everything but the parameters; give the place where progress is said."""
    if tuning.now.is_there:
        _carry_choice(tuning.shown, tuning.now)
        tuning.shown = tuning.now
    shown = tried.view(tuning.shown) if tuning.shown else None
    held = tried.view(tuning.held) if tuning.held and _is_same_field(tuning.held, tuning.shown) else None
    comparison = compared.compare(shown, held) if shown and held else None
    with st.container(key=keys.beside("tune")):
        left, right = st.columns(2, gap="small")
    with left:
        if shown is None:
            st.container(height=PICTURE_PX, border=True).caption(
                "The first picture takes a few seconds: the part with most cells is looked for, and read."
            )
        else:
            _show_map(shown, held, comparison)
    with right, st.container(gap="xxsmall"):
        if shown is not None:
            component_bar.show(shown, PAGE)
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):  # boxes have room below
            crop_picker.show(tuning, info)
            limit_panel.show(tuning)
            st.page_link("pages/sweep.py", label="Sweep …", icon=":material/grid_view:")
            truth_view.show_switch()
            keep_values.show_drop(info.name)
        said = _show_status(tuning, shown, held, comparison)
        states_strip.show(tuning)
        keep_values.show(tuning, info.name)
        keep_values.say(tuning, info.name)
    if shown is not None:
        trace_view.show(shown, PAGE, TRACES_PX)
    return said


def _show_status(
    tuning: Tuning, shown: EvaluatedAnimal | None, held: EvaluatedAnimal | None, comparison: compared.Comparison | None
) -> Any:
    """Say in a place of fixed height what is shown and how it differs from what is held; give the place of progress."""
    with st.container(height=STATUS_PX, border=False, gap="xxsmall"):
        said, more = st.empty(), st.empty()
    if tuning.now.error:
        with said.container(horizontal=True, vertical_alignment="center"):
            st.caption(f":material/error: {messages.plain(tuning.now.error)}")
            st.button("Try again", key=keys.TRY_AGAIN, on_click=tuning.again)
    elif shown is not None and tuning.now.is_there and not shown.components.n:
        said.markdown(f"**No component**: {_why_none(shown)}.")
        more.caption("Move the crop to cells, or try a larger K or another gSig.")
    elif shown is not None and tuning.now.is_there:
        accepted = len(shown.listed("accepted"))
        of_all = f"**{accepted} accepted** of {wording.count(shown.components.n, 'component')}"
        said.markdown(f"{of_all}{_by_other_rule(tuning.now, shown)}")
        details = (_against_truth(shown, held), _against_held(tuning, comparison), _took(tuning.now))
        more.caption(" · ".join(one for one in details if one))
    return said


def _why_none(shown: EvaluatedAnimal) -> str:
    return "nothing in this crop looks like a cell" if shown.after.corr.any() else "no pixel of this crop changes"


def _by_other_rule(state: State, shown: EvaluatedAnimal) -> str:
    return f" ({rule_switch.other_rule_words(shown, with_defaults(ENGINES[tried.ENGINE], state.params).evaluation)})"


def _against_truth(shown: EvaluatedAnimal, held: EvaluatedAnimal | None) -> str:
    """Say how well the accepted components match the simulated cells of the crop, while the truth is shown."""
    now, before = truth_view.f1(shown), truth_view.f1(held) if held else None
    if now is None:
        return ""
    return f"F1 **{now:.3f}**" + (f", held {before:.3f}" if before is not None else "")


def _against_held(tuning: Tuning, comparison: compared.Comparison | None) -> str:
    if tuning.held is None or comparison is None:
        return ""
    differing = "; ".join(controls.values_in_words(tuning.now.params, tuning.held.params)) or "the same values"
    return messages.plain(f"Against what is held: {comparison.words} ({differing})")


def _took(state: State) -> str:
    """Say how long an answer took, or that it was there from an earlier try."""
    record = state.answer.record if state.answer else None
    if not state.seconds or record is None:
        return ""
    return "kept from before" if all(stage.cached for stage in record.stages) else f"{state.seconds:.1f} s"


def _is_same_field(held: State, shown: State | None) -> bool:
    """Whether two states lie on the same pixels, so that their components can be matched."""
    if shown is None or held.crop is None or shown.crop is None:
        return False
    return held.crop.to_dict() | {"start": 0, "stop": 0} == shown.crop.to_dict() | {"start": 0, "stop": 0}


def _carry_choice(before: State | None, after: State) -> None:
    """Choose in a new state the component that lies where the chosen one of the state before does."""
    if before is None or before is after or not _is_same_field(before, after):
        return
    old, new = tried.view(before), tried.view(after)
    if old is not None and new is not None and old.keys[0] != new.keys[0]:
        there = compared.match(old, new, choice.of(old).component)
        if there is not None:
            choice.begin_at(new, there)


def _show_map(shown: EvaluatedAnimal, held: EvaluatedAnimal | None, comparison: compared.Comparison | None) -> None:
    """Draw the outlines of what is shown, and of what is held, over images with the same limits."""
    both = (shown, held) if held else (shown,)
    ranges = _ranges(tuple(view.keys[1] for view in both), _views=both)
    other = None
    if held and comparison:
        layers = _layers(held.keys, ranges, _view=held)
        lines, in_truth = field_map.outlines_of(held)
        other = Held("held", lines, layers, (*in_truth, *comparison.held))
    lines, in_truth = field_map.outlines_of(shown)
    groups = comparison.shown if comparison else field_map.groups_of(shown.components.n, shown.evaluation)
    data = field_map.make_data(
        lines,
        _layers(shown.keys, ranges, _view=shown),
        (*in_truth, *groups),
        dims=shown.components.dims,
        dxy_um=shown.animal.dxy_um,
        n=shown.components.n,
        height_px=PICTURE_PX,
        held=other,
    )
    name = shown.animal.name
    data["label"] = f"Outlines of {shown.components.n} components in the crop of {name} that is tried"
    data["field"] = f"tune {name} {shown.components.dims}"
    data["steady"] = True
    data["mark"] = " ".join(key[:12] for key in shown.keys[:2]) + shown.variant  # tells tests which state is drawn
    mounting.mount(field_map.NAME, shown, PAGE, data)


_Ranges = tuple[tuple[str, tuple[float, float]], ...]


@charts.cached
def _ranges(keys_of_both: tuple[str, ...], _views: tuple[EvaluatedAnimal, ...]) -> _Ranges:
    """Give the limits of each image, the same for both states."""
    found = [_images(view) for view in _views]
    return tuple((title, display_range([images[title] for images in found], 1.0, 99.7)) for title in found[0])


def _images(view: EvaluatedAnimal) -> dict[str, Any]:
    results = view.animal.results
    images = {"Correlation": view.after.corr, "Max": view.after.max, "Mean": view.after.mean}
    if results.residual is not None:
        images["Residual"] = results.residual.peak
    if results.before is not None:
        images["Before"] = results.before.corr
    return images


@charts.cached
def _layers(stage_keys: tuple[str, str, str], ranges: _Ranges, _view: EvaluatedAnimal) -> list[dict[str, Any]]:
    images = _images(_view)
    return field_map.layers_of([Layer(title, images[title], limits) for title, limits in ranges if title in images])
