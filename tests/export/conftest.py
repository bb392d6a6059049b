"""A tiny run folder of known content, in the layout that `calscope run` writes, on a field that is not square."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.sparse import csc_matrix, save_npz

from calscope.model.notes import Note
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.pipeline.records import AnimalRun, StageRecord

H, W, T = 20, 34, 90
FR = 9.0
DXY = (1.5, 1.25)


class Truth:
    """What the folder holds, as arrays made here and not read back."""

    def __init__(self, n=4, accepted=(True, False, True, False), seed=0):
        rng = np.random.default_rng(seed)
        self.footprints = np.zeros((n, H, W), np.float32)
        for i in range(n):
            y, x = 3 + 4 * i % 14, 4 + 8 * i % 28
            self.footprints[i, y : y + 4, x : x + 5] = rng.random((4, 5)) + 0.2  # taller than wide would hide a swap
            self.footprints[i, y, x] = 0
        self.denoised = rng.random((n, T)).astype(np.float32) * 5
        self.raw = self.denoised + rng.normal(size=(n, T)).astype(np.float32)
        self.spikes = (rng.random((n, T)) > 0.9).astype(np.float32)
        self.dff = self.raw / 10
        self.b = rng.random((2, H, W)).astype(np.float32)
        self.f = rng.random((2, T)).astype(np.float32)
        self.shifts = rng.normal(size=(T, 2)).astype(np.float32)
        self.images = {
            f"{kind}_{when}": rng.random((H, W)).astype(np.float32)
            for kind in ("mean", "max", "corr")
            for when in ("before", "after")
        }
        self.accepted = np.array(accepted[:n], bool)
        self.snr = rng.random(n) * 5
        self.r_value = rng.random(n)
        self.reasons = [f"reason {i}: SNR {s:.2f} <b>" for i, s in enumerate(self.snr)]


def write_images(folder, truth):
    np.savez(folder / "images.npz", **truth.images)


def write_motion(folder, truth, *, patches=True):
    frames = np.arange(T)
    pd.DataFrame(
        {
            "frame": frames,
            "time_s": frames / FR,
            "shift_y_px": truth.shifts[:, 0],
            "shift_x_px": truth.shifts[:, 1],
            "corr_before": np.linspace(0.4, 0.5, T),
            "corr_after": np.linspace(0.6, 0.7, T),
        }
    ).to_parquet(folder / "motion.parquet")
    if patches:
        shifts = np.stack([truth.shifts - 0.5, truth.shifts + 0.5], axis=1)
        np.savez(folder / "motion_patches.npz", shifts=shifts, centers=np.array([[10, 8], [10, 26]], np.float32))


def write_components(folder, truth, *, evaluated=True):
    n = len(truth.footprints)
    columns = truth.footprints.transpose(0, 2, 1).reshape(n, H * W).T  # index = y + x * H
    save_npz(folder / "footprints.npz", csc_matrix(columns))
    b = truth.b.transpose(0, 2, 1).reshape(2, H * W).T
    np.savez(folder / "background.npz", b=b, f=truth.f)
    table = pd.DataFrame(
        {
            "component": np.arange(n),
            "y_px": [float(np.average(np.arange(H), weights=m.sum(1))) for m in truth.footprints],
            "x_px": [float(np.average(np.arange(W), weights=m.sum(0))) for m in truth.footprints],
            "area_px": [int((m > 0).sum()) for m in truth.footprints],
        }
    )
    if evaluated:
        table = table.assign(
            snr=truth.snr, r_value=truth.r_value, cnn=np.nan, accepted=truth.accepted, reason=truth.reasons
        )
    table.to_parquet(folder / "components.parquet")
    write_traces(folder, truth)


def write_traces(folder, truth):
    n = len(truth.raw)
    kinds = {kind: getattr(truth, kind) for kind in ("raw", "denoised", "spikes", "dff")}
    frames = np.arange(T, dtype=np.int32)
    schema = pa.schema(
        [("component", pa.int32()), ("frame", pa.int32()), ("time_s", pa.float64())]
        + [(k, pa.float32()) for k in kinds]
    )
    with pq.ParquetWriter(folder / "traces.parquet", schema) as out:
        for i in range(n):
            start = {"component": np.full(T, i, np.int32), "frame": frames, "time_s": frames / FR}
            out.write_table(pa.table({**start, **{k: v[i] for k, v in kinds.items()}}, schema=schema))


def write_run_json(folder, *, changes=None, **more):
    """Write the record of a run as the command does; `changes` are parameters used otherwise than asked for."""
    asked = Parameters().replace({"cnmf.K": 7})
    used = asked.replace({"dataset.fr": FR, "dataset.dxy": DXY, **(changes or {})})
    info = RecordingInfo(
        name=folder.name,
        path=f"/data/{folder.name}.tif",
        shape=(T, H, W),
        dtype="uint16",
        n_files=1,
        fingerprint="abc123fingerprint",
        fr_hz=FR,
        fr_source="ImageJ's finterval",
        dxy_um=DXY,
        dxy_source="ImageJ's resolution",
    )
    run = AnimalRun(
        name=folder.name,
        info=info,
        requested=asked.to_dict(),
        effective=used.replace({"evaluation.use_soma": used.evaluation.tests_soma}).to_dict(),
        engine="builtin",
        engine_version="9.9.9",
        versions={"calscope": "9.9.9", "numpy": "2.4.6"},
        stages=(StageRecord("estimate", "k" * 40, 12.5, cached=False),),
        peak_memory_bytes=512_000_000,
        notes=(Note("sentence", {"text": "A note of the run."}),),
    )
    record = run.to_dict()
    record["recording"] = record.pop("info")
    (folder / "run.json").write_text(json.dumps(record | more), encoding="utf-8")


@pytest.fixture
def truth():
    return Truth()


@pytest.fixture
def empty_truth():
    """A recording in which nothing was found."""
    return Truth(n=0)


@pytest.fixture
def make_animal(tmp_path):
    """Write one animal's folder into OUT, up to a stage, and give its path."""

    def make(name="Animal_1", truth=None, *, until="evaluation", **run_json):
        known = truth or Truth()
        folder = tmp_path / "OUT" / name
        folder.mkdir(parents=True)
        write_run_json(folder, **run_json)
        if until == "summary":
            known.images = {name: image for name, image in known.images.items() if name.endswith("before")}
        write_images(folder, known)
        if until != "summary":
            write_motion(folder, known)
        if until in ("extraction", "evaluation"):
            write_components(folder, known, evaluated=until == "evaluation")
        return folder

    return make
