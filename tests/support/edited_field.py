"""A simulated field with its truth and a fit of it, for tests of changes by hand."""

from dataclasses import replace

import numpy as np
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf import cnmf
from calscope.algorithms.comparison.agreement import cosines
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.movie import Movie
from calscope.model.results import Components

SETTINGS = {"gSig": (4, 4), "gSiz": (9, 9), "nb": 2, "p": 1, "bas_nonneg": True}
SCENE = Scene(
    frames=400,
    height=96,
    width=88,
    n_neurons=16,
    crowding=0.9,
    drift_px=0,
    jitter_px=0,
    jumps_per_min=0,
    warp_px=0,
    seed=5,
)


class Field:
    """Still movie, masks as columns, traces, and the refit that begins from the truth."""

    def __init__(self):
        simulation = Simulation(SCENE)
        self.movie = Movie(simulation.read(0, SCENE.frames))
        self.truth = csc_matrix(simulation.masks.transpose(0, 2, 1).reshape(SCENE.n_neurons, -1).T)
        self.traces = simulation.traces
        self.fit = cnmf.refit(self.movie, self._first(), merge_thr=0.99, **SETTINGS)
        cosine = cosines(self.fit.A, self.truth)
        self.cell_of = cosine.argmax(axis=1)
        self.found = np.flatnonzero(cosine.max(axis=1) > 0.8)

    def _first(self):
        n, frames = self.traces.shape
        scale = np.sqrt(np.asarray(self.truth.multiply(self.truth).sum(axis=0)).ravel())
        A = csc_matrix(self.truth.multiply(1 / scale), dtype=np.float32)
        C = (self.traces * scale[:, None] * SCENE.gain).astype(np.float32)
        level = self.movie.codes.mean(axis=0).ravel(order="F").astype(np.float32)
        ones, none = np.ones(n, np.float32), np.zeros_like(C)
        noise = np.sqrt(np.maximum(level, 1) * SCENE.gain)
        b, f = level[:, None], np.ones((1, frames), np.float32)
        dims = (SCENE.height, SCENE.width)
        return Components(dims, A, C, none, none, b, f, ones, ones, np.zeros((n, 1), np.float32), ones, noise)

    def likeness(self, components, k, cell):
        """Cosine of a footprint, and correlation of a denoised trace, with those of a cell."""
        cosine = cosines(components.A[:, [k]], self.truth[:, [cell]])[0, 0]
        return float(cosine), float(np.corrcoef(components.C[k], self.traces[cell])[0, 1])

    def raw_r(self, components, k, cell):
        """Correlation of a raw trace with that of a cell."""
        return float(np.corrcoef(components.raw[k], self.traces[cell])[0, 1])


def without(components, *gone):
    """The components as if some had been missed; what is left of the movie holds these again."""
    keep = np.setdiff1d(np.arange(components.n), gone)
    names = ("C", "S", "YrA", "bl", "c1", "g", "neurons_sn")
    return replace(components, A=components.A[:, keep], **{name: getattr(components, name)[keep] for name in names})
