"""What CaImAn's objects hold, as our results. Nothing of CaImAn is imported here: the objects are only read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix

from calscope.algorithms.motion.grid import make_patches
from calscope.engines.caiman_files import chunk_frames, frame_correlations, read_corrected
from calscope.engines.engine import Context
from calscope.model.movie import FloatArray, FrameSource, Movie
from calscope.model.notes import Note
from calscope.model.progress import part
from calscope.model.results import ComponentQuality, Components, MotionResult


def motion_result(
    corrector: Any, source: FrameSource, *, high: float, n_repaired: int, context: Context
) -> MotionResult:
    """Take over what CaImAn's `MotionCorrect` found and wrote.

    Parameters
    ----------
    corrector
        After `motion_correct`.
    source
        The raw movie.
    high
        Its largest value.
    n_repaired
        Frames in which something was replaced before CaImAn saw them.
    context
        Gives the array for the corrected movie.
    """
    is_rigid = not corrector.pw_rigid
    shifts_rig = np.asarray(corrector.shifts_rig, np.float32).reshape(-1, 2)
    template = np.asarray(corrector.total_template_rig if is_rigid else corrector.total_template_els, np.float32)
    written = Path(_one(corrector.fname_tot_rig if is_rigid else corrector.fname_tot_els))
    rim = int(corrector.border_to_0)
    movie = _code(written, source.shape, (float(corrector.min_mov), high), context)
    written.unlink()
    before, after = _correlations(source, movie, template, rim)
    patches = {} if is_rigid else _patch_results(corrector, (source.shape[1], source.shape[2]))
    return MotionResult(
        movie=movie,
        template=template,
        shifts_rig=shifts_rig,
        corr_before=before,
        corr_after=after,
        border_px=rim,
        notes=_motion_notes(shifts_rig, corrector.max_shifts, n_repaired),
        **patches,
    )


def _one(name: str | Sequence[str]) -> str:
    return name if isinstance(name, str) else name[0]


def _code(path: Path, shape: tuple[int, int, int], limits: tuple[float, float], context: Context) -> Movie:
    """Code CaImAn's corrected movie in 16 bits, in the units of the raw one."""
    low, high = limits
    codes = context.allocate("movie", shape, np.uint16)
    movie = Movie(codes, scale=(high - low) / 65535 if high > low else 1.0, offset=low)
    corrected = read_corrected(path, shape)
    progress = part(context.progress, 0.9, 0.98)
    for start, stop in chunk_frames(shape):
        codes[start:stop] = movie.encode(np.nan_to_num(corrected[start:stop]) + np.float32(low))
        progress(stop / shape[0], "taking over CaImAn's corrected movie")
    return movie


def _correlations(source: FrameSource, movie: Movie, template: FloatArray, rim: int) -> tuple[FloatArray, FloatArray]:
    """Correlation of every frame with the template inside the border, raw and corrected, (T,) each."""
    n_frames, height, width = movie.shape
    inside = tuple(slice(min(rim, n // 4), n - min(rim, n // 4)) for n in (height, width))
    before, after = np.zeros(n_frames, np.float32), np.zeros(n_frames, np.float32)
    for start, stop in chunk_frames(movie.shape):
        raw = np.nan_to_num(source.read(start, stop))
        before[start:stop] = frame_correlations(raw[:, *inside], template[inside])
        after[start:stop] = frame_correlations(movie.read(start, stop)[:, *inside], template[inside])
    return before, after


def _patch_results(corrector: Any, field: tuple[int, int]) -> dict[str, Any]:
    """Shifts of the patches and where their centres lie; CaImAn's "x" is the row."""
    down, right = np.asarray(corrector.x_shifts_els), np.asarray(corrector.y_shifts_els)
    grid = make_patches(field, tuple(corrector.strides), tuple(corrector.overlaps))
    shifts = np.stack([down, right], axis=-1).astype(np.float32)
    return {"shifts_els": shifts, "centers_px": grid.centers_px, "patch_shape_px": grid.shape_px}


def _motion_notes(shifts: FloatArray, max_shifts: Sequence[int], n_repaired: int) -> tuple[Note, ...]:
    notes = []
    clipped = int((np.abs(shifts) >= np.asarray(max_shifts, np.float32)).any(axis=1).sum())
    if clipped:
        notes.append(Note("frames_at_largest_shift", {"n": clipped, "n_frames": len(shifts)}))
    if n_repaired:
        notes.append(Note("frames_not_finite", {"n": n_repaired, "n_frames": len(shifts)}))
    return tuple(notes)


def components_of(estimates: Any, shape: tuple[int, int, int]) -> Components:
    """Give CaImAn's estimates as ours; what it leaves empty (without updates, without deconvolution) is zero."""
    n_frames, height, width = shape
    A = csc_matrix(estimates.A, dtype=np.float32)
    n = A.shape[1]
    C = _array(estimates.C, (n, n_frames))
    b = estimates.b.toarray() if hasattr(estimates.b, "toarray") else estimates.b
    return Components(
        dims=(height, width),
        A=A,
        C=C,
        S=_array(estimates.S, (n, n_frames)),
        YrA=_array(estimates.YrA, (n, n_frames)),
        b=_array(b, (height * width, -1)),
        f=_array(estimates.f, (-1, n_frames)),
        bl=_numbers(estimates.bl, n),
        c1=_numbers(estimates.c1, n),
        g=_coefficients(estimates.g, n),
        neurons_sn=_numbers(estimates.neurons_sn, n),
        sn=_array(estimates.sn, (height * width,)),
    )


def _array(values: Any, shape: tuple[int, ...]) -> FloatArray:
    if values is None:
        return np.zeros([max(side, 0) for side in shape], np.float32)
    return np.ascontiguousarray(np.asarray(values, np.float32).reshape(shape))


def _numbers(values: Any, n: int) -> FloatArray:
    """(K,) from numbers or arrays of one number, as CaImAn mixes them."""
    found = np.zeros(n, np.float32)
    for k, value in enumerate(values if values is not None else ()):
        found[k] = np.ravel(value)[0]
    return found


def _coefficients(g: Any, n: int) -> FloatArray:
    """(K, p) from CaImAn's list of arrays; None, or empty arrays, where nothing was deconvolved."""
    rows = [np.ravel(values) for values in g] if g is not None and len(g) == n else []
    if not rows or min(len(row) for row in rows) == 0:
        return np.zeros((n, 0), np.float32)
    return np.asarray(rows, np.float32)


def quality_of(estimates: Any, n: int) -> ComponentQuality:
    """CaImAn's measures; its network's scores are an empty list where it was off."""
    cnn = np.asarray(estimates.cnn_preds, np.float32).ravel()
    return ComponentQuality(
        snr=np.asarray(estimates.SNR_comp, np.float32),
        r_value=np.asarray(estimates.r_values, np.float32),
        cnn=cnn if len(cnn) == n else np.full(n, np.nan, np.float32),
    )
