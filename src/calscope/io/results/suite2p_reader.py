"""Reads suite2p's results without unpickling.

The traces are plain arrays; the footprints (`stat.npy`) are Python objects, and reading those runs whatever is in the
file. They are taken from `Fall.mat` instead, which suite2p writes when its setting `save_mat` is on, or from a
`stat.npz` that one line in suite2p's own environment makes.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from scipy.sparse import csc_matrix

from calscope.io.results.imported_results import ImportedResults, evaluation_by, unmeasured
from calscope.io.results.suite2p_motion import MOTION_FIELDS, motion_of
from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality, Components, Evaluation, MotionEstimate

COMBINED = "combined"
"""Suite2p's folder with the components of all planes, side by side in one field."""
SUITE2P_FILES = ("F.npy", "Fall.mat")
"""Either shows that a folder is one of suite2p's planes."""
NEUROPIL = 0.7
"""Share of the neuropil's trace that suite2p subtracts from a component's where nobody set another."""
CONVERT_COMMAND = (
    "import os, numpy as np; s, *p = [np.load(f, allow_pickle=1) for f in ('stat.npy', 'db.npy', 'settings.npy', "
    "'reg_outputs.npy', 'detect_outputs.npy', 'ops.npy') if os.path.exists(f)]; o = {k: v for d in p for k, v in "
    "d.item().items() if v is not None}; [o.update({k: o[g][n]}) for k, g, n in (('neucoeff', 'extraction', "
    "'neuropil_coefficient'), ('block_size', 'registration', 'block_size')) if n in (o.get(g) or {})]; "
    "np.savez('stat.npz', npix=[len(c['ypix']) for c in s], **{n: np.concatenate([c[n] for c in s]) for n in ('ypix', "
    "'xpix', 'lam')}, **{n: o[n] for n in ('Ly', 'Lx', 'fs', 'neucoeff', 'yrange', 'xrange', 'meanImg', 'Vcorr', "
    "'max_proj', 'refImg', 'yoff', 'xoff', 'yoff1', 'xoff1', 'block_size') if n in o})"
)
"""Makes the footprints readable; run where the files are trusted, in the folder that holds them.

Up to version 0.14 suite2p writes its options and images into ops.npy; from 1.0 into four files, and ops.npy on request.
"""
_OPTIONS = ("Ly", "Lx", "fs", "neucoeff", "yrange", "xrange")
_OPTIONS_IN_GROUPS = {
    "neucoeff": ("extraction", "neuropil_coefficient"),
    "block_size": ("registration", "block_size"),
}
_IMAGES = {"corr": "Vcorr", "mean": "meanImg", "max": "max_proj"}
_DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError),
    *(MatReadError, zipfile.BadZipFile, zlib.error),
)
"""What numpy and scipy raise on files that are cut short, overwritten, or of another kind."""


def find_plane(path: Path) -> Path | None:
    """Give the first folder with suite2p's files at or below a path, None where there is none."""
    return next(iter(find_planes(path)), None)


def find_planes(path: Path) -> tuple[Path, ...]:
    """Give the folders with suite2p's files at or below a path: its planes by their numbers, then all combined."""
    if is_plane(path):
        return (path,)
    for above in (path, path / "suite2p"):
        inside = [folder for folder in above.glob("plane*") if is_plane(folder)] if above.is_dir() else []
        planes = sorted(inside, key=lambda folder: (len(folder.name), folder.name))
        if planes:
            return (*planes, *((above / COMBINED,) if is_plane(above / COMBINED) else ()))
    return ()


def is_plane(folder: Path) -> bool:
    """Tell from the names alone whether suite2p's results of a plane are directly in a folder."""
    return any((folder / name).is_file() for name in SUITE2P_FILES)


def name_of_plane(plane: Path) -> str:
    """Give the name of the folder above suite2p's own ones; with the plane's where it isn't the only one."""
    own = [part for part in plane.parts if part not in ("suite2p", COMBINED) and not part.startswith("plane")]
    name = own[-1] if own else plane.name
    is_alone = plane.name == "plane0" and len(find_planes(plane.parent)) == 1
    is_suite2ps = plane.name == COMBINED or plane.name.startswith("plane")
    return f"{name} {plane.name}" if own and is_suite2ps and not is_alone else name


def files_of_plane(plane: Path) -> tuple[Path, ...]:
    """Give the files that `read_suite2p` reads, as far as they are there."""
    names = ("F.npy", "Fneu.npy", "spks.npy", "iscell.npy", "stat.npz", "stat.npy", "Fall.mat")
    of_options = _files_of_first_plane(plane) if plane.name == COMBINED else ()
    return (*(plane / name for name in names if (plane / name).exists()), *of_options)


