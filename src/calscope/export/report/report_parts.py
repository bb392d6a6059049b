"""The parts of a report: what each says, as HTML."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from calscope.export.exported_animal import ExportedAnimal, ExportedRun
from calscope.export.report import report_figures as figures
from calscope.export.report.components_section import components_section
from calscope.export.report.detection_section import detection_section
from calscope.export.report.markup import Content, element, join, table
from calscope.export.report.methods_text import write_methods
from calscope.export.report.motion_section import motion_verdict
from calscope.export.report.parameter_table import value_words
from calscope.export.report.path_words import PathWords
from calscope.export.report.report_budget import Budget
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import notes_from_json
from calscope.model.progress import Progress, silent

_ABSENT = "–"


def overview(run: ExportedRun, plain: PathWords) -> Markup:
    """One row an animal."""
    header = [
        "animal",
        "frames",
        "field (px)",
        "rate (Hz)",
        "largest shift (px)",
        "motion correction",
        "components",
        "accepted",
        "rejected",
        "median SNR",
    ]
    rows = [_overview_row(i, animal) for i, animal in enumerate(run.animals)]
    if any(animal.remark for animal in run.animals):
        header.append("remark")
        rows = [[*row, animal.remark] for row, animal in zip(rows, run.animals, strict=True)]
    failed = [
        element("p", {"class": "warning"}, element("b", None, name), f" failed: {plain(why)}")
        for name, why in run.failures.items()
    ]
    return join(table(header, rows, {"class": "overview"}), *failed)


def _overview_row(number: int, animal: ExportedAnimal) -> list[Content]:
    link = element("a", {"href": f"#animal-{number}"}, animal.name)
    if not animal.images and animal.motion is None and animal.components is None:
        return [link, *[_ABSENT] * 9]
    counts = [_ABSENT] * 3
    if animal.footprints is not None:
        counts[0] = str(animal.n_components)
    if animal.accepted is not None:
        counts[1:] = [str(int(animal.accepted.sum())), str(int((~animal.accepted).sum()))]
    field = " × ".join(str(n) for n in animal.dims)
    return [
        link,
        _show(animal.n_frames),
        field,
        _show(animal.fr_hz),
        _largest_shift(animal),
        _verdict(animal),
        *counts,
        _median_snr(animal),
    ]


def _verdict(animal: ExportedAnimal) -> Content:
    found = animal.motion_quality
    if found is None:
        return _ABSENT
    n = len(found.flags)
    flagged = element("b", None, f" ▲ {n} {'flag' if n == 1 else 'flags'}") if n else ""
    return join(found.verdict, flagged)


def _largest_shift(animal: ExportedAnimal) -> str:
    if animal.motion is None:
        return _ABSENT
    length = np.hypot(animal.motion["shift_y_px"], animal.motion["shift_x_px"])
    return f"{np.nanmax(length):.1f}" if np.isfinite(length).any() else ""


def _median_snr(animal: ExportedAnimal) -> str:
    if animal.components is None or animal.accepted is None or not animal.accepted.any():
        return _ABSENT
    return f"{animal.components['snr'][animal.accepted].median():.1f}"


def methods(run: ExportedRun) -> Markup:
    """Give the methods paragraph with what it cites."""
    text = write_methods(run)
    if not text.paragraphs:
        return element("p", None, "The parameters are not recorded in this folder, so there is no methods text.")
    references = element("ul", {"class": "references"}, *(element("li", None, full) for full in text.references))
    return join(*(element("p", {"class": "methods"}, paragraph) for paragraph in text.paragraphs), references)


def warnings_of(animal: ExportedAnimal, plain: PathWords) -> list[str]:
    """Give sentences on what should be known before this animal's results are trusted."""
    said = [f"The run ended early: {plain(animal.error)}"] if animal.error else []
    if animal.footprints is not None and animal.n_components == 0:
        said.append("No components were found.")
    elif animal.accepted is not None and not animal.accepted.any():
        said.append(f"None of the {animal.n_components} components was accepted.")
    max_shifts = None if animal.is_imported else animal.param("motion.max_shifts")
    if animal.motion is not None and animal.motion_quality is None and max_shifts:
        said += _clipped(animal.motion, max_shifts)
    if animal.fr_hz is None:
        said.append("The frame rate is unknown: times are in frames.")
    return said


