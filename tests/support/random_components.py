"""Components of given footprints, with random traces."""

import numpy as np

from calscope.model.results import Components


def with_random_traces(A, dims, n_frames, rng):
    """Give components with the footprints `A`, and traces drawn by `rng`."""
    n, n_pixels = A.shape[1], dims[0] * dims[1]
    C, S, YrA = rng.normal(size=(3, n, n_frames)).astype(np.float32)
    ones = np.ones(n, np.float32)
    return Components(
        dims=dims,
        A=A,
        C=C,
        S=S,
        YrA=YrA,
        b=np.zeros((n_pixels, 1), np.float32),
        f=np.zeros((1, n_frames), np.float32),
        bl=ones,
        c1=ones,
        g=np.zeros((n, 0), np.float32),
        neurons_sn=ones,
        sn=np.ones(n_pixels, np.float32),
    )
