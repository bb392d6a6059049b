"""The search preview: what gSig, gSiz, rf, stride and K mean is drawn over the field when a slider moves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import streamlit as st

from calscope.algorithms.cnmf.bright_spots import Places, bright_spots, seeds_in_patches
from calscope.algorithms.cnmf.patches import patch_grid
from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.plots.images import Panel
from calscope.plots.scaling import DisplayRange, display_range
from calscope.plots.search_overlay import Search, Window, busiest_window, search_overlays
from calscope.ui.extraction import search_preview_words
from calscope.ui.frame import keys, setting_words
from calscope.ui.session import animal_states, own_values, shown_run

WINDOW_PX = 96
"""Side of the close-up."""
_STEADY_GSIG = (4, 4)
"""Rings are drawn on the spots found with it, so that cells and window stay while gSig moves."""
_N_WINDOW_SPOTS = 40


@dataclass(frozen=True)
class Field:
    """What the parameters are drawn over."""

    animal: str
    kind: str
    """Corrected or raw."""
    key: str
    """Names the image in the store."""
    image: FloatArray
    border_px: int
    dxy_um: Pair | None


def show() -> None:
    """Draw what the sidebar's values mean over the field of the current animal."""
    field = _field()
    if field is None:
        st.info(
            "The preview needs a correlation image. A run that goes on makes it."
            if animal_states.active_jobs()
            else "The preview needs a correlation image: press **Summarise raw movies** on the page Data, or correct "
            "motion."
        )
        return
    search = _search(field, fits_together=not setting_words.problem("cnmf"))
    overlays = search_overlays(_panel(field), search, _window(field, search), field.dxy_um)
    _component()(
        key=keys.of_component(keys.on_page("extraction", f"search preview {field.animal}")),
        data={
            "of": field.key,
            "pictures": [overlay.to_dict() for overlay in overlays],
            "label": search_preview_words.alt(search),
        },
    )
    if field.kind == "raw":
        st.caption("This is the raw movie's correlation image; after motion correction the corrected one is shown.")
    for place, words in zip(
        st.columns(3), search_preview_words.captions(search, field.image.shape, field.dxy_um), strict=True
    ):
        with place:
            st.caption(words)


def _field() -> Field | None:
    """Give the correlation image of the current animal, corrected where there is one, else raw."""
    ref = shown_run.current()
    if ref is None:
        return None
    animal, raw = shown_run.animal(ref, "after"), shown_run.raw_animal(ref)
    if animal.results.after is not None:
        movie = animal.results.corrected
        key = animal.results.keys["after"]
        border = movie.border_px if movie else 0
        return Field(ref.name, "corrected", key, animal.results.after.corr, border, animal.dxy_um)
    if raw.results.before is not None:
        return Field(ref.name, "raw", raw.results.keys["before"], raw.results.before.corr, 0, raw.dxy_um)
    return None


def _search(field: Field, *, fits_together: bool) -> Search:
    """Give what the values mean; no patches and seeds where they don't fit together, for no run would make them."""
    values = own_values.values(field.animal)
    gSig = values["cnmf.gSig"]
    gSiz = values["cnmf.gSiz"] or (2 * gSig[0] + 1, 2 * gSig[1] + 1)
    cells = _spots(field.key, _STEADY_GSIG, field.border_px, _image=field.image)
    K = values["cnmf.K"]
    if not fits_together:
        return Search(gSig, gSiz, (), cells, cells[:0], cells[:0], K)
    rows, columns = field.image.shape
    patches = patch_grid(rows, columns, values["cnmf.rf"], values["cnmf.stride"])
    spots = _spots(field.key, gSig, field.border_px, _image=field.image)
    return Search(gSig, gSiz, patches, cells, spots, seeds_in_patches(spots, patches, K), K)


@st.cache_data(max_entries=128, show_spinner=False)
def _spots(key: str, gSig: tuple[int, int], border_px: int, _image: FloatArray) -> Places:
    return bright_spots(_image, gSig, border_px)


@st.cache_data(max_entries=64, show_spinner=False)
def _display_range(key: str, _image: FloatArray) -> DisplayRange:
    return display_range([_image], 1.0, 99.7)


def _panel(field: Field) -> Panel:
    return Panel(field.image, "", _display_range(field.key, _image=field.image))


def _window(field: Field, search: Search) -> Window:
    """Give the part shown in the close-up; it stays while gSig moves, until a few somata would no longer fit in."""
    steps = max(1, -(-3 * max(search.gSiz) // WINDOW_PX))
    rows, columns = field.image.shape
    return busiest_window(search.cells_px[:_N_WINDOW_SPOTS], (rows, columns), steps * WINDOW_PX)


@cache
def _component() -> Callable[..., object]:
    """Give our own component: a figure of Streamlit's would be empty for a moment whenever a value moves."""
    html, css, js = (
        files("calscope.ui.extraction").joinpath(f"search_pictures.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    )
    return st.components.v2.component("calscope.search_pictures", html=html, css=css, js=js)
