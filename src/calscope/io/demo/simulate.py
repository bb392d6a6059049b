"""Two-photon recordings with known truth: the motion, footprints, calcium and spikes that made every frame.

The tissue is drawn once, PAD px larger than the field on every side; a frame is that scene with the activity of its
moment, displaced, and seen through photon and read noise. Frames are made when they are read, so that a recording of
any length needs the memory of a few.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.io.demo import simulated_activity as activity
from calscope.io.demo import simulated_motion as motion
from calscope.io.demo import simulated_tissue as tissue
from calscope.io.demo.simulated_camera import add_footprints, displace, expose
from calscope.model.errors import ParameterError

FloatArray = NDArray[np.float32]
PAD = 16
"""px by which the scene is larger than the field on every side; motion must stay below it."""
DRIFT = 2.0
"""By how much the resting light of a drifting neuron rises, relative to the neuropil's light."""
Placed = tuple[tuple[slice, slice], FloatArray]


@dataclass(frozen=True)
class Scene:
    """What is recorded, and how well. The defaults are an awake mouse with GCaMP6f in a good preparation."""

    frames: int = 1500
    height: int = 256
    width: int = 256
    n_neurons: int = 90
    photons: float = 8.0
    """Photons a pixel and frame that the neuropil gives on average."""
    fr_hz: float = 14.7
    decay_s: float = 0.4
    soma_radius_px: float = 5.8
    soma_spread: float = 0.12
    """Standard deviation of the somata's radius, relative to it."""
    soma_oval: float = 0.1
    """How far somata are from round: standard deviation of their half-axes, relative to the radius."""
    nucleus: tuple[float, float] = (0.15, 0.75)
    """Least and greatest part of the light that is missing over the nucleus: 0 is a full disc, 1 a ring."""
    spike_rate_hz: float = 0.3
    soma_brightness: float = 1.0
    """Factor on the light that spikes make; 1 is a cell whose single spike is a good part of the neuropil's light."""
    crowding: float = 0.4
    """0 for somata well apart, 1 for somata that overlap."""
    neuropil_strength: float = 0.1
    """How much the neuropil's light fluctuates by itself, relative to it."""
    texture: float = 1.0
    """Contrast of the still structures; 0 is even tissue that motion can't be seen in."""
    drift_px: float = 0.8
    jitter_px: float = 0.3
    jumps_per_min: float = 4.0
    jump_px: float = 4.0
    max_shift_px: float = 5.0
    warp_px: float = 0.3
    """Standard deviation of the bending at its knots."""
    vertical_only: bool = False
    """Whether the tissue as a whole moves up and down only."""
    bleaching: float = 0.08
    """Part of the light that is lost at the end of the recording."""
    brightness_drift: float = 0.0
    """Relative change of all light from the first frame to the last, as of an unsteady laser."""
    dark_frames: tuple[int, int] | None = None
    """Frames (start, stop) with the shutter closed."""
    n_out_of_focus: int = 0
    """Active cells above or below the focal plane: wide and soft."""
    n_neurites: int = 0
    """Active thin processes."""
    wave_strength: float = 0.0
    """Fluctuation of large stretches of neuropil within fractions of a second, relative to its light."""
    gain: float = 80.0
    """Counts a photon makes."""
    read_noise: float = 18.0
    """Standard deviation of the read noise, counts."""
    offset: float = 300.0
    """Counts without light."""
    full_scale: float = 65535.0
    """Counts at which the camera saturates."""
    n_drifting: int = 0
    """Neurons, the first ones, whose resting light rises over the recording."""
    n_single_event: int = 0
    """Neurons, those after the drifting ones, that fire in one burst only."""
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.frames, self.height, self.width) < 1:
            raise ParameterError(
                f"A simulated recording of {self.frames} frames of {self.height} x {self.width} px is empty; "
                "each of the three must be at least 1."
            )
        if self.max_shift_px + 4.0 * self.warp_px > PAD - 2:
            raise ParameterError(
                f"Motion of up to {self.max_shift_px:g} px with a warp of {self.warp_px:g} px leaves the simulated "
                f"scene, which is {PAD} px larger than the field; choose max_shift_px + 4 warp_px of at most {PAD - 2}."
            )


