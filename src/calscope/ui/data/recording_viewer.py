"""One recording in detail: its warnings, and its frames as a film."""

import streamlit as st

from calscope.model.note_texts.all_texts import texts
from calscope.model.recording import LoadReport
from calscope.ui.data import recordings_table
from calscope.ui.frame import keys, messages, wording
from calscope.ui.session import cached
from calscope.ui.widgets import film_clips, player


def show_warnings(path: str, n_frames: int | None) -> None:
    """Say what the load report found and is still open, and which files are not part of the recording."""
    report = cached.report(path, n_frames)
    warnings = recordings_table.open_warnings(report)
    for warning in warnings:
        st.warning(messages.plain(warning), icon=":material/warning:")
    checked = f":material/check_circle: No warnings: {report.n_sampled_frames} frames were checked."
    st.caption(messages.plain(_sources(report)) if warnings else f"{checked} {messages.plain(_sources(report))}")
    if report.skipped:
        beside = wording.count(len(report.skipped), "file beside it is", "files beside it are")
        with st.expander(f"{beside} not part of the recording"):
            for line in texts(report.skipped):
                st.markdown(f"- {messages.plain(line)}")


def _sources(report: LoadReport) -> str:
    """Say where frame rate and pixel size come from."""
    info = recordings_table.with_given(report.info)
    said = {"Frame rate": info.fr_source, "Pixel size": info.dxy_source}
    return " ".join(f"{what} from: {source}." for what, source in said.items() if source)


@messages.fragment
def show_frames(path: str, n_frames: int | None) -> None:
    """Draw a stretch of the recording as a film, frame by frame or played."""
    opened = cached.recording(path, n_frames)
    info = recordings_table.with_given(opened.info)
    above = st.container()
    plan = film_clips.choose("data", path, opened.shape, info.fr_hz, narrow=True)
    film = film_clips.of_recording(info, plan, opened)
    with above:
        player.show(film, keys.on_page("data", "film"))
    film_clips.say(plan, film)
