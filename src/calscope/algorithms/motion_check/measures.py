"""The measures of a sampled movie under every bootstrap draw, and what going from one version to the next gained."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion_check.bootstrap import draw_weights, estimate
from calscope.algorithms.motion_check.crispness import agreement, crispness, gradient_products, image_products
from calscope.algorithms.motion_check.residual_flow import Tones, residual_flow, tones_of
from calscope.algorithms.motion_check.sample import VersionSample
from calscope.model.movie import FloatArray
from calscope.model.results import MotionGain, MotionMeasures, MotionVersion, Vote

Draws = NDArray[np.float64]
Measure = Literal["crispness", "crispness_corr", "correlation", "residual_flow_px"]
MEASURES: tuple[Measure, ...] = ("crispness", "crispness_corr", "correlation", "residual_flow_px")
VOTING: tuple[Measure, ...] = ("crispness", "correlation", "residual_flow_px")
NOISE_COUNTS = 2.0
"""Of what noise seems to gain, once is an illusion, and as much again is real harm: the error of the shifts moves
tissue that had been in place by as much as it seems to move noise into place."""
SMALLEST: dict[Measure, float] = {
    "crispness": 5e-4,
    "correlation": 1e-4,
    "residual_flow_px": 5e-3,
}
"""Changes below that are nothing, however certain."""


@dataclass(frozen=True)
class Measured:
    """The measures of one version, each (1 + draws,)."""

    by_name: Mapping[Measure, Draws]

    def summary(self) -> MotionMeasures:
        """Give each with its interval."""
        return MotionMeasures(**{name: estimate(self.by_name[name]) for name in MEASURES})


def measure_versions(samples: Mapping[MotionVersion, VersionSample], *, workers: int) -> dict[MotionVersion, Measured]:
    """Measure every version under the same draws and the same tones."""
    last = list(samples.values())[-1]
    n_blocks = len(last.blocks)
    tones = tones_of(last.blocks.mean(axis=0))
    weights = draw_weights(n_blocks)
    flows = _flows(samples, tones, workers)
    found = {}
    for name, sample in samples.items():
        found[name] = Measured(
            {
                "crispness": crispness(gradient_products(sample.blocks), weights),
                "crispness_corr": _crispness_corr(sample.corr),
                "correlation": agreement(image_products(sample.blocks), weights),
                "residual_flow_px": np.sqrt(weights @ flows[name] ** 2 / n_blocks),
            }
        )
    return found


def _crispness_corr(images: FloatArray) -> Draws:
    weights = draw_weights(max(1, len(images)))
    return crispness(gradient_products(images), weights) if len(images) else np.zeros(len(weights))


def _flows(samples: Mapping[MotionVersion, VersionSample], tones: Tones, workers: int) -> dict[MotionVersion, Draws]:
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="flow") as pool:
        waiting = {}
        for name, sample in samples.items():
            images, total = sample.blocks, sample.blocks.sum(axis=0)
            waiting[name] = [pool.submit(residual_flow, images, k, total, tones) for k in range(len(images))]
        return {name: np.array([future.result() for future in futures]) for name, futures in waiting.items()}


def gains_between(
    before: MotionVersion,
    after: MotionVersion,
    found: Mapping[MotionVersion, Measured],
    still: Mapping[MotionVersion, Measured],
) -> tuple[MotionGain, ...]:
    """Give what changed from one version to another, beside what changed in the movie that doesn't move."""
    gains = []
    for measure in MEASURES:
        gain = _gain(measure, found[before], found[after])
        by_noise = _gain(measure, still[before], still[after])
        gains.append(
            MotionGain(
                measure=measure,
                before=before,
                after=after,
                gain=estimate(gain),
                by_noise=float(by_noise[0]),
                vote=_vote(measure, gain, by_noise) if measure in VOTING else "unclear",
            )
        )
    return tuple(gains)


def _gain(measure: Measure, before: Measured, after: Measured) -> Draws:
    """Give the change per draw, positive where it is for the better."""
    old, new = before.by_name[measure], after.by_name[measure]
    if measure == "residual_flow_px":
        return old - new
    if measure == "correlation":
        return new - old
    return np.divide(new - old, old, out=np.zeros_like(old), where=old > 0)


def _vote(measure: Measure, gain: Draws, by_noise: Draws) -> Vote:
    net = estimate(gain - NOISE_COUNTS * np.maximum(by_noise, 0.0))
    if min(net.low, net.value) > 0 and gain[0] > SMALLEST[measure]:
        return "better"
    plain = estimate(gain)
    if max(plain.high, plain.value) < -SMALLEST[measure]:
        return "worse"
    return "unclear"
