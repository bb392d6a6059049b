"""CaImAn 1.12.1's defaults of the entries of its parameter files that Calscope has no parameter for.

Read back from its `CNMFParams()`. Values are as JSON has them.
"""

from math import inf
from typing import Any

# fmt: off
_DEFAULTS: dict[str, dict[str, Any]] = {
    "data": {
        "var_name_hdf5": "mov",
    },
    "init": {
        "alpha_snmf": 0.5, "center_psf": False, "greedyroi_nmf_init_method": "nndsvdar",
        "greedyroi_nmf_max_iter": 200, "init_iter": 2, "kernel": None, "lambda_gnmf": 1, "max_iter_snmf": 500,
        "maxIter": 5, "min_corr": 0.85, "min_pnr": 20, "nIter": 5, "normalize_init": True, "options_local_NMF": None,
        "perc_baseline_snmf": 20, "ring_size_factor": 1.5, "rolling_length": 100, "SC_kernel": "heat", "SC_nnn": 20,
        "SC_normalize": True, "SC_sigma": 1, "SC_thr": 0, "SC_use_NN": False, "seed_method": "auto",
        "sigma_smooth_snmf": [0.5, 0.5, 0.5], "snmf_l1_ratio": 0.0, "ssub_B": 2,
    },
    "merging": {
        "do_merge": True, "merge_parallel": False,
    },
    "motion": {
        "border_nan": "copy", "gSig_filt": None, "indices": [[None, None, None], [None, None, None]], "is3D": False,
        "min_mov": None, "niter_rig": 1, "nonneg_movie": True, "num_frames_split": 80,
        "num_splits_to_process_els": None, "num_splits_to_process_rig": None, "shifts_interpolate": False,
        "shifts_opencv": True, "splits_els": 14, "splits_rig": 14, "upsample_factor_grid": 4, "use_cuda": False,
    },
    "online": {
        "batch_update_suff_stat": False, "dist_shape_update": False, "ds_factor": 1, "epochs": 1,
        "expected_comps": 500, "full_XXt": False, "init_batch": 200, "init_method": "bare", "iters_shape": 5,
        "max_comp_update_shape": inf, "max_num_added": 5, "max_shifts_online": 10, "min_num_trial": 5, "min_SNR": 2.5,
        "minibatch_shape": 100, "minibatch_suff_stat": 5, "motion_correct": True,
        "movie_name_online": "online_movie.mp4", "n_refit": 0, "normalize": False, "num_times_comp_updated": inf,
        "opencv_codec": "H264", "ring_CNN": False, "rval_thr": 0.8, "save_online_movie": False, "show_movie": False,
        "simultaneously": False, "sniper_mode": False, "stop_detection": False, "test_both": False,
        "thresh_CNN_noisy": 0.5, "thresh_fitness_delta": -50, "thresh_overlap": 0.5, "update_freq": 200,
        "update_num_comps": True, "use_corr_img": False, "use_dense": True, "use_peak_max": True,
        "W_update_factor": 1,
    },
    "patch": {
        "border_pix": 0, "del_duplicates": False, "in_memory": True, "low_rank_background": True, "memory_fact": 1,
        "nb_patch": 1, "p_patch": 0, "p_ssub": 2, "p_tsub": 2, "remove_very_bad_comps": False,
        "skip_refinement": False,
    },
    "preprocess": {
        "check_nan": True, "compute_g": False, "include_noise": False, "lags": 5, "max_num_samples_fft": 3072,
        "n_pixels_per_process": None, "noise_method": "mean", "noise_range": [0.25, 0.5], "pixels": None, "sn": None,
    },
    "ring_CNN": {
        "loss_fn": "pct", "lr": 0.001, "lr_scheduler": None, "max_epochs": 100, "n_channels": 2,
        "path_to_model": None, "patience": 3, "pct": 0.01, "remove_activity": False, "reuse_model": False,
        "use_add": False, "use_bias": False, "width": 5,
    },
    "quality": {
        "gSig_range": None, "max_ecc": 3, "use_ecc": False,
    },
    "spatial": {
        "dist": 3,
        "expandCore": [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]],
        "extract_cc": True, "maxthr": 0.1, "medw": None, "method_exp": "dilate", "method_ls": "lasso_lars",
        "n_pixels_per_process": None, "normalize_yyt_one": True, "nrgthr": 0.9999, "num_blocks_per_run_spat": 20,
        "se": None, "ss": None, "thr_method": "nrg", "update_background_components": True,
    },
    "temporal": {
        "block_size_temp": 5000, "fudge_factor": 0.96, "ITER": 2, "lags": 5, "method_deconvolution": "oasis",
        "noise_method": "mean", "noise_range": [0.25, 0.5], "num_blocks_per_run_temp": 20, "optimize_g": False,
        "s_min": None, "solvers": ["ECOS", "SCS"], "verbosity": False,
    },
}
# fmt: on

_ABOUT_THE_RUN = {
    "data.caiman_version",
    "data.dims",
    "data.fnames",
    "data.last_commit",
    "online.N_samples_exceptionality",
    "online.path_to_model",
    "online.thresh_fitness_raw",
    "patch.n_processes",
}
"""Who wrote the file, of which recording, on which machine, and what CaImAn computes from other entries."""


def was_chosen(name: str, value: Any) -> bool:
    """Whether somebody chose a value of an unused entry, named as `group.entry`; of unknown entries yes."""
    if name in _ABOUT_THE_RUN:
        return False
    group, _, entry = name.partition(".")
    return entry not in _DEFAULTS.get(group, {}) or _DEFAULTS[group][entry] != value
