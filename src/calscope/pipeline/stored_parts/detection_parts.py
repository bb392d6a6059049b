"""How known cells, what was found of them, and the fits of both halves are kept in the store."""

import numpy as np

from calscope.model.detection import Detection, FoundCells, KnownCells, curves_from_json, curves_to_json
from calscope.model.results import Confirmation, HalfFit, HalfFits
from calscope.pipeline.result_writer import ResultWriter
from calscope.pipeline.store import StoredResult
from calscope.pipeline.stored_parts.shared_parts import (
    load_component_quality,
    load_footprints,
    save_component_quality,
    save_floats,
    save_footprints,
)


def save_known_cells(writer: ResultWriter, cells: KnownCells) -> None:
    """Write cells that are to be put into a movie."""
    save_footprints(writer, cells.A)
    save_floats(writer, cells, "C", "peak_snr", "centers_px")
    writer.save("round", np.asarray(cells.round, np.int32))
    writer.values |= {"n_px": int(cells.A.shape[0]), "decay_time_s": cells.decay_time_s, "gain": cells.gain}


def load_known_cells(stored: StoredResult) -> KnownCells:
    """Read them."""
    values, floats = stored.values, {name: stored.array(name) for name in ("C", "peak_snr", "centers_px")}
    return KnownCells(
        A=load_footprints(stored, int(values["n_px"])),
        round=stored.array("round"),
        decay_time_s=float(values["decay_time_s"]),
        gain=float(values["gain"]),
        **floats,
    )


def save_found_cells(writer: ResultWriter, cells: FoundCells) -> None:
    """Write which of them were found."""
    save_floats(writer, cells, "peak_snr", "trace_r", "centers_px")
    writer.save("found", np.asarray(cells.found, bool))
    writer.save("round", np.asarray(cells.round, np.int32))
    if cells.quality is not None:
        save_component_quality(writer, cells.quality)
    writer.values |= {"decay_time_s": cells.decay_time_s, "gain": cells.gain}


def load_found_cells(stored: StoredResult) -> FoundCells:
    """Read it."""
    arrays = {name: stored.array(name) for name in ("peak_snr", "trace_r", "centers_px", "found", "round")}
    return FoundCells(
        quality=load_component_quality(stored) if "snr" in stored.arrays else None,
        decay_time_s=float(stored.values["decay_time_s"]),
        gain=float(stored.values["gain"]),
        **arrays,
    )


def save_detection(writer: ResultWriter, detection: Detection) -> None:
    """Write which of them were accepted, and the limits."""
    save_floats(writer, detection, "peak_snr", "trace_r", "centers_px")
    for name in ("found", "accepted"):
        writer.save(name, np.asarray(getattr(detection, name), bool))
    if detection.round is not None:
        writer.save("round", np.asarray(detection.round, np.int32))
    if detection.quality is not None:
        save_component_quality(writer, detection.quality)
    writer.values |= {"decay_time_s": _number(detection.decay_time_s), "gain": _number(detection.gain)}
    writer.values["curves"] = curves_to_json(detection.curves)


def load_detection(stored: StoredResult) -> Detection:
    """Read it."""
    values = stored.values
    return Detection(
        peak_snr=stored.array("peak_snr"),
        found=stored.array("found"),
        accepted=stored.array("accepted"),
        trace_r=stored.array("trace_r"),
        centers_px=stored.array("centers_px"),
        quality=load_component_quality(stored) if "snr" in stored.arrays else None,
        round=stored.array("round") if "round" in stored.arrays else None,
        curves=curves_from_json(values["curves"]),
        decay_time_s=np.nan if values["decay_time_s"] is None else float(values["decay_time_s"]),
        gain=np.nan if values["gain"] is None else float(values["gain"]),
    )


def save_half_fits(writer: ResultWriter, fits: HalfFits) -> None:
    """Write the components of both halves."""
    for of, half in (("first_", fits.first), ("second_", fits.second)):
        save_footprints(writer, half.A, of)
        save_component_quality(writer, half.quality, of)
    writer.values["n_px"] = int(fits.first.A.shape[0])


def load_half_fits(stored: StoredResult) -> HalfFits:
    """Read them."""
    n_px = int(stored.values["n_px"])
    halves = (
        HalfFit(load_footprints(stored, n_px, of), load_component_quality(stored, of)) for of in ("first_", "second_")
    )
    return HalfFits(*halves)


def save_confirmation(writer: ResultWriter, found: Confirmation) -> None:
    """Write how many both halves give."""
    writer.values |= {"accepted": list(found.accepted), "in_both": found.in_both}


def load_confirmation(stored: StoredResult) -> Confirmation:
    """Read it."""
    first, second = stored.values["accepted"]
    return Confirmation((int(first), int(second)), int(stored.values["in_both"]))


def _number(value: float) -> float | None:
    """Give a number as JSON can hold it."""
    return float(value) if np.isfinite(value) else None
