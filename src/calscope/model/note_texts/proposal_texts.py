"""Why a value is proposed for a parameter, or why none is, in words."""

from collections.abc import Callable


def _cells(n: int) -> str:
    return "1 cell" if n == 1 else f"{n} cells"


def _few_cells(n: int, needed: int) -> str:
    return (
        f"Only {_cells(n)} in focus {'was' if n == 1 else 'were'} seen to be active; {needed} are needed to tell a "
        "usual size."
    )


def _few_transients(n: int, n_cells: int, needed: int, needed_cells: int) -> str:
    return (
        f"{n} transients of {_cells(n_cells)} stand alone, without another one near; {needed} of {needed_cells} cells "
        "are needed."
    )


def _decay(s: float, low_s: float, high_s: float, n: int) -> str:
    return (
        f"{n} transients that stand alone fall with a time constant of {s:.2g} s ({low_s:.2g} to {high_s:.2g} s): to "
        f"half in {0.693 * s:.2g} s."
    )


def _rise(frames: int) -> str:
    return f"The rise of a transient takes {frames} frames, so that it can be modelled beside the decay."


def _no_rise(frames: int) -> str:
    took = "1 frame" if frames == 1 else f"{frames} frames"
    return f"The rise of a transient takes {took}, too few to be modelled: decay only."


def _gSig(px: float, low_px: float, high_px: float, n: int) -> str:
    return (
        f"A usual cell's diameter is {px:.1f} px ({low_px:.1f} to {high_px:.1f} px, {_cells(n)}), divided by 2.5: the "
        "Gaussian that the search blurs with is narrower than half of a cell."
    )


def _keeps_gSig(  # noqa: PLR0917
    px: float, low_px: float, high_px: float, n: int, from_px: float, to_px: float
) -> str:
    return (
        f"A usual cell's diameter is {px:.1f} px ({low_px:.1f} to {high_px:.1f} px, {_cells(n)}). The value in use "
        f"serves cells of {from_px:.0f} to {to_px:.0f} px: another one would hardly find others."
    )


def _keeps_decay(s: float, low_s: float, high_s: float, n: int, now_s: float) -> str:
    return f"{_decay(s, low_s, high_s, n)} The {now_s:g} s in use are near enough."


def _seen(n: float, px: int) -> str:
    return f"In the fuller patches of {px} px {n:.0f} active {'cell was' if round(n) == 1 else 'cells were'} seen"


def _K(n: float, px: int) -> str:
    return (
        f"{_seen(n, px)}; one more is looked for, and the refit begins others where the first fit left the light of a "
        "cell."
    )


def _K_for_room(n: float, px: int) -> str:
    return (
        f"{_seen(n, px)}, and cells that were hardly active or not in focus were not; so such a patch gets as many "
        "components for its size, in cells, as the defaults have."
    )


def _keeps_K(n: float, px: int) -> str:
    return f"{_seen(n, px)}, for which the value in use is enough."


PROPOSALS: dict[str, str | Callable[..., str]] = {
    "not_measured": "It was not measured.",
    "not_measured_few_frames": "The movie has {n_frames} frames; {needed} are needed to tell activity from noise.",
    "not_measured_constant": "No pixel of the movie changes.",
    "no_size_few_cells": _few_cells,
    "no_size_differs": "What is active differs too much in size ({low_px:.1f} to {high_px:.1f} px) to "
    "tell a usual one.",
    "no_decay_differs": "Transients differ too much between cells ({low:.1f} to {high:.1f} frames) to "
    "tell a usual decay.",
    "no_decay_few_transients": _few_transients,
    "no_decay_shorter_than_frame": "Transients fall within a frame: the frame rate is too low to measure how fast.",
    "no_decay_not_seen": "The fall of transients was not seen to its end: other transients come before it.",
    "no_decay_without_rate": "The decay is {frames:.1f} frames long; enter the frame rate to get it in seconds.",
    "no_shift_no_picture": "No frame shows a picture that could be followed.",
    "no_shift_at_limit": "The movie moves by {px:.0f} px, as far as was looked: it may move further.",
    "no_local_motion": "The field is too small, or the movie too short, to compare the movement of its parts.",
    "no_noise": "The movie is too short, or has no noise.",
    "no_photon_noise": "Brighter pixels are no noisier than dark ones.",
    "proposes_decay": _decay,
    "proposes_rise": _rise,
    "proposes_no_rise": _no_rise,
    "proposes_max_shifts": "The largest shift from where the field mostly lies is {y_px:.1f} px (y) and {x_px:.1f} px "
    "(x); a quarter is added, at least 1 px.",
    "proposes_piecewise": "Parts of the field move by {px:.2f} px (root mean square) on their own.",
    "proposes_rigid": "Parts of the field move by {px:.2f} px (root mean square) on their own, no more than noise and "
    "activity look like.",
    "proposes_strides": "Patches of {px} px (step plus overlap) are {cells:.0f} cell diameters wide, which gives them "
    "something to be recognised by.",
    "proposes_overlaps": "{px} px are half of the step.",
    "proposes_gSig": _gSig,
    "proposes_gSiz": "Left open it follows gSig: 2·gSig + 1 = {px} px; footprints grow beyond it where the "
    "movie says so.",
    "proposes_rf": "Patches of 2·rf + 1 = {px} px, {cells:.0f} cell diameters wide, hold a few cells each.",
    "proposes_whole_field": "A patch of {cells:.0f} cell diameters would cover most of the field, so that it is "
    "searched as one.",
    "proposes_stride": "Neighbouring patches share {px} px, a cell diameter, so that no cell is cut by both.",
    "proposes_K": _K,
    "proposes_K_for_room": _K_for_room,
    "keeps_decay": _keeps_decay,
    "keeps_max_shifts": "The largest shift from where the field mostly lies is {y_px:.1f} px (y) and {x_px:.1f} px "
    "(x): the limit in use is above it, and not far above it.",
    "keeps_strides": "Patches of {px} px (step plus overlap), as in use, are {cells:.0f} cell diameters wide, which "
    "gives them something to be recognised by.",
    "keeps_overlaps": "{px} px, as in use, are about half of the step.",
    "keeps_gSig": _keeps_gSig,
    "keeps_rf": "Patches of 2·rf + 1 = {px} px, as in use, are {cells:.1f} cell diameters wide and hold a few cells "
    "each.",
    "keeps_stride": "Neighbouring patches share {px} px, as in use: {cells:.1f} cell diameters, so that no cell is cut "
    "by both.",
    "keeps_K": _keeps_K,
}
