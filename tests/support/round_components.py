"""Components of known shape and place, for tests of injected cells."""

import numpy as np
from scipy.sparse import csc_matrix

from calscope.model.results import Components

DIMS, T, FR_HZ = (120, 150), 400, 20.0


def components(places, radius=4.0, noise=3.0):
    """Give components with round footprints at these places; nothing of their traces matters here."""
    y, x = np.mgrid[: DIMS[0], : DIMS[1]]
    columns = [np.exp(-((y - v) ** 2 + (x - u) ** 2) / radius**2) for v, u in places]
    A = csc_matrix(np.stack([np.where(c > 0.15, c, 0).ravel(order="F") for c in columns], axis=1).astype(np.float32))
    n, none = len(places), np.zeros((len(places), T), np.float32)
    zeros = np.zeros(n, np.float32)
    return Components(
        dims=DIMS,
        A=A,
        C=none,
        S=none,
        YrA=none,
        b=np.zeros((DIMS[0] * DIMS[1], 1), np.float32),
        f=np.zeros((1, T), np.float32),
        bl=zeros,
        c1=zeros,
        g=np.full((n, 1), np.exp(-1 / (FR_HZ * 0.6)), np.float32),
        neurons_sn=zeros,
        sn=np.full(DIMS[0] * DIMS[1], noise, np.float32),
    )


PLACES = [(20 + 25 * i, 20 + 28 * j) for i in range(4) for j in range(4)]
CHOICE = {"gSig": (4, 4), "fr_hz": FR_HZ, "decay_s": 0.6, "border_px": 5}
