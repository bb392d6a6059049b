"""Which pages were visited before: their introductions fold away then."""

import json

import streamlit as st

from calscope.io.atomic_write import write_text_whole
from calscope.io.server_rights import Right, allowed
from calscope.pipeline.disk_files import read_json
from calscope.ui.frame import keys
from calscope.ui.session import places

FILE = "pages_seen.json"


def is_first_visit(page: str) -> bool:
    """Tell whether this is the first visit of a page with this store; note that it took place."""
    if st.session_state.get(keys.SEEN_NOW) == (page, True):
        return True
    seen = _seen()
    is_first = page not in seen
    st.session_state[keys.SEEN_NOW] = (page, is_first)
    if is_first and allowed(Right.KEEP):
        _write([*seen, page])
    return is_first


def _seen() -> list[str]:
    kept = read_json(places.store().root / FILE)
    return [name for name in kept if isinstance(name, str)] if isinstance(kept, list) else []


def _write(seen: list[str]) -> None:
    try:
        places.store().root.mkdir(parents=True, exist_ok=True)
        write_text_whole(places.store().root / FILE, json.dumps(seen))
    except OSError:
        return  # a store that can't be written is told where it matters, at the first run
