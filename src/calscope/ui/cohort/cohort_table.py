"""All animals of a run as one table, on screen and as a file."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from calscope.algorithms.comparison.outliers import FAR, FEWEST, FLOOR_SHARE
from calscope.export.formats.csv_export import as_text
from calscope.model.curation.component_flags import FLAG_KINDS
from calscope.model.note_texts.detection_texts import with_interval
from calscope.model.note_texts.flag_texts import SHORT
from calscope.model.quantities import duration
from calscope.ui.cohort.animal_measures import AnimalMeasures
from calscope.ui.frame import keys
from calscope.ui.motion import motion_table

FAR_MARK = "▲"
FAILED_MARK = "✕"
_ORANGE = "color: #d95f02; font-weight: 600"
RULE = (
    f"{FAR_MARK} far from the group: more than {FAR:g} robust standard deviations from the median of the animals "
    "whose run ended well. Such a deviation is 1.4826 × the median distance from the median, and counts as "
    f"{100 * FLOOR_SHARE:.0f} % of the median or more. In fewer than {FEWEST} such animals none is marked. "
    f"{FAILED_MARK} its run failed: it is not in the group."
)
_COLUMNS = {
    "Accepted": "accepted",
    "Components": "components",
    "SNR": "snr_median",
    "Flagged": "flagged",
    "Detection limit (SNR)": "detection_limit_snr",
    "95 % shift (px)": "shift_p95_px",
    "Match": "match",
    "Frames": "frames",
}
"""The measure that each column shows."""
Far = Mapping[str, Mapping[str, str]]


def show(animals: Sequence[AnimalMeasures], far: Far) -> None:
    """Draw the table, the rule by which animals are marked, and the button that gives it as a file."""
    found = table(animals, far)
    looks = found.style.apply(lambda _: _looks(found, animals, far), axis=None).format(precision=2, na_rep="–")
    st.dataframe(looks, hide_index=True, height="content", placeholder="–", column_config=_HELP)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            "Download as CSV",
            as_csv(animals, far),
            file_name="cohort.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=keys.on_page("cohort", "download"),
        )
        st.caption(RULE, width="stretch")


_HELP = {
    "Motion": st.column_config.TextColumn(help="The verdict on the motion correction; the page Motion says why."),
    "95 % shift (px)": st.column_config.NumberColumn(
        help="Distance from the median position that 95 % of the frames don't exceed."
    ),
    "Match": st.column_config.NumberColumn(help="Median correlation of the corrected frames with the template."),
    "SNR": st.column_config.NumberColumn(help="Median signal to noise of the accepted components."),
    "Flagged": st.column_config.NumberColumn(
        help="How many of the accepted components have something that speaks against them."
    ),
    "Flags": st.column_config.TextColumn(help="Of which kinds; a component may have several."),
    "Detection limit (SNR)": st.column_config.TextColumn(
        help="Peak signal to noise at which half of the cells that were put into the movie are accepted."
    ),
    "Own values": st.column_config.TextColumn(help="Parameters that this animal ran with, and others did not."),
}


def table(animals: Sequence[AnimalMeasures], far: Far) -> pd.DataFrame:
    """Give one row an animal; columns of which nothing is known are left out."""
    found = pd.DataFrame([_row(one, far[one.name]) for one in animals])
    whole = ["Frames", "Components", "Accepted", "Flagged"]
    found[whole] = found[whole].astype("Int64")
    return found.dropna(axis="columns", how="all")


def _row(one: AnimalMeasures, far: Mapping[str, str]) -> dict[str, object]:
    return {
        "Animal": " ".join((one.name, *marks_of(one, far))),
        "Run failed": one.error or None,
        "Far from the group": "; ".join(far.values()) or None,
        "Accepted": one.accepted,
        "Components": one.components,
        "SNR": one.snr_median,
        "Flagged": one.flagged,
        "Flags": _flags(one) or None,
        "Detection limit (SNR)": with_interval(one.limit) if one.limit else None,
        "Motion": motion_table.verdict_words(one.animal) or None,
        "95 % shift (px)": one.shift_p95_px,
        "Match": one.match,
        "Frames": one.frames,
        "Duration": duration(one.duration_s) if one.duration_s else None,
        "Own values": one.ran_with or None,
        "Remark": one.remark or None,
    }


def marks_of(one: AnimalMeasures, far: Mapping[str, str]) -> list[str]:
    """Give the marks that stand behind an animal's name."""
    return [*([FAR_MARK] if far else []), *([FAILED_MARK] if one.error else [])]


def _flags(one: AnimalMeasures) -> str:
    return ", ".join(f"{SHORT[kind]} {n}" for kind, n in (one.flags or {}).items() if n)


def _looks(found: pd.DataFrame, animals: Sequence[AnimalMeasures], far: Far) -> pd.DataFrame:
    """Give the look of every cell: orange is what lies far from the group or failed, with the animal and the reason."""
    looks = pd.DataFrame("", index=found.index, columns=found.columns)
    for at, one in enumerate(animals):
        marked = [title for title, name in _COLUMNS.items() if name in far[one.name]]
        if marked or one.error:
            told = "Run failed" if one.error else "Far from the group"
            looks.loc[at, [title for title in ("Animal", told, *marked) if title in found]] = _ORANGE
    return looks


def as_csv(animals: Sequence[AnimalMeasures], far: Far) -> bytes:
    """Give the table as a file: plain numbers, with units in the names of the columns."""
    rows = [
        {
            "animal": as_text(one.name),
            "frames": one.frames,
            "duration_s": one.duration_s,
            "fr_hz": one.animal.fr_hz,
            "motion_verdict": one.motion_verdict,
            "shift_p95_px": one.shift_p95_px,
            "match": one.match,
            "components": one.components,
            "accepted": one.accepted,
            "snr_median": one.snr_median,
            "flagged": one.flagged,
            **{f"flag_{kind}": (one.flags or {}).get(kind) for kind in FLAG_KINDS},
            "detection_limit_snr": one.detection_limit_snr,
            "detection_limit_low": one.limit.low if one.limit else None,
            "detection_limit_high": one.limit.high if one.limit else None,
            "own_values": as_text(one.ran_with),
            "far_from_group": as_text("; ".join(far[one.name].values())),
            "error": as_text(one.error),
            "run": one.animal.run.id if one.animal.run else "",
            "remark": as_text(one.remark),
        }
        for one in animals
    ]
    found = pd.DataFrame(rows)
    whole = ["frames", "components", "accepted", "flagged", *(f"flag_{kind}" for kind in FLAG_KINDS)]
    found[whole] = found[whole].astype("Int64")
    return found.to_csv(index=False, float_format="%.6g").encode()
