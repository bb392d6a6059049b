"""What the report says of the components: outlines, a raster and the table that share one selection with the traces."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from calscope.export.exported_animal import ExportedAnimal
from calscope.export.report import report_figures as figures
from calscope.export.report.agreement_section import agreement_paragraphs
from calscope.export.report.curation_section import curation_log
from calscope.export.report.markup import element, join, trusted
from calscope.export.report.report_budget import Budget
from calscope.export.report.thinned_traces import placed_events, trace_data
from calscope.model.acceptance_rule import in_signs
from calscope.model.note_texts.all_texts import texts
from calscope.model.note_texts.flag_texts import MEANS, SHORT
from calscope.model.progress import Progress

_ABSENT = "–"


def components_section(animal: ExportedAnimal, budget: Budget, progress: Progress) -> Markup:
    """Give outlines, traces, raster, table, and what persons decided; a heading alone where none was found."""
    heading = element("h3", None, "Components")
    if animal.n_components == 0:
        return heading
    counts = f"{animal.n_components} components"
    if animal.accepted is not None:
        n = int(animal.accepted.sum())
        legend = join(
            ", ", element("span", {"class": "accepted"}, f"{n} accepted"),
            ", ", element("span", {"class": "rejected"}, f"{animal.n_components - n} rejected"),
        )  # fmt: skip
    else:
        legend = Markup(", not evaluated")
    explain = element(
        "p", None, counts, legend, _decided(animal), ". Click an outline or a row to see its trace. Numbers begin at 0."
    )
    outline = figures.contour_map(animal.need_footprints(), animal.dims, animal.accepted, animal.dxy_um)
    viewer = element("div", {"class": "viewer"}, outline, _trace_place())
    data = element(
        "script",
        {"type": "application/json", "class": "traces"},
        script_json(trace_data(animal, budget.buckets, progress)),
    )
    thinned = "Traces are thinned for this page, peaks kept; every value is in traces.parquet in the animal's folder."
    rows = element(
        "details",
        None,
        element("summary", None, "Table of components"),
        _flags_explained(animal),
        _component_table(animal),
    )
    return join(
        heading,
        explain,
        element("p", None, _rule(animal)),
        *agreement_paragraphs(animal.agreements),
        viewer,
        data,
        element("p", {"class": "when"}, thinned),
        _raster_place(animal),
        rows,
        curation_log(animal),
    )


def _decided(animal: ExportedAnimal) -> str:
    """Say how many were decided by hand, and by whom."""
    frame = animal.components
    decided = None if frame is None else frame[frame["decision"].isin(["accept", "reject"])]
    if decided is None or animal.accepted is None or decided.empty:
        return ""
    who = ", ".join(sorted(set(decided["decided_by"])))
    return f"; {len(decided)} of them decided by hand ({who}), whatever the thresholds say"


def _rule(animal: ExportedAnimal) -> str:
    thresholds = animal.effective.get("evaluation")
    if animal.accepted is None or animal.is_imported or not thresholds:
        return ""
    return in_signs(thresholds)


def _trace_place() -> Markup:
    buttons = element(
        "div",
        {"class": "step"},
        element("button", {"type": "button", "data-step": -1}, "← previous"),
        element("button", {"type": "button", "data-step": 1}, "next →"),
    )
    return element(
        "div",
        {"class": "trace"},
        buttons,
        element("p", {"class": "chosen"}, ""),
        element("p", {"class": "flagged"}, ""),
        element("div", {"class": "plots"}),
    )


def _raster_place(animal: ExportedAnimal) -> Markup:
    """Give the place where the page's script draws the traces, a row each, with the events of the recording."""
    accepted, events = animal.accepted, placed_events(animal)
    whose = "all" if accepted is None else "the accepted" if accepted.any() else "all (none is accepted)"
    about = (
        f"Activity of {whose} components, a row each, from its lowest (white) to its highest value (dark). Components "
        "that are active together are neighbours. A click on a row chooses."
    )
    marked = " Events of the recording are marked over all rows." if events.events else ""
    return join(
        element("div", {"class": "raster"}),
        element("p", {"class": "events"}),
        element("p", {"class": "when"}, about + marked),
        *(element("p", {"class": "warning"}, sentence) for sentence in texts(events.notes)),
    )


def script_json(value: object) -> Markup:
    """Give JSON that is safe inside of a script element: nothing in it can end the element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return trusted(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


_COLUMNS = (
    ("component", "component", "{:d}"),
    ("y_px", "y (px)", "{:.1f}"),
    ("x_px", "x (px)", "{:.1f}"),
    ("area_px", "area (px)", "{:.0f}"),
    ("snr", "SNR", "{:.2f}"),
    ("r_value", "spatial r", "{:.3f}"),
    ("cnn", "CNN", "{:.2f}"),
    ("soma", "soma", "{:.2f}"),
)


def _component_table(animal: ExportedAnimal) -> Markup:
    frame = animal.components
    if frame is None:
        return element("p", None, "There is no table of components in this folder.")
    shown = [column for column in _COLUMNS if column[0] in frame]
    worded = [name for name in ("flags", "reason", "tag", "note") if name == "reason" or (frame[name] != "").any()]
    header = [title for _, title, _ in shown] + ["evaluation", *worded]
    head = element("thead", None, element("tr", None, *(element("th", {"scope": "col"}, title) for title in header)))
    body = [
        _component_row(animal, i, [(row[name], form) for name, _, form in shown], [row[name] for name in worded])
        for i, row in enumerate(frame.assign(flags=frame["flags"].map(_flags_in_words)).to_dict("records"))
    ]
    return element(
        "div", {"class": "scroll"}, element("table", {"class": "components"}, head, element("tbody", None, *body))
    )


def _flags_in_words(kinds: str) -> str:
    return ", ".join(SHORT.get(kind, kind) for kind in kinds.split(";"))


def _flags_explained(animal: ExportedAnimal) -> Markup | str:
    """Say what the kinds of flags that the animal has mean; nothing where it has none."""
    frame = animal.components
    found = [] if frame is None else [kind for kinds in frame["flags"] for kind in kinds.split(";") if kind]
    told = [f"{SHORT[kind]} ({found.count(kind)}): {MEANS[kind]}" for kind in SHORT if kind in found]
    return element("p", None, f"Flags reject nothing by themselves. {'; '.join(told)}.") if told else ""


def _component_row(
    animal: ExportedAnimal, number: int, values: Sequence[tuple[Any, str]], words: Sequence[object]
) -> Markup:
    cells = [_ABSENT if pd.isna(value) else form.format(value) for value, form in values]
    verdict = "not evaluated" if animal.accepted is None else ("accepted" if animal.accepted[number] else "rejected")
    row = [
        *(element("td", None, cell) for cell in cells),
        element("td", {"class": verdict.replace(" ", "-")}, verdict),
        *(element("td", None, str(word)) for word in words),
    ]
    return element("tr", {"data-component": number, "tabindex": 0}, *row)
