"""Results of other programs on the pages: read-only, marked, found again by their address, and never out of bounds."""

import json

import h5py
import numpy as np
import pytest
from repository import ROOT
from sent_views import sent_data

from calscope.export.formats.format_registry import export_run
from calscope.jobs.manager import JobManager
from calscope.jobs.run_export import stored_run
from calscope.pipeline.store import Store

K, H, W, T = 3, 20, 34, 50
ADDRESSES = {}


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning, app.title, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@pytest.fixture
def caiman_file(lab):
    """CaImAn's file in a folder that may be opened."""
    path = lab.good.parent / "mouse_7.hdf5"
    if not path.exists():
        y, x = np.mgrid[:H, :W]
        A = np.stack([np.hypot(y - 8, x - 8 * k - 6) < 4 for k in range(K)]).astype(np.float32)
        with h5py.File(path, "w") as file:
            file["dims"] = [H, W]
            estimates = file.create_group("estimates")
            estimates["A"] = A.transpose(2, 1, 0).reshape(H * W, K)
            estimates["C"] = np.random.default_rng(0).random((K, T))
            estimates["SNR_comp"], estimates["r_values"] = [3.0, 0.2, 4.0], [0.9, 0.1, 0.95]
            estimates["idx_components"] = [0, 2]
            estimates["Cn"] = np.random.default_rng(1).random((H, W))
            file["params/data/fr"] = 15
            file["params/data"].attrs["caiman_version"] = "1.12.1"
    return path


@pytest.fixture
def address(open_page, caiman_file):
    """The number under which the file is found again, got as a person gets it."""
    if caiman_file not in ADDRESSES:
        app = open_page("home")
        app.text_input(key="typed results").set_value(str(caiman_file))
        button = next(one for one in app.button if one.label == "Open read-only")
        button.click().run()
        assert not app.exception and not app.error
        ADDRESSES[caiman_file] = app.session_state["run"]
    return ADDRESSES[caiman_file]


@pytest.mark.parametrize("page", ["extraction", "evaluation", "traces"])
def test_a_page_opens_it_by_its_address_after_a_restart(open_page, address, page):
    app = open_page(page, run=address)
    assert not app.exception and not app.error
    assert "imported from CaImAn 1\\.12\\.1, read-only" in words(app)
    assert "mouse\\_7" in words(app) or page == "traces"
    assert not [button for button in app.button if button.key and str(button.key).startswith("run ")], "nothing to run"


def test_a_name_with_markdown_in_it_is_shown_as_it_stands(open_page, caiman_file):
    named = caiman_file.with_name("mouse__8__left.hdf5")
    named.write_bytes(caiman_file.read_bytes())
    app = open_page("home")
    app.text_input(key="typed results").set_value(str(named))
    next(one for one in app.button if one.label == "Open read-only").click().run()
    app.switch_page("pages/traces.py").run()
    assert any("mouse\\_\\_8\\_\\_left" in text.value for text in app.sidebar.markdown)


def test_what_the_file_lacks_is_said_in_plain_words(open_page, address):
    told = words(open_page("data", run=address))
    assert "Results without their recording" in told
    assert "can't be opened" not in told
    told = words(open_page("motion", run=address))
    assert "contains no motion estimate" in told
    assert "hold one fit and no movie" in words(open_page("extraction", run=address))
    assert "Thresholds can't be moved here" in words(open_page("evaluation", run=address))
    assert "nothing can be run on them" in words(open_page("parameters", run=address))


@pytest.fixture
def opened(open_page, caiman_file):
    """Open a copy of the file without some entries, on Home, and go on to a page."""

    def open_without(name, page, **changes):
        path = caiman_file.with_name(name)
        path.write_bytes(caiman_file.read_bytes())
        with h5py.File(path, "a") as file:
            for entry, value in changes.items():
                del file["estimates"][entry]
                if value is not None:
                    file["estimates"][entry] = value
        app = open_page("home")
        app.text_input(key="typed results").set_value(str(path))
        next(one for one in app.button if one.label == "Open read-only").click().run()
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error
        return app

    return open_without


NEVER_EVALUATED = {"SNR_comp": None, "r_values": None, "idx_components": b"NoneType"}


