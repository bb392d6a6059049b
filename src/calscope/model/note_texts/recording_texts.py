"""What is reported of a recording's files and frames, in words."""

from collections.abc import Callable, Sequence

_MOST_GAPS = 5
"""Gaps that are named one by one."""


def _missing(gaps: Sequence[Sequence[int]], n_gaps: int) -> str:
    named = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in gaps[:_MOST_GAPS])
    more = n_gaps - min(len(gaps), _MOST_GAPS)
    shown = f"{named} and {more} more gaps" if more else named
    return f"Frames seem to be missing: no file has the number {shown}. Time is counted without them."


def _saturated(n: int, n_values: int, maximum: float) -> str:
    return (
        f"{n} values ({100.0 * n / n_values:.2g} %) are at the highest one, {maximum:g}: the detector is saturated "
        "there, and transients are cut off."
    )


def _not_square(dxy_um: Sequence[float]) -> str:
    return f"Pixels are not square: {dxy_um[0]:g} µm down, {dxy_um[1]:g} µm across."


def _no_recording(name: str, inside: str | None) -> str:
    if inside:
        return (
            f"{name}: no recording directly in it; there is one in its folder '{inside}', which can be opened by itself"
        )
    return f"{name}: no recording in it"


RECORDING: dict[str, str | Callable[..., str]] = {
    "values_not_finite": "{n} values (of {n_values}) are not numbers (NaN or infinite) in the frames looked at.",
    "sampled_frames_constant": "{n} of {n_sampled} frames looked at are constant: no light, or frames that were not "
    "recorded.",
    "values_saturated": _saturated,
    "frames_missing": _missing,
    "single_image": "This is a single image, no movie: motion and activity can't be found in it.",
    "few_frames": "There are only {n_frames} frames; motion correction and extraction need some hundreds.",
    "frame_rate_unknown": "The frame rate is not in the files; enter it before a run.",
    "pixel_size_unknown": "The pixel size is not in the files; enter it to see micrometres and scale bars.",
    "pixels_not_square": _not_square,
    "files_joined": "{n} files are taken as one recording, in the order of their numbers.",
    "channels_taken_as_frames": "'{file}' stores its {n} images as channels; they are taken as frames in time.",
    "slices_taken_as_frames": "'{file}' stores its {n} images as slices of a volume; they are taken as frames in time.",
    "files_taken_as_frames": "By the metadata in '{file}', the {n} files are slices of a volume, one each; they are "
    "taken as frames in time.",
    "projection_passed_over": "{name}: an average or other projection of frames, by its name, and no frame",
    "folder_beside_frames": "{name}: a folder beside the frames of this recording, which is no part of it and can be "
    "opened by itself",
    "folder_of_single_images": "{name}: a folder of single images beside a recording, which is none itself; it can be "
    "opened by itself",
    "file_damaged": "'{file}' is damaged at its frame {frame}: {why}. Only frames before it are used.",
    "metadata_unreadable": (
        "The metadata in '{file}' can't be read ({why}): frame rate, pixel size, channels and planes that it may name "
        "are unknown, and the images are taken as frames of one channel and plane."
    ),
    "single_image_passed_over": "{name}: a single image beside the animals' recordings",
    "file_of_unknown_format": "{name}: no known format",
    "more_files_of_unknown_format": "and {n} more files of no known format",
    "folder_not_permitted": "{name}: you have no permission to look into it",
    "folder_without_recording": _no_recording,
    "link_leads_out": "{name}: it is, or has with it, a link out of the folders that may be opened",
    "frames_unreadable": "Not all frames could be looked at: {why}",
}
