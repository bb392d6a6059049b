"""Which part of the recording is tried: chosen by the program, or dragged on the field and on the recording."""

import streamlit as st

from calscope.model.crop import FEWEST_FRAMES, SMALLEST_SIDE_PX, Crop
from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray
from calscope.model.recording import RecordingInfo
from calscope.plots import png
from calscope.plots.scaling import display_range, to_codes
from calscope.ui.frame import keys
from calscope.ui.session import shown_run
from calscope.ui.tune import measured
from calscope.ui.tune.assets import component
from calscope.ui.tune.tuning import Tuning
from calscope.ui.widgets import charts


def show(tuning: Tuning, info: RecordingInfo) -> None:
    """Draw the button that says what is tried, and behind it the field with the crop."""
    crop = tuning.now.crop
    if crop is None:
        st.caption("The part with most cells is being looked for.")
        return
    with st.popover(_words(crop, info), icon=":material/crop:", type="tertiary", key=keys.CROP_CHOICE):
        picture = _picture(tuning, info)
        st.caption(
            "Drag the square, or a corner of it; drag the stretch, or an end of it."
            if picture
            else "There is no picture of the field yet: Measured makes one."
        )
        key = keys.of_component(keys.on_page("tune", f"crop {tuning.who}"))
        frames, rows, columns = info.shape
        component("crop_picker")(
            key=key,
            data={
                "picture": picture,
                "rows": rows,
                "columns": columns,
                "frames": frames,
                "fr_hz": info.fr_hz,
                "crop": crop.to_dict(),
                "least_px": min(SMALLEST_SIDE_PX, rows, columns),
                "least_frames": min(FEWEST_FRAMES, frames),
            },
            on_crop_change=lambda: _take(key, tuning, info),
        )
        st.button(
            "The part with most cells",
            icon=":material/auto_awesome:",
            key=keys.CROP_PICKER,
            on_click=tuning.move,
            args=(None,),
            help="The 128 × 128 px with most cells, and the 500 frames in which they are most active.",
        )


def _take(key: str, tuning: Tuning, info: RecordingInfo) -> None:
    told = (st.session_state.get(key) or {}).get("crop")
    try:
        crop = Crop.from_dict(told)
        crop.check_inside(info.shape)
    except RecordingError as error:
        st.session_state[keys.TUNE_REFUSED] = str(error)
        return
    tuning.move(crop)


def _words(crop: Crop, info: RecordingInfo) -> str:
    _, rows, columns = crop.shape
    rate = info.fr_hz
    when = f"{crop.start / rate:.0f} to {crop.stop / rate:.0f} s" if rate else f"frames {crop.start} to {crop.stop}"
    return "The whole recording" if crop.shape == info.shape else f"Crop {rows} × {columns} px, {when}"


def _picture(tuning: Tuning, info: RecordingInfo) -> str:
    """Give the max projection of the corrected or raw movie, else what was measured; empty where nothing was made."""
    ref = shown_run.current()
    if ref is None:
        return ""
    for animal in (shown_run.animal(ref, "apply"), shown_run.raw_animal(ref)):
        found = animal.results
        if found.after is not None:
            return _encoded(found.keys["after"], _image=found.after.max)
        if found.before is not None:
            return _encoded(found.keys["before"], _image=found.before.max)
    key, measurements = measured.measurements(tuning, info)
    return "" if measurements is None else _encoded(key, _image=measurements.corr)


@charts.cached
def _encoded(key: str, _image: FloatArray) -> str:
    return png.data_uri(to_codes(_image, display_range([_image], 1.0, 99.7)), png.palette("gray"))