def test_what_was_never_evaluated_is_called_so_and_its_traces_are_shown(opened):
    app = opened("never.hdf5", "evaluation", **NEVER_EVALUATED)
    assert "Not evaluated: CaImAn 1\\.12\\.1 accepted and rejected nothing" in words(app)
    app = opened("never_too.hdf5", "traces", **NEVER_EVALUATED)
    sent = sent_data(app)
    bar, table = (next(data for data in sent if part in data) for part in ("choice", "accepted"))
    assert bar["choice"]["component"] == 0 and bar["counts"] == {"all": 3}
    assert table["columns"][1]["values"] == ["not evaluated"] * 3
    assert [group["name"] for data in sent if "groups" in data for group in data["groups"]] == ["not evaluated"]


@pytest.mark.parametrize("page", ["extraction", "evaluation", "traces"])
def test_a_file_in_which_no_component_is_left_opens(opened, page):
    empty = {"A": np.empty((H * W, 0)), "C": np.empty((0, T)), "SNR_comp": np.empty(0), "r_values": np.empty(0)}
    app = opened(f"none_{page}.hdf5", page, **empty, idx_components=np.empty(0, int))
    assert "No component is left in the file" in words(app)


def test_a_file_without_background_says_so(open_page, address):
    app = open_page("extraction", run=address)
    app.session_state["extraction: tab"] = "Background"
    app.run()
    assert not app.exception and not app.error
    assert "These results have no background (b, f)." in words(app)


def test_opening_it_again_finds_the_same_number(open_page, address, caiman_file):
    app = open_page("home")
    app.text_input(key="typed results").set_value(str(caiman_file))
    next(one for one in app.button if one.label == "Open read-only").click().run()
    assert app.session_state["run"] == address


def test_what_may_not_be_opened_is_refused(open_page, lab, tmp_path, caiman_file):
    outside = tmp_path / "secret.hdf5"
    outside.write_bytes(caiman_file.read_bytes())
    link = lab.good.parent / "link.hdf5"
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    empty = lab.good.parent / "suite2p_of_nothing"
    empty.mkdir(exist_ok=True)
    for attempt, told in ((outside, "may be opened"), (link, "leads out"), (empty, "no results of another program")):
        app = open_page("home")
        app.text_input(key="typed results").set_value(str(attempt))
        next(one for one in app.button if one.label == "Open read-only").click().run()
        assert not app.exception
        assert told in words(app), attempt
        assert "run" not in app.session_state


def test_a_suite2p_folder_that_needs_unpickling_is_refused_with_the_way_out(open_page, lab):
    plane = lab.good.parent / "pickled" / "plane0"
    plane.mkdir(parents=True, exist_ok=True)
    for name in ("F", "Fneu", "spks", "iscell"):
        np.save(plane / f"{name}.npy", np.zeros((2, 5)))
    np.save(plane / "stat.npy", np.array([{"ypix": 1}], dtype=object))
    app = open_page("home")
    app.text_input(key="typed results").set_value(str(plane.parent))
    next(one for one in app.button if one.label == "Open read-only").click().run()
    assert "save\\_mat" in words(app) and "would run whatever is in it" in words(app)


def test_the_motion_that_suite2p_found_is_shown(open_page, lab):
    plane = lab.good.parent / "moved" / "plane0"
    plane.mkdir(parents=True, exist_ok=True)
    for name in ("F", "Fneu", "spks"):
        np.save(plane / f"{name}.npy", np.ones((1, T), np.float32))
    pixels = {"npix": [1], "ypix": [3], "xpix": [4], "lam": [1.0]}
    away = np.where(np.arange(T) == 30, 3, 0)
    np.savez(plane / "stat.npz", Ly=H, Lx=W, fs=10.0, meanImg=np.ones((H, W)), yoff=away, xoff=-away, **pixels)
    app = open_page("home")
    app.text_input(key="typed results").set_value(str(plane.parent))
    next(one for one in app.button if one.label == "Open read-only").click().run()
    app.switch_page("pages/motion.py").run()
    assert not app.exception and not app.error
    assert app.dataframe[0].value.iloc[0]["Shift (px)"] == "0.08 · 0.00 · 4.24"
    assert "Frame 30, counted from 0, at 3.00 s: shifted by -3.00 px down and +3.00 px right." in words(app)
    assert "no verdict" in words(app)


