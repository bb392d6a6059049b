"""Map, traces and table of the components of two runs, which share one choice: a row of the two beside each other."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from calscope.algorithms.comparison.paired_components import FATES, NONE, Fate, Pairing, pair_components
from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality, Components, SummaryImages
from calscope.plots import style
from calscope.plots.contours import Group, Outline
from calscope.plots.scaling import display_range
from calscope.ui.compare.compared_runs import Side
from calscope.ui.frame import keys, messages
from calscope.ui.linked import choice, field_map, mounting, packing, trace_view
from calscope.ui.linked.choice import Choice
from calscope.ui.linked.field_map import Held, Layer
from calscope.ui.session import cached
from calscope.ui.widgets import charts

PICTURE_PX, TABLE_PX = 366, 300
WORDS: dict[Fate, str] = {
    "both": "in both",
    "first": "only A",
    "second": "only B",
    "split": "split in B",
    "merged": "merged in B",
}
_COLOURS: dict[Fate, str] = {
    "both": style.IN_BOTH,
    "first": style.ONLY_HELD,
    "second": style.ONLY_SHOWN,
    "split": style.SPLIT,
    "merged": style.MERGED,
}
_LETTERS = ("A", "B")
_HELP = {
    "A": "Number in run A, counted from 0.",
    "B": "Number in run B, counted from 0. Beside a component that one run alone accepted stands its like among those "
    "that the other rejected.",
    "cosine": "Of the two footprints: 1 where they are the same, 0 where they have no pixel in common.",
    "trace r": "Correlation of the two denoised traces over the frames that both have.",
}
_LINES = (("A", style.REJECTED, 2.2), ("B", style.ACCEPTED, 1.0))
"""Letter, colour and width: A shows under B where they are the same."""
_PANELS = tuple(
    trace_view.Panel(title, 0.5, tuple((f"{letter} {kind}", colour, width * wide) for letter, colour, wide in _LINES))
    for title, kind, width in (("denoised (× noise)", "denoised", 1.3), ("raw (× noise)", "raw", 0.7))
)


class Pair:
    """Two runs of one animal on the same field, with their components beside each other."""

    def __init__(self, a: Side, b: Side, parts: tuple[Components, Components]) -> None:
        self.a, self.b = a, b
        self.parts = parts
        self.keys = (a.key, b.key)
        self.pairing = _pairing(self.keys, _parts=parts, _accepted=(a.accepted, b.accepted))

    @property
    def name(self) -> str:
        """Names what the views choose from."""
        return f"{self.a.animal.name} {' '.join(self.keys)}"

    @property
    def fr_hz(self) -> float | None:
        """Frame rate where it is the same in both."""
        rates = {self.a.animal.fr_hz, self.b.animal.fr_hz}
        return rates.pop() if len(rates) == 1 else None


@st.cache_resource(max_entries=64, show_spinner="Comparing the components")
def _pairing(
    keys: tuple[str, str],
    _parts: tuple[Components, Components],
    _accepted: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Pairing:
    first, second = _parts
    return pair_components((first.A, second.A), (first.C, second.C), _accepted)


def counts_in_words(pair: Pair) -> str:
    """Say how many components are in both and in one alone."""
    found = [(fate, pair.pairing.count(fate)) for fate in FATES]
    return ", ".join(f"{n} {WORDS[fate]}" for fate, n in found if n or fate in {"both", "first", "second"})


@messages.fragment
def show(pair: Pair) -> None:
    """Draw all views; choosing a row in one of them draws only these again."""
    chosen = choice.begun_with(pair.name, pair.pairing.n)
    _show_bar(pair, chosen)
    with st.container(key=keys.beside("linked")):
        left, right = st.columns([2, 3], gap="medium")
    with left:
        _place("field_map", pair, _map_data(pair.keys, _pair=pair) | {"height": PICTURE_PX})
    with right:
        _show_traces(pair, chosen)
    _show_table(pair)


def _place(name: str, pair: Pair, data: dict[str, Any]) -> None:
    key = _key(name, pair)
    own = {"animal": f"compared {pair.name}"}
    mounting.place(name, key, {**data, **own}, on_component_change=partial(_take, key, pair))


def _key(name: str, pair: Pair) -> str:
    return keys.of_component(keys.on_page("compare", f"{name} of {pair.a.animal.name}"))


def _take(key: str, pair: Pair) -> None:
    choice.take(pair.name, pair.pairing.n, mounting.told(key, "component"))


def _show_bar(pair: Pair, chosen: Choice) -> None:
    told = _told(pair.keys, _pair=pair)
    data = {"choice": choice.as_data(chosen, pair.pairing.n) | {"filter": st.session_state.get(keys.LISTED) or "all"}}
    _place("row_bar", pair, {**data, **told, "label": f"The chosen component of {pair.a.animal.name}"})


@charts.cached
def _told(keys: tuple[str, str], _pair: Pair) -> dict[str, list[str]]:
    rows = range(_pair.pairing.n)
    return {"names": [_name(_pair.pairing, i) for i in rows], "told": [_measures(_pair, i) for i in rows]}


def _name(pairing: Pairing, row: int) -> str:
    numbers = ((letter, own[row]) for letter, own in (("A", pairing.first), ("B", pairing.second)))
    return " · ".join(f"{letter} {number}" for letter, number in numbers if number != NONE)


def _measures(pair: Pair, row: int) -> str:
    pairing = pair.pairing
    parts = [WORDS[pairing.fates[row]]]
    if np.isfinite(pairing.cosines[row]):
        parts += [f"cosine of footprints {pairing.cosines[row]:.3f}", f"traces r {pairing.correlations[row]:.3f}"]
    snr = [(letter, _snr(side, own[row])) for letter, side, own in _sides(pair)]
    parts += [" / ".join(f"SNR {letter} {value:.1f}" for letter, value in snr if np.isfinite(value))]
    parts += [f"rejected in {letter}" for letter, side, own in _sides(pair) if _verdict(side, own[row]) == "rejected"]
    return " · ".join(part for part in parts if part)


def _sides(pair: Pair) -> tuple[tuple[str, Side, NDArray[np.intp]], ...]:
    return (("A", pair.a, pair.pairing.first), ("B", pair.b, pair.pairing.second))


def _snr(side: Side, number: int) -> float:
    quality: ComponentQuality | None = side.results.component_quality
    return float(quality.snr[number]) if quality is not None and number != NONE else np.nan


def _verdict(side: Side, number: int) -> str:
    if number == NONE or not side.is_evaluated:
        return "–"
    return "accepted" if side.accepted[number] else "rejected"


@charts.cached
def _map_data(keys: tuple[str, str], _pair: Pair) -> dict[str, Any]:
    pair, pairing = _pair, _pair.pairing
    first, second = pair.parts
    layers = _layers(pair.a.results.after, pair.b.results.after)
    data = field_map.make_data(
        _outlines(pair.b, second, pairing.second),
        layers[1],
        _groups(pairing, pairing.second, "second"),
        dims=second.dims,
        dxy_um=pair.b.animal.dxy_um,
        n=pairing.n,
        height_px=PICTURE_PX,
        title="B",
        labels=_labels("B", pairing.second),
        held=Held(
            "A",
            _outlines(pair.a, first, pairing.first),
            layers[0],
            _groups(pairing, pairing.first, "first"),
            _labels("A", pairing.first),
        ),
    )
    data["label"] = f"Outlines of the accepted components of runs A and B in {pair.a.animal.name} over its field"
    data["field"] = f"compared {pair.name}"
    return data


def _labels(letter: str, numbers: NDArray[np.intp]) -> list[str]:
    return ["" if number == NONE else f"{letter} {number}" for number in numbers]


def _outlines(side: Side, components: Components, numbers: NDArray[np.intp]) -> dict[str, Any]:
    """Pack one outline a row, an empty one where the run has none."""
    lines, none = cached.contour_lines(side.results.keys["refit"], components), np.empty((0, 2), np.float32)
    rows: list[Outline] = [none if number == NONE else np.asarray(lines[number]) for number in numbers]
    return packing.outlines(rows, components.dims)


def _groups(pairing: Pairing, numbers: NDArray[np.intp], own: Fate) -> list[Group]:
    """Give the rows of each fate that a run accepted; one that is split or merged is drawn once."""
    groups = []
    for fate in ("both", own, "split", "merged"):
        once = {int(numbers[i]): i for i in reversed(range(pairing.n)) if pairing.fates[i] == fate}
        once.pop(NONE, None)
        if once or fate in {"both", own}:
            groups.append(Group(WORDS[fate], _COLOURS[fate], tuple(sorted(once.values()))))
    return groups


def _layers(a: SummaryImages | None, b: SummaryImages | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give the images of both with the same limits; those that one of them does not have are left out."""
    if a is None or b is None:
        return [], []
    pairs = [
        (one, other, display_range([one.image, other.image], 1.0, 99.7))
        for one, other in zip(field_map.summary_layers(a), field_map.summary_layers(b), strict=True)
        if np.isfinite(one.image).any() and np.isfinite(other.image).any()
    ]
    return (
        field_map.layers_of([Layer(one.title, one.image, shown) for one, _, shown in pairs]),
        field_map.layers_of([Layer(other.title, other.image, shown) for _, other, shown in pairs]),
    )


