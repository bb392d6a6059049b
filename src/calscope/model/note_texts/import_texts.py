"""What is reported of results of other programs, in words."""

from collections.abc import Callable, Sequence


def _other_planes(plane: str, others: Sequence[str]) -> str:
    return f"This is {plane}. The same folder holds {', '.join(others)}: each opens by its own path."


def _components_removed(n: int) -> str:
    if n == 1:
        return "1 component was taken out in CaImAn (discarded_components) and is not shown."
    return f"{n} components were taken out in CaImAn (discarded_components) and are not shown."


IMPORTED: dict[str, str | Callable[..., str]] = {
    "imported_parameters_not_shown": "The imported parameters are not shown: {why}",
    "imported_without_measures": "The imported file contains no SNR or spatial r.",
    "imported_without_picture": "The file has no picture of the field: the outlines are drawn over the footprints "
    "themselves.",
    "suite2p_traces": "The traces are suite2p's F less {neuropil} of the neuropil; nothing is denoised, there is no "
    "background.",
    "suite2p_neuropil_unknown": "Which share of the neuropil the run subtracted does not stand in the files "
    "(suite2p 1.x leaves it out of Fall.mat, the stat.npz that can be made from its other files has it); {neuropil} is "
    "suite2p's default.",
    "suite2p_without_neuropil": "The neuropil (Fneu) is missing: the traces are suite2p's F, with the neuropil in it.",
    "suite2p_other_planes": _other_planes,
    "suite2p_without_motion": "The files hold no motion (xoff, yoff) of these frames.",
    "suite2p_combined_motion": "Each plane moved by itself: open a plane to see its motion.",
    "suite2p_nonrigid_motion": "suite2p's shifts of whole frames are whole pixels; those of its blocks hold the rest.",
    "suite2p_blocks_not_placed": "suite2p also shifted blocks of each frame, which are not here: their size is not in "
    "the files (suite2p 1.x leaves it out of Fall.mat; the stat.npz that can be made from its other files has it).",
    "imported_without_background": "The file has no background (b, f).",
    "caiman_components_removed": _components_removed,
    "caiman_without_components": "No component is left in the file.",
    "caiman_without_residual": "The file has no residual (YrA): raw traces are shown as the denoised ones.",
    "caiman_ring_background": "The background of one-photon results (W and b0) is not shown: it is computed from the "
    "movie.",
    "caiman_dff_left_out": "dF/F (F_dff) is left out: it is not of these components and frames.",
    "caiman_rate_may_be_default": "The frame rate, 30 Hz, is what CaImAn writes where nobody gave one.",
    "run_folder_without_soma": "The likeness to a cell body stands in the reasons only: the folder does not hold what "
    "it rests on.",
    "run_folder_without_flags": "Flags stand in components.parquet only: an older version wrote the folder, without "
    "what they rest on. Run the recording again to have them here.",
    "bundle_without_flags": "The bundle is of an older format, which kept no flags and no events: they are not shown. "
    "Ask for one made with a newer Calscope.",
    "imported_without_spikes": "The files contain no deconvolved activity: spikes are 0.",
    "suite2p_without_flags": "suite2p's flags (iscell) are missing: no component is evaluated.",
}
