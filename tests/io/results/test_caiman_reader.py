"""CaImAn's files in every state in which it saves them: what is missing or not shown is said."""

import h5py
import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.io.results.open_results import open_results
from calscope.model.errors import RecordingError
from calscope.model.notes import Note

H, W, T, K = 6, 9, 30, 4
NONE = b"NoneType"
RNG = np.random.default_rng(0)
ESTIMATES = {
    "dims": [H, W],
    "C": RNG.random((K, T)),
    "S": RNG.random((K, T)),
    "YrA": RNG.random((K, T)),
    "F_dff": RNG.random((K, T)),
    "b": RNG.random((H * W, 2)),
    "f": RNG.random((2, T)),
    "SNR_comp": [3.0, 0.2, 4.0, 1.0],
    "r_values": [0.9, 0.1, 0.8, 0.2],
    "idx_components": [0, 2],
    "idx_components_bad": [1, 3],
    "accepted_list": np.empty(0, int),
    "discarded_components": NONE,
    "W": NONE,
    "b0": NONE,
}


def footprints(n):
    A = np.zeros((H * W, n))
    for k in range(n):
        A[10 * k : 10 * k + 3, k] = k + 1
    return A


def write_sparse(group, name, dense):
    matrix, sparse = csc_matrix(dense), group.create_group(name)
    for part in ("data", "indices", "indptr", "shape"):
        sparse[part] = getattr(matrix, part)


@pytest.fixture
def opened(tmp_path):
    """Write a file with changes, and open it; `None` leaves an entry out."""

    def write(*, params=None, removed=0, n=K, **changes):
        path = tmp_path / "mouse.hdf5"
        with h5py.File(path, "w") as file:
            estimates = file.create_group("estimates")
            write_sparse(estimates, "A", footprints(n))
            for name, value in (ESTIMATES | changes).items():
                if value is not None:
                    estimates[name] = value
            if removed:
                del estimates["discarded_components"]
                write_sparse(estimates.create_group("discarded_components"), "A", footprints(removed))
            for place, value in ({"data/fr": 15.0} | (params or {})).items():
                file[f"params/{place}"] = value
        return open_results(path)

    return write


def kinds(found):
    return [note.kind for note in found.notes]


def test_a_whole_file_has_nothing_to_tell(opened):
    found = opened()
    assert found.notes == ()
    assert found.evaluation.accepted.tolist() == [True, False, True, False]
    np.testing.assert_allclose(found.dff, ESTIMATES["F_dff"], rtol=1e-6)


def kept(rows):
    """CaImAn's `select_components`: what is of components keeps these rows, and their numbers are forgotten."""
    names = ("C", "S", "YrA", "F_dff", "SNR_comp", "r_values")
    return {name: np.asarray(ESTIMATES[name])[rows] for name in names} | {
        "idx_components": NONE,
        "idx_components_bad": NONE,
        "n": len(rows),
    }


def test_components_that_were_taken_out_are_told_and_the_rest_counts_as_accepted(opened):
    found = opened(removed=2, accepted_list=[0, 3], **kept([1, 3]))
    assert found.notes == (Note("caiman_components_removed", {"n": 2}),)
    assert found.evaluation.accepted.tolist() == [True, True], "accepted_list names components that are gone"
    assert found.evaluation.reasons[0] == Note("kept_in_program", {"program": "CaImAn"})
    np.testing.assert_allclose(found.components.C, ESTIMATES["C"][[1, 3]], rtol=1e-6)
    assert found.component_quality.snr.tolist() == pytest.approx([0.2, 1.0])


def test_taken_out_without_evaluation_is_not_evaluated(opened):
    unmeasured = {"SNR_comp": NONE, "r_values": NONE}
    found = opened(removed=1, **kept([1, 3]) | unmeasured)
    assert found.evaluation is None
    assert kinds(found) == ["caiman_components_removed", "imported_without_measures"]


