"""What is reported of results of other programs, in words."""

from collections.abc import Callable

IMPORTED: dict[str, str | Callable[..., str]] = {
    "imported_parameters_not_shown": "The imported parameters are not shown: {why}",
    "imported_without_measures": "The imported file contains no SNR or spatial r.",
    "imported_without_picture": "The file has no picture of the field: the outlines are drawn over the footprints "
    "themselves.",
    "suite2p_traces": "The traces are suite2p's F less {neuropil} of the neuropil; nothing is denoised, there is no "
    "background.",
    "suite2p_without_flags": "suite2p's flags (iscell) are missing, so that every component counts as accepted.",
}
