"""What is reported of results of other programs, in words."""

from collections.abc import Callable, Sequence


def _other_planes(plane: str, others: Sequence[str]) -> str:
    return f"This is {plane}. The same folder holds {', '.join(others)}: each opens by its own path."


IMPORTED: dict[str, str | Callable[..., str]] = {
    "imported_parameters_not_shown": "The imported parameters are not shown: {why}",
    "imported_without_measures": "The imported file contains no SNR or spatial r.",
    "imported_without_picture": "The file has no picture of the field: the outlines are drawn over the footprints "
    "themselves.",
    "suite2p_traces": "The traces are suite2p's F less {neuropil} of the neuropil; nothing is denoised, there is no "
    "background.",
    "suite2p_neuropil_unknown": "Which share of the neuropil the run subtracted does not stand in the files; "
    "{neuropil} is suite2p's default.",
    "suite2p_without_neuropil": "The neuropil (Fneu) is missing: the traces are suite2p's F, with the neuropil in it.",
    "suite2p_other_planes": _other_planes,
    "imported_without_spikes": "The files contain no deconvolved activity: spikes are 0.",
    "suite2p_without_flags": "suite2p's flags (iscell) are missing, so that every component counts as accepted.",
}
