"""The limits of detection, said in sentences."""

import math

from calscope.model.detection import Detection, DetectionLimits, Limit

SNR_MEANS = "Peak SNR: height of a cell's largest transient over the noise of its trace."
CELLS_OF_STATE = (
    "These cells have the shapes of those that this state accepts. All points of a sweep or search get the same cells, "
    "so that the share found there can differ from this one for the same values."
)
CELLS_OF_SWEEP = (
    "All points get the same known cells: those of the values in use when this began. The detection limit on Tune "
    "takes the shapes of each state's own cells, so that the share found there can differ for the same values."
)


def sentence(detection: Detection) -> str:
    """Say how bright a cell must be to be found and accepted, or why no number can be told."""
    if detection.n == 0:
        return (
            "No known cell could be put into this movie: there is no place of the size of a cell that is free of "
            "components and away from the rim. So no limit can be told."
        )
    limits = detection.limits
    if limits.found_50 is None or limits.accepted_50 is None:
        return (
            f"Only {detection.n} known cells could be put into this movie, where no component lies and away from the "
            "rim. That is too few to tell a limit."
        )
    return (
        f"Of {detection.n} known cells put into this movie, half were found from a peak SNR of "
        f"{_from(limits.found_50)} and accepted from {_from(limits.accepted_50)}; nine in ten were "
        f"found from {_or_beyond(limits.found_90)} and accepted from {_or_beyond(limits.accepted_90)}."
    )


def of_limits(limits: DetectionLimits) -> str:
    """Give the limits in a few words, for what has little room; empty where there is none."""
    if limits.found_50 is None or limits.accepted_50 is None:
        return ""
    return f"half found from {with_interval(limits.found_50)}, accepted from {with_interval(limits.accepted_50)}"


def number(value: float) -> str:
    """Give a peak SNR, or that it lies beyond what was tried."""
    if math.isinf(value):
        return "more than was tried"
    return f"{value:.1f}" if value > 0 else "less than was tried"


def with_interval(limit: Limit) -> str:
    """Give a limit with the ends of its 95 % interval."""
    low, high = number(limit.low), number(limit.high)
    return number(limit.value) if low == high else f"{number(limit.value)} ({low} to {high})"


def _from(limit: Limit) -> str:
    return with_interval(limit).replace("(", "(95 % interval: ", 1)


def _or_beyond(limit: Limit | None) -> str:
    return "an SNR that is not known" if limit is None else number(limit.value)
