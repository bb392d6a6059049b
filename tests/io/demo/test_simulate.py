"""The simulated recordings are what their truth says."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.stats import chi2, poisson

from calscope.io.demo.scenes import CELL_CASES, MOTION_CASES, demo_scene, plain_scene, with_case
from calscope.io.demo.simulate import PAD, Scene, Simulation
from calscope.io.demo.simulated_activity import calcium
from calscope.io.demo.simulated_camera import expose
from calscope.model.errors import ParameterError

SCENE = Scene(frames=50, height=70, width=90, n_neurons=12, drift_px=2.0, warp_px=0.5, seed=3)


@pytest.fixture(scope="module")
def simulation():
    return Simulation(SCENE)


def displacement(simulation, points):
    """(T, P, 2) px: the truth as its users read it, by interpolating the warp on its grid over the padded scene."""
    warp = simulation.warp.astype(float)
    full = (SCENE.height + 2 * PAD, SCENE.width + 2 * PAD)
    where = [(c + PAD + 0.5) * 4 / n - 0.5 for c, n in zip(points.T, full, strict=True)]
    moved = [[map_coordinates(w[..., axis], where, order=3, mode="nearest") for axis in (0, 1)] for w in warp]
    return np.moveaxis(np.array(moved), 1, 2) + simulation.shifts[:, None]


def test_frames_are_the_still_scene_displaced_by_the_truth(simulation):
    points = np.stack(np.mgrid[14:56:3, 14:76:3], -1).reshape(-1, 2).astype(float)
    true = displacement(simulation, points)
    seen, still = simulation.noise_free(0, 50), simulation.still(0, 50)
    rows, columns = points.T.astype(int)
    expected = still[:, rows, columns]
    found = np.array([map_coordinates(f, (points + d).T, order=3) for f, d in zip(seen, true, strict=True)])
    uncorrected = seen[:, rows, columns]
    assert np.std(found - expected) < 0.03 * np.std(uncorrected - expected)
    # a quarter of a pixel of displacement too much would show clearly
    wrong = np.array([map_coordinates(f, (points + d + 0.25).T, order=3) for f, d in zip(seen, true, strict=True)])
    assert np.std(wrong - expected) > 5 * np.std(found - expected)


def test_motion_has_jumps_stays_in_bounds_and_the_warp_has_no_rigid_part():
    simulation = Simulation(replace(SCENE, frames=2000, jumps_per_min=8.0, jump_px=4.0, max_shift_px=5.0))
    steps = np.hypot(*np.diff(simulation.shifts, axis=0).T)
    assert np.abs(simulation.shifts).max() <= 5.0
    assert 5 < np.count_nonzero(steps > 1.5) < 40
    assert np.abs(simulation.warp.mean(axis=(1, 2))).max() < 1e-5
    assert 0.4 < simulation.warp.std() < 0.6


@pytest.mark.parametrize("pieces", [(0, 50), (0, 1, 7, 50), (0, 25, 26, 50)])
def test_frames_do_not_depend_on_how_they_are_read(simulation, pieces):
    whole = Simulation(SCENE).read(0, 50)
    ends = list(pairwise(pieces))
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(lambda pair: simulation.read(*pair), ends[::-1]))[::-1]
    assert np.array_equal(np.concatenate(read), whole)


def test_another_seed_is_another_animal(simulation):
    other = Simulation(replace(SCENE, seed=4))
    assert not np.allclose(other.shifts, simulation.shifts)
    assert not np.allclose(other.masks, simulation.masks)
    assert not np.array_equal(other.read(0, 1), simulation.read(0, 1))


@pytest.mark.parametrize("mean", [0.3, 3.0, 25.0, 60.0])
def test_photons_are_poisson(mean):
    """Chi-square against the Poisson distribution, without read noise, gain 1."""
    out = np.empty((200, 500), np.uint16)
    expose(np.full(out.shape, mean, np.float32), 7, 0, 1.0, 0.0, 0.0, out)
    ends = np.unique(poisson.ppf(np.linspace(0.01, 0.99, 15), mean))
    edges = np.concatenate([[-0.5], ends + 0.5, [np.inf]])
    seen, _ = np.histogram(out, edges)
    expected = np.diff(np.concatenate([[0.0], poisson.cdf(ends, mean), [1.0]])) * out.size
    statistic = ((seen - expected) ** 2 / expected).sum()
    assert statistic < chi2.ppf(0.9999, len(expected) - 1)


def test_counts_have_the_mean_and_variance_of_the_camera(simulation):
    counts = simulation.read(0, 50).astype(float)
    light = simulation.noise_free(0, 50)
    variance = SCENE.gain**2 * light + SCENE.read_noise**2
    z = (counts - SCENE.offset - SCENE.gain * light) / np.sqrt(variance)
    assert abs(z.mean()) < 0.01
    assert abs(z.std() - 1.0) < 0.01
    assert abs(np.corrcoef(z[1:].ravel(), z[:-1].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(z[:, :, 1:].ravel(), z[:, :, :-1].ravel())[0, 1]) < 0.01


def test_calcium_of_one_spike_rises_fast_peaks_at_one_and_decays_with_its_time():
    spikes = np.zeros((1, 200), np.uint8)
    spikes[0, 20] = 1
    trace = calcium(spikes, fr_hz=30.0, decay_s=0.4)[0]
    assert np.all(trace[:20] == 0)
    assert trace.max() == pytest.approx(1.0, abs=1e-5)
    assert trace.argmax() - 20 < 0.2 * 30
    tail = trace[40:80]
    assert np.log(tail[:-1] / tail[1:]).mean() * 30.0 == pytest.approx(1.0 / 0.4, rel=0.02)


def test_light_in_a_mask_follows_its_trace():
    """With nothing else going on, the light under a soma is its calcium."""
    quiet = replace(SCENE, frames=300, n_neurons=1, neuropil_strength=0.0, bleaching=0.0, spike_rate_hz=1.0, seed=11)
    simulation = Simulation(quiet)
    light = np.einsum("tyx,yx->t", simulation.still(0, 300), simulation.masks[0])
    assert np.corrcoef(light, simulation.traces[0])[0, 1] > 0.9999


def test_somata_have_the_size_asked_for_and_a_dim_middle():
    simulation = Simulation(Scene(frames=2, height=256, width=256, n_neurons=60, soma_radius_px=6.0, crowding=0.0))
    inside = [m for m in simulation.masks if m[0].max() == m[-1].max() == m[:, 0].max() == m[:, -1].max() == 0]
    radii = [np.sqrt((m > 0.5).sum() / np.pi) for m in inside]
    assert 5.3 < np.median(radii) < 6.7
    assert np.std(radii) > 0.3
    middles = [m[tuple(round(c) for c in np.argwhere(m > 0.1).mean(axis=0))] for m in inside]
    assert np.median(middles) < 0.85


@pytest.mark.parametrize(("name", "changes"), [*MOTION_CASES.items(), *CELL_CASES.items()])
def test_every_case_makes_frames(name, changes):
    scene = with_case(plain_scene(frames=5, height=40, width=48, seed=1), changes)
    frames = Simulation(scene).read(0, 5)
    assert frames.shape == (5, 40, 48), name
    assert frames.std() > 0


def test_options_do_what_they_say():
    base = replace(SCENE, frames=60, bleaching=0.0)
    dark = Simulation(replace(base, dark_frames=(10, 20))).noise_free(0, 60).mean(axis=(1, 2))
    assert np.all(dark[10:20] == 0)
    assert np.all(dark[20:] > 1)
    fading = Simulation(replace(base, brightness_drift=-0.5)).noise_free(0, 60).mean(axis=(1, 2))
    assert fading[-1] / fading[0] == pytest.approx(0.5, abs=0.15)
    up_down = Simulation(replace(base, vertical_only=True)).shifts
    assert np.all(up_down[:, 1] == 0)
    assert up_down[:, 0].std() > 0.1
    clutter = Simulation(replace(base, n_out_of_focus=5, n_neurites=5))
    plain = Simulation(base)
    assert np.array_equal(clutter.masks, plain.masks), "clutter must not move the neurons"
    assert clutter.still(0, 60).mean() > plain.still(0, 60).mean()


@pytest.mark.parametrize("frames", [1, 2, 9])
def test_recordings_shorter_than_their_fluctuations(frames):
    simulation = Simulation(Scene(frames=frames, height=30, width=30, n_neurons=4))
    assert simulation.spikes.sum() < 20
    assert np.isfinite(simulation.noise_free(0, frames)).all()


def test_truth_is_saved_in_the_agreed_form(simulation, tmp_path):
    simulation.save_truth(tmp_path / "truth.npz")
    with np.load(tmp_path / "truth.npz") as truth:
        shapes = {name: truth[name].shape for name in truth}
        assert shapes == {
            "shifts": (50, 2),
            "warp": (50, 4, 4, 2),
            "masks": (12, 70, 90),
            "traces": (12, 50),
            "spikes": (12, 50),
            "fr": (),
            "decay": (),
        }
        assert truth["fr"] == 14.7
        assert np.abs(truth["masks"].astype(float) - simulation.masks).max() < 1e-3


def test_scenes_that_can_not_be_are_refused_in_words():
    with pytest.raises(ParameterError, match="at least 1"):
        Scene(frames=0)
    with pytest.raises(
        ParameterError, match=r"16 px larger than the field; choose max_shift_px \+ 4 warp_px of at most"
    ):
        Scene(max_shift_px=15.0)


def test_demo_animals_differ():
    scenes = [demo_scene(i, frames=10, size=64, seed=0) for i in range(7)]
    assert len({scene.seed for scene in scenes}) == 7
    assert min(scene.photons for scene in scenes[:5]) < 4.0, "one of the five is dim"
    assert len({(s.n_neurons, s.photons, s.drift_px) for s in scenes[:5]}) == 5


def test_a_demo_with_clutter_has_the_same_neurons_and_more_light():
    plain, cluttered = (Simulation(demo_scene(1, frames=30, size=64, seed=2, clutter=on)) for on in (False, True))
    np.testing.assert_array_equal(cluttered.masks, plain.masks)
    np.testing.assert_array_equal(cluttered.spikes, plain.spikes)
    assert cluttered.scene.n_out_of_focus > 0
    assert cluttered.scene.n_neurites > 0
    assert cluttered.still(0, 30).mean() > plain.still(0, 30).mean()


def test_somata_are_as_hollow_as_asked():
    def light(nucleus):
        scene = Scene(frames=2, height=96, width=96, n_neurons=12, crowding=0, seed=5, nucleus=nucleus)
        return np.median([mask.sum() for mask in Simulation(scene).masks])

    assert light((0.9, 0.95)) < 0.9 * light((0.0, 0.05))
