"""Judging components by thresholds: cheap enough to be done while one moves."""

from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.model.groups import Thresholds
from calscope.model.results import ComponentQuality, Evaluation


def judge(quality: ComponentQuality, limits: Thresholds) -> Evaluation:
    """Accept or reject each component, with the reason in words."""
    return accept_components(
        quality,
        min_SNR=limits.min_SNR,
        rval_thr=limits.rval_thr,
        SNR_lowest=limits.SNR_lowest,
        rval_lowest=limits.rval_lowest,
        use_cnn=limits.use_cnn,
        min_cnn_thr=limits.min_cnn_thr,
        cnn_lowest=limits.cnn_lowest,
        use_soma=limits.use_soma,
        min_soma=limits.min_soma,
    )
