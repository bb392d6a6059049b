"""What was measured in a recording, as people read it: a label and a value with its interval, or why there is none."""

from calscope.model.note_texts.all_texts import text
from calscope.model.proposals import Measurements, MeasureName
from calscope.model.recording import Pair, RecordingInfo
from calscope.model.results import Estimate


def measured_lines(
    found: Measurements, info: RecordingInfo, fr_hz: float | None, dxy_um: Pair | None
) -> list[tuple[str, str]]:
    """Give the lines in the order of work.

    Parameters
    ----------
    info
        Of the recording: what its files say.
    fr_hz, dxy_um
        What a person set in place of it; None where nobody did.
    """
    rate, size = fr_hz or info.fr_hz, dxy_um or info.dxy_um
    return [
        ("frame rate", _stated(rate, "Hz", "set by hand" if fr_hz else info.fr_source)),
        ("soma diameter", _diameter(found, size)),
        ("decay time", _decay(found, rate)),
        ("largest shift", _shift(found)),
        ("movement of parts", _measured(found, "local_motion_px", "px", 2)),
        ("noise of a pixel", _measured(found, "noise_sd", "units of the movie", 1, "half of the pixels")),
        ("units per photon", _measured(found, "noise_per_unit", "if all noise is that of photons", 1)),
    ]


def _stated(value: float | None, unit: str, source: str) -> str:
    return "unknown: the files don't state it" if value is None else f"{value:g} {unit} ({source or 'from the file'})"


def _interval(value: Estimate, factor: float, unit: str, digits: int, of: str = "") -> str:
    low, high = sorted((factor * value.low, factor * value.high))
    within = f"{of} {low:.{digits}f} to {high:.{digits}f}".strip()
    return f"{factor * value.value:.{digits}f} {unit} ({within})"


def _measured(found: Measurements, name: MeasureName, unit: str, digits: int, of: str = "") -> str:
    measure = found.measures[name]
    return _why_not(found, name) if measure.estimate is None else _interval(measure.estimate, 1, unit, digits, of)


def _why_not(found: Measurements, name: MeasureName) -> str:
    why = found.measures[name].why_not
    return "not measured" if why is None else f"not measured. {text(why)}"


def _diameter(found: Measurements, dxy_um: Pair | None) -> str:
    measure = found.measures["soma_diameter_px"]
    if measure.estimate is None:
        return _why_not(found, "soma_diameter_px")
    um = "" if dxy_um is None else f", {measure.estimate.value * (dxy_um[0] * dxy_um[1]) ** 0.5:.1f} µm"
    return f"{_interval(measure.estimate, 1, 'px', 1)}{um}, of {measure.n} cells"


def _decay(found: Measurements, fr_hz: float | None) -> str:
    measure = found.measures["decay_frames"]
    if measure.estimate is None:
        return _why_not(found, "decay_frames")
    factor, unit, digits = (1.0, "frames", 1) if fr_hz is None else (1 / fr_hz, "s", 3)
    return f"{_interval(measure.estimate, factor, unit, digits)}, time constant of {measure.n} transients"


def _shift(found: Measurements) -> str:
    y, x = found.get("largest_shift_y_px"), found.get("largest_shift_x_px")
    if y is None or x is None:
        return _why_not(found, "largest_shift_y_px")
    return f"{y.value:.1f} px (y), {x.value:.1f} px (x); 99 % of the frames below {y.low:.1f} and {x.low:.1f} px"
