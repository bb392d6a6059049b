"""Scenes to try the program on: the animals of the demo, and the cases that are hard for motion or for extraction."""

from collections.abc import Mapping
from dataclasses import replace

from calscope.io.demo.simulate import Scene

_USUAL_SIDE_PX = 256

Changes = Mapping[str, object]

DEMO_ANIMALS: tuple[Changes, ...] = (
    {},
    {"n_neurons": 130, "crowding": 0.8, "photons": 6.0},
    {"photons": 2.5, "soma_brightness": 0.9, "spike_rate_hz": 0.2},
    {"drift_px": 1.5, "jumps_per_min": 10.0, "jump_px": 5.0, "max_shift_px": 6.0, "warp_px": 0.45},
    {"n_neurons": 50, "photons": 12.0, "soma_radius_px": 6.6, "crowding": 0.1},
)
"""How the demo's animals differ from the default scene: good, crowded, dim, with much motion, few bright cells."""

CLUTTER: Changes = {"n_out_of_focus": 80, "n_neurites": 90, "wave_strength": 0.1}
"""What is active in real tissue but is no soma in focus: cells above and below, thin processes, waves of neuropil."""

MOTION_CASES: dict[str, Changes] = {
    "plain": {},
    "large jumps": {"drift_px": 2.0, "jumps_per_min": 15.0, "jump_px": 7.0, "max_shift_px": 6.0, "warp_px": 0.4},
    "low light": {"photons": 2.0},
    "vertical only": {"vertical_only": True, "jitter_px": 0.9, "warp_px": 0.0},
    "brightness drift": {"brightness_drift": -0.5},
    "dark stretch": {"dark_frames": (200, 260)},
    "sparse field": {"n_neurons": 8, "texture": 0.3, "photons": 4.0},
    "strong bending": {"warp_px": 0.6},
    "clutter": CLUTTER,
    "restless in low light": {
        "photons": 2.5,
        "drift_px": 1.5,
        "jumps_per_min": 10.0,
        "jump_px": 5.0,
        "max_shift_px": 6.0,
    },
    "fast": {"fr_hz": 30.0, "photons": 4.0},
    "bleaching": {"bleaching": 0.45},
    "still": {"drift_px": 0.0, "jitter_px": 0.0, "jumps_per_min": 0.0, "warp_px": 0.0},
}
"""What makes motion hard to find, as changes of a scene."""

CELL_CASES: dict[str, Changes] = {
    "plain": {},
    "crowded": {"n_neurons": 150, "crowding": 0.9},
    "few": {"n_neurons": 25, "crowding": 0.1},
    "dim": {"photons": 3.0},
    "faint cells": {"soma_brightness": 0.6},
    "restless neuropil": {"neuropil_strength": 0.25},
    "small somata": {"soma_radius_px": 4.2},
    "large somata": {"soma_radius_px": 8.0, "n_neurons": 55},
    "uneven somata": {"soma_spread": 0.25},
    "fast": {"fr_hz": 30.0},
    "slow indicator": {"decay_s": 1.2},
    "quiet": {"spike_rate_hz": 0.08},
    "oval somata": {"soma_oval": 0.22},
    "rings": {"nucleus": (0.75, 0.95)},
    "full discs": {"nucleus": (0.0, 0.1)},
    "bleaching": {"bleaching": 0.45},
    "waves": {"wave_strength": 0.15, "neuropil_strength": 0.15},
    "clutter": CLUTTER,
    "dim clutter": {**CLUTTER, "photons": 4.0},
    "crowded clutter": {**CLUTTER, "n_neurons": 130, "crowding": 0.7},
}
"""What varies between preparations, as changes of a scene."""


def with_case(scene: Scene, changes: Changes) -> Scene:
    """Change a scene; numbers of things are meant for 256 x 256 px and follow the size of the field."""
    area = scene.height * scene.width / _USUAL_SIDE_PX**2
    fitted = dict(changes)
    for name in ("n_neurons", "n_out_of_focus", "n_neurites"):
        if name in fitted:
            fitted[name] = max(1, round(float(fitted[name]) * area))  # type: ignore[arg-type]
    return replace(scene, **fitted)  # type: ignore[arg-type]


def plain_scene(*, frames: int, height: int, width: int, seed: int = 0) -> Scene:
    """Give the default scene in another size, with as many neurons per area."""
    usual = Scene.n_neurons
    return with_case(Scene(frames=frames, height=height, width=width, seed=seed), {"n_neurons": usual})


def demo_scene(animal: int, *, frames: int, size: int, seed: int, clutter: bool = False) -> Scene:
    """Give the scene of one animal of the demo, counted from 0; further animals repeat the kinds with other tissue.

    With `clutter` there is also what is active in real tissue and is no soma in focus; the neurons stay the same.
    """
    plain = plain_scene(frames=frames, height=size, width=size, seed=1000 * seed + animal)
    kind = DEMO_ANIMALS[animal % len(DEMO_ANIMALS)]
    return with_case(plain, {**kind, **CLUTTER} if clutter else kind)
