"""Recordings small enough to be quick."""

import numpy as np
import tifffile


def make_data(folder):
    """Two animals of 24 frames."""
    for number in (1, 2):
        (folder / f"Animal_{number}").mkdir(parents=True)
        frames = np.random.default_rng(number).poisson(100, (24, 32, 28)).astype(np.uint16)
        tifffile.imwrite(folder / f"Animal_{number}" / "movie.tif", frames)
    return folder
