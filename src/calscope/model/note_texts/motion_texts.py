"""What motion correction reports, in words."""

from collections.abc import Callable, Sequence


def frames_are(n: int, n_frames: int) -> str:
    """Give '3 of 200 frames are'."""
    return f"{n} of {n_frames} frames {'is' if n == 1 else 'are'}"


def _named(n: int, stretches: Sequence[Sequence[int]], n_stretches: int) -> str:
    """Name the frames, counted from 0, in stretches."""
    named = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in stretches)
    more = ", and others" if n_stretches > len(stretches) else ""
    return f"; frame{'s' * (n > 1)} {named}{more}"


def _constant(n: int, n_frames: int, stretches: Sequence[Sequence[int]], n_stretches: int) -> str:
    named = _named(n, stretches, n_stretches)
    return f"{frames_are(n, n_frames)} constant (all pixels alike{named}): given the shift of the frames around."


def _dark(n: int, n_frames: int, stretches: Sequence[Sequence[int]], n_stretches: int) -> str:
    named = _named(n, stretches, n_stretches)
    what = f"{frames_are(n, n_frames)} dark or without the template's picture{named}"
    return f"{what}: given the shift of the frames around."


def _clipped(n: int, n_frames: int, stretches: Sequence[Sequence[int]], n_stretches: int) -> str:
    return (
        f"{frames_are(n, n_frames)} clipped at max_shifts{_named(n, stretches, n_stretches)}: the best place lay "
        "beyond it. Raise max_shifts if the recording really moves that far."
    )


def _repaired(n: int, n_frames: int, stretches: Sequence[Sequence[int]], n_stretches: int) -> str:
    return (
        f"{frames_are(n, n_frames)} NaN, infinite or far beyond all others in some pixels"
        f"{_named(n, stretches, n_stretches)}: replaced by the pixel's mean."
    )


def _moves_further(px: float, axis: str, limit_px: int) -> str:
    way = "down or up" if axis == "y" else "left or right"
    seen = f"shifts of about {px:.0f} px {way}, while max_shifts allows {limit_px} px"
    return f"A first look finds {seen}. Try a larger one."


def _light_artefacts(n: int, n_frames: int, stretches: Sequence[Sequence[int]], n_stretches: int) -> str:
    named = _named(n, stretches, n_stretches)
    left_out = "It was left out: its" if n == 1 else "They were left out: their"
    return (
        f"{frames_are(n, n_frames)} far too bright all over or in a band of rows, as when other light falls in{named}. "
        f"{left_out} pixels are interpolated between the nearest other frames."
    )


def _line_offset(offset_px: float) -> str:
    way = "right" if offset_px > 0 else "left"
    return (
        f"Every second row lies {abs(offset_px):g} px to the {way} of the others, as with a wrong line phase of the "
        f"scanner. Set dataset.line_offset_px to {offset_px:g} to undo it; otherwise cells have comb-like edges."
    )


MOTION: dict[str, str | Callable[..., str]] = {
    "light_artefacts": _light_artefacts,
    "line_offset": _line_offset,
    "still_pixels": "{percent:.0f} % of the picture never changes, as a border or a stamped text. Motion is found in "
    "the rest; the corrected movie has a smooth brightness there, which goes on from the tissue.",
    "moving_pattern": "A regular pattern (interference, or rows that hum) makes {percent:.0f} % of what changes from "
    "frame to frame. Shifts may follow the pattern and not the tissue.",
    "no_still_image": "Pixels have no lasting differences in brightness, as in a movie of z-scores or of dF/F: there "
    "is no image to register frames to. Open the raw recording to correct motion.",
    "no_motion_estimated": "No frame was moved: the movie has no still image to register to.",
    "verdict_pattern": "Use the raw movie, or look closely: a regular pattern moves through the picture, so that what "
    "seems to get better may be the pattern held still.",
    "verdict_no_still_image": "Nothing was corrected: the movie has no still image to register to.",
    "one_frame": "The movie has one frame: there is no motion to correct, it is left as it is.",
    "all_frames_constant": "Every frame is constant: there is nothing to register, the movie is left as it is.",
    "frames_constant": _constant,
    "frames_dark": _dark,
    "frames_clipped": _clipped,
    "frames_repaired": _repaired,
    "frames_at_largest_shift": "{n} of {n_frames} frames have the largest shift allowed: raise max_shifts if the "
    "recording really moves that far.",
    "frames_not_finite": "{n} of {n_frames} frames had values that are not finite: replaced by the pixel's mean.",
    "max_shifts_cut": "max_shifts ({asked[0]}, {asked[1]}) px is more than half of the field: ({used[0]}, {used[1]}) "
    "px was used. A frame that moves further shows too little of the template to be found.",
    "few_frames_in_template": "The movie has {n_frames} frames: the template is a mean of so few, and shifts are less "
    "certain than those of {enough} frames or more.",
    "one_patch": "The field of {field_px[0]} x {field_px[1]} px holds one patch of {patch_px[0]} x {patch_px[1]} px "
    "(strides + overlaps): frames are corrected as a whole. Lower strides and overlaps to follow deformation.",
    "one_patch_along": "Along {axis} the field is one patch wide (strides + overlaps): deformation isn't followed "
    "there.",
    "preview_moves_further": _moves_further,
    "preview_one_patch": "A patch is as large as the crop, so that there was nothing to correct patch by patch: only "
    "rigid was tried.",
}
