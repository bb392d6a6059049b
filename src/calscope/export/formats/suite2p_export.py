"""Results in the folder layout of suite2p: `suite2p/plane0/*.npy`, for its interface and for what reads its files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import skew

from calscope.export.exported_animal import ExportedAnimal
from calscope.export.formats.enhanced_image import enhanced
from calscope.export.formats.suite2p_movie import MOVIE, write_movie
from calscope.export.formats.suite2p_objects import write_objects
from calscope.model.movie import FloatArray
from calscope.model.params import Parameters
from calscope.model.progress import Progress, part, silent
from calscope.model.recording import Pair


def write_suite2p(
    animal: ExportedAnimal, folder: Path, progress: Progress = silent, *, with_movie: bool = False
) -> None:
    """Write one animal as `folder`/suite2p/plane0, which suite2p's interface loads by `stat.npy` or as a folder.

    `F` is the raw trace C + YrA. CNMF has taken the background out of it already, so `Fneu` is zero and suite2p's
    F - 0.7 Fneu is the raw trace. suite2p's probability of being a cell has no counterpart: `iscell` repeats the flag.
    The settings are in `ops.npy`, as up to suite2p 0.14, and in `db.npy` and `settings.npy`, which from 1.0 on are read
    where a folder is opened. Beside suite2p's own files stands `stat.npz`, the footprints once more as plain arrays.

    Raises
    ------
    StoreError
        When the run has no components, because it ended before extraction; when the movie is wanted and was not kept.
    """
    animal.need_footprints()
    raw = animal.traces("raw")
    accepted = np.ones(len(raw), np.bool_) if animal.accepted is None else animal.accepted
    arrays: dict[str, NDArray] = {
        "F": raw,
        "Fneu": np.zeros_like(raw),
        "spks": animal.traces("spikes"),
        "iscell": np.column_stack([accepted, accepted]).astype(np.float64),
    }
    plane = folder / "suite2p" / "plane0"
    plane.mkdir(parents=True)
    for i, (name, array) in enumerate(arrays.items()):
        progress(i / 8, name)
        np.save(plane / f"{name}.npy", array, allow_pickle=False)
    stat, db, settings = _stat(animal, raw, part(progress, 0.5, 0.7)), _db(animal), _settings(animal)
    if with_movie:
        db["calscope_counts_per_unit"] = write_movie(plane / MOVIE, animal, part(progress, 0.7, 1))
    ops = db | settings
    write_objects(plane, {"stat": stat, "db": db, "settings": settings, "ops": ops})
    np.savez(plane / "stat.npz", **_plain_footprints(stat, ops))


def _plain_footprints(stat: list[dict[str, Any]], ops: dict[str, Any]) -> dict[str, Any]:
    """Give footprints, size, rate and pictures as plain arrays, which Calscope and others open without unpickling.

    `npix` tells how many of the values in `ypix`, `xpix` and `lam` are each component's.
    """
    kinds = {"ypix": np.int64, "xpix": np.int64, "lam": np.float32}
    parts = {name: np.concatenate([np.zeros(0, kind), *(s[name] for s in stat)]) for name, kind in kinds.items()}
    names = ("Ly", "Lx", "fs", "meanImg", "Vcorr", "max_proj", "yoff", "xoff")
    known: dict[str, Any] = {name: np.asarray(ops[name]) for name in names if name in ops}
    return {"npix": np.array([s["npix"] for s in stat], np.int64), **parts, **known}


def _stat(animal: ExportedAnimal, raw: FloatArray, progress: Progress) -> list[dict[str, Any]]:
    footprints, (height, width) = animal.need_footprints(), animal.dims
    covered = np.bincount(footprints.indices, minlength=height * width)
    stats = []
    for component, trace in enumerate(raw):
        progress(component / len(raw), "footprints")
        entries = slice(footprints.indptr[component], footprints.indptr[component + 1])
        pixels, weights = footprints.indices[entries], footprints.data[entries]
        xpix, ypix = np.divmod(pixels, height)
        stats.append(_shape(ypix, xpix, weights) | {"overlap": covered[pixels] > 1} | _activity(trace))
    mean_size = float(np.mean([stat["npix"] for stat in stats])) if stats else 1.0
    return [
        stat | {"npix_norm": stat["npix"] / mean_size, "npix_norm_no_crop": stat["npix"] / mean_size} for stat in stats
    ]


def _shape(ypix: NDArray, xpix: NDArray, weights: NDArray) -> dict[str, Any]:
    """Give suite2p's description of a footprint; lengths in px."""
    y, x = np.median(ypix), np.median(xpix)
    distance = float(np.hypot(ypix - y, xpix - x).mean())
    radius = float(np.sqrt(len(ypix) / np.pi))
    of_disk = 2 / 3 * radius  # mean distance from the centre of a disk of the same area
    axes = (
        np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(np.stack([ypix, xpix]), bias=True)), 0))
        if len(ypix) > 1
        else [1, 1]
    )
    return {
        "ypix": ypix.astype(np.int64),
        "xpix": xpix.astype(np.int64),
        "lam": weights.astype(np.float32),
        "med": [float(y), float(x)],
        "npix": len(ypix),
        "npix_soma": len(ypix),
        "soma_crop": np.ones(len(ypix), np.bool_),
        "footprint": 0,
        "mrs": distance,
        "mrs0": of_disk,
        "compact": max(1.0, distance / of_disk) if of_disk else 1.0,
        "radius": radius,
        "aspect_ratio": float(2 * axes[1] / (axes[0] + axes[1] + 1e-9)),
    }


