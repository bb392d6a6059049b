"""Results of another program export as those of a run, with what they hold and without claims that they don't make."""

import re

import numpy as np
import pandas as pd
import pytest

from calscope.export.formats.format_registry import export_run
from calscope.export.report.write_report import render
from calscope.export.run_folder.open_run_folder import open_run
from calscope.jobs.manager import JobManager
from calscope.jobs.run_export import stored_run
from calscope.pipeline.import_results import import_results

H, W, T = 12, 10, 30
Y_OFF, X_OFF = np.arange(T) % 5 - 2, np.arange(T) % 3


@pytest.fixture(params=[True])
def imported(tmp_path, request):
    """A store, and the run under which suite2p's results are kept in it; with its flags or without."""
    plane = tmp_path / "mouse" / "suite2p" / "plane0"
    plane.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("F", "Fneu", "spks"):
        np.save(plane / f"{name}.npy", rng.random((2, T)).astype(np.float32))
    if request.param:
        np.save(plane / "iscell.npy", np.array([[1.0, 0.8], [0.0, 0.1]]))
    pixels = {"npix": [2, 1], "ypix": [1, 2, 5], "xpix": [3, 3, 4], "lam": [3.0, 4.0, 1.0]}
    blocks = {"yoff1": np.full((T, 9), 0.25), "xoff1": np.full((T, 9), -0.5), "block_size": (6, 5)}
    motion = {"yoff": Y_OFF, "xoff": X_OFF, "refImg": np.ones((H, W))} | blocks
    np.savez(plane / "stat.npz", Ly=H, Lx=W, fs=10.0, meanImg=np.ones((H, W)), neucoeff=0.7, **pixels, **motion)
    manager = JobManager(tmp_path / "store")
    return manager.store, manager.keep_import(import_results(plane, manager.store))


def test_its_motion_is_in_tables_and_exports(imported, tmp_path):
    with stored_run(*imported) as run:
        animal = run.animals[0]
        assert list(animal.motion) == ["frame", "time_s", "shift_y_px", "shift_x_px"], "no correlation was measured"
        export_run(run, "csv", tmp_path / "csv")
        export_run(run, "suite2p", tmp_path / "s2p")
        export_run(run, "run", tmp_path / "run")
    table = pd.read_csv(next((tmp_path / "csv").rglob("motion.csv")))
    np.testing.assert_array_equal(table["shift_y_px"], -Y_OFF)
    np.testing.assert_array_equal(table["shift_x_px"], -X_OFF)
    with np.load(next((tmp_path / "s2p").rglob("stat.npz"))) as again:
        np.testing.assert_array_equal(again["yoff"], Y_OFF)
        np.testing.assert_array_equal(again["xoff"], X_OFF)
    written = open_run(tmp_path / "run").animals[0]
    np.testing.assert_array_equal(written.motion["shift_y_px"], -Y_OFF)
    np.testing.assert_allclose(written.patches.shifts[:, 4, 1], -(X_OFF - 0.5))


def test_the_report_shows_the_motion_and_claims_no_method_of_ours(imported):
    with stored_run(*imported) as run:
        page = render(run)
    assert "Shift applied to each frame: median 2.00 px, largest 2.83 px" in page
    assert "suite2p made the results" in page
    assert "Of 2 components, 1 were accepted." in page
    assert "NoRMCorre (" not in page and "reached max_shifts" not in page
    unknown = re.search("<code>evaluation.min_SNR</code>.*?</tr>", page).group()
    assert unknown.endswith("<td>–</td></tr>"), "suite2p has no such threshold"


@pytest.mark.parametrize("imported", [False], indirect=True)
def test_what_suite2p_did_not_evaluate_is_called_so(imported, tmp_path):
    with stored_run(*imported) as run:
        assert run.animals[0].accepted is None
        page = render(run)
        export_run(run, "csv", tmp_path / "csv")
    table = pd.read_csv(next((tmp_path / "csv").rglob("components.csv")))
    assert table["accepted"].isna().all()
    assert (table["reason"] == "not evaluated").all()
    assert "2 components, not evaluated." in page
    assert not re.search('were accepted|<td class="(accepted|rejected)"', page)
