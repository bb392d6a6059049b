"""What the report says of how good a motion correction is."""

from markupsafe import Markup

from calscope.export.report.markup import Content, element, join, table
from calscope.export.run_folder.motion_record import NAMES, MotionRecord
from calscope.model.results import Estimate

_COLUMNS = {
    "crispness": "crispness of the mean image (more is better)",
    "correlation": "correlation of frames with the rest (more is better)",
    "residual_flow_px": "residual flow, px (less is better)",
    "crispness_corr": "crispness of the correlation image (has no vote)",
}


def motion_verdict(found: MotionRecord | None) -> Markup:
    """Give verdict, sentence, flags and measures; nothing for a run without one."""
    if found is None:
        return Markup("")
    name = element("b", None, f"Verdict: {found.verdict}")
    verdict = element("div", {"class": "verdict"}, element("p", None, name), element("p", None, found.sentence))
    flags = [element("p", {"class": "warning"}, flag) for flag in found.flags]
    return join(verdict, *flags, _measures(found))


def _measures(found: MotionRecord) -> Markup:
    if not found.measures:
        return Markup("")
    rows: list[list[Content]] = [
        [NAMES.get(version, version), *(_show(of_version.get(name)) for name in _COLUMNS)]
        for version, of_version in found.measures.items()
    ]
    about = (
        f"With 95 % bootstrap intervals; all versions on the same {found.n_evaluated} frames and the same crop "
        "inside the border, equally smoothed."
    )
    return join(
        table(["version", *_COLUMNS.values()], rows, {"class": "facts"}), element("p", {"class": "when"}, about)
    )


def _show(found: Estimate | None) -> str:
    return "–" if found is None else f"{found.value:.4g} ({found.low:.4g} to {found.high:.4g})"
