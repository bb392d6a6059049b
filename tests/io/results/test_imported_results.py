"""Results of CaImAn and suite2p open read-only, without running anything that is in their files."""

import shlex
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import random as random_sparse

from calscope.io.results.open_results import all_results_at, is_results, open_results, results_at
from calscope.io.results.suite2p_reader import CONVERT_COMMAND
from calscope.model.errors import RecordingError
from calscope.model.notes import Note

H, W, T, K = 7, 5, 40, 3


@pytest.fixture
def caiman_file(tmp_path):
    """As CaImAn's `save` writes: sparse matrices as groups, None as a word, strings as attributes."""
    rng = np.random.default_rng(0)
    A = random_sparse(H * W, K, 0.3, format="csc", random_state=0)
    path = tmp_path / "mouse.hdf5"
    with h5py.File(path, "w") as file:
        file["dims"] = [H, W]
        estimates = file.create_group("estimates")
        sparse = estimates.create_group("A")
        sparse["data"], sparse["indices"], sparse["indptr"], sparse["shape"] = A.data, A.indices, A.indptr, A.shape
        for name in ("C", "YrA", "S"):
            estimates[name] = rng.random((K, T))
        estimates["b"], estimates["f"] = rng.random((H * W, 2)), rng.random((2, T))
        estimates["g"], estimates["bl"] = np.full((K, 1), 0.9), np.arange(K) * 1.0
        estimates["SNR_comp"], estimates["r_values"] = [3.0, 0.2, 1.0], [0.9, 0.1, 0.5]
        estimates["cnn_preds"] = np.empty(0)
        estimates["idx_components"] = [0, 2]
        estimates["accepted_list"] = np.empty(0)
        estimates["F_dff"] = b"NoneType"
        estimates["Cn"] = rng.random((H, W))
        data = file.create_group("params/data")
        data["fr"] = 14.7
        data.attrs["caiman_version"] = "1.12.1"
    return path, A


def test_a_caiman_file_opens(caiman_file):
    path, A = caiman_file
    found = open_results(path)
    assert (found.name, found.program, found.fr_hz) == ("mouse", "CaImAn 1.12.1", 14.7)
    components = found.components
    assert components.dims == (H, W)
    assert abs(components.A - A).max() < 1e-6
    np.testing.assert_allclose(components.footprint(1), A[:, [1]].toarray().reshape((H, W), order="F"), rtol=1e-6)
    assert components.C.shape == (K, T)
    assert components.b.shape == (H * W, 2)
    assert components.bl.tolist() == [0, 1, 2]
    assert found.component_quality.snr.tolist() == pytest.approx([3, 0.2, 1])
    assert np.isnan(found.component_quality.cnn).all()
    assert found.evaluation.accepted.tolist() == [True, False, True]
    assert found.evaluation.reasons[1] == Note("rejected_by_program", {"program": "CaImAn"})
    assert found.dff is None
    assert found.image.shape == (H, W)


@pytest.mark.parametrize("what", ["another HDF5", "no HDF5", "wrong field"])
def test_other_files_are_refused_in_words(caiman_file, what):
    path, _ = caiman_file
    if what == "no HDF5":
        path.write_bytes(b"not hdf5")
    else:
        with h5py.File(path, "a") as file:
            if what == "another HDF5":
                del file["estimates"]
            else:
                file["dims"][...] = [H, W + 1]
    with pytest.raises(RecordingError, match=str(path)):
        open_results(path)


def test_nothing_is_read_from_other_files_in_the_name_of_one(caiman_file, tmp_path):
    path, _ = caiman_file
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.ones((K, T), np.float32).tobytes())
    with h5py.File(tmp_path / "other.hdf5", "w") as other:
        other["C"] = np.ones((K, T))
    attacks = {
        "link": lambda group: group.__setitem__("C", h5py.ExternalLink("other.hdf5", "/C")),
        "raw bytes": lambda group: group.create_dataset(
            "C", (K, T), np.float32, external=[(str(secret), 0, h5py.h5f.UNLIMITED)]
        ),
        "virtual": lambda group: group.create_virtual_dataset("C", virtual(tmp_path / "other.hdf5")),
    }
    for attack in attacks.values():
        with h5py.File(path, "a") as file:
            del file["estimates/C"]
            attack(file["estimates"])
        with pytest.raises(RecordingError, match="another file, which is not opened"):
            open_results(path)


