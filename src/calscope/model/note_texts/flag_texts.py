"""What a person should know of a component before it is trusted, in words."""

from collections.abc import Callable, Mapping, Sequence

SHORT: Mapping[str, str] = {
    "motion": "motion",
    "double": "double",
    "neuropil": "neuropil",
    "saturated": "saturated",
    "rim": "rim",
    "overlap": "overlap",
    "one_transient": "one transient",
    "drift": "drift",
}
"""A word or two for each kind, for a column."""
MEANS: Mapping[str, str] = {
    "motion": "the trace follows the movement of the tissue",
    "double": "the same cell was probably found twice",
    "neuropil": "the trace follows its surround",
    "saturated": "transients are cut off at the largest value of the recording",
    "rim": "the cell is cut off where the field ends",
    "overlap": "much of the footprint lies on a neighbour",
    "one_transient": "all rests on one transient",
    "drift": "the baseline moves over the recording",
}
"""What a kind says, for help."""


def _motion(r: float, p: float, n: int | None, on_shifts: int | None) -> str:
    chance = "p < 0.01" if p < 0.01 else f"p = {p:.2f}"
    falls = f" {on_shifts} of {n} transients {'falls' if on_shifts == 1 else 'fall'} on a large shift." if n else ""
    return (
        f"Follows the motion: correlation {r:.2f} with the shift at its place and how it changes ({chance}, corrected "
        f"for all components).{falls} A structure at an edge looks like this; so does a cell that is active when the "
        "animal moves."
    )


def _untold(kinds: Sequence[str]) -> str:
    names = ", ".join(SHORT.get(kind, kind) for kind in kinds)
    return f"Not told: {names} (the recording is too short, its trace has gaps, or there is nothing to compare with)."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


FLAGS: dict[str, str | Callable[..., str]] = {
    "flag_motion": _motion,
    "flag_double": "Probably the same cell as component {other}: they lie close together and their traces correlate "
    "with {r:.2f}.",
    "flag_neuropil": "Follows the surround: the trace correlates with the light around it with {r:.2f}, the background "
    "taken out of both. A patch of neuropil or a cell out of focus does so.",
    "flag_saturated": lambda share: (
        f"Saturated: {_percent(share)} of the pixels of its core are at the largest value of the recording in its "
        "highest transients, so that their height is not to be trusted."
    ),
    "flag_rim": lambda share: (
        f"At the rim: it ends where the field does along {_percent(share)} of its diameter, so that a part of the cell "
        "is missing."
    ),
    "flag_overlap": lambda share, other: (
        f"Overlaps: {_percent(share)} of its footprint lies on component {other}, so that the two may share activity."
    ),
    "flag_one_transient": "Only one transient stands clear of the noise: all that is known of it rests on that one.",
    "flag_drift": lambda share: (
        f"Drifts: the baseline moves by {_percent(share)} of the height of its transients over the recording."
    ),
    "flags_untold": _untold,
}