def _activity(trace: FloatArray) -> dict[str, float]:
    spread = float(trace.std())
    return {"std": spread, "skew": float(skew(trace)) if spread > 0 else 0.0}


def _db(animal: ExportedAnimal) -> dict[str, Any]:
    """Give what suite2p knows of a recording: sizes, places, images and offsets."""
    height, width = animal.dims
    mean = _image(animal, "mean_after", "template", "max_after")
    found: dict[str, Any] = {
        "Ly": height,
        "Lx": width,
        "nframes": animal.n_frames,
        "yrange": [0, height],
        "xrange": [0, width],
        "nplanes": 1,
        "nchannels": 1,
        "functional_chan": 1,
        "meanImg": mean,
        "meanImgE": enhanced(mean, _around_px(animal)),  # a folder without it is opened with one that is black
        "Vcorr": _image(animal, "corr_after"),
        "data_path": [str(animal.recording.get("path", "unknown"))],
        "save_path": ".",
        "reg_file": MOVIE,  # where it isn't found, suite2p looks for this name beside the other files
    }
    if animal.remark:
        found["remark"] = animal.remark
    if "max_after" in animal.images:
        found["max_proj"] = animal.images["max_after"]
    return found | _offsets(animal)


def _settings(animal: ExportedAnimal) -> dict[str, Any]:
    """Give the settings that suite2p's interface asks for, by the names of versions before 1.0 and from then on."""
    found: dict[str, Any] = {
        "aspect": 1.0 if animal.dxy_um is None else animal.dxy_um[0] / animal.dxy_um[1],
        "neucoeff": 0.7,
        "batch_size": 500,
        "extraction": {"neuropil_coefficient": 0.7},
        "detection": {"soma_crop": False},
        "io": {"save_mat": False},
    }
    if animal.params is not None:
        found["tau"] = animal.params.dataset.decay_time
        found["diameter"] = [2 * half + 1 for half in animal.params.cnmf.gSig]
    if animal.fr_hz is not None:
        found["fs"] = animal.fr_hz
    return found


def _image(animal: ExportedAnimal, *names: str) -> FloatArray:
    found = (animal.images[name] for name in names if name in animal.images)
    return next(found, np.zeros(animal.dims, np.float32))


def _around_px(animal: ExportedAnimal) -> Pair:
    """Give how wide the surroundings are that the enhanced mean image is relative to: twice the half size of a soma."""
    half_y, half_x = (animal.params or Parameters()).cnmf.gSig
    return 2.0 * half_y, 2.0 * half_x


def _offsets(animal: ExportedAnimal) -> dict[str, FloatArray]:
    """Offsets as suite2p means them: how far a frame was displaced, the opposite of what we apply to it."""
    if animal.motion is None:
        return {}
    y, x = (-animal.motion[name].to_numpy(np.float32) for name in ("shift_y_px", "shift_x_px"))
    return {"yoff": y, "xoff": x}
