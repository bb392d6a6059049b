"""All animals' motion corrections in one table, the ones that need a look first."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from calscope.algorithms.motion_check import shift_summary as motion_summary
from calscope.model.note_texts.all_texts import text, texts
from calscope.model.recording import Pair
from calscope.model.results import CorrectedMovie, MotionEstimate, MotionQuality, MotionVerdict, MotionVersion
from calscope.ui.frame import messages, wording
from calscope.ui.session import own_values, places, remarks
from calscope.ui.session.shown_run import ShownAnimal

FINE, TO_SEE, NEUTRAL, TROUBLE, FAILED = range(5)
MARKS = {FINE: "✓", TO_SEE: "✓", NEUTRAL: "○", TROUBLE: "▲", FAILED: "▲"}
COLOURS: dict[int, messages.Colour] = {
    FINE: "blue",
    TO_SEE: "blue",
    NEUTRAL: "gray",
    TROUBLE: "orange",
    FAILED: "orange",
}
_TEXT_COLOURS = {FINE: "#1f77b4", TO_SEE: "#1f77b4", TROUBLE: "#d95f02", FAILED: "#d95f02"}
SORT_FROM = 4
"""From so many animals on, the ones that need a look come first."""
MEANT: dict[MotionVerdict, MotionVersion] = {
    "use raw": "raw",
    "use rigid": "rigid",
    "use piecewise-rigid": "piecewise",
}
NAMES: dict[MotionVersion, str] = {"raw": "raw", "rigid": "rigid", "piecewise": "piecewise-rigid"}


@dataclass(frozen=True)
class Row:
    """One animal in the table."""

    level: int
    """How much it needs a look, from FINE to FAILED."""
    cells: dict[str, object]


def level_of(quality: MotionQuality, done: MotionVersion) -> int:
    """Tell how much a correction needs a look; one that the verdict would rather not have done needs it most."""
    meant = MEANT.get(quality.verdict)
    if meant is None:
        return NEUTRAL
    if meant != done:
        return TROUBLE
    return TO_SEE if quality.flags else FINE


def differs(quality: MotionQuality, done: MotionVersion) -> str:
    """Say what to do where the corrected movie is not the version that the verdict asks for; empty where it is."""
    meant = MEANT.get(quality.verdict)
    if meant in (None, done):
        return ""
    said = f"The corrected movie of this run is {NAMES[done]}, and that is what later steps read."
    if meant == "rigid":
        return f"{said} To follow the verdict, switch piecewise rigid off and run again."
    return f"{said} Look at the flags and at the parameters before you go on with it."


def show(animals: Sequence[ShownAnimal]) -> None:
    """Draw the table; nothing where no animal has anything to show."""
    said = remarks.all_of_project()
    rows = [_with_more(animal, said.get(animal.name)) for animal in animals]
    if not rows:
        return
    if len(rows) >= SORT_FROM:
        rows.sort(key=lambda row: -row.level)
    n_bad = sum(row.level >= TROUBLE for row in rows)
    if n_bad:
        st.markdown(
            f":orange[▲ **{wording.count(n_bad, 'animal needs', 'animals need')} a look**], marked in the table."
        )
    st.dataframe(styled(rows), hide_index=True, column_config=_COLUMNS, height="content", placeholder="–")
    names = {name for row in rows for name, value in row.cells.items() if value is not None}
    st.caption(" ".join(words for name, words in _MEANINGS.items() if name in names))


_MEANINGS = {
    "Shift (px)": "Shift: mean · 95 % · largest distance of a frame from the median position.",
    "Match": "Match: median correlation of the frames with the template, raw → corrected.",
    "Crispness": "Crispness of the mean image and residual flow: of the corrected movie against the raw one, on the "
    "same frames and the same crop.",
}


def styled(rows: Sequence[Row]) -> Styler:
    """Give the table, with verdicts marked in the text and by colour."""
    table = pd.DataFrame([row.cells for row in rows]).dropna(axis="columns", how="all")
    whole = [name for name in ("Flags", "Frames") if name in table]
    table[whole] = table[whole].astype("Int64")
    verdicts = [_look(row.level) for row in rows]
    flags = [_look(TROUBLE if row.cells.get("Flags") else NEUTRAL) for row in rows]
    look = table.style.apply(lambda _: verdicts, subset=["Verdict"])
    return look.apply(lambda _: flags, subset=["Flags"]) if "Flags" in table else look


def _look(level: int) -> str:
    colour = _TEXT_COLOURS.get(level)
    return f"color: {colour}; font-weight: 600" if colour else ""


def _with_more(animal: ShownAnimal, said: str | None) -> Row:
    row = _row(animal)
    return Row(row.level, row.cells | {"Own values": own_values.ran_with(animal.record) or None, "Remark": said})


def _row(animal: ShownAnimal) -> Row:
    results = animal.results
    motion, corrected = results.motion_estimate, results.corrected
    if motion is None or (corrected is None and not places.shows_import()):
        error = animal.record.error if animal.record else ""
        return Row(FAILED if error else NEUTRAL, {"Animal": animal.name, "Verdict": _absent(error)})
    return _row_of(animal, motion)


def measured_cells(animal: ShownAnimal) -> dict[str, object]:
    """Give what the table says of an animal, by column; nothing where its motion was not estimated."""
    motion = animal.results.motion_estimate
    return {} if motion is None else dict(_row_of(animal, motion).cells)


def _row_of(animal: ShownAnimal, motion: MotionEstimate) -> Row:
    results = animal.results
    return _measured_row(
        tuple(results.keys.get(stage, "") for stage in ("estimate", "apply", "motion_quality")),
        animal.name,
        animal.fr_hz,
        animal.dxy_um,
        _motion=motion,
        _corrected=results.corrected,
        _quality=results.motion_quality,
    )


def verdict_words(animal: ShownAnimal) -> str:
    """Give the verdict with its mark; empty where there is none."""
    quality, motion = animal.results.motion_quality, animal.results.motion_estimate
    if quality is None or motion is None:
        return ""
    return f"{MARKS[level_of(quality, motion_summary.done(motion))]} {quality.verdict}"


def _absent(error: str) -> str:
    return f"{MARKS[FAILED]} failed" if error else "not in these results" if places.shows_import() else "not run"


@st.cache_data(max_entries=256, show_spinner=False)
def _measured_row(
    key: tuple[str, ...],
    name: str,
    fr_hz: float | None,
    dxy_um: Pair | None,
    _motion: MotionEstimate,
    _corrected: CorrectedMovie | None,
    _quality: MotionQuality | None,
) -> Row:
    level = NEUTRAL if _quality is None else level_of(_quality, motion_summary.done(_motion))
    cells: dict[str, object] = {
        "Animal": name,
        "Verdict": f"{MARKS[level]} {'not evaluated' if _quality is None else _quality.verdict}",
        "Flags": None if _quality is None else len(_quality.flags),
        "Frames": len(_motion.shifts_rig),
        "Rate (Hz)": f"{fr_hz:.4g}" if fr_hz else wording.UNKNOWN,
        "Shift (px)": _shifts(_motion, None),
        "Shift (µm)": _shifts(_motion, dxy_um) if dxy_um else None,
        "Match": None
        if _corrected is None
        else _arrow(_median(_motion.corr_raw), _median(_corrected.corr_corrected), ".3f"),
    }
    return Row(level, cells | _gains(_motion, _quality))


def _median(values: object) -> float:
    return float(pd.Series(values).median())


def _shifts(motion: MotionEstimate, dxy_um: Pair | None) -> str:
    found = motion_summary.summarise_shifts(motion_summary.shift_length(motion, dxy_um))
    return f"{found.mean:.2f} · {found.p95:.2f} · {found.largest:.2f}"


def _arrow(before: float, after: float, form: str) -> str:
    return f"{before:{form}} → {after:{form}}"


def _gains(motion: MotionEstimate, quality: MotionQuality | None) -> dict[str, object]:
    version = motion_summary.done(motion)
    pair = None if quality is None else motion_summary.measured(quality, version)
    if quality is None or pair is None:
        return {}
    gain = motion_summary.crispness_gain(quality, version)
    return {
        "Crispness": "" if gain is None else f"{100 * gain:+.1f} %",
        "Residual flow (px)": _arrow(pair[0].residual_flow_px.value, pair[1].residual_flow_px.value, ".2f"),
    }


_COLUMNS = {
    "Verdict": st.column_config.TextColumn(
        width="medium",
        help="✓ the run did what the verdict asks for. ○ no measurable difference, or it could not be measured. ▲ "
        "needs a look: the verdict asks for another version than the run made, or the animal failed.",
    ),
    "Flags": st.column_config.NumberColumn(help="Number of things to check; they are listed with the animal."),
    "Crispness": st.column_config.TextColumn(help="Gradient of the mean image, corrected for noise."),
    "Residual flow (px)": st.column_config.TextColumn(
        help="Motion left between stretches of frames and the rest, raw → corrected. Less is better."
    ),
}


def show_badge(animal: ShownAnimal) -> None:
    """Draw the verdict in one line."""
    quality, motion = animal.results.motion_quality, animal.results.motion_estimate
    if quality is not None and motion is not None:
        st.badge(verdict_words(animal), color=COLOURS[level_of(quality, motion_summary.done(motion))])


def show_verdict(animal: ShownAnimal) -> None:
    """Say what the comparison of raw, rigid and piecewise-rigid found, with the number of things to look at."""
    quality, motion = animal.results.motion_quality, animal.results.motion_estimate
    if quality is None and places.shows_import():
        return  # the page says why there is none
    if quality is None or motion is None:
        st.caption("This run has no verdict on its motion correction: an older version made it. Run again to get one.")
        return
    show_badge(animal)
    n_found = len(_to_look_at(quality, motion))
    if n_found:
        st.markdown(f":orange[▲ {wording.count(n_found, 'thing')} to look at below]", width="content")


def show_reasons(animal: ShownAnimal) -> None:
    """Say why the verdict is what it is, and what a person should look at."""
    quality, motion = animal.results.motion_quality, animal.results.motion_estimate
    if quality is None or motion is None:
        return
    st.markdown(messages.plain(text(quality.why)))
    for sentence in _to_look_at(quality, motion):
        st.markdown(f":orange[▲] {messages.plain(sentence)}")


def _to_look_at(quality: MotionQuality, motion: MotionEstimate) -> list[str]:
    said = differs(quality, motion_summary.done(motion))
    return [*([said] if said else []), *texts(quality.flags)]