def _files_of_first_plane(combined: Path) -> tuple[Path, ...]:
    first = next((place for place in find_planes(combined.parent) if place != combined), None)
    return tuple(first / name for name in ("stat.npz", "Fall.mat") if first and (first / name).is_file())[:1]


def read_suite2p(plane: Path) -> ImportedResults:
    """Open one plane of suite2p's results.

    Raises
    ------
    RecordingError
        When its footprints can only be read by unpickling (with the way to convert them), or files are damaged.
    """
    try:
        fields = _from_npz(plane) if (plane / "stat.npz").is_file() else _from_mat(plane)
        return _results(plane, _of_first_plane(plane) | fields)
    except MemoryError:
        raise RecordingError(f"{plane} holds more numbers than this machine's memory can take.") from None
    except NotImplementedError:
        raise RecordingError(
            f"{plane / 'Fall.mat'} was written by MATLAB itself (version 7.3); suite2p's own is another kind of file."
        ) from None
    except _DAMAGE as error:
        raise RecordingError(f"{plane} can't be read as suite2p's results: {error}.") from None


def _of_first_plane(plane: Path) -> dict[str, Any]:
    """Give rate and neuropil factor for all planes combined: suite2p leaves both out of the `Fall.mat` there."""
    if plane.name != COMBINED:
        return {}
    for file in _files_of_first_plane(plane):
        fields = _from_npz(file.parent) if file.suffix == ".npz" else _from_mat(file.parent)
        return {name: fields[name] for name in ("fs", "neucoeff") if name in fields}
    return {}


def _from_npz(plane: Path) -> dict[str, Any]:
    # Opened here, because numpy leaves a damaged file open.
    with (plane / "stat.npz").open("rb") as file, np.load(file, allow_pickle=False) as stat:
        fields = {name: stat[name] for name in stat.files}
    names = ("F", *(name for name in ("Fneu", "spks", "iscell") if (plane / f"{name}.npy").is_file()))
    return fields | {name: np.load(plane / f"{name}.npy", allow_pickle=False) for name in names}


def _from_mat(plane: Path) -> dict[str, Any]:
    if not (plane / "Fall.mat").is_file():
        raise RecordingError(
            f"{plane / 'stat.npy'} holds suite2p's footprints as Python objects; reading it would run whatever is in "
            "it. Either switch on suite2p's save_mat and run it again, which writes Fall.mat; or, if you trust it, "
            f'run this there in suite2p\'s environment: python -c "{CONVERT_COMMAND}"'
        )
    found = loadmat(plane / "Fall.mat", squeeze_me=True, struct_as_record=False, chars_as_strings=True)
    cells, ops = np.atleast_1d(found["stat"]), found["ops"]
    pixels = {name: [np.atleast_1d(getattr(cell, name)) for cell in cells] for name in ("ypix", "xpix", "lam")}
    fields = {name: np.concatenate(parts) if parts else np.zeros(0) for name, parts in pixels.items()}
    fields["npix"] = np.array([len(part) for part in pixels["ypix"]])
    names = (*_OPTIONS, *_IMAGES.values(), *MOTION_FIELDS)
    fields |= {name: getattr(ops, name) for name in names if hasattr(ops, name)} | _grouped_options(ops)
    return fields | {name: np.atleast_2d(found[name]) for name in ("F", "Fneu", "spks", "iscell") if name in found}


