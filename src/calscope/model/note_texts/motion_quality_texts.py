"""How good a motion correction is, in words: the verdict with its numbers, and what a person should look at."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calscope.model.note_texts.motion_texts import frames_are

Gain = Mapping[str, Any]
"""What a step changed in one measure: measure, before and after (versions), value, low, high, by_noise."""
_VERSIONS = {"raw": "raw", "rigid": "rigid", "piecewise": "piecewise-rigid"}
_MEASURES = {
    "crispness": ("crispness of the mean image", 100, " %"),
    "correlation": ("correlation of frames with the rest", 1, ""),
    "residual_flow_px": ("residual flow", -1, " px"),
}
"""Name, factor and unit; a gain in residual flow is a fall of it."""


def _use_piecewise(gains: Sequence[Gain]) -> str:
    return f"Use piecewise-rigid: {_compared(gains)}."


def _use_rigid(gains: Sequence[Gain], piecewise_gains: Sequence[Gain], *, piecewise_is_worse: bool) -> str:
    text = f"Use rigid: {_compared(gains)}"
    if piecewise_gains and piecewise_is_worse:
        text += f"; piecewise-rigid did harm: {_compared(piecewise_gains)}"
    elif piecewise_gains:
        compared = f"{_compared(piecewise_gains)}{_noise_alone(piecewise_gains)}"
        text += f"; what piecewise-rigid adds can't be told from what noise does: {compared}"
    return f"{text}."


def _use_raw(gains: Sequence[Gain]) -> str:
    return f"Use raw, the correction did harm: {_compared(gains)}."


def _no_benefit(gains: Sequence[Gain]) -> str:
    return f"No measurable benefit of motion correction: {_compared(gains)}{_noise_alone(gains)}."


def _compared(gains: Sequence[Gain]) -> str:
    changes = ", ".join(_change(gain) for gain in gains)
    return f"{_VERSIONS[gains[0]['after']]} against {_VERSIONS[gains[0]['before']]}, {changes} (95 % intervals)"


def _change(gain: Gain) -> str:
    name, factor, unit = _MEASURES[gain["measure"]]
    value, *ends = (factor * gain[end] for end in ("value", "low", "high"))
    return f"{name} {value:+.2g}{unit} ({min(ends):+.2g} to {max(ends):+.2g})"


def _noise_alone(gains: Sequence[Gain]) -> str:
    by = {gain["measure"]: _MEASURES[gain["measure"]][1] * gain["by_noise"] for gain in gains}
    return (
        f"; on the same picture and noise without movement they change by {by['crispness']:+.2g} %,"
        f" {by['correlation']:+.2g} and {by['residual_flow_px']:+.2g} px"
    )


def _at_max_shifts(n: int, n_frames: int, max_shifts: Sequence[int]) -> str:
    return (
        f"{frames_are(n, n_frames)} shifted by max_shifts ({max_shifts[0]}, {max_shifts[1]}) px, and may have moved "
        "further: raise max_shifts, or leave these frames out."
    )


def _got_worse(n: int, n_frames: int) -> str:
    return f"{frames_are(n, n_frames)} less like the template after the correction than before it."


def _at_max_deviation(share: float, max_deviation_rigid: int) -> str:
    return (
        f"{100 * share:.1f} % of the patches' shifts end at max_deviation_rigid ({max_deviation_rigid} px): they are "
        "stray shifts of patches with little in them, or the tissue deforms more than allowed."
    )


def _stretched(n: int, n_frames: int, most: float) -> str:
    return (
        f"{frames_are(n, n_frames)} stretched or squeezed by more than {100 * most:.0f} % between neighbouring "
        "patches, which tissue doesn't do: an artefact of stray shifts. Larger strides steady them."
    )


def _blurred(noise_left: float) -> str:
    return (
        f"Interpolation took away {100 * (1 - noise_left):.0f} % of the finest noise, more than cubic interpolation "
        "does: the corrected frames are blurred, which flatters every measure of correlation."
    )


MOTION_QUALITY: dict[str, str | Callable[..., str]] = {
    "verdict_use_piecewise": _use_piecewise,
    "verdict_use_rigid": _use_rigid,
    "verdict_use_raw": _use_raw,
    "verdict_no_benefit": _no_benefit,
    "verdict_too_few_frames": "Not evaluated: too few frames show the picture to compare versions of the movie on.",
    "shifts_at_max_shifts": _at_max_shifts,
    "frames_got_worse": _got_worse,
    "shifts_at_max_deviation": _at_max_deviation,
    "patches_stretched": _stretched,
    "frames_blurred": _blurred,
    "brightness_follows_shift": "Brightness follows the shift (r {r:.2f}, p {p:.2g}): the tissue may move in depth, "
    "which no shift within the plane can correct; or activity goes along with movement.",
}
