"""What the report says of the log: who said what of which component, and when."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from calscope.export.exported_animal import ExportedAnimal
from calscope.export.report.markup import Content, element, join, table
from calscope.model.curation.curation_entry import CurationEntry, Target

MOST_ENTRIES = 500
"""A log of 100 000 entries would not go by mail; all of them are in curation.jsonl."""
_ABSENT = "–"


def curation_log(animal: ExportedAnimal) -> Markup:
    """Give the log of what persons said of the recording's components, the newest first; nothing where nobody did."""
    log = animal.curation
    if not log:
        return Markup("")
    left_out = len(log) - MOST_ENTRIES
    words = f"What persons said of the components ({len(log)} {'entry' if len(log) == 1 else 'entries'})"
    older = f" The {left_out} oldest are left out here; curation.jsonl has them." if left_out > 0 else ""
    about = (
        "The log of the recording, the newest first, with what was taken back later. A component that was found by "
        f"another run, or changed by hand, is named by its place.{older}"
    )
    rows = list(_rows(animal, log[::-1][:MOST_ENTRIES]))
    shown = table(["when (UTC)", "who", "what", "component", "y, x (px)", "text"], rows, {"class": "log"})
    scroll = element("div", {"class": "scroll"}, shown)
    return element(
        "details", None, element("summary", None, words), join(element("p", {"class": "when"}, about), scroll)
    )


def _rows(animal: ExportedAnimal, log: Sequence[CurationEntry]) -> Iterator[list[Content]]:
    keys = animal.meta.get("keys")
    shown_run = keys.get("refit") if isinstance(keys, dict) else None
    for entry in log:
        what = f"{entry.action}, blind" if entry.blind else entry.action
        number, place = _component(entry.target, shown_run)
        yield [entry.when[:19].replace("T", " "), entry.who, what, number, place, entry.text]


def _component(target: Target | None, shown_run: str | None) -> tuple[str, str]:
    if target is None:
        return _ABSENT, _ABSENT
    number = str(target.component) if target.run == shown_run else _ABSENT
    return number, f"{target.y_px:.1f}, {target.x_px:.1f}"
