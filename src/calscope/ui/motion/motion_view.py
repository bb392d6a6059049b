"""One animal's motion correction in detail: images, shifts over time, the shift field of a frame, the measures."""

from functools import partial

import pandas as pd
import streamlit as st

from calscope.algorithms.motion_check.sample import crop_inside
from calscope.model.note_texts.all_texts import text
from calscope.model.results import MotionCorrection, MotionEstimate, MotionGain, MotionQuality, SummaryImages
from calscope.plots.motion_curves import frame_of_click
from calscope.plots.motion_measures_plot import NAMES
from calscope.plots.shift_field import SHOWN, Shown
from calscope.ui.frame import box_changes, keys, messages
from calscope.ui.motion import motion_pictures, motion_player, motion_table
from calscope.ui.session import places, views
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import charts, swipe_widget, truth_view
from calscope.ui.widgets.cached_figures import IMAGE_TITLES

SWIPE, BESIDE = "Swipe", "Side by side"
COMPACT, LARGE = "Compact", "Large"
WIDE_PX, NARROW_PX = 940, 470
TIME_TAB, FRAMES_TAB, QUALITY_TAB = "Shifts and field", "Frame by frame", "Measures"
MOVIE_TAB = "Raw and corrected movie"
_PAGE = "motion"


def choose_images() -> None:
    """Draw what decides how images are shown, for all animals."""
    _choice("View of the images", [SWIPE, BESIDE], "view")
    st.pills(
        "Images",
        list(IMAGE_TITLES),
        default=["max", "corr"],
        selection_mode="multi",
        format_func=IMAGE_TITLES.__getitem__,
        key=keys.on_page(_PAGE, "images"),
        label_visibility="collapsed",
        persist_state="session",
    )
    _choice("Size of the images", [COMPACT, LARGE], "size")


def _choice(label: str, options: list[str], name: str) -> None:
    st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=keys.on_page(_PAGE, name),
        label_visibility="collapsed",
        persist_state="session",
    )


def show_images(animal: ShownAnimal, raw: SummaryImages, corrected: SummaryImages) -> None:
    """Draw the chosen kinds of images of the raw and the corrected movie."""
    chosen = st.session_state.get(keys.on_page(_PAGE, "images")) or ["max"]
    large = st.session_state.get(keys.on_page(_PAGE, "size")) == LARGE
    places = [st.container() for _ in chosen] if large or len(chosen) == 1 else st.columns(len(chosen))
    for place, image in zip(places, [kind for kind in IMAGE_TITLES if kind in chosen], strict=True):
        with place:
            _show_pair(animal, raw, corrected, image, wide=large or len(chosen) == 1)


def show_small(animal: ShownAnimal) -> None:
    """Draw the max projection of the raw and the corrected movie of one of several animals."""
    raw, corrected = animal.results.before, animal.results.after
    if raw is not None and corrected is not None:
        _show_pair(animal, raw, corrected, "max", wide=False)
    motion_table.show_badge(animal)


def _show_pair(animal: ShownAnimal, raw: SummaryImages, corrected: SummaryImages, image: str, *, wide: bool) -> None:
    pair = (animal.results.keys["before"], animal.results.keys["after"])
    key = keys.on_page(_PAGE, f"{image} {animal.name}")
    if st.session_state.get(keys.on_page(_PAGE, "view")) == BESIDE:
        width_px = WIDE_PX if wide else NARROW_PX
        figure = motion_pictures.side_by_side(pair, image, animal.dxy_um, width_px, _raw=raw, _corrected=corrected)
        charts.show(figure, key, f"{IMAGE_TITLES[image]} of {animal.name}, raw and corrected")
    else:
        drawn = motion_pictures.swipe(pair, image, animal.dxy_um, _raw=raw, _corrected=corrected)
        large = st.session_state.get(keys.on_page(_PAGE, "size")) == LARGE
        own_px = swipe_widget.LARGE_PX if wide else None
        swipe_widget.show(drawn, f"{key} swipe", width_px=own_px, in_view=not large)


@messages.fragment
def details(animal: ShownAnimal) -> None:
    """Draw what is in tabs; only the open one is made."""
    motion = animal.results.motion
    if motion is None and animal.results.motion_estimate is not None and places.shows_import():
        _show_time(animal, animal.results.motion_estimate)
        return
    if motion is None:
        st.info("The motion correction of this animal is no longer in the store.")
        return
    tabs = {TIME_TAB: _show_shifts, FRAMES_TAB: _show_frames, QUALITY_TAB: _show_quality, MOVIE_TAB: _show_movie}
    key = keys.on_page(_PAGE, f"tab {animal.name}")
    views.begin(key, list(tabs))
    drawn = st.tabs(list(tabs), on_change="rerun", key=key)
    for tab, show in zip(drawn, tabs.values(), strict=True):
        if tab.open:
            with tab:
                messages.guarded(partial(show, animal, motion))


