"""What the stages give; shapes and names follow CaImAn's so that its users feel at home.

Pixels of `A` and `b` are in Fortran order: index = y + x * H. Shifts are what is applied to a frame to lay it on the
template, in px, y (down) before x (right). Component numbers are 0-based.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.model.movie import FloatArray, Movie
from calscope.model.notes import Note


@dataclass(frozen=True)
class SummaryImages:
    """Images that sum up a movie, each (H, W) float32."""

    mean: FloatArray
    max: FloatArray
    corr: FloatArray
    """Local correlation over the eight neighbours, 0 where a pixel is constant."""


@dataclass(frozen=True)
class MovieValues:
    """The values of a movie: which of them were measured, and what they range over."""

    fill: FloatArray
    """(H, W) what stands in for a value that is missing."""
    credible: tuple[float, float]
    """Smallest and largest value that a detector may have given; anything beyond is missing."""
    low: float
    """Smallest value, stuck pixels left out."""
    high: float
    """Largest value, stuck pixels left out."""


@dataclass(frozen=True)
class MotionEstimate:
    """The motion of every frame, and all that is needed to correct any movie of the same frames by it."""

    template: FloatArray
    """(H, W)."""
    shifts_rig: FloatArray
    """(T, 2) px."""
    corr_raw: FloatArray
    """(T,) correlation of the raw frame with the template, without the rim."""
    rim_px: int
    """Width of the rim that is left out where frames are correlated with the template: no shift is larger."""
    shifts_els: FloatArray | None = None
    """(T, P, 2) px per patch; None when rigid."""
    centers_px: FloatArray | None = None
    """(P, 2) px centres (y, x) of the patches."""
    patch_shape_px: tuple[int, int] | None = None
    field_coefficients: FloatArray | None = None
    """(T, Ky, Kx, 2) px, of the smooth field that frames are warped by; None from engines that warp by the shifts."""
    values: MovieValues | None = None
    """Of the movie that the motion was estimated on; None where the engine doesn't tell."""
    notes: tuple[Note, ...] = ()
    """Frames flagged, shifts clipped, what was done about NaN."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns of the movies that it can correct."""
        height, width = self.template.shape
        return len(self.shifts_rig), height, width


@dataclass(frozen=True)
class CorrectedMovie:
    """A movie that was corrected by an estimate of its motion."""

    movie: Movie
    corr_corrected: FloatArray
    """(T,) correlation of the corrected frame with the template, without the rim."""
    border_px: int
    """Width of the rim that some corrected frame had to fill in, because its shift moved the frame's edge there."""


@dataclass(frozen=True)
class MotionCorrection:
    """An estimate, and what it made of the movie that it was estimated on."""

    estimate: MotionEstimate
    corrected: CorrectedMovie


MotionVersion = Literal["raw", "rigid", "piecewise"]
Vote = Literal["better", "unclear", "worse"]
MotionVerdict = Literal["use raw", "use rigid", "use piecewise-rigid", "no measurable benefit", "not evaluated"]


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MotionMeasures:
    """How well one version of a movie holds still; all versions on the same frames, the same crop, equally smoothed."""

    crispness: Estimate
    """Norm of the gradient of the mean image per root px, in units of the movie; what noise adds is left out."""
    crispness_corr: Estimate
    """The same of the local correlation image. Movement makes neighbours rise and fall together, so that this one often
    falls where a correction is good: it is shown, and has no vote."""
    correlation: Estimate
    """Of short stretches of frames with the mean of all the others."""
    residual_flow_px: Estimate
    """Root mean square of the optical flow between short stretches of frames and the mean of all the others."""


@dataclass(frozen=True)
class MotionGain:
    """What going from one version to the next changed in one measure; positive is better."""

    measure: Literal["crispness", "crispness_corr", "correlation", "residual_flow_px"]
    before: MotionVersion
    after: MotionVersion
    gain: Estimate
    """Relative for crispness, else a difference in the measure's own unit."""
    by_noise: float
    """What the same correction seems to gain on a movie of the same picture, noise and activity that doesn't move; 0
    for crispness_corr, which has no vote."""
    vote: Vote
    """Better where the gain is beyond what noise explains, worse where it is a loss for certain."""


@dataclass(frozen=True)
class MotionQuality:
    """How good a motion correction is, frame by frame and as a whole, with a verdict; never NaN."""

    shift_px: FloatArray
    """(T,) length of the frame's shift from the median shift."""
    margin_to_max_shift_px: FloatArray
    """(T,) distance of the frame's shift from max_shifts, along the axis where it is smaller."""
    clipped: NDArray[np.bool_]
    """(T,) the shift ends at max_shifts."""
    got_worse: NDArray[np.bool_]
    """(T,) the frame correlates less with the template than it did before."""
    brightness_r: float
    """Correlation of the brightness of frames with their shifts, 0 to 1."""
    brightness_p: float
    """How often brightness moved along in time at random follows the shifts as closely; 1 where it wasn't looked at."""
    measures: dict[MotionVersion, MotionMeasures]
    """By version; piecewise only where it was done, empty where nothing could be measured."""
    gains: tuple[MotionGain, ...]
    """From raw to rigid, and from rigid to piecewise where it was done."""
    verdict: MotionVerdict
    why: Note
    """The gains that the verdict rests on."""
    n_evaluated: int
    """Frames, spread over the movie, that versions were compared on."""
    flags: tuple[Note, ...] = ()
    """What a person should look at."""


