"""What is to be known of judgements by hand, in words."""

from collections.abc import Callable, Mapping
from typing import Any

CURATION: dict[str, str | Callable[..., str]] = {
    "curation_newer": (
        "A newer version of Calscope wrote judgements (form {version} in {file}). They are left out here, and nothing "
        "can be added."
    ),
    "curation_unknown": "The judgements hold “{action}”, which this version does not know; it is kept and left out.",
    "too_far_to_merge": (
        "They lie more than {most_px} px apart, so they are not taken for parts of one cell. Components can be merged "
        "when each touches another of them, or nearly does."
    ),
    "nothing_to_split": (
        "All its pixels rise and fall together, as far as the noise lets see, and its footprint is in one piece: there "
        "are no two cells to tell apart."
    ),
    "nothing_left_there": (
        "Nothing rises and falls there that the other components don't explain, so no component can be begun."
    ),
    "nothing_of_its_own": "Its trace would be zero: other components explain all that happens there.",
    "edited_otherwise_before": "One of its components had been merged or split in another way before.",
    "edited_not_found": "Not all of its components are found in this run.",
    "merged_already": "This run has one component there already.",
    "drawn_is_found": "This run found a component there by itself.",
}


def _damaged(n: int, file: str) -> str:
    lines = "One line is" if n == 1 else f"{n} lines are"
    return f"{lines} left out of the judgements in {file}: damaged, or written only in part."


CURATION["curation_damaged"] = _damaged


def _outline_too_small(n: int, least: int) -> str:
    return f"The outline holds {n} px; at least {least} are needed. Draw it around the whole cell, or click it once."


def _edited(merge: int, split: int, draw: int) -> str:
    parts = ((merge, "merged"), (split, "split"), (draw, "drawn"))
    return f"Changed by hand: {', '.join(f'{n} {word}' for n, word in parts if n)}."


def _not_made(kind: str, who: str, why: Mapping[str, Any]) -> str:
    what = {"merge": "A merge", "split": "A split", "draw": "A drawn component"}.get(kind, "A change")
    return f"{what} by {who} is not made here: {edit_why(**why)}"


def edit_why(kind: str, values: Mapping[str, Any]) -> str:
    """Give why a change by hand was not made."""
    wording = CURATION[kind]
    return wording.format(**values) if isinstance(wording, str) else wording(**values)


CURATION |= {"outline_too_small": _outline_too_small, "edited_by_hand": _edited, "edit_not_made": _not_made}
