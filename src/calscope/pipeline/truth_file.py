"""The truth of a simulated recording, where a file beside the movie holds it."""

from pathlib import Path

import numpy as np

from calscope.algorithms.comparison.truth_scores import Truth
from calscope.io.demo.simulate import PAD
from calscope.io.file_names import TRUTH_FILE
from calscope.model.errors import StoreError


def read_truth(recording: Path, n_frames: int) -> Truth | None:
    """Give what made a simulated recording, from `truth.npz` beside it; None where there is none."""
    folder = recording if recording.is_dir() else recording.parent
    path = folder / TRUTH_FILE
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as found:
            shifts, warp = found["shifts"][:n_frames], found["warp"][:n_frames]
            traces, spikes = found["traces"][:, :n_frames], found["spikes"][:, :n_frames]
            return Truth(shifts, warp, found["masks"].astype(np.float32), traces, spikes, PAD)
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"{path} can't be read as the truth of a simulation: {error}. Move it away.") from None
