"""The comparison of the two engines to read, as Markdown and as a page with pictures, beside its numbers (JSON)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from calscope.export.report.markup import element, join, table, trusted
from calscope.export.report.parity_pictures import outlines_of_both, traces_of_both
from calscope.export.report.svg_scatter import scatter
from calscope.io.atomic_write import atomic_file
from calscope.io.json_files import read_json_file
from calscope.model.errors import StoreError
from calscope.model.matched import MatchedComponents

JSON_NAME, TEXT_NAME, PAGE_NAME = "parity.json", "parity.md", "parity.html"
_STAGES = ("estimate", "apply", "fit", "refit", "component_quality")
_MOST_PAIRS = 100


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the page's."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Table:
    """Cells as text."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Scatter:
    """One dot a component: the built-in engine's value across, CaImAn's up. Only on the page."""

    title: str
    pairs: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Picture:
    """Only on the page."""

    drawn: Markup


Block = Heading | Table | Scatter | Picture | str
"""A text is a paragraph."""


def check_parity_place(out: Path) -> None:
    """Refuse a folder with files of these names that no earlier comparison wrote; asked before the engines run.

    Raises
    ------
    StoreError
        When there is one.
    """
    taken = [out / name for name in (JSON_NAME, TEXT_NAME, PAGE_NAME) if (out / name).exists()]
    if taken and not _is_parity(out / JSON_NAME):
        raise StoreError(
            f"{taken[0]} was not written by `calscope parity`; it is left alone. Choose another folder with --out."
        )


def _is_parity(path: Path) -> bool:
    try:
        found = read_json_file(path)
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and all(part in found for part in ("engines", "same_input", "whole_way"))


def write_parity(report: Mapping[str, Any], out: Path, matched: MatchedComponents) -> list[Path]:
    """Write what `run_parity` found as `parity.json`, `parity.md` and `parity.html`, and give their paths.

    Raises
    ------
    StoreError
        When the folder can't be written, or has files of others with these names.
    """
    check_parity_place(out)
    blocks = list(document(report, matched))
    texts = {JSON_NAME: json.dumps(report, indent=1), TEXT_NAME: as_markdown(blocks), PAGE_NAME: as_page(blocks)}
    for name, text in texts.items():
        with atomic_file(out / name) as part:
            part.write_text(text, encoding="utf-8")
    return [out / name for name in texts]


def document(report: Mapping[str, Any], matched: MatchedComponents) -> Iterable[Block]:
    """Give the comparison as blocks to be read in order."""
    recording, engines = report["recording"], report["engines"]
    ours, theirs = engines["builtin"], engines["caiman"]
    frames, height, width = recording["shape"]
    rate_hz, workers = report["parameters"]["dataset"]["fr"], report["workers"]
    same, whole = report["same_input"], report["whole_way"]
    yield Heading(f"Built-in engine {ours['version']} and CaImAn {theirs['version']} on {recording['name']}", 1)
    yield f"{frames} frames of {height} × {width} px, {rate_hz:g} Hz, {workers} worker{'s' * (workers != 1)}."
    yield Heading("The same input")
    yield "One step on the same movie, footprints and traces (CaImAn's)."
    yield Table(("measure", "difference", "wanted"), _same_rows(same))
    yield Scatter("SNR of the same", same["values"]["snr"])
    yield Scatter("r of the same, in CaImAn's groups", same["values"]["r_value"])
    yield Scatter("r of the same, by definition", same["values"]["r_value_by_definition"])
    yield _QUIRKS
    yield Heading("The whole way")
    yield "Each engine on its own results."
    yield Table(("measure", "value"), _whole_rows(whole))
    yield Picture(outlines_of_both(matched))
    if matched.shown is not None:
        yield Picture(traces_of_both(matched))
    yield Scatter("SNR of matched components", [pair["snr"] for pair in whole["pairs"]])
    yield Scatter("r of matched components", [pair["r_value"] for pair in whole["pairs"]])
    yield from _truth_parts(ours["truth"], theirs["truth"])
    yield Heading("Time and memory")
    yield "Each engine ran in a process of its own. Code was compiled and CaImAn loaded before the times were taken."
    yield Table(("", "built-in", "CaImAn"), _cost_rows(ours, theirs))
    yield Heading("Matched components")
    header = ("built-in", "CaImAn", "cosine", "trace r", "SNR", "r-value", "accepted")
    yield Table(header, _pair_rows(whole["pairs"]))
    more = len(whole["pairs"]) - _MOST_PAIRS
    if more > 0:
        yield f"… and {more} more in {JSON_NAME}."


