"""What a server does before it answers for the first time, so that the first page needs no longer than the others."""

import gc
import inspect
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import streamlit as st

from calscope import ui
from calscope.pipeline import stage_keys


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Import all that pages draw with, and read the code by which they know results; stopping needs nothing."""
    import_pages()
    stage_keys.read_code()
    _spare_garbage_collection()
    yield


def import_pages() -> None:
    """Import every module of this room, which takes a second or two."""
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        import_module(module.name)
    inspect.stack()  # Streamlit asks so in the first page: Python then looks for the file of every module, this once


def _spare_garbage_collection() -> None:
    """Keep what the imports left out of the garbage collection that Streamlit does after every run of a fragment.

    It walks half a million objects otherwise, a fifth of a second each time that a progress bar is drawn.
    """
    gc.collect()
    gc.freeze()
