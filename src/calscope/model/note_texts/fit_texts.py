"""What CNMF reports, in words."""

from collections.abc import Callable, Sequence


def _too_small(n: int, smallest_px: int) -> str:
    return f"{n} {'component' if n == 1 else 'components'} of under {smallest_px} px {_were(n)} dropped."


def _merged(n: int) -> str:
    if n == 1:
        return "1 component was merged with another that it overlaps and whose trace is alike."
    return f"{n} components were merged with others that they overlap and whose traces are alike."


def _seeds(n: int, lost: Sequence[Sequence[int]]) -> str:
    text = f"{n - len(lost)} of {n} seeds that were placed by hand became components."
    if lost:
        places = ", ".join(f"({y}, {x})" for y, x in lost)
        text += f" Around {places} (y, x) nothing was left that could be one."
    return text


def _withheld(n: int, n_components: int) -> str:
    return (
        f"dF/F of {n} of {n_components} components is withheld (NaN) where F0 is not above the noise of the trace: "
        "there was hardly any light, or the movie's zero is not darkness."
    )


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


FIT: dict[str, str | Callable[..., str]] = {
    "components_too_small": _too_small,
    "components_merged": _merged,
    "border_covers_field": "The border of {border_px} px would cover the whole field, so it was not left out.",
    "components_begun_in_residual": "Components were begun at {n} places where the first fit left much of a "
    "cell's size.",
    "seeds_placed": _seeds,
    "movie_below_zero": "The movie's values lie below zero: {level:g} was subtracted before the fit, and stands in the "
    "result as one more background component, a constant.",
    "dff_withheld": _withheld,
    "dff_of_normalised_movie": "dF/F is withheld (NaN): the movie holds z-scores or dF/F already, and no light that "
    "could be divided by. The denoised traces are in its units.",
    "dff_window_widened": "A dF/F window of {asked_s:g} s holds too few frames for a baseline: {used_s:g} s "
    "({frames} frames) were used.",
    "dff_bleaching_not_followed": "The background loses {percent:.0f} % of its light during the recording, and the "
    "dF/F window is as long as the recording: F0 is constant, so that this loss shows in dF/F. Shorten the window.",
}