def virtual(source):
    layout = h5py.VirtualLayout((K, T), float)
    layout[:] = h5py.VirtualSource(source, "C", shape=(K, T))
    return layout


def test_footprints_whose_indices_lead_elsewhere_are_refused(caiman_file):
    path, _ = caiman_file
    with h5py.File(path, "a") as file:
        file["estimates/A/indices"][0] = 10**6
    with pytest.raises(RecordingError, match="can't be read"):
        open_results(path)


def test_parameters_and_a_group_that_leads_back_to_itself(caiman_file):
    path, _ = caiman_file
    with h5py.File(path, "a") as file:
        file["params/quality/min_SNR"] = 2.5
        file["params/loop"] = file["params"]
        file["params/quality/long"] = np.zeros(1000)
    found = open_results(path)
    assert found.params["quality"] == {"min_SNR": 2.5}
    assert found.params["data"]["fr"] == 14.7


@pytest.fixture
def suite2p_folder(tmp_path):
    """A plane as suite2p writes it: the footprints pickled, everything else plain."""
    plane = tmp_path / "mouse" / "suite2p" / "plane0"
    plane.mkdir(parents=True)
    rng = np.random.default_rng(0)
    arrays = {name: rng.random((2, T)).astype(np.float32) for name in ("F", "Fneu", "spks")}
    arrays["iscell"] = np.array([[1.0, 0.8], [0.0, 0.1]])
    for name, array in arrays.items():
        np.save(plane / f"{name}.npy", array)
    stat = [{"ypix": np.array([1, 2]), "xpix": np.array([3, 3]), "lam": np.array([3.0, 4.0])}]
    stat += [{"ypix": np.array([0]), "xpix": np.array([4]), "lam": np.array([1.0])}]
    np.save(plane / "stat.npy", np.array(stat, dtype=object))
    np.save(plane / "ops.npy", np.array({"Ly": H, "Lx": W, "fs": 10.0, "meanImg": np.ones((H, W))}, dtype=object))
    return tmp_path / "mouse", plane, arrays, stat


def check_suite2p(found, arrays):
    assert (found.name, found.program, found.fr_hz) == ("mouse", "suite2p", 10.0)
    np.testing.assert_allclose(found.components.raw, arrays["F"] - 0.7 * arrays["Fneu"], rtol=1e-5)
    footprint = found.components.footprint(0)
    assert footprint[1, 3] == pytest.approx(0.6)
    assert footprint[2, 3] == pytest.approx(0.8)
    assert np.count_nonzero(footprint) == 2
    assert found.evaluation.accepted.tolist() == [True, False]
    assert np.isnan(found.component_quality.snr).all()
    assert found.image.shape == (H, W)


OPTIONS = {
    "db": {"Ly": 1, "Lx": W, "nchannels": 1, "save_path": Path("mouse")},
    "settings": {"fs": 10.0, "io": {"save_mat": False, "delete_bin": None}, "meanImg": None},
    "reg_outputs": {"Ly": H, "meanImg": np.ones((H, W)), "yrange": [0, H]},
    "detect_outputs": {"Vcorr": np.ones((H - 2, W))},
}
"""As suite2p 1.x writes them, each in a file of its own; a later one has the last word."""


@pytest.mark.parametrize("kind", ["0.x", "1.x", "1.x with ops", "1.x without detection"])
def test_pickled_footprints_are_refused_and_the_told_conversion_works(suite2p_folder, kind):
    folder, plane, arrays, _ = suite2p_folder
    if kind != "0.x":
        (plane / "ops.npy").unlink()
        for name, options in OPTIONS.items():
            np.save(plane / f"{name}.npy", options)
    if kind == "1.x with ops":
        np.save(plane / "settings.npy", OPTIONS["settings"] | {"fs": 99.0})
        np.save(plane / "ops.npy", {"fs": 10.0})
    if kind == "1.x without detection":
        (plane / "detect_outputs.npy").unlink()
    with pytest.raises(RecordingError, match="would run whatever is in it") as told:
        open_results(folder)
    command = str(told.value).split("in suite2p's environment: ")[1]
    program, *arguments = shlex.split(command)
    assert program == "python"
    subprocess.run([sys.executable, *arguments], cwd=plane, check=True)
    check_suite2p(open_results(folder), arrays)