def _sentences(animal: ExportedAnimal, name: str) -> list[str]:
    """Give what the load report or the stages found."""
    return texts(notes_from_json(animal.meta.get(name)))


def _clipped(motion: pd.DataFrame, max_shifts: Sequence[float]) -> list[str]:
    shifts = motion[["shift_y_px", "shift_x_px"]].abs().to_numpy()
    n = int((shifts >= np.asarray(max_shifts) - 0.05).any(axis=1).sum())
    return (
        [f"In {n} frames the shift reached max_shifts ({max_shifts[0]}, {max_shifts[1]} px); it may be larger."]
        if n
        else []
    )


def animal_section(
    number: int, animal: ExportedAnimal, budget: Budget, plain: PathWords, progress: Progress = silent
) -> Markup:
    """Give everything on one animal."""
    progress(0.0, animal.name)
    parts: list[Content] = [element("h2", None, animal.name)]
    if animal.remark:
        parts.append(element("p", {"class": "remark"}, f"Remark: {animal.remark}"))
    if animal.own_values:
        own = "; ".join(f"{name} {value_words(name, value)}" for name, value in animal.own_values.items())
        parts.append(element("p", {"class": "note"}, f"This animal ran with values of its own: {own}."))
    parts += [element("p", {"class": "warning"}, sentence) for sentence in warnings_of(animal, plain)]
    parts += [element("p", {"class": "warning"}, plain(sentence)) for sentence in _sentences(animal, "load_report")]
    parts += [element("p", {"class": "note"}, plain(sentence)) for sentence in _sentences(animal, "notes")]
    if animal.images:
        parts.append(_images(animal, budget))
    if animal.motion is not None:
        parts.append(_motion(animal, animal.motion))
    if animal.footprints is not None:
        parts.append(components_section(animal, budget, progress))
    parts += [detection_section(animal.injected), _provenance(animal, plain)]
    return element("section", {"class": "animal", "id": f"animal-{number}"}, *parts)


def _images(animal: ExportedAnimal, budget: Budget) -> Markup:
    drawn = [_image_pair(animal, kind, budget) for kind in _IMAGES]
    swipes = element("div", {"class": "swipes"}, *(figure for figure in drawn if figure))
    corrected = any(name.endswith("_after") for name in animal.images)
    title = "Raw and corrected movie" if corrected else "Raw movie"
    return join(element("h3", None, title), swipes)


_IMAGES = {"max": "Max projection", "corr": "Local correlation", "mean": "Mean"}


def _image_pair(animal: ExportedAnimal, kind: str, budget: Budget) -> Markup:
    """Give the swipe of one kind of image, the one image there is, or nothing."""
    found = [animal.images[name] for name in (f"{kind}_before", f"{kind}_after") if name in animal.images]
    look = figures.Look(_IMAGES[kind], kind, animal.dxy_um, budget.most_pixels)
    if len(found) == 2:
        return figures.swipe(found[0], found[1], look)
    return figures.still(found[0], look) if found else Markup("")


def _motion(animal: ExportedAnimal, motion: pd.DataFrame) -> Markup:
    patches = animal.patches
    curves = []
    for axis, (column, name, colour) in enumerate(
        (("shift_y_px", "down (y)", figures.ACCEPTED), ("shift_x_px", "right (x)", figures.REJECTED))
    ):
        of_patches = None if patches is None else patches.shifts[:, :, axis]
        spread = None if of_patches is None else (of_patches.min(axis=1), of_patches.max(axis=1))
        curves.append(figures.Curve(name, motion[column].to_numpy(np.float32), colour, spread))
    charts = [figures.time_chart(curves, fr_hz=animal.fr_hz, y_title="shift (px)")]
    if {"corr_before", "corr_after"} <= set(motion.columns):
        match = [
            figures.Curve("raw", motion["corr_before"].to_numpy(np.float32), figures.REJECTED),
            figures.Curve("corrected", motion["corr_after"].to_numpy(np.float32), figures.ACCEPTED),
        ]
        charts.append(figures.time_chart(match, fr_hz=animal.fr_hz, y_title="correlation with template"))
    parts = [element("h3", None, "Motion"), motion_verdict(animal.motion_quality)]
    return join(*parts, element("p", None, _motion_sentence(animal, motion)), *charts)


