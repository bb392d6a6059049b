"""A search for known cells with a result that is known, for tests of what shows it."""

from dataclasses import replace

import numpy as np

from calscope.algorithms.injection.detection_limit import with_curves
from calscope.algorithms.injection.injected_cells import LADDER
from calscope.model.detection import Detection
from calscope.model.results import ComponentQuality


def known_cells(n=64, found_from=5.0, accepted_from=10.0, dims=(64, 64)):
    """Give cells of all levels, found and accepted from these peak SNRs on; a fifth of it is their own SNR."""
    levels = np.tile(np.float32(LADDER), n // len(LADDER) + 1)[:n]
    found = levels > found_from
    places = np.stack([7 + np.arange(n) * 5 % (dims[0] - 14), 7 + np.arange(n) * 3 % (dims[1] - 14)], axis=1)
    seen = np.where(found, levels / 5, np.nan).astype(np.float32)
    low = np.where(found, 0.1, np.nan).astype(np.float32)
    cells = Detection(
        peak_snr=levels,
        found=found,
        accepted=levels > accepted_from,
        trace_r=np.where(found, 0.9, np.nan).astype(np.float32),
        centers_px=places.astype(np.float32),
        quality=ComponentQuality(seen, low, np.full(n, np.nan, np.float32)),
        round=np.arange(n) // 16,
    )
    return with_curves(replace(cells, decay_time_s=0.4, gain=2.0))