def test_the_conversion_needs_no_mean_image(suite2p_folder):
    folder, plane, _, _ = suite2p_folder
    (plane / "ops.npy").unlink()
    np.save(plane / "db.npy", {"Ly": H, "Lx": W, "meanImg": None})
    subprocess.run([sys.executable, "-c", CONVERT_COMMAND], cwd=plane, check=True)
    found = open_results(folder)
    assert (found.image, found.fr_hz) == (None, None)


@pytest.mark.parametrize("source", ["files", "Fall.mat"])
def test_without_flags_nothing_is_evaluated(suite2p_folder, source):
    folder, plane, arrays, stat = suite2p_folder
    (plane / "iscell.npy").unlink()
    if source == "files":
        np.savez(plane / "stat.npz", npix=[1, 1], ypix=[0, 1], xpix=[0, 0], lam=[1.0, 1.0], Ly=H, Lx=W)
    else:  # suite2p writes an empty matrix for what it does not have
        savemat(
            plane / "Fall.mat", arrays | {"iscell": [], "stat": np.array(stat, dtype=object), "ops": {"Ly": H, "Lx": W}}
        )
    found = open_results(folder)
    assert found.evaluation is None
    assert found.notes[-1] == Note("suite2p_without_flags")


def test_the_matlab_file_of_suite2p_1_is_read(suite2p_folder):
    """Its options are nested, what is not there is an empty matrix, and pictures may be cut to what stayed in view."""
    folder, plane, arrays, stat = suite2p_folder
    ops = {name: value for options in OPTIONS.values() for name, value in options.items() if name != "save_path"}
    ops |= {"settings": {"detection": {"algorithm": "sparsery", "crop": np.array([])}}, "plane_times": {"all": 3.0}}
    ops["io"] = {"save_mat": True, "delete_bin": np.array([])}
    mat = {"stat": np.array(stat, dtype=object), "ops": ops, "redcell": np.array([])}
    savemat(plane / "Fall.mat", arrays | mat)
    found = open_results(folder)
    check_suite2p(found, arrays)
    assert sorted(found.images) == ["mean"]
    savemat(plane / "Fall.mat", arrays | mat | {"ops": ops | {"meanImg": np.array([]), "fs": np.array([])}})
    found = open_results(folder)
    assert (found.image, found.fr_hz) == (None, None)


def test_the_matlab_file_that_suite2p_writes_is_read_instead(suite2p_folder):
    folder, plane, arrays, stat = suite2p_folder
    ops = {"Ly": H, "Lx": W, "fs": 10.0, "meanImg": np.ones((H, W))}
    savemat(plane / "Fall.mat", arrays | {"stat": np.array(stat, dtype=object), "ops": ops})
    check_suite2p(open_results(folder), arrays)


@pytest.mark.parametrize("damage", ["F.npy", "stat.npz", "Fall.mat", "pickled F.npy"])
def test_damaged_files_of_suite2p_are_told_in_words(suite2p_folder, damage):
    folder, plane, arrays, stat = suite2p_folder
    name = damage.split(" ")[-1]
    if name == "Fall.mat":
        savemat(plane / name, arrays | {"stat": np.array(stat, dtype=object), "ops": {"Ly": H}})
    else:
        np.savez(plane / "stat.npz", npix=[1, 1], ypix=[0, 1], xpix=[0, 0], lam=[1.0, 1.0], Ly=H, Lx=W)
    if damage.startswith("pickled"):
        np.save(plane / name, np.array([{"a": 1}], dtype=object))
    else:
        (plane / name).write_bytes((plane / name).read_bytes()[:90])
    with pytest.raises(RecordingError, match="can't be read as suite2p's results"):
        open_results(folder)


