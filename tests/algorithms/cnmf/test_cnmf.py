"""The whole extraction on small simulated recordings, and what must not break it."""

import threading

import numpy as np
import pytest

from calscope.algorithms.cnmf import cnmf
from calscope.algorithms.cnmf.patch_fit import effective_tsub
from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.algorithms.evaluation.component_quality import measure_components
from calscope.algorithms.evaluation.dff import compute_dff
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.errors import CalscopeError, Cancelled
from calscope.model.movie import Movie

FIT = {
    "border_px": 0, "K": 4, "rf": 15, "stride": 10, "gSig": (4, 4), "gSiz": (9, 9), "nb": 2, "p": 1,
    "merge_thr": 0.85, "bas_nonneg": True,
}  # fmt: skip
REFIT = ("gSig", "nb", "p", "merge_thr", "bas_nonneg")
LIMITS = {
    "min_SNR": 2.0, "rval_thr": 0.85, "SNR_lowest": 0.5, "rval_lowest": -1.0,
    "use_cnn": False, "min_cnn_thr": 0.99, "cnn_lowest": 0.1,
}  # fmt: skip


@pytest.fixture(scope="module")
def recording():
    """A still field, not square, of 12 cells: movie and simulation."""
    scene = Scene(
        frames=600, height=72, width=84, n_neurons=12, crowding=0.2, drift_px=0, jitter_px=0, jumps_per_min=0,
        warp_px=0, soma_radius_px=5.0, spike_rate_hz=0.4, seed=4,
    )  # fmt: skip
    simulation = Simulation(scene)
    return Movie(np.asarray(simulation.read(0, 600), np.uint16)), simulation


def extract(movie, workers=2, **changes):
    wanted = {**FIT, **changes}
    first = cnmf.fit(movie, **wanted, workers=workers)
    return first, cnmf.refit(movie, first, **{name: wanted[name] for name in REFIT}, workers=workers)


def matches(found, simulation, limit=0.6):
    """(true, found) pairs whose footprints have that cosine at least, and the masks' count."""
    masks = simulation.masks.reshape(len(simulation.masks), -1)
    counted = (simulation.spikes.sum(axis=1) >= 3) & (masks.sum(axis=1) > 35)
    true = masks / (np.linalg.norm(masks, axis=1, keepdims=True) + 1e-9)
    images = np.array([found.footprint(k).ravel() for k in range(found.n)]).reshape(found.n, -1)
    cosine = true @ images.T
    pairs = [(i, int(cosine[i].argmax())) for i in np.flatnonzero(counted) if cosine[i].max() > limit]
    return pairs, int(counted.sum()), cosine


@pytest.fixture(scope="module")
def extracted(recording):
    return extract(recording[0])


def test_cells_are_found_and_told_from_what_is_none(recording, extracted):
    movie, simulation = recording
    found = extracted[1]
    pairs, n_true, cosine = matches(found, simulation)
    assert len(pairs) >= n_true - 1
    assert np.median([cosine[i, j] for i, j in pairs]) > 0.97
    assert np.median([np.corrcoef(simulation.traces[i], found.C[j])[0, 1] for i, j in pairs]) > 0.97
    quality = measure_components(movie, found, gSig=(4, 4), fr_hz=14.7, decay_time_s=0.4)
    accepted = accept_components(quality, **LIMITS).accepted
    hits = [j for _, j in pairs if accepted[j]]
    assert len(set(hits)) == len(hits) >= 0.85 * n_true
    # Of what is accepted, nearly all is a cell, be it one at the edge of the field that isn't counted above.
    assert (cosine[:, accepted].max(axis=0) > 0.4).mean() >= 0.8


def test_shapes_and_meaning_of_the_result(recording, extracted):
    movie, _ = recording
    for found in extracted:
        n, n_px = found.n, 72 * 84
        assert found.A.shape == (n_px, n)
        assert found.C.shape == found.S.shape == found.YrA.shape == (n, 600)
        assert found.b.shape == (n_px, 2)
        assert found.f.shape == (2, 600)
        assert found.g.shape == (n, 1)
        assert found.bl.shape == found.c1.shape == found.neurons_sn.shape == (n,)
        assert np.allclose(np.linalg.norm(found.A.toarray(), axis=0), 1, atol=1e-5)
        assert min(found.A.data.min(), found.C.min(), found.S.min(), found.b.min(), found.f.min(), found.bl.min()) >= 0
    model = (found.A @ found.C + found.b @ found.f).T.reshape(600, 84, 72).transpose(0, 2, 1)
    residual = movie.read(0, 600) - model
    noise = found.sn.reshape((72, 84), order="F")
    assert np.median(residual.std(axis=0) / noise) < 1.1


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_changes_nothing(recording, extracted, workers):
    others = extract(recording[0], workers=workers)
    for one, two in zip(others, extracted, strict=True):
        for name in ("C", "S", "YrA", "b", "f", "bl", "g", "sn"):
            assert np.array_equal(getattr(one, name), getattr(two, name)), name
        assert (one.A != two.A).nnz == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"rf": None, "K": 14},
        {"p": 0},
        {"p": 2},
        {"only_init": False},
        {"tsub": 2, "ssub": 2},
        {"rolling_sum": False},
        {"nb": 1},
    ],
    ids=str,
)
def test_other_settings_find_the_cells_too(recording, changes):
    movie, simulation = recording
    _, found = extract(movie, **changes)
    pairs, n_true, _ = matches(found, simulation)
    assert len(pairs) >= n_true - 2
    assert found.g.shape[1] == changes.get("p", 1)


