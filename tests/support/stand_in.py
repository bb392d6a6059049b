"""An engine that keeps the contract of `engines.base` in a few lines of numpy, and recordings that need no files."""

import time
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csc_matrix

from calscope.engines.engine import Availability
from calscope.model.movie import Movie
from calscope.model.notes import Note
from calscope.model.recording import RecordingInfo
from calscope.model.results import ComponentQuality, Components, CorrectedMovie, MotionEstimate


def make_components(dims, n, n_frames, *, nb=1, p=1, seed=0):
    """`n` square footprints of one pixel more each, so that none looks like another."""
    rng = np.random.default_rng(seed)
    n_pixels = dims[0] * dims[1]
    A = np.zeros((n_pixels, n), np.float32)
    for k in range(n):
        A[k * 4 : k * 5 + 2, k] = 1.0 + k
    C, S, YrA = rng.random((3, n, n_frames)).astype(np.float32)
    b, f = rng.random((n_pixels, nb)).astype(np.float32), rng.random((nb, n_frames)).astype(np.float32)
    ones = np.ones(n, np.float32)
    g = np.full((n, p), 0.5, np.float32)
    return Components(dims, csc_matrix(A), C, S, YrA, b, f, ones, ones, g, ones, np.ones(n_pixels, np.float32))


@dataclass
class StandIn:
    """Finds `n` components in any movie; counts its calls, and fails or dawdles where told to."""

    n: int = 3
    version: str = "1"
    fails: dict = field(default_factory=dict)
    """Step: exception to raise."""
    seconds: float = 0.0
    """How long a motion correction takes."""
    tells: dict = field(default_factory=dict)
    """Step: what it reports to have used."""
    name = "stand-in"
    defaults = {"evaluation.use_soma": True}  # noqa: RUF012
    takes_seeds = True
    measures_locally = False
    reasons = {"motion.strides": Note("strides_cut_to_field")}  # noqa: RUF012

    def __post_init__(self):
        self.calls = []
        self.scratches = []

    def availability(self):
        return Availability(ok=True, version=self.version)

    def effective(self, params, shape):
        return {"motion.strides": (32, 32)} if params.motion.strides == (31, 31) else {}

    def _step(self, name, context):
        self.calls.append(name)
        assert context.scratch.is_dir()
        (context.scratch / "litter").write_text("x")
        self.scratches.append(context.scratch)
        context.progress(0.0, "begins")
        if name in self.fails:
            context.allocate("half_made", (1000,), np.float32)[:] = 1
            raise self.fails[name]
        context.effective.update(self.tells.get(name, {}))

    def estimate_motion(self, source, params, context):
        self._step("estimate", context)
        n_frames, height, width = source.shape
        context.allocate("working_copy", (1000,), np.float32)[:] = 1
        for t in range(n_frames):
            source.read(t, t + 1)
            context.progress((t + 1) / n_frames)
            time.sleep(self.seconds / n_frames)
        shifts, ones = np.zeros((n_frames, 2), np.float32), np.ones(n_frames, np.float32)
        patches = {}
        if params.motion.pw_rigid:
            patches = {"shifts_els": np.zeros((n_frames, 1, 2), np.float32), "centers_px": np.full((1, 2), 8.0, "f4")}
        return MotionEstimate(
            np.ones((height, width), np.float32), shifts, ones, 1, notes=(Note("stand_in_moved"),), **patches
        )

    def apply_motion(self, source, estimate, params, context, values=None):
        self._step("apply", context)
        n_frames = source.shape[0]
        codes = context.allocate("corrected", source.shape, np.uint16)
        for t in range(n_frames):
            codes[t] = source.read(t, t + 1)[0]
        return CorrectedMovie(Movie(codes), np.ones(n_frames, np.float32), 1)

    def fit(self, movie, border_px, params, context):
        self._step("fit", context)
        return make_components(movie.shape[1:], self.n + 1, movie.shape[0], nb=params.cnmf.nb, p=params.cnmf.p)

    def refit(self, movie, first, border_px, params, context, seeds=()):  # noqa: PLR0917 - as engines have it
        self._step("refit", context)
        self.seeds = seeds
        assert first.n == self.n + 1
        return make_components(movie.shape[1:], self.n, movie.shape[0], nb=params.cnmf.nb, p=params.cnmf.p)

    def measure(self, movie, components, params, context):
        self._step("component_quality", context)
        n = components.n
        return ComponentQuality(
            np.arange(n, dtype=np.float32) + 1, np.zeros(n, np.float32), np.full(n, np.nan, np.float32)
        )


class MemoryRecording:
    """A recording that is an array; (T, H, W) uint16 noise around 100."""

    def __init__(self, name="Animal_1", shape=(40, 32, 28), *, fr_hz=10.0, dxy_um=None, seed=0, fingerprint=None):
        self.frames = np.random.default_rng(seed).poisson(100, shape).astype(np.uint16)
        self.info = RecordingInfo(
            name=name,
            path=f"/nowhere/{name}.tif",
            shape=shape,
            dtype="uint16",
            n_files=1,
            fingerprint=fingerprint or f"{name}-{seed}",
            fr_hz=fr_hz,
            dxy_um=dxy_um,
        )
        self.n_reads = 0

    @property
    def shape(self):
        return self.info.shape

    @property
    def dtype(self):
        return self.frames.dtype

    def read(self, start, stop):
        self.n_reads += 1
        return self.frames[start:stop]