def test_pictures_that_suite2p_cut_are_left_out(suite2p_folder):
    folder, plane, _, _ = suite2p_folder
    images = {"meanImg": np.ones((H, W)), "Vcorr": np.ones((H - 2, W)), "max_proj": 2 * np.ones((H, W))}
    np.savez(plane / "stat.npz", npix=[1, 1], ypix=[0, 1], xpix=[0, 0], lam=[1.0, 1.0], Ly=H, Lx=W, **images)
    found = open_results(folder)
    assert sorted(found.images) == ["max", "mean"]
    assert found.image.max() == 1


def test_what_may_be_results_is_told_by_names_alone(suite2p_folder, caiman_file, tmp_path):
    folder, plane, _, _ = suite2p_folder
    assert not is_results(folder), "a folder of recordings may have suite2p's results in it"
    assert is_results(plane)
    assert is_results(caiman_file[0])
    assert (results_at(folder), results_at(tmp_path)) == (plane, None)


def test_footprints_beyond_the_field_are_refused(suite2p_folder):
    folder, plane, _, _ = suite2p_folder
    np.savez(plane / "stat.npz", npix=[1, 1], ypix=[0, H], xpix=[0, 0], lam=[1.0, 1.0], Ly=H, Lx=W)
    with pytest.raises(RecordingError, match="beyond the field"):
        open_results(folder)


def test_an_empty_folder_says_what_can_be_opened(tmp_path):
    with pytest.raises(RecordingError, match=r"F\.npy"):
        open_results(tmp_path)


def write_npz(plane, n=2, **options):
    plane.mkdir(parents=True, exist_ok=True)
    if not (plane / "F.npy").exists():
        np.save(plane / "F.npy", np.ones((n, T), np.float32))
        np.save(plane / "Fneu.npy", np.ones((n, T), np.float32))
    one = {"npix": np.ones(n, int), "ypix": np.arange(n), "xpix": np.zeros(n, int), "lam": np.ones(n)}
    np.savez(plane / "stat.npz", **one, **{"Ly": H, "Lx": W} | options)


@pytest.mark.parametrize("kind", ["ops", "settings", "Fall.mat 0.x", "Fall.mat 1.x"])
def test_the_neuropil_factor_is_that_of_the_run(suite2p_folder, kind):
    folder, plane, arrays, stat = suite2p_folder
    common = {"Ly": H, "Lx": W, "fs": 10.0}
    factor = {"neucoeff": 0.4} if kind.endswith(("ops", "0.x")) else {"extraction": {"neuropil_coefficient": 0.4}}
    if kind.startswith("Fall"):
        savemat(plane / "Fall.mat", arrays | {"stat": np.array(stat, dtype=object), "ops": common | factor})
    else:
        (plane / "ops.npy").unlink()
        np.save(plane / "db.npy", common)
        np.save(plane / f"{kind}.npy", factor)
        subprocess.run([sys.executable, "-c", CONVERT_COMMAND], cwd=plane, check=True)
    found = open_results(folder)
    np.testing.assert_allclose(found.components.raw, arrays["F"] - 0.4 * arrays["Fneu"], rtol=1e-5)
    assert Note("suite2p_traces", {"neuropil": 0.4}) in found.notes
    assert "suite2p_neuropil_unknown" not in [note.kind for note in found.notes]


def test_a_neuropil_factor_that_is_not_in_the_files_is_told(suite2p_folder):
    folder, plane, arrays, _ = suite2p_folder
    write_npz(plane)
    found = open_results(folder)
    np.testing.assert_allclose(found.components.raw, arrays["F"] - 0.7 * arrays["Fneu"], rtol=1e-5)
    assert Note("suite2p_neuropil_unknown", {"neuropil": 0.7}) in found.notes


def test_images_that_suite2p_cut_lie_where_its_ranges_say(suite2p_folder):
    folder, plane, _, _ = suite2p_folder
    cut = np.arange(1.0, 1 + (H - 3) * (W - 1)).reshape(H - 3, W - 1)
    write_npz(plane, Vcorr=cut, max_proj=cut, meanImg=np.ones((H, W)), yrange=[2, H - 1], xrange=[0, W - 1])
    images = open_results(folder).images
    assert sorted(images) == ["corr", "max", "mean"]
    np.testing.assert_array_equal(images["corr"][2 : H - 1, : W - 1], cut)
    assert images["corr"][:2].max() == 1.0 == images["corr"][:, -1].max()


