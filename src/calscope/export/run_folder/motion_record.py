"""The verdict on a motion correction as plain values in an animal's run.json, and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from calscope.model.note_texts.all_texts import text, texts, with_text
from calscope.model.notes import notes_from_json
from calscope.model.results import Estimate, MotionQuality

NAMES = {"raw": "raw", "rigid": "rigid", "piecewise": "piecewise-rigid"}
MEASURES = ("crispness", "correlation", "residual_flow_px", "crispness_corr")


@dataclass(frozen=True)
class MotionRecord:
    """What run.json says of how good a motion correction is."""

    verdict: str
    sentence: str
    """The verdict with its numbers."""
    flags: tuple[str, ...]
    """What a person should look at, one sentence each."""
    measures: Mapping[str, Mapping[str, Estimate]]
    """By version (raw, rigid, piecewise), then by measure; empty where nothing could be measured."""
    n_evaluated: int
    """Frames that the versions were compared on."""


def to_plain(quality: MotionQuality) -> dict[str, Any]:
    """Give the figures of a motion correction that are not one a frame, and of those how many frames stand out."""
    values = {name: value for name, value in asdict(quality).items() if not isinstance(value, np.ndarray)}
    values |= {"sentence": text(quality.why), "flags": [with_text(flag) for flag in quality.flags]}
    return values | {"n_clipped": int(quality.clipped.sum()), "n_got_worse": int(quality.got_worse.sum())}


def from_plain(value: Any) -> MotionRecord | None:
    """Read what `to_plain` gave; None where there is none, as in older runs, or where it can't be understood."""
    if not isinstance(value, Mapping) or not isinstance(value.get("verdict"), str):
        return None
    measures = value.get("measures")
    n_evaluated = value.get("n_evaluated", value.get("n_judged"))
    return MotionRecord(
        verdict=value["verdict"],
        sentence=str(value.get("sentence") or ""),
        flags=tuple(texts(notes_from_json(value.get("flags")))),
        measures=_measures(measures) if isinstance(measures, Mapping) else {},
        n_evaluated=n_evaluated if isinstance(n_evaluated, int) else 0,
    )


def _measures(found: Mapping[str, Any]) -> dict[str, dict[str, Estimate]]:
    return {
        version: {name: estimate for name in MEASURES if (estimate := _estimate(of_version.get(name))) is not None}
        for version, of_version in found.items()
        if isinstance(of_version, Mapping)
    }


def _estimate(value: Any) -> Estimate | None:
    if not isinstance(value, Mapping):
        return None
    numbers = [value.get(name) for name in ("value", "low", "high")]
    if not all(isinstance(number, int | float) for number in numbers):
        return None
    return Estimate(*(float(number) for number in numbers if number is not None))