def test_no_seed_in_the_border(recording):
    movie, _ = recording
    first = cnmf.fit(movie, **{**FIT, "border_px": 20})
    y, x = first.centers_px().T
    assert first.n > 2
    # A footprint may reach into the rim, its seed may not.
    assert min(y.min(), x.min(), (71 - y).min(), (83 - x).min()) > 20 - 8


def noise_movie(n_frames=120, height=40, width=44, seed=0):
    return np.random.default_rng(seed).poisson(50, (n_frames, height, width)).astype(np.uint16)


def with_zero_border():
    frames = noise_movie()
    frames[:, :9] = 0
    frames[:, :, -9:] = 0
    return frames


BAD = {
    "constant": (np.full((100, 40, 44), 7, np.uint16), {}),
    "zero border": (with_zero_border(), {}),
    "smaller than a patch": (noise_movie(60, 12, 9), {}),
    "one pixel": (noise_movie(60, 1, 1), {}),
    "more components than pixels": (noise_movie(60, 10, 10), {"K": 2000}),
    "tsub larger than the movie": (noise_movie(60), {"tsub": 100}),
    "ssub larger than a patch": (noise_movie(60), {"ssub": 64}),
    "ssub and tsub in a field of a few px": (noise_movie(40, 3, 5), {"ssub": 7, "tsub": 9}),
    "just enough frames for AR(2)": (noise_movie(12), {"p": 2}),
    "border over everything": (noise_movie(60, 30, 30), {"border_px": 20}),
    "many backgrounds": (noise_movie(60, 16, 16), {"nb": 20}),
}


@pytest.mark.parametrize("name", BAD)
def test_little_to_find_is_a_small_result_and_no_crash(name):
    frames, changes = BAD[name]
    _, found = extract(Movie(frames), **changes)
    n, n_frames = found.n, len(frames)
    assert n <= 3
    assert found.C.shape == found.S.shape == found.YrA.shape == (n, n_frames)
    assert found.A.shape == (frames[0].size, n)
    for values in (found.C, found.S, found.YrA, found.b, found.f, found.bl, found.g, found.sn, found.A.data):
        assert np.isfinite(values).all()
    quality = measure_components(Movie(frames), found, gSig=(4, 4), fr_hz=10.0, decay_time_s=0.4)
    assert accept_components(quality, **LIMITS).accepted.shape == (n,)
    relative = compute_dff(found, fr_hz=10.0, window_s=1000.0, quantile=8.0)
    assert relative.dff.shape == relative.f0.shape == (n, n_frames)
    assert np.isfinite(relative.f0).all()


@pytest.mark.parametrize(("n_frames", "p"), [(9, 1), (1, 0), (11, 2)])
def test_too_few_frames_are_refused_in_words(n_frames, p):
    with pytest.raises(CalscopeError, match=rf"{n_frames} frames?; at least {10 + p} are needed .* p = {p}\."):
        cnmf.fit(Movie(noise_movie(n_frames)), **{**FIT, "p": p})


def test_a_large_patch_is_averaged_in_time_rather_than_filling_the_memory():
    assert effective_tsub(1, 1500, patch_px=31 * 31) == 1
    binning = effective_tsub(1, 60_000, patch_px=512 * 512)
    assert 512 * 512 * 60_000 / binning <= 48e6
    assert effective_tsub(1, 100, patch_px=10**9) == 10


@pytest.mark.parametrize("until", [0.0, 0.3, 0.75])
def test_cancel_ends_the_work(recording, until):
    threads = threading.active_count()

    def stop(fraction, note=""):
        if fraction >= until:
            raise Cancelled

    with pytest.raises(Cancelled):
        cnmf.fit(recording[0], **FIT, workers=2, progress=stop)
    assert threading.active_count() == threads


def test_progress_goes_up_to_the_end(recording):
    seen = []
    cnmf.fit(recording[0], **FIT, workers=2, progress=lambda fraction, note="": seen.append(fraction))
    assert seen[0] == 0
    assert seen[-1] > 0.9
    assert max(seen) <= 1
