"""JSON text that somebody else may have written: damaged, nested without end, or with numbers that nothing can hold."""

import json
from typing import Any

_DEEPEST = 50
"""Lists and objects in each other; no file of Calscope's or CaImAn's comes near."""
_MOST_DIGITS = 300
"""A longer whole number can't be made a float."""
_LONGEST_QUOTE = 120


def parse_json(text: str) -> Any:
    """Give what a JSON text holds; all that it holds can be written, shown and calculated with.

    Raises
    ------
    ValueError
        Saying what is wrong with it.
    """
    try:
        found = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("lists or objects are nested too deeply in it") from None
    if _is_deeper(found, _DEEPEST):
        raise ValueError("lists or objects are nested too deeply in it")
    if "\\ud" in text.lower():  # half of a letter, which can't be written to any file
        json.dumps(found, ensure_ascii=False).encode()
    return found


def quoted(value: object) -> str:
    """Give a value as Python writes it, cut where it is too long for a message."""
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"there is a number of {len(digits)} digits in it")
    return int(digits)


_DECODER = json.JSONDecoder(parse_int=_whole)
"""Made once: a log has tens of thousands of lines."""


def _is_deeper(value: Any, most: int) -> bool:
    """Whether lists and objects stand in each other more than so many times; looked at level by level."""
    level = [value]
    for _ in range(most + 1):
        if not level:
            return False
        level = [inner for outer in level if isinstance(outer, (list, dict)) for inner in _inside(outer)]
    return bool(level)


def _inside(outer: list[Any] | dict[str, Any]) -> list[Any]:
    return list(outer.values()) if isinstance(outer, dict) else outer