def _show_movie(animal: ShownAnimal, motion: MotionCorrection) -> None:
    motion_player.show(animal, motion)


def frame_key(animal: ShownAnimal) -> str:
    """Give the key under which the chosen frame of an animal stands, counted from 0."""
    return keys.on_page(_PAGE, f"frame {animal.name}")


def _show_shifts(animal: ShownAnimal, correction: MotionCorrection) -> None:
    _show_time(animal, correction.estimate)


def _show_time(animal: ShownAnimal, motion: MotionEstimate) -> None:
    key = animal.results.keys["estimate"]
    true = truth_view.true_shifts(animal, motion)
    shown = "" if true is None else "with truth"
    figure = motion_pictures.shifts(key, animal.fr_hz, animal.dxy_um, shown, _motion=motion, _true=true)
    charts.show_clickable(
        figure,
        keys.on_page(_PAGE, f"shifts {animal.name} {key}"),
        f"Shifts of {animal.name} over time",
        _clicked,
        animal,
        len(motion.shifts_rig),
    )
    truth_view.say_motion(animal, motion)
    _settle_frame(animal, motion)
    left, right = st.columns(2)
    with right:
        frame, shown = _choose_frame(animal, motion)
        around = motion_pictures.shifts_around(key, frame, animal.fr_hz, _motion=motion)
        charts.show(around, keys.on_page(_PAGE, f"around {animal.name}"), f"Shifts of {animal.name} around the frame")
    with left:
        _show_field(animal, motion, frame, shown)


def _settle_frame(animal: ShownAnimal, motion: MotionEstimate) -> None:
    """Take the frame that moved most where none is chosen."""
    key, n_frames = frame_key(animal), len(motion.shifts_rig)
    if 0 <= st.session_state.get(key, -1) < n_frames:
        return
    st.session_state.pop(key, None)
    largest = motion_pictures.largest(animal.results.keys["estimate"], motion)
    st.session_state[key] = largest[0] if largest else 0


def _clicked(key: str, animal: ShownAnimal, n_frames: int) -> None:
    frame = frame_of_click(st.session_state.get(key), animal.fr_hz, n_frames)
    if frame is not None:
        st.session_state[frame_key(animal)] = frame


def _show_largest(animal: ShownAnimal, motion: MotionEstimate) -> None:
    """Draw a button for each of the frames that moved most."""
    largest = motion_pictures.largest(animal.results.keys["estimate"], motion)
    if not largest:
        return
    key, jump = frame_key(animal), keys.on_page(_PAGE, f"largest {animal.name}")
    chosen = st.session_state.get(key)
    at = st.session_state[jump] = chosen if chosen in largest else None
    st.pills(
        "Frames with the largest motion",
        largest,
        format_func=lambda frame: _moment(frame, animal.fr_hz),
        key=jump,
        on_change=box_changes.pass_on,
        args=(jump, at, partial(_jump, key)),
        wrap=True,
        help="The frames that lie furthest from the median position, the furthest first. Or click the curve above.",
    )


def _choose_frame(animal: ShownAnimal, motion: MotionEstimate) -> tuple[int, Shown]:
    """Draw what chooses a frame: a slider, and buttons for the frames that moved most."""
    n_frames, key = len(motion.shifts_rig), frame_key(animal)
    _show_largest(animal, motion)
    frame = st.slider("Frame", 0, n_frames - 1, key=key) if n_frames > 1 else 0
    st.caption(_words(animal, motion, frame))
    if motion.shifts_els is None:
        return frame, SHOWN[0]
    shown = st.segmented_control(
        "Arrows",
        SHOWN,
        default=SHOWN[0],
        required=True,
        key=keys.on_page(_PAGE, f"arrows {animal.name}"),
        label_visibility="collapsed",
        persist_state="session",
        wrap=True,
    )
    return frame, shown or SHOWN[0]


def _moment(frame: int, fr_hz: float | None) -> str:
    return f"{frame / fr_hz:.1f} s" if fr_hz else f"frame {frame}"


def _jump(key: str, frame: int | None) -> None:
    if frame is not None:
        st.session_state[key] = frame


def _words(animal: ShownAnimal, motion: MotionEstimate, frame: int) -> str:
    down, right = (float(v) for v in motion.shifts_rig[frame])
    text = f"Frame {frame}, counted from 0"
    if animal.fr_hz:
        text += f", at {frame / animal.fr_hz:.2f} s"
    text += f": shifted by {down:+.2f} px down and {right:+.2f} px right"
    if animal.dxy_um:
        text += f" ({down * animal.dxy_um[0]:+.2f} and {right * animal.dxy_um[1]:+.2f} µm)"
    corrected = animal.results.corrected
    if corrected is None:
        return f"{text}."
    match = f"{motion.corr_raw[frame]:.3f} → {corrected.corr_corrected[frame]:.3f}"
    return f"{text}; correlation with the template {match}."


