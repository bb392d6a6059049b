"""Another program's results in the store: as they are, once, and without what they don't hold."""

import h5py
import numpy as np
import pytest

from calscope import code_digest as digests
from calscope.export.stored_animal import StoredAnimal
from calscope.model.errors import RecordingError
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import Note
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.import_results import ENGINE, import_results

H, W, T = 6, 9, 30


@pytest.fixture
def caiman_file(tmp_path):
    """Two components of one pixel column each, in CaImAn's layout."""
    path = tmp_path / "mouse.hdf5"
    with h5py.File(path, "w") as file:
        file["dims"] = [H, W]
        estimates = file.create_group("estimates")
        A = np.zeros((H * W, 2))
        A[7:9, 0], A[20, 1] = 0.5, 1.0
        estimates["A"], estimates["C"] = A, np.arange(2.0 * T).reshape(2, T)
        estimates["SNR_comp"], estimates["r_values"] = [3.0, 0.2], [0.9, 0.1]
        estimates["idx_components"] = [0]
        estimates["F_dff"] = np.ones((2, T))
        file["params/data/fr"], file["params/data/dxy"] = 15, [1, 1]
        file["params/quality/min_SNR"], file["params/quality/rval_thr"] = 3.5, 0.7
        file["params/quality/use_cnn"] = False
        file["params/patch/rf"] = 22
        file["params/data"].attrs["caiman_version"] = "1.12.1"
    return path


def test_results_are_opened_by_their_keys_like_those_of_a_run(caiman_file, store):
    record = import_results(caiman_file, store)
    assert (record.name, record.engine, record.engine_version) == ("mouse", ENGINE, "CaImAn 1.12.1")
    assert record.info.shape == (T, H, W) and record.info.fr_hz == 15
    assert record.counts == {"refit": 2, "accepted": 1, "rejected": 1}
    found = AnimalResults(store, record.keys)
    assert np.argwhere(found.refit.footprint(0)).tolist() == [[1, 1], [2, 1]]
    assert found.component_quality.snr.tolist() == pytest.approx([3, 0.2])
    assert found.evaluation.accepted.tolist() == [True, False]
    assert found.dff.dff.shape == (2, T) and np.isnan(found.dff.f0).all(), "the file has no F0"
    assert found.motion is None and found.first is None and found.before is None


def test_its_parameters_come_along_and_caimans_default_pixel_size_is_none(caiman_file, store):
    record = import_results(caiman_file, store)
    assert record.requested["evaluation"]["min_SNR"] == 3.5
    assert record.requested["cnmf"]["rf"] == 22
    assert record.requested["dataset"]["dxy"] is None
    with h5py.File(caiman_file, "a") as file:
        file["params/data/dxy"][...] = [2, 3]
        file["params/quality/rval_thr"][...] = 7.0
    record = import_results(caiman_file, store)
    assert record.requested["dataset"]["fr"] == 15
    assert any("rval_thr" in told for told in texts(record.notes)), "out of our limits, and told"


def test_the_whole_field_at_once_is_recorded_as_that(caiman_file, store):
    with h5py.File(caiman_file, "a") as file:
        del file["params/patch/rf"]
        file["params/patch/rf"] = b"NoneType"
    record = import_results(caiman_file, store)
    assert record.effective["cnmf"]["rf"] is None


def test_components_that_were_never_evaluated_are_neither_accepted_nor_rejected(caiman_file, store):
    with h5py.File(caiman_file, "a") as file:
        for name in ("idx_components", "SNR_comp", "r_values"):
            del file["estimates"][name]
    record = import_results(caiman_file, store)
    assert record.counts == {"refit": 2}
    found = AnimalResults(store, record.keys)
    assert found.evaluation is None
    animal = StoredAnimal(record.to_dict(), found)
    assert animal.accepted is None
    assert animal.components["reason"].tolist() == ["not evaluated"] * 2


def test_a_file_in_which_no_component_is_left(caiman_file, store):
    with h5py.File(caiman_file, "a") as file:
        for name, empty in {"A": (H * W, 0), "C": (0, T), "F_dff": (0, T), "SNR_comp": 0, "r_values": 0}.items():
            del file["estimates"][name]
            file["estimates"][name] = np.empty(empty)
        del file["estimates/idx_components"]
    record = import_results(caiman_file, store)
    assert record.counts == {"refit": 0}
    assert AnimalResults(store, record.keys).refit.A.shape == (H * W, 0)
    assert "caiman_without_components" in [note.kind for note in record.notes]


def test_a_file_without_a_picture_is_drawn_from_its_footprints(caiman_file, store):
    record = import_results(caiman_file, store)
    image = AnimalResults(store, record.keys).after
    assert image.corr[1, 1] == 0.5 and image.corr[2, 3] == 1
    assert np.isnan(image.max).all()
    assert record.notes[-1] == Note("imported_without_picture")


def test_the_same_file_is_kept_once_and_a_changed_one_anew(caiman_file, store):
    first = import_results(caiman_file, store)
    n_kept = len(store.sizes())
    assert import_results(caiman_file, store) == first
    assert len(store.sizes()) == n_kept
    with h5py.File(caiman_file, "a") as file:
        file["estimates/idx_components"][...] = [1]
    second = import_results(caiman_file, store)
    assert AnimalResults(store, second.keys).evaluation.accepted.tolist() == [False, True]
    assert not set(second.keys.values()) & set(first.keys.values())


def test_nothing_is_kept_of_a_damaged_file(caiman_file, store):
    caiman_file.write_bytes(caiman_file.read_bytes()[:3000])
    with pytest.raises(RecordingError, match=r"mouse\.hdf5"):
        import_results(caiman_file, store)
    assert store.sizes() == []


def test_only_the_reader_of_these_results_is_part_of_their_keys(caiman_file, store, monkeypatch):
    base = import_results(caiman_file, store).keys
    real = digests._read.__wrapped__
    for module, counts in (("suite2p_reader", False), ("caiman_reader", True), ("imported_results", True)):
        digests.code_digest.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(digests, "_read", lambda name, m=module: edited(real(name), name.endswith(f".{m}")))
            changed = import_results(caiman_file, store).keys
        assert {name for name in base if base[name] != changed[name]} == (set(base) if counts else set()), module
    digests.code_digest.cache_clear()


def edited(read, really):
    source, imported = read
    return source + "# edited" * really, imported