class Simulation:
    """A recording of a `Scene`, as a source of frames, with the truth about it.

    Attributes
    ----------
    shifts
        Displacement of the whole scene, (T, 2) px as (y, x), down and right positive.
    warp
        Displacement on top of it, (T, 4, 4, 2) px, on a grid stretched over the scene (the field with PAD px around
        it). What lies at a point p of the still scene is seen at p + shifts + warp(p).
    traces, spikes
        Light of each neuron's calcium in units of the neuropil's mean light, and its spikes per frame, (N, T).
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        space, time, moving = (np.random.default_rng([scene.seed, part]) for part in (1, 2, 3))
        self._draw_tissue(space)
        self._draw_activity(time)
        self._draw_motion(moving)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.scene.frames, self.scene.height, self.scene.width

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""
        return np.dtype(np.uint16)

    @property
    def fr(self) -> float:
        """Frame rate, Hz."""
        return self.scene.fr_hz

    @property
    def decay(self) -> float:
        """Decay time of the indicator, s."""
        return self.scene.decay_s

    @cached_property
    def masks(self) -> FloatArray:
        """Footprints of the neurons without motion, peak 1 (lower where the border cuts them), (N, H, W)."""
        inner = (slice(PAD, PAD + self.scene.height), slice(PAD, PAD + self.scene.width))
        masks = np.zeros((self.scene.n_neurons, self.scene.height, self.scene.width), np.float32)
        for mask, (box, light) in zip(masks, self._somata, strict=True):
            padded = np.zeros(self._full, np.float32)
            padded[box] = light
            mask[:] = padded[inner]
        return masks

    def read(self, start: int, stop: int) -> NDArray[np.uint16]:
        """Frames `start` to `stop` (exclusive), (n, H, W)."""
        frames = self._frame_numbers(start, stop)
        out = np.empty((len(frames), *self.shape[1:]), np.uint16)
        scene = self.scene
        for image, frame in zip(out, frames, strict=True):
            light = self._moved(self._lit_scene(frame), frame)
            expose(light, scene.seed, frame, scene.gain, scene.read_noise, scene.offset, image)
        return np.minimum(out, np.uint16(scene.full_scale), out=out)

    def noise_free(self, start: int, stop: int) -> FloatArray:
        """Mean photons per pixel of frames `start` to `stop`, with motion, (n, H, W)."""
        frames = self._frame_numbers(start, stop)
        out = np.empty((len(frames), *self.shape[1:]), np.float32)
        for image, frame in zip(out, frames, strict=True):
            image[:] = self._moved(self._lit_scene(frame), frame)
        return out

    def still(self, start: int, stop: int) -> FloatArray:
        """Mean photons per pixel of frames `start` to `stop` had nothing moved, (n, H, W)."""
        frames = self._frame_numbers(start, stop)
        inner = (slice(PAD, PAD + self.scene.height), slice(PAD, PAD + self.scene.width))
        out = np.empty((len(frames), *self.shape[1:]), np.float32)
        for image, frame in zip(out, frames, strict=True):
            image[:] = self._lit_scene(frame)[inner]
        return out

    def share_outside(self, rim_px: int) -> NDArray[np.float64]:
        """Give the share of each neuron's light that lies in a rim of the field, or beyond its edge, (N,)."""
        rows = slice(PAD + rim_px, PAD + self.scene.height - rim_px)
        columns = slice(PAD + rim_px, PAD + self.scene.width - rim_px)
        shares = []
        for box, light in self._somata:
            padded = np.zeros(self._full, np.float32)
            padded[box] = light
            shares.append(1.0 - float(padded[rows, columns].sum()) / float(padded.sum()))
        return np.array(shares)

    def neuropil_at(self, weights: NDArray) -> NDArray[np.float64]:
        """Give the light of the neuropil's fluctuations under weights (H, W), (T,), in photons."""
        maps = self._maps[:, PAD : PAD + self.scene.height, PAD : PAD + self.scene.width]
        share = np.tensordot(maps, weights, axes=2) / max(float(np.sum(weights)), 1e-9)
        return np.asarray(share @ self._wave_light * self.scene.photons * self._brightness, np.float64)

    def save_truth(self, path: Path) -> None:
        """Write the truth as a compressed .npz: shifts, warp, masks, traces, spikes, fr, decay."""
        truth: dict[str, Any] = {
            "shifts": self.shifts,
            "warp": self.warp,
            "masks": self.masks.astype(np.float16),
            "traces": self.traces,
            "spikes": self.spikes,
            "fr": np.array(self.fr),
            "decay": np.array(self.decay),
        }
        with path.open("wb") as file:
            np.savez_compressed(file, **truth)

    def _draw_tissue(self, rng: np.random.Generator) -> None:
        scene = self.scene
        self._full = (scene.height + 2 * PAD, scene.width + 2 * PAD)
        self._neuropil = tissue.neuropil(self._full, texture=scene.texture, rng=rng)
        field = (scene.height, scene.width)
        radius, spread = scene.soma_radius_px, scene.soma_spread
        dark = self._neuropil[PAD:-PAD, PAD:-PAD] < 0.5
        centers = tissue.soma_centers(
            scene.n_neurons, field, radius_px=radius, crowding=scene.crowding, avoid=dark, rng=rng
        )
        self._somata = [
            tissue.soma(
                self._full,
                center + PAD,
                radius_px=radius,
                spread=spread,
                oval=scene.soma_oval,
                nucleus=scene.nucleus,
                rng=rng,
            )
            for center in centers
        ]
        clutter_rng = np.random.default_rng([scene.seed, 4])
        self._clutter = [
            tissue.blurred_soma(self._full, radius_px=radius, rng=clutter_rng) for _ in range(scene.n_out_of_focus)
        ]
        self._clutter += [tissue.neurite(self._full, rng=clutter_rng) for _ in range(scene.n_neurites)]
        self._maps = tissue.wide_maps(self._full, 4, rng) * self._neuropil
        self._footprints = _as_sparse([*self._somata, *self._clutter], self._full)

    def _draw_activity(self, rng: np.random.Generator) -> None:
        scene = self.scene
        fr, rate, decay = scene.fr_hz, scene.spike_rate_hz, scene.decay_s
        self.spikes = activity.spike_counts(scene.n_neurons, scene.frames, fr_hz=fr, rate_hz=rate, rng=rng)
        single = slice(scene.n_drifting, scene.n_drifting + scene.n_single_event)
        self.spikes[single] = activity.single_bursts(self.spikes[single].shape, np.random.default_rng([scene.seed, 6]))
        bright = scene.soma_brightness * rng.lognormal(np.log(1.4), 0.35, scene.n_neurons)
        self.traces = activity.calcium(self.spikes, fr_hz=fr, decay_s=decay) * bright[:, None].astype(np.float32)
        rest = rng.lognormal(np.log(0.5), 0.5, (scene.n_neurons, 1))
        clutter = self._clutter_light(np.random.default_rng([scene.seed, 5]))
        rise = np.linspace(0.0, DRIFT, scene.frames) * (np.arange(scene.n_neurons) < scene.n_drifting)[:, None]
        light = [(self.traces + rest + rise).astype(np.float32), clutter]
        slow = scene.neuropil_strength * activity.slow_waves(2, scene.frames, fr_hz=fr, seconds=1.5, rng=rng)
        fast = scene.wave_strength * activity.slow_waves(2, scene.frames, fr_hz=fr, seconds=0.25, rng=rng)
        self._wave_light = np.concatenate([slow, fast])
        # one row a frame: what a frame needs lies together
        self._light = np.ascontiguousarray(np.concatenate(light).T)
        self._brightness = activity.brightness(
            scene.frames,
            bleaching=scene.bleaching,
            brightness_drift=scene.brightness_drift,
            dark_frames=scene.dark_frames,
        )

    def _clutter_light(self, rng: np.random.Generator) -> FloatArray:
        """Light of the active things that are no soma in focus, (n, T)."""
        scene = self.scene
        n = len(self._clutter)
        spikes = activity.spike_counts(n, scene.frames, fr_hz=scene.fr_hz, rate_hz=1.2 * scene.spike_rate_hz, rng=rng)
        bright = scene.soma_brightness * rng.lognormal(np.log(0.5), 0.4, n)
        light = activity.calcium(spikes, fr_hz=scene.fr_hz, decay_s=scene.decay_s) * bright[:, None]
        return (light + 0.1).astype(np.float32)

    def _draw_motion(self, rng: np.random.Generator) -> None:
        scene = self.scene
        self.shifts = motion.rigid_shifts(
            scene.frames,
            fr_hz=scene.fr_hz,
            drift_px=scene.drift_px,
            jitter_px=scene.jitter_px,
            jumps_per_min=scene.jumps_per_min,
            jump_px=scene.jump_px,
            max_shift_px=scene.max_shift_px,
            vertical_only=scene.vertical_only,
            rng=rng,
        )
        self.warp = motion.bending(scene.frames, fr_hz=scene.fr_hz, warp_px=scene.warp_px, rng=rng)
        self._stretch = motion.stretch_matrix(self._full[0]), motion.stretch_matrix(self._full[1]).T

    def _frame_numbers(self, start: int, stop: int) -> range:
        return range(self.scene.frames)[start:stop]

    def _lit_scene(self, frame: int) -> FloatArray:
        """Light up the whole scene as it is at the moment of a frame, in photons, before it is displaced."""
        lit = np.tensordot(self._wave_light[:, frame], self._maps, axes=1)
        lit += self._neuropil
        np.maximum(lit, 0.0, out=lit)
        add_footprints(lit, *self._footprints, self._light[frame])
        lit *= self.scene.photons * self._brightness[frame]
        return lit

    def _moved(self, lit: FloatArray, frame: int) -> FloatArray:
        """Displace a scene and cut out the field that the microscope sees."""
        down, across = self._stretch
        warp_y = np.asarray(down @ self.warp[frame, :, :, 0] @ across, np.float32)
        warp_x = np.asarray(down @ self.warp[frame, :, :, 1] @ across, np.float32)
        out = np.empty(self.shape[1:], np.float32)
        shift_y, shift_x = self.shifts[frame]
        displace(lit, warp_y, warp_x, shift_y, shift_x, PAD, out)
        return out


def _as_sparse(placed: list[Placed], shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Footprints one after the other: where each starts, its pixels in C order, its weights."""
    starts, pixels, weights = [0], [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for box, light in placed:
        y, x = np.nonzero(light)
        pixels.append((y + box[0].start) * shape[1] + x + box[1].start)
        weights.append(light[y, x])
        starts.append(starts[-1] + len(y))
    return np.array(starts, np.int64), np.concatenate(pixels), np.concatenate(weights)
