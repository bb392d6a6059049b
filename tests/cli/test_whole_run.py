"""The whole way with the built-in engine: five small animals from demo to files, as a person would run them."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment

from calscope.pipeline.store import Store

ANIMALS = [f"Animal_{n}" for n in range(1, 6)]


def calscope(place, *arguments):
    """Run a command as its own process, with a store in that place."""
    environment = os.environ | {"CALSCOPE_STORE": str(place / "store")}
    command = [sys.executable, "-m", "calscope.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=place, env=environment, check=False, timeout=300)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with demo (5 animals, 240 frames of 80 x 80 px, at 14.7 Hz), store, and out, the results."""
    place = tmp_path_factory.mktemp("whole")
    assert calscope(place, "demo", "demo", "--frames", 240, "--size", 80).returncode == 0
    done = calscope(place, "run", "demo", "--out", "out")
    assert done.returncode == 0, done.stderr
    return place


def record(place, animal, out="out"):
    return json.loads((place / out / animal / "run.json").read_text())


def computed(place, animal, out):
    return [stage["stage"] for stage in record(place, animal, out)["stages"] if not stage["cached"]]


def test_every_animal_is_there_with_the_rate_of_its_file(place):
    for animal in ANIMALS:
        told = record(place, animal)
        assert told["requested"]["dataset"]["fr"] is None
        assert told["effective"]["dataset"]["fr"] == pytest.approx(14.7)
        assert told["effective"]["dataset"]["dxy"] == pytest.approx([300 / 256] * 2, rel=0.01)
        assert len(computed(place, animal, "out")) == 13
    assert [entry["name"] for entry in json.loads((place / "out/run.json").read_text())["animals"]] == ANIMALS


def test_five_animals_stay_within_memory_and_leave_nothing_but_results(place):
    assert max(record(place, animal)["peak_memory_bytes"] for animal in ANIMALS) < 1e9
    store = place / "store"
    left = [*store.glob("results/??/.*"), *store.glob("scratch/*"), *store.glob("leases/*")]
    assert left == []
    assert sorted(path.name for path in place.iterdir()) == ["demo", "out", "store"]


def test_motion_is_followed(place):
    for animal in ANIMALS:
        truth = np.load(place / "demo" / animal / "truth.npz")["shifts"]
        motion = pd.read_parquet(place / "out" / animal / "motion.parquet")
        found = motion[["shift_y_px", "shift_x_px"]].to_numpy()
        error = found + truth - np.median(found + truth, axis=0)
        assert np.sqrt((error**2).sum(axis=1).mean()) < 0.5 * np.sqrt(
            ((truth - np.median(truth, axis=0)) ** 2).sum(axis=1).mean()
        ), animal


def test_cells_are_found(place):
    recalls = []
    for animal in ANIMALS:
        truth = np.load(place / "demo" / animal / "truth.npz")
        masks = truth["masks"][truth["spikes"].sum(axis=1) >= 3].astype(np.float64)
        masks = masks.transpose(0, 2, 1).reshape(len(masks), -1)  # into Fortran pixel order
        A = sp.load_npz(place / "out" / animal / "footprints.npz").toarray().T
        cosine = (masks @ A.T) / np.outer(np.linalg.norm(masks, axis=1), np.linalg.norm(A, axis=1) + 1e-9)
        recalls.append((cosine[linear_sum_assignment(-cosine)] > 0.5).sum() / len(masks))
    assert np.mean(recalls) > 0.5, recalls


def test_a_second_run_is_served_from_the_store_and_gives_the_same_files(place):
    assert calscope(place, "run", "demo", "--out", "again").returncode == 0
    for animal in ANIMALS:
        assert computed(place, animal, "again") == []
        for name in ("components.parquet", "traces.parquet", "footprints.npz", "images.npz", "motion.parquet"):
            assert (place / "again" / animal / name).read_bytes() == (place / "out" / animal / name).read_bytes()


def test_another_min_snr_recomputes_evaluation_only(place):
    done = calscope(place, "run", "demo", "--out", "strict", "--set", "evaluation.min_SNR=50")
    assert done.returncode == 0
    for animal in ANIMALS:
        assert computed(place, animal, "strict") == ["evaluation"]
    table = pd.read_parquet(place / "strict/Animal_1/components.parquet")
    assert table["accepted"].sum() < pd.read_parquet(place / "out/Animal_1/components.parquet")["accepted"].sum()


def test_the_number_of_workers_changes_nothing(place):
    run = ("run", "demo", "--animals", "Animal_1", "--frames", 120)
    for workers in (1, 3):
        environment = place / f"store of {workers}"
        environment.mkdir()
        (environment / "demo").symlink_to(place / "demo")
        assert calscope(environment, *run, "--out", "out", "--workers", workers).returncode == 0
    for name in ("components.parquet", "traces.parquet", "footprints.npz", "motion.parquet"):
        one, three = (place / f"store of {n}" / "out/Animal_1" / name for n in (1, 3))
        assert one.read_bytes() == three.read_bytes(), name


def test_ctrl_c_in_the_middle_leaves_nothing_half_made(place):
    store = place / "stopped"
    environment = os.environ | {"CALSCOPE_STORE": str(store)}
    run = subprocess.Popen(
        [sys.executable, "-m", "calscope.cli", "run", "demo", "--out", "out2", "--set", "cnmf.K=6"],
        cwd=place,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    end = time.monotonic() + 120
    while not list(store.glob("results/??/.tmp-*")) and time.monotonic() < end:
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, told = run.communicate(timeout=60)
    assert run.returncode == 130 and "Traceback" not in told
    Store(store).sweep()  # as the next one that starts does, where it had to be ended within something that takes long
    assert [*store.glob("results/??/.*"), *store.glob("scratch/*"), *store.glob("leases/*")] == []


def test_a_run_with_seeds_is_repeated_from_its_own_record(place):
    (place / "own.json").write_text(json.dumps({"Animal_2": {"seeds": [[40, 40]], "parameters": {"cnmf.K": 3}}}))
    run = ("run", "demo", "--animals", "Animal_2", "--frames", 120)
    assert calscope(place, *run, "--out", "seeded", "--inputs", "own.json").returncode == 0
    elsewhere = place / "another store"
    elsewhere.mkdir()
    (elsewhere / "demo").symlink_to(place / "demo")
    assert calscope(elsewhere, *run, "--out", "again", "--inputs", place / "seeded/run.json").returncode == 0
    assert record(elsewhere, "Animal_2", "again")["keys"] == record(place, "Animal_2", "seeded")["keys"]
    assert "refit" in computed(elsewhere, "Animal_2", "again")
    for name in ("components.parquet", "traces.parquet", "footprints.npz"):
        one, two = place / "seeded/Animal_2" / name, elsewhere / "again/Animal_2" / name
        assert one.read_bytes() == two.read_bytes(), name