def _show_field(animal: ShownAnimal, motion: MotionEstimate, frame: int, shown: Shown) -> None:
    found = animal.results
    if found.after is None:
        st.info("The image that the field is drawn over is no longer in the store.")
        return
    figure = motion_pictures.field(
        (found.keys["estimate"], found.keys["after"]), frame, shown, animal.dxy_um, _motion=motion, _after=found.after
    )
    charts.show(figure, keys.on_page(_PAGE, f"field {animal.name}"), f"Shift field of frame {frame} of {animal.name}")
    what = "each patch" if motion.shifts_els is not None else "the whole frame, which is shifted as one"
    st.caption(f"Arrows: the shift applied to {what} to align it with the template; the tissue moved the other way.")


def _show_frames(animal: ShownAnimal, motion: MotionCorrection) -> None:
    found = animal.results
    quality = found.motion_quality
    left, right = st.columns(2)
    with left:
        figure = motion_pictures.template_match(found.keys["apply"], animal.fr_hz, motion, quality)
        charts.show(figure, keys.on_page(_PAGE, f"match {animal.name}"), f"Match with the template of {animal.name}")
    with right:
        if quality is not None:
            figure = motion_pictures.margin(found.keys["motion_quality"], animal.fr_hz, quality)
            charts.show(figure, keys.on_page(_PAGE, f"margin {animal.name}"), f"Margin to max_shifts of {animal.name}")
    if quality is not None:
        st.caption(_counts(quality))
    messages.notes(motion.estimate.notes)


def show_check(animal: ShownAnimal) -> None:
    """Say what the check of the recording found, if anything."""
    check = animal.results.check
    for note in check.notes if check else ():
        st.warning(messages.plain(text(note)), icon=":material/warning:")


def _counts(quality: MotionQuality) -> str:
    n = len(quality.clipped)
    light = f"{quality.brightness_r:.2f} (p {quality.brightness_p:.2g})"
    return (
        f"{int(quality.clipped.sum())} of {n} frames end at max_shifts; {int(quality.got_worse.sum())} match the "
        f"template less after correction than before. Brightness follows the shift with r {light}."
    )


def _show_quality(animal: ShownAnimal, motion: MotionCorrection) -> None:
    quality = animal.results.motion_quality
    if quality is None or not quality.measures:
        why = text(quality.why) if quality else "this run has no verdict."
        st.caption(f"There is nothing to compare: {messages.plain(why)}")
        return
    figure = motion_pictures.measures(animal.results.keys["motion_quality"], quality)
    charts.show(figure, keys.on_page(_PAGE, f"measures {animal.name}"), f"Measures of {animal.name} with intervals")
    rows, columns = crop_inside(motion.corrected)
    st.caption(
        f"Dots with 95 % bootstrap intervals. All versions on the same {quality.n_evaluated} frames, spread over the "
        f"recording, and on the same crop (rows {rows.start} to {rows.stop - 1}, columns {columns.start} to "
        f"{columns.stop - 1}), equally smoothed. These intervals include how frames differ among themselves; the "
        "changes below compare the same frames in two versions, and are much more certain."
    )
    st.dataframe(gain_table(quality), hide_index=True)


_MEASURES = {
    "crispness": "crispness of the mean image",
    "crispness_corr": "crispness of the correlation image",
    "correlation": "correlation of frames with the rest",
    "residual_flow_px": "residual flow",
}


def gain_table(quality: MotionQuality) -> pd.DataFrame:
    """One row a step from one version to the next and measure: what changed, and what noise alone seems to change."""
    return pd.DataFrame(
        {
            "From → to": f"{NAMES[gain.before]} → {NAMES[gain.after]}",
            "Measure": _MEASURES[gain.measure],
            "Change (95 % interval)": _change(gain),
            "By noise alone": "" if gain.measure == "crispness_corr" else _amount(gain, gain.by_noise),
            "Vote": "none" if gain.measure == "crispness_corr" else gain.vote,
        }
        for gain in quality.gains
    )


def _change(gain: MotionGain) -> str:
    value = gain.gain
    ends = sorted((value.low, value.high), reverse=gain.measure == "residual_flow_px")
    return f"{_amount(gain, value.value)} ({_amount(gain, ends[0])} to {_amount(gain, ends[1])})"


def _amount(gain: MotionGain, value: float) -> str:
    """Say a gain as the change of its measure: of the residual flow, less is a gain."""
    if gain.measure == "residual_flow_px":
        return f"{-value:+.2g} px"
    return f"{100 * value:+.2g} %" if gain.measure != "correlation" else f"{value:+.2g}"