def test_components_that_were_put_back_are_not_told_as_removed(opened):
    found = opened(discarded_components=None)
    assert found.notes == ()


def test_none_left(opened):
    empty = {name: np.empty((0, T)) for name in ("C", "S", "YrA", "F_dff")}
    found = opened(removed=4, **kept(np.zeros(0, int)) | empty | {"SNR_comp": np.empty(0), "r_values": np.empty(0)})
    assert (found.components.n, found.components.n_frames) == (0, T)
    assert kinds(found) == ["caiman_components_removed", "caiman_without_components"]
    assert found.components.b.shape == (H * W, 2)
    assert found.components.g.shape == (0, 0)


def test_never_evaluated(opened):
    unknown = dict.fromkeys(("idx_components", "idx_components_bad", "SNR_comp", "r_values"), NONE)
    found = opened(**unknown)
    assert found.evaluation is None
    assert kinds(found) == ["imported_without_measures"]


def test_accepted_by_hand_in_caimans_viewer(opened):
    assert opened(accepted_list=[1]).evaluation.accepted.tolist() == [False, True, False, False]


def test_none_accepted_is_an_evaluation(opened):
    assert opened(idx_components=np.empty(0, int)).evaluation.accepted.tolist() == [False] * K


def test_accepted_components_that_are_not_there_are_refused(opened):
    with pytest.raises(RecordingError, match="accepts component 7 of 4"):
        opened(idx_components=[0, 7])


def test_a_volume_is_refused_and_a_volume_of_one_plane_is_a_plane(opened):
    with pytest.raises(RecordingError, match=r"volume of 3 x 6 x 3 px\. Calscope opens results of one plane"):
        opened(dims=[3, 6, 3])
    assert opened(dims=[H, W, 1]).components.dims == (H, W)


@pytest.mark.parametrize("missing", ["not there", "None", "of other components"])
def test_missing_spikes_residual_and_background_are_told(opened, missing):
    value = {"not there": None, "None": NONE, "of other components": np.ones((K + 1, T))}[missing]
    background = {"b": NONE, "f": NONE}
    found = opened(S=value, YrA=value, F_dff=value, **background)
    told = ["imported_without_spikes", "caiman_without_residual", "imported_without_background"]
    assert kinds(found) == told + ["caiman_dff_left_out"] * (missing == "of other components")
    assert not found.components.S.any() and not found.components.YrA.any()
    assert (found.dff, found.components.b.shape, found.components.f.shape) == (None, (H * W, 0), (0, T))


def test_the_residual_under_its_other_name(opened):
    found = opened(YrA=NONE, R=2 * ESTIMATES["YrA"])
    np.testing.assert_allclose(found.components.YrA, 2 * ESTIMATES["YrA"], rtol=1e-6)
    assert found.notes == ()


def test_the_ring_background_of_one_photon_results_is_told(opened, tmp_path):
    found = opened(b=np.empty((H * W, 0)), f=np.empty((0, T)), b0=np.ones(H * W))
    assert kinds(found) == ["caiman_ring_background"]
    with h5py.File(tmp_path / "mouse.hdf5", "a") as file:
        del file["estimates/b0"], file["estimates/W"]
        write_sparse(file["estimates"], "W", np.eye(H * W))
    assert kinds(open_results(tmp_path / "mouse.hdf5")) == ["caiman_ring_background"]


def test_what_is_none_in_the_parameters_stays_none_and_texts_are_read(opened):
    found = opened(params={"patch/rf": NONE, "patch/stride": NONE, "init/method_init": "corr_pnr", "init/gSig": [3, 3]})
    assert found.params["patch"] == {"rf": None, "stride": None}
    assert found.params["init"] == {"method_init": "corr_pnr", "gSig": [3, 3]}


def test_caimans_default_rate_is_told(opened):
    assert kinds(opened(params={"data/fr": 30})) == ["caiman_rate_may_be_default"]
