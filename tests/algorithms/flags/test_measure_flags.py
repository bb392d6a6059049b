"""Every flag is raised where a small movie was made for it, and told of no component where there is nothing to tell."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.sparse import csc_matrix

from calscope.algorithms.flags.footprint_flags import shared_mass, support_of
from calscope.algorithms.flags.measure_flags import measure_flags
from calscope.model.curation.component_flags import FLAG_KINDS, flags_of, kinds_of, not_told
from calscope.model.movie import ArrayMovie, Movie
from calscope.model.results import Components, MotionEstimate

DIMS, T, FR_HZ, DECAY_S = (72, 72), 700, 15.0, 0.4
FULL_SCALE = 3000
PLACES = {
    "good": (16, 16), "one_transient": (16, 38), "neuropil": (16, 58), "drift": (38, 16), "motion": (38, 38),
    "saturated": (38, 58), "rim": (70, 30), "half": (59, 52), "other half": (59, 55), "under": (56, 14),
    "over": (57, 19),
}  # fmt: skip
NAMES = list(PLACES)
WANTED = {"half": {"double"}, "other half": {"double"}, "under": {"overlap"}, "over": {"overlap"}, "good": set(),
          "neuropil": {"neuropil", "drift"}}  # fmt: skip
"""What is not named like its place; a slow wave moves the baseline as well."""


def discs():
    y, x = np.mgrid[: DIMS[0], : DIMS[1]]
    radii = [6 if name in ("under", "over") else 5 for name in NAMES]
    made = [np.clip(r + 0.5 - np.hypot(y - v, x - u), 0, 1) for (v, u), r in zip(PLACES.values(), radii, strict=True)]
    left = np.hypot(y - 59, x - 53.5) <= 5.5
    made[NAMES.index("half")], made[NAMES.index("other half")] = left * (x < 54) * 1.0, left * (x >= 54) * 1.0
    return np.array(made)


def traces(rng):
    """Transients of 8 standard deviations of the noise, each component its own; those of the halves the same."""
    kernel = np.exp(-np.arange(40) / (FR_HZ * DECAY_S))
    clean = np.zeros((len(NAMES), T))
    for k in range(len(NAMES)):
        at = rng.choice(np.arange(20, T - 60, 25), 10, replace=False)
        if NAMES[k] == "one_transient":
            at = at[:1]
        clean[k, at] = 800.0
    clean[NAMES.index("other half")] = clean[NAMES.index("half")]
    return np.array([np.convolve(one, kernel)[:T] for one in clean])


@pytest.fixture(scope="module")
def made():
    """Components with their traces, the movies, and the motion."""
    rng = np.random.default_rng(8)
    shifts = gaussian_filter1d(rng.normal(size=(T, 2)), 1.5, axis=0) * 1.5
    A, C = discs(), traces(rng)
    wave = 400 * gaussian_filter1d(rng.normal(size=T), 8) / 0.19
    raw = C + rng.normal(0, 100, C.shape)
    raw[NAMES.index("drift")] += np.linspace(0, 1500, T)
    raw[NAMES.index("motion")] += 300 * shifts[:, 0] / shifts[:, 0].std()
    C[NAMES.index("neuropil")] = np.clip(wave, 0, None)
    raw[NAMES.index("neuropil")] = wave + rng.normal(0, 100, T)
    near = gaussian_filter(
        (np.hypot(*(np.mgrid[: DIMS[0], : DIMS[1]] - np.reshape(PLACES["neuropil"], (2, 1, 1)))) < 16) * 1.0, 2
    )
    movie = 1000 + np.einsum("t,yx->tyx", wave, near) + rng.normal(0, 60, (T, *DIMS))
    bright = np.zeros(len(NAMES))
    bright[NAMES.index("saturated")] = 4.0
    movie += np.einsum("k,kt,kyx->tyx", bright, C, A)
    codes = np.clip(movie, 0, FULL_SCALE).astype(np.uint16)
    components = Components(
        dims=DIMS,
        A=csc_matrix(A.transpose(2, 1, 0).reshape(-1, len(NAMES)).astype(np.float32)),
        C=C.astype(np.float32),
        S=C.astype(np.float32),
        YrA=(raw - C).astype(np.float32),
        b=np.zeros((DIMS[0] * DIMS[1], 1), np.float32),
        f=np.ones((1, T), np.float32),
        bl=np.zeros(len(NAMES), np.float32),
        c1=np.zeros(len(NAMES), np.float32),
        g=np.zeros((len(NAMES), 1), np.float32),
        neurons_sn=np.full(len(NAMES), 100, np.float32),
        sn=np.ones(DIMS[0] * DIMS[1], np.float32),
    )
    ones = np.ones(T, np.float32)
    motion = MotionEstimate(np.ones(DIMS, np.float32), shifts.astype(np.float32), ones, 2)
    return components, codes, motion


def measured(components, codes, motion):
    return measure_flags(
        ArrayMovie(codes),
        Movie(codes),
        components,
        motion,
        gSig=(4, 4),
        fr_hz=FR_HZ,
        decay_time_s=DECAY_S,
        rim_px=1,
        still=np.zeros(DIMS, bool),
    )


def test_each_flag_is_raised_of_the_component_that_it_was_made_for_and_of_no_other(made):
    found = flags_of(measured(*made))
    assert {name: set(kinds_of(notes)) for name, notes in zip(NAMES, found, strict=True)} == {
        name: WANTED.get(name, {name}) for name in NAMES
    }


def test_what_is_told_is_what_was_put_in(made):
    components = made[0]
    notes = dict(zip(NAMES, flags_of(measured(*made)), strict=True))
    assert notes["half"][0].values["other"] == NAMES.index("other half")
    under, over = NAMES.index("under"), NAMES.index("over")
    A = components.A.toarray()
    share = A[:, under][A[:, over] > 0.2].sum() / A[:, under].sum()
    assert notes["under"][0].values == {"share": pytest.approx(share, abs=1e-4), "other": over}
    shared = shared_mass(components, support_of(components))
    assert shared[under, over] == pytest.approx(share) and not shared.diagonal().any()


def test_marks_lie_on_the_transients(made):
    found, number = measured(*made), NAMES.index("one_transient")
    [[component, start, stop]] = found.marks["one_transient"].tolist()
    peak = int(made[0].C[number].argmax())
    assert component == number and start <= peak < stop <= T
    assert set(found.marks["saturated"][:, 0].tolist()) == {NAMES.index("saturated")}
    assert len(found.marks["saturated"]) >= 5


def test_a_short_recording_tells_what_it_can(made):
    components, codes, motion = made
    few = slice(0, 60)
    parts = {name: getattr(components, name)[:, few] for name in ("C", "S", "YrA", "f")}
    short = replace(motion, shifts_rig=motion.shifts_rig[few], corr_raw=motion.corr_raw[few])
    found = flags_of(measured(replace(components, **parts), codes[few], short))
    assert all({"motion", "one_transient", "drift"} <= set(not_told(notes)) for notes in found)
    assert all({"motion", "one_transient", "drift"}.isdisjoint(kinds_of(notes)) for notes in found)
    assert kinds_of(found[NAMES.index("rim")]) == ("rim",)


def test_a_trace_with_a_gap_has_no_flags_of_its_trace_and_the_others_keep_theirs(made):
    components, codes, motion = made
    C, YrA = components.C.copy(), components.YrA.copy()
    number = NAMES.index("motion")
    C[number, 100] = YrA[number, 100] = np.nan
    found = flags_of(measured(replace(components, C=C, YrA=YrA), codes, motion))
    assert kinds_of(found[number]) == ()
    assert {"motion", "one_transient", "double", "neuropil", "drift"} <= set(not_told(found[number]))
    assert kinds_of(found[NAMES.index("half")]) == ("double",)


@pytest.mark.parametrize("n", [0, 1])
def test_no_component_and_one_component(made, n):
    components, codes, motion = made
    rows = {name: getattr(components, name)[:n] for name in ("C", "S", "YrA", "bl", "c1", "g", "neurons_sn")}
    found = measured(replace(components, A=components.A[:, :n], **rows), codes, motion)
    assert found.n == n and [kinds_of(notes) for notes in flags_of(found)] == [()] * n
    assert set(found.marks) <= set(FLAG_KINDS)


def test_pixels_that_are_stuck_do_not_hide_that_others_are_saturated(made):
    components, codes, motion = made
    stuck = codes.copy()
    stuck[:, 3, 3] = 65535
    still = np.zeros(DIMS, bool)
    still[3, 3] = True
    found = measure_flags(
        ArrayMovie(stuck), Movie(codes), components, motion,
        gSig=(4, 4), fr_hz=FR_HZ, decay_time_s=DECAY_S, rim_px=1, still=still,
    )  # fmt: skip
    assert kinds_of(flags_of(found)[NAMES.index("saturated")]) == ("saturated",)