@pytest.mark.parametrize("lacking", ["Fneu", "spks"])
def test_suite2p_results_that_lack_a_trace_open_with_a_note(suite2p_folder, lacking):
    folder, plane, arrays, _ = suite2p_folder
    write_npz(plane)
    (plane / f"{lacking}.npy").unlink()
    found = open_results(folder)
    kinds = [note.kind for note in found.notes]
    if lacking == "Fneu":
        assert "suite2p_without_neuropil" in kinds and np.array_equal(found.components.raw, arrays["F"])
    else:
        assert "imported_without_spikes" in kinds and not found.components.S.any()


def test_all_planes_are_listed_and_each_opens_under_a_name_of_its_own(tmp_path):
    above = tmp_path / "mouse" / "suite2p"
    for k, n in ((0, 2), (2, 4), (10, 3)):
        write_npz(above / f"plane{k}", n, fs=10.0)
    write_npz(tmp_path / "second_only" / "suite2p" / "plane1", 5)
    planes = all_results_at(tmp_path / "mouse")
    assert [plane.name for plane in planes] == ["plane0", "plane2", "plane10"]
    found = [open_results(plane) for plane in planes]
    assert [one.name for one in found] == ["mouse plane0", "mouse plane2", "mouse plane10"]
    assert [one.components.n for one in found] == [2, 4, 3]
    told = open_results(tmp_path / "mouse")
    assert told.path == planes[0]
    assert Note("suite2p_other_planes", {"plane": "plane0", "others": ["plane2", "plane10"]}) in told.notes
    assert open_results(tmp_path / "second_only").name == "second_only plane1"


def test_planes_combined_keep_the_rate_and_the_neuropil_factor(suite2p_folder):
    """In the `Fall.mat` of combined planes suite2p leaves out its settings."""
    folder, plane, arrays, stat = suite2p_folder
    write_npz(plane, fs=7.5, neucoeff=0.4)
    combined = plane.parent / "combined"
    combined.mkdir()
    savemat(combined / "Fall.mat", arrays | {"stat": np.array(stat, dtype=object), "ops": {"Ly": H, "Lx": W}})
    found = open_results(combined)
    assert (found.name, found.fr_hz) == ("mouse combined", 7.5)
    np.testing.assert_allclose(found.components.raw, arrays["F"] - 0.4 * arrays["Fneu"], rtol=1e-5)
    assert all_results_at(folder)[-1] == combined


def test_numbers_that_caiman_stored_as_texts_are_read(caiman_file):
    """So it stores lists that mix numbers and arrays of one number."""
    path, _ = caiman_file
    with h5py.File(path, "a") as file:
        estimates = file["estimates"]
        del estimates["bl"]
        estimates["bl"] = np.array(["[1.5]", "-2.25e-05", "None"]).astype("S32")
        estimates["c1"] = np.array(["[3.]", "4", "[ 5.0]"], dtype=h5py.string_dtype())
    components = open_results(path).components
    assert components.bl.tolist() == pytest.approx([1.5, -2.25e-05, 0])
    assert components.c1.tolist() == [3, 4, 5]


Y_OFF, X_OFF = np.arange(T) % 5 - 2, np.arange(T) % 3
"""Whole pixels by which the tissue of each frame lies too far down and too far right."""
BLOCK_SIZE = (4, 3)
N_BLOCKS = (3, 3)
"""Along a side of 7 px, ceil(1.5 * 7 / 4); of 5 px, ceil(1.5 * 5 / 3). suite2p 1.1.0 lays as many."""


def motion_fields():
    rng = np.random.default_rng(1)
    blocks = {name: rng.random((T, N_BLOCKS[0] * N_BLOCKS[1])).astype(np.float32) for name in ("yoff1", "xoff1")}
    return {"yoff": Y_OFF, "xoff": X_OFF, "refImg": np.full((H, W), 3.0), **blocks}