def _grouped_options(ops: Any) -> dict[str, Any]:
    """Give the options that suite2p keeps in groups from 1.0 on."""
    found = {ours: getattr(getattr(ops, group, None), name, None) for ours, (group, name) in _OPTIONS_IN_GROUPS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _results(plane: Path, fields: dict[str, Any]) -> ImportedResults:
    dims = int(fields["Ly"]), int(fields["Lx"])
    raw, told = _traces(fields)
    n, n_frames = raw.shape
    nothing = np.zeros(n, np.float32)
    n_pixels = dims[0] * dims[1]
    motion, of_motion = _motion(plane, fields, dims, n_frames)
    return ImportedResults(
        name=name_of_plane(plane),
        path=plane,
        program="suite2p",
        components=Components(
            dims=dims,
            A=_footprints(fields, dims, n),
            C=raw,
            S=_spikes(fields, (n, n_frames)),
            YrA=np.zeros_like(raw),
            b=np.zeros((n_pixels, 0), np.float32),
            f=np.zeros((0, n_frames), np.float32),
            bl=nothing,
            c1=nothing,
            g=np.zeros((n, 0), np.float32),
            neurons_sn=nothing,
            sn=np.zeros(n_pixels, np.float32),
        ),
        component_quality=ComponentQuality(snr=unmeasured(n), r_value=unmeasured(n), cnn=unmeasured(n)),
        evaluation=_evaluation(fields, n),
        fr_hz=float(fields["fs"]) if np.size(fields.get("fs", ())) == 1 else None,
        images=_images(fields, dims),
        motion=motion,
        notes=(
            *told,
            *of_motion,
            *_other_planes(plane),
            Note("imported_without_measures"),
            *(() if np.size(fields.get("spks", ())) else (Note("imported_without_spikes"),)),
            *(() if np.size(fields.get("iscell", ())) else (Note("suite2p_without_flags"),)),
        ),
    )


def _motion(
    plane: Path, fields: dict[str, Any], dims: tuple[int, int], n_frames: int
) -> tuple[MotionEstimate | None, tuple[Note, ...]]:
    """Give the motion; for all planes combined none, because each moved by itself."""
    if plane.name == COMBINED:
        return None, (Note("suite2p_combined_motion"),)
    return motion_of(fields, dims, n_frames)


def _traces(fields: dict[str, Any]) -> tuple[FloatArray, tuple[Note, ...]]:
    """Give F less the share of the neuropil that the run took, and what is to be said of it."""
    if not np.size(fields.get("Fneu", ())):
        return np.asarray(fields["F"], np.float32), (Note("suite2p_without_neuropil"),)
    is_known = np.size(fields.get("neucoeff", ())) == 1
    share = float(np.ravel(fields["neucoeff"])[0]) if is_known else NEUROPIL
    unknown = () if is_known else (Note("suite2p_neuropil_unknown", {"neuropil": share}),)
    notes = (Note("suite2p_traces", {"neuropil": share}), *unknown)
    return np.asarray(fields["F"] - share * fields["Fneu"], np.float32), notes


def _spikes(fields: dict[str, Any], shape: tuple[int, int]) -> FloatArray:
    found = fields.get("spks", ())
    return np.asarray(found, np.float32).reshape(shape) if np.size(found) else np.zeros(shape, np.float32)


def _other_planes(plane: Path) -> tuple[Note, ...]:
    others = [place.name for place in find_planes(plane.parent) if place != plane]
    return (Note("suite2p_other_planes", {"plane": plane.name, "others": others}),) if others else ()


def _evaluation(fields: dict[str, Any], n: int) -> Evaluation | None:
    """Repeat suite2p's flags; None without them, as where its classifier was not run."""
    flags = np.asarray(fields.get("iscell", ()), np.float64)
    if not flags.size:
        return None
    return evaluation_by("suite2p (its flag iscell)", flags.reshape(n, -1)[:, 0] > 0)


def _images(fields: dict[str, Any], dims: tuple[int, int]) -> dict[str, FloatArray]:
    """Give images of the whole field; what suite2p cut to the part that stayed in view lies where its ranges say.

    Around it stands the smallest value; an image of another size whose place is not known is left out.
    """
    found = {ours: np.asarray(fields[name], np.float32) for ours, name in _IMAGES.items() if name in fields}
    placed = {name: _placed(image, fields, dims) for name, image in found.items()}
    return {name: image for name, image in placed.items() if image is not None}


def _placed(image: FloatArray, fields: dict[str, Any], dims: tuple[int, int]) -> FloatArray | None:
    if image.shape == dims or not image.size:
        return image if image.size else None
    ends = [np.ravel(fields.get(name, ())) for name in ("yrange", "xrange")]
    if any(len(pair) != 2 for pair in ends):
        return None
    where = tuple(slice(int(first), int(last)) for first, last in ends)
    whole: FloatArray = np.full(dims, image.min(), np.float32)
    if whole[where].shape != image.shape:
        return None
    whole[where] = image
    return whole


def _footprints(fields: dict[str, Any], dims: tuple[int, int], n: int) -> csc_matrix:
    """Weights as columns in Fortran pixel order, of length one as in CNMF."""
    npix = np.asarray(fields["npix"], np.intp).ravel()
    y, x = (_inside(fields[name], size) for name, size in (("ypix", dims[0]), ("xpix", dims[1])))
    columns = np.repeat(np.arange(n), npix)
    weights = np.maximum(np.asarray(fields["lam"], np.float64), 0)
    norms = np.sqrt(np.bincount(columns, weights**2, minlength=n))
    scaled = weights / np.where(norms > 0, norms, 1)[columns]
    return csc_matrix((scaled.astype(np.float32), (y + x * dims[0], columns)), shape=(dims[0] * dims[1], n))


def _inside(values: Any, size: int) -> NDArray[np.intp]:
    places = np.asarray(values, np.intp).ravel()
    if places.size and (places.min() < 0 or places.max() >= size):
        raise ValueError("footprints reach beyond the field")
    return places
