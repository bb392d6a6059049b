"""What is reported of exports, in words."""

from collections.abc import Callable

EXPORTED: dict[str, str | Callable[..., str]] = {
    "caiman_residual_computed": "YrA is what the exported A, C, b and f leave of the corrected movie, as CaImAn "
    "computes it.",
    "caiman_residual_kept": "YrA is CaImAn's own: raw less denoised.",
    "caiman_residual_absent": "There is no YrA: it takes the corrected movie, which is not at hand. Export the run "
    "from the result store by its id, or run with --save-movie. The raw traces less the denoised ones are in "
    "calscope/raw_minus_C.",
}