@pytest.mark.parametrize("kind", ["1.x", "0.x", "Fall.mat 0.x"])
def test_motion_comes_along_with_our_sign_and_blocks_in_their_places(suite2p_folder, kind):
    folder, plane, arrays, stat = suite2p_folder
    found = motion_fields()
    whole = {"Ly": H, "Lx": W, "fs": 10.0}
    if kind == "1.x":
        (plane / "ops.npy").unlink()
        np.save(plane / "db.npy", whole)
        np.save(plane / "settings.npy", {"registration": {"block_size": BLOCK_SIZE}})
        np.save(plane / "reg_outputs.npy", found)
        subprocess.run([sys.executable, "-c", CONVERT_COMMAND], cwd=plane, check=True)
    elif kind == "0.x":
        np.save(plane / "ops.npy", whole | found | {"block_size": list(BLOCK_SIZE)})
        subprocess.run([sys.executable, "-c", CONVERT_COMMAND], cwd=plane, check=True)
    else:
        ops = whole | found | {"block_size": BLOCK_SIZE}
        savemat(plane / "Fall.mat", arrays | {"stat": np.array(stat, dtype=object), "ops": ops})
    opened = open_results(folder)
    motion = opened.motion
    np.testing.assert_array_equal(motion.shifts_rig, -np.stack([Y_OFF, X_OFF], axis=1))
    assert motion.shifts_els.shape == (T, 9, 2)
    np.testing.assert_allclose(
        motion.shifts_els[7, 5], [-(Y_OFF[7] + found["yoff1"][7, 5]), -(X_OFF[7] + found["xoff1"][7, 5])]
    )
    assert motion.centers_px[:4].tolist() == [[1.5, 1], [1.5, 2], [1.5, 3], [2.5, 1]], "row by row"
    assert motion.patch_shape_px == BLOCK_SIZE
    assert motion.template.max() == 3 and motion.rim_px == 2
    assert np.isnan(motion.corr_raw).all(), "suite2p has no such measure"
    assert Note("suite2p_nonrigid_motion") in opened.notes


def test_blocks_of_unknown_size_are_left_out_and_told(suite2p_folder):
    """suite2p 1.x overwrites its groups of options in Fall.mat by the seconds that each took."""
    folder, plane, arrays, stat = suite2p_folder
    ops = {"Ly": H, "Lx": W, "registration": 3.5, "extraction": 1.5} | motion_fields()
    savemat(plane / "Fall.mat", arrays | {"stat": np.array(stat, dtype=object), "ops": ops})
    found = open_results(folder)
    np.testing.assert_array_equal(found.motion.shifts_rig[:, 0], -Y_OFF)
    assert found.motion.shifts_els is None
    assert Note("suite2p_blocks_not_placed") in found.notes
    assert Note("suite2p_neuropil_unknown", {"neuropil": 0.7}) in found.notes


@pytest.mark.parametrize("what", ["absent", "of other frames", "combined"])
def test_motion_that_is_not_there_is_told(suite2p_folder, what):
    folder, plane, arrays, stat = suite2p_folder
    motion = {} if what == "absent" else {"yoff": np.zeros(T - 1), "xoff": np.zeros(T - 1)}
    write_npz(plane, **motion)
    if what == "combined":  # suite2p writes the offsets of the last plane there
        folder = plane.parent / "combined"
        folder.mkdir()
        ops = {"Ly": H, "Lx": W} | motion_fields()
        savemat(folder / "Fall.mat", arrays | {"stat": np.array(stat, dtype=object), "ops": ops})
    found = open_results(folder)
    assert found.motion is None
    told = "suite2p_combined_motion" if what == "combined" else "suite2p_without_motion"
    assert Note(told) in found.notes


def test_offsets_that_are_no_numbers_are_damage(suite2p_folder):
    folder, plane, _, _ = suite2p_folder
    write_npz(plane, yoff=np.full(T, np.nan), xoff=np.zeros(T))
    with pytest.raises(RecordingError, match="yoff and xoff are not all numbers"):
        open_results(folder)