def _show_traces(pair: Pair, chosen: Choice) -> None:
    wanted = () if chosen.component is None else (chosen.component, *chosen.near)
    n_frames = max(part.n_frames for part in pair.parts)
    stretch = trace_view.stretch_of(mounting.told(_key(trace_view.NAME, pair), "window"), n_frames)
    data = _trace_data(pair.keys, wanted, stretch, pair.fr_hz, _pair=pair)
    label = f"Traces of the chosen component of {pair.a.animal.name} in runs A and B over time"
    _place(trace_view.NAME, pair, {**data, "height": PICTURE_PX, "label": label, "labels": True})


@charts.cached
def _trace_data(
    keys: tuple[str, str], wanted: tuple[int, ...], stretch: trace_view.Stretch | None, fr_hz: float | None, _pair: Pair
) -> dict[str, Any]:
    n_frames = max(part.n_frames for part in _pair.parts)
    traces = {row: traces_of(_pair.parts, _pair.pairing, row, n_frames) for row in wanted}
    return trace_view.data_of(traces, _PANELS, fr_hz, n_frames, stretch)


def traces_of(parts: tuple[Components, Components], pairing: Pairing, row: int, n_frames: int) -> FloatArray:
    """Give the denoised traces of A and B and the raw ones, (4, T), in units of each raw trace's noise.

    NaN where a run has no such component or no such frame.
    """
    traces = np.full((2, 2, n_frames), np.nan, np.float32)
    n_common = min(part.n_frames for part in parts)
    for k, (part, own) in enumerate(zip(parts, (pairing.first, pairing.second), strict=True)):
        if own[row] == NONE:
            continue
        denoised, rest = part.C[own[row]], part.YrA[own[row]]
        traces[:, k, : part.n_frames] = in_noise(np.stack([denoised, denoised + rest]), n_common)
    return traces.reshape(4, n_frames)


