"""Raw and corrected movie side by side, for a stretch; with buttons that go to where the tissue moved most."""

from pathlib import Path

import streamlit as st

from calscope.algorithms.motion_check.moments import Moment, displacement, moments_of_motion
from calscope.io.bundles.bundle_reading import is_bundle
from calscope.io.event_files import changed_at
from calscope.jobs.bundles.bundled_extras import film_in
from calscope.model.movie import FloatArray
from calscope.model.results import MotionCorrection, MotionEstimate
from calscope.ui.frame import keys, messages
from calscope.ui.session import places
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import film_clips, player

N_MOMENTS = 3
APART_S = 2.0
APART = 60
"""Frames, where the rate is unknown."""
LEAD_S = 1.0
LEAD = 20
_PAGE = "motion"
KINDS = {"displacement": "Largest displacement", "jump": "Largest jump between frames"}


def show(animal: ShownAnimal, motion: MotionCorrection) -> None:
    """Draw the player of one animal; best inside of a fragment, so that a click draws nothing else again."""
    messages.guarded(lambda: _show(animal, motion))


def _show(animal: ShownAnimal, motion: MotionCorrection) -> None:
    raw = film_clips.recording_of(animal, motion.estimate.shape[0])
    _show_moments(animal, motion)
    plan = film_clips.choose(_PAGE, animal.name, motion.estimate.shape, animal.fr_hz)
    found = animal.results.keys
    film = film_clips.raw_and_corrected(
        (found["source"], found["apply"]),
        plan,
        animal.fr_hz,
        animal.dxy_um,
        _raw=raw,
        _movie=motion.corrected.movie,
        _far_px=_far_px(found["estimate"], motion.estimate),
    )
    player.show(film, keys.on_page(_PAGE, f"film {animal.name}"))
    film_clips.say(plan, film)


def bundled(animal: ShownAnimal) -> bytes | None:
    """Give the short film that an opened bundle holds of an animal; None where it has none."""
    project = places.project()
    if project is None or not is_bundle(project.root):
        return None
    return _in_bundle(str(project.root), changed_at(project.root), animal.name)


@st.cache_data(max_entries=16, show_spinner=False)
def _in_bundle(bundle: str, changed_ns: int, animal: str) -> bytes | None:
    return film_in(Path(bundle), animal)


def show_bundled(animal: ShownAnimal, film: bytes) -> None:
    """Draw a film that came with a bundle."""
    player.show(film, keys.on_page(_PAGE, f"bundled film {animal.name}"))
    st.caption("Around the largest displacement. The space bar plays, the arrow keys step.")


def _show_moments(animal: ShownAnimal, motion: MotionCorrection) -> None:
    apart = round(APART_S * animal.fr_hz) if animal.fr_hz else APART
    moments = _moments(animal.results.keys["estimate"], apart, motion.estimate)
    for kind, title in KINDS.items():
        of_kind = [moment for moment in moments if moment.kind == kind]
        if not of_kind:
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(title, width=210)
            for number, moment in enumerate(of_kind):
                st.button(
                    _moment_words(moment, animal.fr_hz),
                    key=keys.on_page(_PAGE, f"moment {kind} {number} {animal.name}"),
                    on_click=_go_to,
                    args=(animal, moment, motion.estimate.shape[0]),
                    help="Play the stretch around this frame.",
                )


def _moment_words(moment: Moment, fr_hz: float | None) -> str:
    when = f"{moment.frame / fr_hz:.1f} s" if fr_hz else f"frame {moment.frame}"
    return f"{when} · {moment.size_px:.1f} px"


def _go_to(animal: ShownAnimal, moment: Moment, n_frames: int) -> None:
    """Let the stretch begin a little before the moment."""
    lead = round(LEAD_S * animal.fr_hz) if animal.fr_hz else LEAD
    frame = min(max(0, moment.frame - lead), n_frames - 1)
    st.session_state[film_clips.start_key(_PAGE, animal.name)] = film_clips.start_value(frame, animal.fr_hz)


@st.cache_data(max_entries=64, show_spinner=False)
def _moments(key: str, apart: int, _motion: MotionEstimate) -> tuple[Moment, ...]:
    return moments_of_motion(_shifts(_motion), n=N_MOMENTS, apart=apart)


@st.cache_data(max_entries=64, show_spinner=False)
def _far_px(key: str, _motion: MotionEstimate) -> tuple[float, ...]:
    return tuple(round(float(value), 2) for value in displacement(_shifts(_motion)))


def _shifts(motion: MotionEstimate) -> FloatArray:
    return motion.shifts_rig if motion.shifts_els is None else motion.shifts_els
