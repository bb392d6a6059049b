"""One recording from near: its warnings, its frames one by one."""

import plotly.graph_objects as go
import streamlit as st

from calscope.plots.images import Panel, image_row
from calscope.ui import cached, charts, keys, messages

PLAY_EVERY_S = 0.25


def show_warnings(path: str) -> None:
    """Say what the load report found, and what the files leave open."""
    report = cached.report(path)
    for warning in report.warnings:
        st.warning(messages.plain(warning), icon=":material/warning:")
    if not report.warnings:
        st.success(f"No warnings: {report.n_sampled_frames} frames were looked at.", icon=":material/check_circle:")
    if report.skipped:
        with st.expander(f"{len(report.skipped)} files beside it are not part of the recording"):
            for line in report.skipped:
                st.markdown(f"- {messages.plain(line)}")


def show_frames(path: str) -> None:
    """Draw one frame, with a slider over all of them and a button that plays them."""
    playing = st.toggle("Play", key=keys.on_page("data", "play"))
    st.fragment(_draw_frame, run_every=PLAY_EVERY_S if playing else None)(path, playing=playing)


def _draw_frame(path: str, *, playing: bool) -> None:
    opened = cached.recording(path)
    n_frames = opened.shape[0]
    key = keys.on_page("data", f"frame of {path}")
    if playing and n_frames > 1:
        st.session_state[key] = (st.session_state.get(key, 0) + 1) % n_frames
    frame = st.slider("Frame", 0, n_frames - 1, key=key) if n_frames > 1 else 0
    rate = opened.info.fr_hz
    st.caption(f"frame {frame} of {n_frames}, counted from 0" + (f", {frame / rate:.2f} s" if rate else ""))
    charts.show(frame_figure(path, frame), keys.on_page("data", "frame"), f"Frame {frame} of the recording")


@st.cache_data(max_entries=64, max_size="32MB", show_spinner=False)
def frame_figure(path: str, frame: int) -> go.Figure:
    """Draw one frame in limits that fit the whole recording."""
    opened = cached.recording(path)
    image = opened.read(frame, frame + 1)[0]
    panel = Panel(image, "", cached.frame_limits(path, opened.info.fingerprint))
    return image_row([panel], dxy_um=opened.info.dxy_um, colours="gray", width_px=520, bar=False)