@dataclass(frozen=True)
class Components:
    """Footprints and traces found by CNMF (Pnevmatikakis et al. 2016)."""

    dims: tuple[int, int]
    """Rows, columns."""
    A: csc_matrix
    """(H*W, K) footprints, float32, Fortran pixel order."""
    C: FloatArray
    """(K, T) denoised traces."""
    S: FloatArray
    """(K, T) deconvolved activity, arbitrary units."""
    YrA: FloatArray
    """(K, T) residual; C + YrA is the raw trace."""
    b: FloatArray
    """(H*W, nb) spatial background, Fortran pixel order."""
    f: FloatArray
    """(nb, T) temporal background."""
    bl: FloatArray
    """(K,) baseline that was taken out of C."""
    c1: FloatArray
    """(K,) initial concentration."""
    g: FloatArray
    """(K, p) autoregressive coefficients of each trace; (K, 0) when p = 0."""
    neurons_sn: FloatArray
    """(K,) noise of each raw trace."""
    sn: FloatArray
    """(H*W,) noise of each pixel, Fortran order."""
    notes: tuple[Note, ...] = ()

    @property
    def n(self) -> int:
        """Number of components."""
        return int(self.A.shape[1])

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.C.shape[1])

    @property
    def raw(self) -> FloatArray:
        """(K, T) raw traces, C + YrA."""
        return self.C + self.YrA

    def footprint(self, component: int) -> FloatArray:
        """Footprint of one component as an image, (H, W)."""
        column = self.A[:, [component]].toarray()
        return np.asarray(column, np.float32).reshape(self.dims, order="F")

    def background_image(self, index: int) -> FloatArray:
        """One spatial background component as an image, (H, W)."""
        return self.b[:, index].reshape(self.dims, order="F")

    def centers_px(self) -> FloatArray:
        """(K, 2) centres of mass (y, x) of the footprints."""
        height, width = self.dims
        x, y = np.divmod(np.arange(height * width), height)
        mass = np.asarray(self.A.sum(axis=0), np.float64).ravel()
        mass[mass == 0] = 1.0
        moments = self.A.T @ np.column_stack([y, x]).astype(np.float64)
        return np.asarray(moments / mass[:, None], np.float32)


SomaPart = Literal["thickness", "extent", "roundness", "edge", "fit"]
SOMA_PARTS: tuple[SomaPart, ...] = ("thickness", "extent", "roundness", "edge", "fit")
"""What makes a soma in focus; `calscope.algorithms.evaluation.soma` says how each is measured."""


@dataclass(frozen=True)
class ComponentQuality:
    """How well each component is supported by the movie, before any threshold."""

    snr: FloatArray
    """(K,) peak signal to noise of the raw trace."""
    r_value: FloatArray
    """(K,) correlation of the footprint with the movie during the component's own transients."""
    cnn: FloatArray
    """(K,) score of a convolutional network; NaN where it was not computed."""
    soma_parts: FloatArray | None = None
    """(K, 5) how much it is like a soma in focus, in each of SOMA_PARTS, 0 to 1; NaN where that can't be told, None
    where it was not measured (results of other programs)."""

    @property
    def soma(self) -> FloatArray:
        """(K,) the smallest of the parts: no part makes up for another. NaN where it was not measured."""
        if self.soma_parts is None:
            return np.full(self.snr.shape, np.nan, np.float32)
        return np.asarray(self.soma_parts.min(axis=1), np.float32)

    def weakest_parts(self) -> list[SomaPart | None]:
        """Name the part that keeps each component from being more like a soma; None where it was not measured."""
        if self.soma_parts is None:
            return [None] * len(self.snr)
        unknown = set(np.flatnonzero(np.isnan(self.soma_parts).any(axis=1)).tolist())
        weakest = np.argmin(self.soma_parts, axis=1)
        return [None if k in unknown else SOMA_PARTS[part] for k, part in enumerate(weakest.tolist())]


@dataclass(frozen=True)
class Evaluation:
    """Accepted or rejected, and why."""

    accepted: NDArray[np.bool_]
    """(K,)."""
    reasons: tuple[Note, ...] = ()
    """(K,) the checks that decided, one note each."""

    @property
    def n_accepted(self) -> int:
        """Number of accepted components."""
        return int(self.accepted.sum())

    @property
    def n_rejected(self) -> int:
        """Number of rejected components."""
        return int((~self.accepted).sum())


@dataclass(frozen=True)
class HalfFit:
    """Components of one half of the frames."""

    A: csc_matrix
    """(H*W, K) footprints, Fortran pixel order."""
    quality: ComponentQuality


@dataclass(frozen=True)
class HalfFits:
    """Components of the first and of the second half of the frames, before any is accepted."""

    first: HalfFit
    second: HalfFit


@dataclass(frozen=True)
class Confirmation:
    """How many components that one half of the frames gives the other half gives, too."""

    accepted: tuple[int, int]
    """Components accepted in the first and in the second half."""
    in_both: int
    """Pairs of them that are the same."""

    @property
    def unconfirmed(self) -> int:
        """Components that are accepted in one half alone."""
        return sum(self.accepted) - 2 * self.in_both


@dataclass(frozen=True)
class RelativeFluorescence:
    """dF/F of every component."""

    dff: FloatArray
    """(K, T) (F - F0) / F0, a ratio; NaN where F0 is not above the noise."""
    f0: FloatArray
    """(K, T) baseline fluorescence F0, in the units of the movie."""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Residual:
    """What a fit left in the movie, matched with a soma; high where a cell was missed."""

    peak: FloatArray
    """(H, W) how far it ever rises above its mean, in standard deviations of a typical pixel."""
    frame: NDArray[np.int32]
    """(H, W) the frame around which it does."""