def in_noise(traces: FloatArray, n_frames: int) -> FloatArray:
    """Give a denoised and a raw trace, (2, T), less the raw one's median and divided by its noise; NaN without any.

    Both are of the first `n_frames`.

    Its noise is the standard deviation that the median difference of neighbouring frames tells, which transients hardly
    change: so traces of programs that scale them otherwise can be compared.
    """
    raw = np.asarray(traces[1, :n_frames], np.float64)
    noise = 1.4826 * float(np.median(np.abs(np.diff(raw)))) / np.sqrt(2) if raw.size > 1 else 0.0
    if not noise > 0:
        return np.full(traces.shape, np.nan, np.float32)
    return np.asarray((traces - np.median(raw)) / noise, np.float32)


def _show_table(pair: Pair) -> None:
    data = _table_data(pair.keys, _pair=pair)
    own = {
        "id": " ".join(pair.keys),
        "height": TABLE_PX,
        "label": f"Components of {pair.a.animal.name} in runs A and B",
    }
    _place("component_table", pair, {**data, **own})


@charts.cached
def _table_data(keys: tuple[str, str], _pair: Pair) -> dict[str, Any]:
    return table_of(_pair)


def table_of(pair: Pair) -> dict[str, Any]:
    """Give the columns of the table, a row for each component or each two that belong together."""
    pairing, sides = pair.pairing, _sides(pair)
    columns = [
        # as the column of components it sorts by number, which is what the rows are in order of
        _text("component", "text", "minmax(96px, 1fr)", [WORDS[fate] for fate in pairing.fates]) | {"title": "found"},
        *(_number(letter, np.where(own == NONE, np.nan, own), 0) for letter, _, own in sides),
        _number("cosine", pairing.cosines, 3),
        _number("trace r", pairing.correlations, 3),
        *(_number(f"SNR {letter}", np.array([_snr(side, i) for i in own]), 2) for letter, side, own in sides),
        # what was found says it as well, so that a narrow page does without
        *(
            _text(f"run {letter}", "verdict", "96px", [_verdict(side, i) for i in own]) | {"spare": True}
            for letter, side, own in sides
        ),
    ]
    return {"n": pairing.n, "accepted": [None] * pairing.n, "columns": columns, "ignores_filter": True}


def _number(name: str, values: NDArray, digits: int) -> dict[str, Any]:
    return _column(name, "number", "60px" if name in _LETTERS else "72px", packing.numbers(values, digits + 2)) | {
        "digits": digits
    }


def _text(name: str, kind: str, width: str, values: list[str]) -> dict[str, Any]:
    return _column(name, kind, width, values)


def _column(name: str, kind: str, width: str, values: list[Any]) -> dict[str, Any]:
    first = -1 if name.startswith("SNR") else 1  # the order that the first click sorts in
    own = {"name": name, "title": name, "kind": kind, "width": width}
    return own | {"help": _HELP.get(name, ""), "first": first, "values": values}