def test_a_folder_of_calscope_run_opens_as_results_of_others_do(open_page, lab):
    out = lab.good.parent / "OUT of a run"
    if not out.exists():
        with stored_run(Store(lab.store), lab.good_run) as run:
            export_run(run, "run", out)
    app = open_page("home")
    app.text_input(key="typed results").set_value(str(out))
    next(one for one in app.button if one.label == "Open read-only").click().run()
    assert not app.exception and not app.error
    number = app.session_state["run"]
    told = {}
    for page in ("motion", "extraction", "evaluation", "traces", "data", "parameters", "runs"):
        app = open_page(page, run=number)
        assert not app.exception and not app.error, page
        told[page] = words(app)
        assert not [one for one in app.button if one.key and str(one.key).startswith("run ")], "nothing to run"
    assert "imported from Calscope" in told["motion"] and "there is no film" in told["motion"]
    assert "Thresholds can't be moved here" in told["evaluation"]
    app = open_page("home")
    app.text_input(key="typed folder").set_value(str(out))
    next(one for one in app.button if one.label == "Open").click().run()
    assert app.session_state["run"] == number, "the box for folders of recordings knows it too"


def test_what_suite2p_did_not_evaluate_is_called_so(open_page, lab):
    plane = lab.good.parent / "not_evaluated" / "plane0"
    plane.mkdir(parents=True, exist_ok=True)
    np.save(plane / "F.npy", np.ones((1, T), np.float32))
    np.savez(plane / "stat.npz", Ly=H, Lx=W, fs=10.0, npix=[1], ypix=[3], xpix=[4], lam=[1.0])
    app = open_page("home")
    app.text_input(key="typed results").set_value(str(plane.parent))
    next(one for one in app.button if one.label == "Open read-only").click().run()
    for page in ("evaluation", "traces"):
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error
        assert "no component is evaluated" in words(app)
    assert "accepted and rejected nothing in this file" in words(app.switch_page("pages/evaluation.py").run())


@pytest.mark.parametrize("page", ["motion", "extraction", "evaluation", "traces"])
def test_a_bundle_opens_on_every_page_with_its_counts(lab, open_page, page):
    path = lab.good.parent / "sample.calscope"
    path.write_bytes((ROOT / "tests/data/format_2.calscope").read_bytes())
    app = open_page("home")
    app.text_input(key="typed results").set_value(str(path))
    next(one for one in app.button if one.label == "Open read-only").click().run()
    assert not app.exception and not app.error
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception and not app.error
    assert "imported from Calscope" in words(app)
    sent = json.dumps(sent_data(app))
    assert page in ("motion", "extraction") or ('"accepted": 2' in sent and '"rejected": 1' in sent)
    assert ("only the short film below" in words(app)) == (page == "motion")
    assert ('"labels": ["tone", "lick"]' in sent) == (page == "traces")


def test_a_bundle_that_is_uploaded_opens_and_one_that_is_none_is_refused(lab, open_page):
    app = open_page("home")
    app.file_uploader[0].set_value(("mine.calscope", b"PK hello", "application/zip")).run()
    assert not app.exception and "was not copied whole" in words(app)
    app = open_page("home")
    content = (ROOT / "tests/data/format_1.calscope").read_bytes()
    app.file_uploader[0].set_value(("mine.calscope", content, "application/zip")).run()
    assert not app.exception and not app.error
    app.switch_page("pages/evaluation.py").run()
    assert not app.exception and "imported from Calscope" in words(app) and "of an older format" in words(app)
    (job,) = [one for one in JobManager(lab.store).jobs() if one.spec.data.endswith("mine.calscope")]
    assert job.spec.data.startswith(str(lab.store / "uploads"))


def test_a_damaged_bundle_is_refused_in_words(lab, open_page):
    path = lab.good.parent / "damaged.calscope"
    path.write_bytes((ROOT / "tests/data/format_1.calscope").read_bytes()[:-100])
    app = open_page("home")
    app.text_input(key="typed results").set_value(str(path))
    next(one for one in app.button if one.label == "Open read-only").click().run()
    assert not app.exception and "was not copied whole" in words(app)
