"""Stretches of movies as films for the player: chosen, made when they are first looked at, and kept."""

import streamlit as st

from calscope.algorithms.motion_check.short_film import Crop, FilmPlan, film_frames, plan_film
from calscope.io.readers.reader import Recording
from calscope.model.errors import RecordingError
from calscope.model.movie import FrameSource
from calscope.model.quantities import size
from calscope.model.recording import Pair, RecordingInfo
from calscope.plots.film_sheet import FilmWords, film_display_range, pack_film
from calscope.ui.frame import keys, wording
from calscope.ui.session import cached
from calscope.ui.session.shown_run import ShownAnimal

LENGTHS_S = (5, 10, 20, 40)
LENGTHS = (50, 150, 300, 600)
"""In frames, where the frame rate is unknown."""
MEANS = (1, 2, 3, 5, 9)
MOST_FILMS, MOST_BYTES = 32, "160MB"
MAKING = "Making the movie"


def choose(page: str, who: str, shape: tuple[int, int, int], fr_hz: float | None, *, narrow: bool = False) -> FilmPlan:
    """Draw what chooses a stretch and how it is averaged, in two rows where `narrow`; give the plan of its film."""
    key = start_key(page, who)
    if narrow:
        left = st.container()
        middle, right = st.columns(2, vertical_alignment="bottom")
    else:
        left, middle, right = st.columns([3, 1.5, 1], vertical_alignment="bottom")
    with middle:
        length = _choose_length(page, fr_hz)
    with right:
        mean_of = st.selectbox(
            "Mean of",
            MEANS,
            index=2,
            key=keys.on_page(page, "film mean"),
            help="Each picture is the mean of that many frames around it: movement shows through the photon noise.",
            persist_state="session",
        )
    with left:
        start = _choose_start(key, shape[0], length, fr_hz)
    return plan_film(shape, start=start, length=length, mean_of=mean_of)


def start_key(page: str, who: str) -> str:
    """Give the key of the slider that holds the first frame of the stretch, or its second where the rate is known."""
    return keys.on_page(page, f"film start {who}")


def start_value(frame: int, fr_hz: float | None) -> float | int:
    """Give what the slider holds for a first frame."""
    return round(frame / fr_hz, 1) if fr_hz else frame


def _choose_length(page: str, fr_hz: float | None) -> int:
    options = LENGTHS_S if fr_hz else LENGTHS
    chosen = st.selectbox(
        "Stretch",
        options,
        index=1,
        format_func=lambda n: f"{n} s" if fr_hz else wording.count(n, "frame"),
        key=keys.on_page(page, "film length in s" if fr_hz else "film length"),
        persist_state="session",
    )
    return max(2, round(chosen * fr_hz)) if fr_hz else chosen


def _choose_start(key: str, n_frames: int, length: int, fr_hz: float | None) -> int:
    last = max(0, n_frames - length)
    if last == 0:
        st.caption("The whole recording.")
        return 0
    if not fr_hz:
        st.session_state[key] = min(int(st.session_state.get(key, 0)), last)
        return st.slider("From frame", 0, last, key=key)
    last_s = int(10 * last / fr_hz) / 10
    st.session_state[key] = min(float(st.session_state.get(key, 0.0)), last_s)
    return min(last, round(fr_hz * st.slider("From", 0.0, max(last_s, 0.1), step=0.1, format="%.1f s", key=key)))


def recording_of(animal: ShownAnimal, n_frames: int) -> Recording:
    """Open the recording that the results of an animal were made from: all of it, or its first frames.

    Raises
    ------
    RecordingError
        When it is not known, not there, or has changed since.
    """
    info = animal.info
    if info is None:
        raise RecordingError("The recording that this was made from is not known.")
    whole = cached.recording(info.path)
    if whole.info.fingerprint == info.fingerprint:
        return whole
    first = cached.recording(info.path, n_frames)
    if first.info.fingerprint != info.fingerprint:
        raise RecordingError(f"{info.path} has changed since this run: its frames are not those that were corrected.")
    return first


def say(plan: FilmPlan, film: bytes) -> None:
    """Say what was done to the stretch to make the film."""
    parts = [wording.count(plan.n, "picture")]
    if plan.every > 1:
        parts.append(f"every {_ordinal(plan.every)} frame")
    if plan.mean_of > 1:
        parts.append(f"each the mean of {plan.mean_of} frames")
    if plan.binning > 1:
        parts.append(f"pixels binned {plan.binning} × {plan.binning}")
    st.caption(f"{', '.join(parts)}; {size(len(film))}. The space bar plays, the arrow keys step.")


def _ordinal(number: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(number, f"{number}th")


@st.cache_data(max_entries=MOST_FILMS, max_size=MOST_BYTES, show_spinner=MAKING)
def of_recording(info: RecordingInfo, plan: FilmPlan, _recording: Recording) -> bytes:
    """Make a film of a raw recording; the fingerprint in `info` makes the film of changed files another one."""
    frames = film_frames(_recording, plan)
    _recording.check_unchanged()
    words = _words(("raw",), plan, info.fr_hz, info.dxy_um, ())
    return pack_film([frames], words, film_display_range([frames]))


@st.cache_data(max_entries=MOST_FILMS, max_size=MOST_BYTES, show_spinner=MAKING)
def raw_and_corrected(
    keys_of: tuple[str, str],
    plan: FilmPlan,
    fr_hz: float | None,
    dxy_um: Pair | None,
    _raw: Recording,
    _movie: FrameSource,
    _far_px: tuple[float, ...],
) -> bytes:
    """Make a film of the raw and the corrected movie in a shared display range; the keys name both."""
    versions = [film_frames(_raw, plan), film_frames(_movie, plan)]
    _raw.check_unchanged()
    words = _words(("raw", "corrected"), plan, fr_hz, dxy_um, tuple(_far_px[frame] for frame in plan.frames))
    return pack_film(versions, words, film_display_range(versions))


@st.cache_data(max_entries=MOST_FILMS, max_size=MOST_BYTES, show_spinner=MAKING)
def around(
    keys_of: tuple[str, ...],
    crop: Crop,
    plan: FilmPlan,
    _versions: dict[str, FrameSource],
    _words: FilmWords,
) -> bytes:
    """Make a film of one or more versions of a part of the field, all in one range of values.

    Parameters
    ----------
    keys_of
        Name all that it depends on, beside the part and the plan.
    """
    films = [film_frames(source, plan) for source in _versions.values()]
    return pack_film(films, _words, film_display_range(films))


def _words(
    titles: tuple[str, ...], plan: FilmPlan, fr_hz: float | None, dxy_um: Pair | None, curve: tuple[float, ...]
) -> FilmWords:
    return FilmWords(
        titles=titles,
        frames=tuple(plan.frames),
        every=plan.every,
        fr_hz=fr_hz,
        dxy_um=dxy_um,
        binning=plan.binning,
        curve=curve,
        curve_title="displacement",
    )
