"""One recording in detail: its warnings, and its frames as a film."""

import streamlit as st

from calscope.model.note_texts.all_texts import texts
from calscope.ui.data import recordings_table
from calscope.ui.frame import keys, messages, wording
from calscope.ui.session import cached
from calscope.ui.widgets import film_clips, player

WIDTH_PX = 560


def show_warnings(path: str, n_frames: int | None) -> None:
    """Say what the load report found, and what is still open."""
    report = cached.report(path, n_frames)
    warnings = recordings_table.open_warnings(report)
    for warning in warnings:
        st.warning(messages.plain(warning), icon=":material/warning:")
    if not warnings:
        st.success(f"No warnings: {report.n_sampled_frames} frames were checked.", icon=":material/check_circle:")
    if report.skipped:
        beside = wording.count(len(report.skipped), "file beside it is", "files beside it are")
        with st.expander(f"{beside} not part of the recording"):
            for line in texts(report.skipped):
                st.markdown(f"- {messages.plain(line)}")


@messages.fragment
def show_frames(path: str, n_frames: int | None) -> None:
    """Draw a stretch of the recording as a film, frame by frame or played."""
    opened = cached.recording(path, n_frames)
    info = recordings_table.with_given(opened.info)
    plan = film_clips.choose("data", path, opened.shape, info.fr_hz)
    film = film_clips.of_recording(info, plan, opened)
    player.show(film, keys.on_page("data", "film"), width_px=WIDTH_PX)
    film_clips.say(plan, film)
