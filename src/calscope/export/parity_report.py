"""The comparison of the two engines as text to read (Markdown) beside its numbers (JSON)."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from calscope.export.beside import file_beside

JSON_NAME, TEXT_NAME = "parity.json", "parity.md"
_STAGES = ("motion", "fit", "refit", "metrics")
_MOST_PAIRS = 100


def write_parity(report: Mapping[str, Any], out: Path) -> list[Path]:
    """Write what `run_parity` found as `parity.json` and `parity.md`, and give the two paths.

    Raises
    ------
    StoreError
        When the folder can't be written.
    """
    texts = {JSON_NAME: json.dumps(report, indent=1), TEXT_NAME: render(report)}
    for name, text in texts.items():
        with file_beside(out / name) as part:
            part.write_text(text, encoding="utf-8")
    return [out / name for name in texts]


def render(report: Mapping[str, Any]) -> str:
    """Give the comparison as Markdown."""
    recording, engines = report["recording"], report["engines"]
    ours, theirs = engines["builtin"], engines["caiman"]
    frames, height, width = recording["shape"]
    rate_hz, workers = report["parameters"]["dataset"]["fr"], report["workers"]
    parts = [
        f"# Built-in engine {ours['version']} and CaImAn {theirs['version']} on {recording['name']}",
        f"{frames} frames of {height} × {width} px, {rate_hz:g} Hz, {workers} worker{'s' * (workers != 1)}.",
        "## The same input\nOne step on the same movie, footprints and traces (CaImAn's).",
        _table(("measure", "difference", "wanted"), _same_rows(report["same_input"])),
        _HABITS,
        "## The whole way\nEach engine on its own results.",
        _table(("measure", "value"), _whole_rows(report["whole_way"])),
        *_truth_parts(ours["truth"], theirs["truth"]),
        "## Time and memory",
        _table(("", "built-in", "CaImAn"), _cost_rows(ours, theirs)),
        "## Matched components",
        _table(
            ("built-in", "CaImAn", "cosine", "trace r", "SNR", "r-value", "accepted"),
            _pair_rows(report["whole_way"]["pairs"]),
        ),
    ]
    more = len(report["whole_way"]["pairs"]) - _MOST_PAIRS
    if more > 0:
        parts.append(f"… and {more} more in {JSON_NAME}.")
    return "\n\n".join(parts) + "\n"


def _table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(header)
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


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
_HABITS = (
    "CaImAn adds the correlations of some diagonal neighbours to a wrong pixel of its correlation image, and looks for "
    "neighbours to leave out of a component's spatial r only among the same fifty components. Calscope follows the "
    "definitions; reproducing the two habits shows whether anything else differs."
)


def _whole_rows(whole: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [("shifts of whole frames, RMSE", _shift_words(whole["shifts"]["whole_frame"]))]
    if whole["shifts"]["patches"]:
        rows.append(("shifts of patches, RMSE", _shift_words(whole["shifts"]["patches"])))
    found, judged = whole["components"], whole["acceptance"]
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
        ("verdicts that agree, of the matched", _number(judged["agreement"])),
        ("accepted by both", str(judged["both_accept"])),
        ("accepted by the built-in engine only", str(judged["only_builtin_accepts"])),
        ("accepted by CaImAn only", str(judged["only_caiman_accepts"])),
    ]
    return rows


def _shift_words(shifts: Mapping[str, Any]) -> str:
    down, right = shifts["offset_px"]
    return (
        f"{shifts['rmse_px']:.3f} px a coordinate (largest {shifts['largest_px']:.2f}; constant offset of templates "
        f"{down:+.2f}, {right:+.2f} taken out)"
    )


def _truth_parts(ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None) -> list[str]:
    if ours is None or theirs is None:
        return []
    motion = (("motion, RMSE px", "motion_rmse_px"), ("uncorrected, RMSE px", "uncorrected_rmse_px"))
    cells = ("n_found", "precision", "recall", "f1", "cosine", "trace_r")
    rows = [(words, _number(ours[name]), _number(theirs[name])) for words, name in motion]
    rows += [
        (f"{which}: {name}", _number(ours[which][name]), _number(theirs[which][name]))
        for which in ("all", "accepted")
        for name in cells
    ]
    return [
        "## Against the truth",
        _table(("", "built-in", "CaImAn"), rows),
        _verdict("Motion error", ours["motion_rmse_px"], theirs["motion_rmse_px"], "px", lower_is_better=True)
        + " "
        + _verdict("F1 of the accepted", ours["accepted"]["f1"], theirs["accepted"]["f1"], "", lower_is_better=False),
    ]


def _verdict(what: str, ours: float, theirs: float, unit: str, *, lower_is_better: bool) -> str:
    if abs(ours - theirs) < 0.005:
        return f"{what}: the same."
    better = "the built-in engine" if (ours < theirs) == lower_is_better else "CaImAn"
    return f"{what}: {better} is better by {f'{abs(ours - theirs):.3f} {unit}'.strip()}."


def _cost_rows(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[list[str]]:
    sides = (ours, theirs)
    rows = [[f"{stage}, s", *(f"{side['seconds'].get(stage, 0):.1f}" for side in sides)] for stage in _STAGES]
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