def as_markdown(blocks: Iterable[Block]) -> str:
    """Give the blocks as Markdown; pictures are left out."""
    texts = (_markdown_of(block) for block in blocks if not isinstance(block, Scatter | Picture))
    return "\n\n".join(texts) + "\n"


def _markdown_of(block: Heading | Table | str) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {block.text}"
    if isinstance(block, str):
        return block
    lines = ["| " + " | ".join(block.header) + " |", "|" + " --- |" * len(block.header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in block.rows)])


def as_page(blocks: Sequence[Block]) -> str:
    """Give the blocks as one HTML file that needs nothing else; pictures that follow each other stand side by side."""
    body: list[Markup] = []
    row: list[Markup] = []
    for block in [*blocks, ""]:
        if isinstance(block, Scatter):
            row.append(scatter(block.title, block.pairs, ("built-in", "CaImAn")))
            continue
        if row:
            body.append(element("div", {"class": "row"}, *row))
            row = []
        body.append(_html_of(block))
    title = next(block.text for block in blocks if isinstance(block, Heading))
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("title", None, title),
        element("style", None, trusted(_STYLE)),
    )
    return Markup("<!doctype html>\n") + element("html", {"lang": "en"}, head, element("body", None, join(*body)))


def _html_of(block: Heading | Table | Picture | str) -> Markup:
    if isinstance(block, Picture):
        return block.drawn
    if isinstance(block, Heading):
        return element(f"h{block.level}", None, block.text)
    if isinstance(block, str):
        return element("p", None, block) if block else Markup("")
    return table(list(block.header), [list(row) for row in block.rows])


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; margin: .8rem 0 } th, td { text-align: left; padding: .2rem .9rem .2rem 0 }
th { border-bottom: 1px solid #999 } td { border-bottom: 1px solid #e5e5e5; font-variant-numeric: tabular-nums }
.chart { width: 100% } .chart polyline { stroke-width: 1.2px } .chart .grid { stroke: #edf0f3 }
.chart .x, .chart .title { text-anchor: middle } .chart .tick.y { text-anchor: end; dominant-baseline: middle }
.chart text.legend { font-weight: 600 }
.chart text.legend[fill="#1f77b4"] { fill: #1f77b4 } .chart text.legend[fill="#ff7f0e"] { fill: #c65d00 }
figure { margin: 1rem 0 } .outlines { width: 100%; max-width: 44rem } .outlines image { image-rendering: pixelated }
.outlines path { fill: none; stroke-width: 1.6px; vector-effect: non-scaling-stroke }
.row { display: flex; flex-wrap: wrap; gap: 1rem } svg text { font: 11px system-ui, sans-serif; fill: #444 }
"""


def _same_rows(same: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    images = (("laid out as CaImAn does", "correlation_image", "1e-4 or less"), ("by definition", *_BY_DEFINITION))
    rows = [(f"correlation image, largest difference, {how}", f"{same[key]:.2g}", want) for how, key, want in images]
    measures = (("SNR", "snr"), ("r-value, in CaImAn's groups", "r_value"), ("r-value", "r_value_by_definition"))
    for name, key in measures:
        if same[key]:
            share = f"{100 * same[key]['within_5_percent']:.0f} % of {same['n_components']} components"
            rows.append((f"{name}: median difference", f"{100 * same[key]['median']:.2f} %", "5 % or less"))
            rows.append((f"{name}: within 5 %", share, ""))
    return rows


_BY_DEFINITION = ("correlation_image_by_definition", "")
_QUIRKS = (
    "CaImAn adds the correlations of some diagonal neighbours to a wrong pixel of its correlation image, and looks for "
    "neighbours to leave out of a component's spatial r only among the same fifty components. Calscope follows the "
    "definitions; reproducing the two quirks shows whether anything else differs."
)


def _whole_rows(whole: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [("shifts of whole frames, RMSE", _shift_words(whole["shifts"]["whole_frame"]))]
    if whole["shifts"]["patches"]:
        rows.append(("shifts of patches, RMSE", _shift_words(whole["shifts"]["patches"])))
    found, acceptance = whole["components"], whole["acceptance"]
    rows += [
        (
            "correlation image after motion correction, largest difference",
            f"{whole['correlation_image_after_largest_difference']:.3g}",
        ),
        (
            "components matched",
            f"{found['matched']} (only built-in {found['only_builtin']}, only CaImAn {found['only_caiman']})",
        ),
        ("footprint cosine, median", _number(found["median_cosine"])),
        ("trace correlation, median", _number(found["median_trace_correlation"])),
        ("same acceptance, of the matched", _number(acceptance["agreement"])),
        ("accepted by both", str(acceptance["both_accept"])),
        ("accepted by the built-in engine only", str(acceptance["only_builtin_accepts"])),
        ("accepted by CaImAn only", str(acceptance["only_caiman_accepts"])),
    ]
    return rows


def _shift_words(shifts: Mapping[str, Any]) -> str:
    down, right = shifts["offset_px"]
    return (
        f"{shifts['rmse_px']:.3f} px a coordinate (largest {shifts['largest_px']:.2f}; constant offset of templates "
        f"{down:+.2f}, {right:+.2f} taken out)"
    )


def _truth_parts(ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None) -> Iterable[Block]:
    if ours is None or theirs is None:
        return
    motion = (("motion, RMSE px", "motion_rmse_px"), ("uncorrected, RMSE px", "uncorrected_rmse_px"))
    cells = {
        "n_found": "components",
        "precision": "precision",
        "recall": "recall",
        "f1": "F1",
        "cosine": "footprint cosine, median",
        "trace_r": "trace correlation, median",
    }
    rows = [(words, _number(ours[name]), _number(theirs[name])) for words, name in motion]
    rows += [
        (f"{which}: {words}", _number(ours[which][name]), _number(theirs[which][name]))
        for which in ("all", "accepted")
        for name, words in cells.items()
    ]
    yield Heading("Against the truth")
    yield Table(("", "built-in", "CaImAn"), rows)
    yield " ".join(
        (
            _verdict("Motion error", ours["motion_rmse_px"], theirs["motion_rmse_px"], "px", lower_is_better=True),
            _verdict("F1 of the accepted", ours["accepted"]["f1"], theirs["accepted"]["f1"], "", lower_is_better=False),
        )
    )


def _verdict(what: str, ours: float, theirs: float, unit: str, *, lower_is_better: bool) -> str:
    if abs(ours - theirs) < 0.005:
        return f"{what}: the same."
    better = "the built-in engine" if (ours < theirs) == lower_is_better else "CaImAn"
    return f"{what}: {better} is better by {f'{abs(ours - theirs):.3f} {unit}'.strip()}."


def _cost_rows(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[list[str]]:
    sides = (ours, theirs)
    rows = [[f"{stage}, s", *(f"{side['seconds'].get(stage, 0):.1f}" for side in sides)] for stage in _STAGES]
    sums = [sum(side["seconds"].get(stage, 0) for stage in _STAGES) for side in sides]
    rows.append(["together, s", *(f"{seconds:.1f}" for seconds in sums)])
    return [*rows, ["largest memory, GB", *(f"{side['peak_memory_bytes'] / 1e9:.2f}" for side in sides)]]


def _pair_rows(pairs: Iterable[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            str(pair["builtin"]),
            str(pair["caiman"]),
            f"{pair['cosine']:.3f}",
            f"{pair['trace_correlation']:.3f}",
            _both(pair["snr"]),
            _both(pair["r_value"]),
            " / ".join("yes" if accepted else "no" for accepted in pair["accepted"]),
        )
        for pair in list(pairs)[:_MOST_PAIRS]
    ]


def _both(values: Iterable[float]) -> str:
    return " / ".join(f"{value:.2f}" for value in values)


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
