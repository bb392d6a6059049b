"""In what two runs of one animal differ: parameters as they were used, engine, frames, and the motion correction."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from calscope.algorithms.motion_check import shift_summary
from calscope.model.fields import ParameterField
from calscope.model.note_texts.all_texts import text
from calscope.model.params import fields
from calscope.pipeline.records import AnimalRun
from calscope.ui.compare.compared_runs import Side
from calscope.ui.frame import messages, wording
from calscope.ui.motion import motion_table
from calscope.ui.session import own_values
from calscope.ui.widgets import parameter_form

NOT_TOLD = "not told"
NOT_THERE = "–"
MOST_IN_LINE = 4


class Difference(NamedTuple):
    """A setting that differs, in words."""

    name: str
    """Short, for a line."""
    label: str
    a: str
    b: str
    asked: tuple[str, str] = ("", "")
    """What was asked for, where it is something else."""
    why: str = ""
    """Why a value is not the one that was asked for."""
    is_set: bool = True
    """Whether somebody set it otherwise; else it follows from what is, or from the recording."""


def differences(a: Side, b: Side) -> list[Difference]:
    """Give what differs in what was set and used for the animal."""
    if a.record is None or b.record is None:
        return []
    return [*_others(a, b), *_parameters(a.record, b.record)]


def _others(a: Side, b: Side) -> Iterator[Difference]:
    pairs = {
        "Engine": (_engine(a), _engine(b)),
        "Calscope": tuple(_version(side) for side in (a, b)),
        "Frames": tuple(_frames(side) for side in (a, b)),
        "Own values": tuple((own_values.ran_with(side.record) or "none") if side.record else "" for side in (a, b)),
        "Seeds": tuple(str(len(side.record.inputs.seeds)) if side.record else "" for side in (a, b)),
    }
    for name, (one, other) in pairs.items():
        if one != other and one and other:
            yield Difference(name.lower() if name != "Calscope" else name, name, one, other)


def _engine(side: Side) -> str:
    record = side.record
    if side.run.imported_from or record is None:
        return side.run.imported_from
    return f"{record.engine} {record.engine_version}".strip()


def _version(side: Side) -> str:
    return "" if side.run.imported_from or side.record is None else side.record.versions.get("calscope", "")


def _frames(side: Side) -> str:
    return str(side.record.info.shape[0]) if side.record and side.record.info else ""


def _parameters(a: AnimalRun, b: AnimalRun) -> Iterator[Difference]:
    for field in fields():
        used = [_used(record, field) for record in (a, b)]
        asked = [record.requested.get(field.group, {}).get(field.name) for record in (a, b)]
        if any(value == NOT_TOLD for value in used) or _same(used[0], used[1]):
            continue
        words = [parameter_form.words(value, field.spec) for value in used]
        others = [
            "" if _same(value, wanted) else parameter_form.words(wanted, field.spec)
            for value, wanted in zip(used, asked, strict=True)
        ]
        yield Difference(
            field.name,
            f"{field.spec.label} ({field.name})",
            words[0],
            words[1],
            (others[0], others[1]),
            " ".join(dict.fromkeys(_reasons(a, b, field))),
            is_set=not _same(asked[0], asked[1]),
        )


def _reasons(a: AnimalRun, b: AnimalRun, field: ParameterField) -> Iterator[str]:
    told = [note for record in (a, b) if (note := record.reasons.get(field.dotted)) is not None]
    yield from (text(note) for note in told)


def _used(record: AnimalRun, field: ParameterField) -> Any:
    return record.effective.get(field.group, {}).get(field.name, NOT_TOLD)


def _same(one: Any, other: Any) -> bool:
    """Equal, where JSON has made lists of pairs."""
    return (list(one) if isinstance(one, tuple) else one) == (list(other) if isinstance(other, tuple) else other)


def n_not_told(record: AnimalRun) -> int:
    """Count the parameters of which another program's results tell nothing."""
    return sum(_used(record, field) == NOT_TOLD for field in fields())


def in_a_line(found: list[Difference]) -> str:
    """Say what was set otherwise, in one line; the table has the rest."""
    told = [f"{one.name} {one.a} | {one.b}" for one in found if one.is_set]
    more = [f"{len(told) - MOST_IN_LINE} more below"] if len(told) > MOST_IN_LINE else []
    return "; ".join([*told[:MOST_IN_LINE], *more])


def show(a: Side, b: Side, found: list[Difference]) -> None:
    """Draw the table of what differs, with the reasons where a value is not the one that was asked for."""
    if found:
        columns = ["Setting", "A", "B", "Why it is not as asked for"]
        rows = [(one.label, _cell(one.a, one.asked[0]), _cell(one.b, one.asked[1]), one.why) for one in found]
        table = pd.DataFrame(rows, columns=columns)
        if not any(one.why for one in found):
            table = table.drop(columns=columns[-1])
        st.table(table.set_index(columns[0]).map(messages.plain))
    else:
        st.markdown("Nothing differs in the parameters that are known of both.")
    for side in (a, b):
        n = n_not_told(side.record) if side.record else 0
        if n:
            st.caption(f"Run {side.letter} does not tell {wording.count(n, 'parameter')}, which can't be compared.")


def _cell(used: str, asked: str) -> str:
    return f"{used} (asked for: {asked})" if asked else used


def show_motion(a: Side, b: Side) -> None:
    """Draw the verdicts and the main measures of both motion corrections."""
    cells = {side.letter: motion_cells(side) for side in (a, b)}
    names = list(dict.fromkeys(name for own in cells.values() for name in own))
    rows = [(name, *(str(cells[letter].get(name, NOT_THERE)) for letter in ("A", "B"))) for name in names]
    st.table(pd.DataFrame(rows, columns=["Motion", "A", "B"]).set_index("Motion").map(messages.plain))
    if a.results.keys.get("estimate") and a.results.keys.get("estimate") == b.results.keys.get("estimate"):
        st.caption("Both runs used the same stored motion correction.")


def motion_cells(side: Side) -> dict[str, object]:
    """Give verdict and main measures by name; what the results don't hold is left out."""
    motion = side.results.motion_estimate
    if motion is None:
        return {"Verdict": "not in these results"}
    cells = motion_table.measured_cells(side.animal)
    version = motion_table.NAMES[shift_summary.done(motion)]
    return {"Verdict": cells.pop("Verdict"), "Correction": version} | {
        name: value for name, value in cells.items() if name != "Animal" and value is not None
    }