def _motion_sentence(animal: ExportedAnimal, motion: pd.DataFrame) -> str:
    shifts = motion[["shift_y_px", "shift_x_px"]].to_numpy(np.float64)
    length = np.hypot(*shifts.T)
    if not np.isfinite(length).any():
        return "No frame has a shift."
    text = f"Shift applied to each frame: median {np.nanmedian(length):.2f} px, largest {np.nanmax(length):.2f} px"
    if animal.dxy_um is not None:
        in_um = np.hypot(*(shifts * animal.dxy_um).T)
        text += f" ({np.nanmedian(in_um):.2f} and {np.nanmax(in_um):.2f} µm)"
    if {"corr_before", "corr_after"} <= set(motion.columns):
        before, after = motion["corr_before"].median(), motion["corr_after"].median()
        text += f". Median correlation with the template: raw {before:.3f}, corrected {after:.3f}"
    return text + (". Shading: from the least to the most shifted patch." if animal.patches is not None else ".")


def _provenance(animal: ExportedAnimal, plain: PathWords) -> Markup:
    recording, meta = animal.recording, animal.meta
    entries: list[list[Content]] = [
        ["recording", plain(_show(recording.get("path")))],
        ["fingerprint", _show(recording.get("fingerprint"))],
        ["frames, rows, columns", " × ".join(str(n) for n in recording.get("shape") or ()) or _ABSENT],
        ["type", _show(recording.get("dtype"))],
        ["frame rate", _with_source(animal.fr_hz, "Hz", recording.get("fr_source"))],
        ["pixel size (y, x)", _with_source(animal.dxy_um, "µm", recording.get("dxy_source"))],
        ["engine", f"{meta.get('engine') or _ABSENT} {meta.get('engine_version') or ''}".strip()],
        ["peak memory", f"{meta['peak_memory_bytes'] / 1e6:.0f} MB" if meta.get("peak_memory_bytes") else _ABSENT],
    ]
    versions = meta.get("versions")
    if isinstance(versions, Mapping):
        entries.append(["versions", ", ".join(f"{name} {version}" for name, version in versions.items())])
    facts = table(["what", "value"], entries, {"class": "facts"})
    return element("details", None, element("summary", None, "Where this comes from"), facts, _stages(meta))


def _stages(meta: Mapping[str, Any]) -> Markup:
    stages = meta.get("stages")
    if not isinstance(stages, Sequence) or isinstance(stages, str) or not stages:
        return Markup("")
    rows: list[list[Content]] = [
        [
            _show(stage.get("stage")),
            f"{stage['seconds']:.1f}" if isinstance(stage.get("seconds"), int | float) else _ABSENT,
            "from the store" if stage.get("cached") else "computed",
            element("code", None, str(stage.get("key", ""))[:16]),
        ]
        for stage in stages
        if isinstance(stage, Mapping)
    ]
    return table(["stage", "seconds", "", "key"], rows, {"class": "facts"})


def _with_source(value: Any, unit: str, source: Any) -> str:
    if value is None:
        return "unknown"
    number = ", ".join(f"{v:.4g}" for v in value) if isinstance(value, Sequence) else f"{value:.6g}"
    return f"{number} {unit}" + (f" ({source})" if source else "")


def _show(value: Any) -> str:
    if value is None or value == "":
        return _ABSENT
    return f"{value:g}" if isinstance(value, float) else str(value)
