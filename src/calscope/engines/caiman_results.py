"""What CaImAn's objects hold, as our results. Nothing of CaImAn is imported here: the objects are only read."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.frames import inner_crop
from calscope.algorithms.motion.grid import make_patches
from calscope.engines.caiman_files import chunk_frames, frame_correlations
from calscope.engines.engine import Context
from calscope.model.movie import FloatArray, FrameSource, Movie
from calscope.model.notes import Note
from calscope.model.progress import Progress
from calscope.model.results import ComponentQuality, Components, CorrectedMovie, MotionEstimate, MovieValues


def motion_estimate(
    corrector: Any, source: FrameSource, *, values: MovieValues, n_repaired: int, progress: Progress
) -> MotionEstimate:
    """Take over what CaImAn's `MotionCorrect` found.

    Parameters
    ----------
    corrector
        After `motion_correct`.
    source
        The raw movie.
    values
        Of that movie; the smallest one is CaImAn's.
    n_repaired
        Frames in which something was replaced before CaImAn saw them.
    progress
        Of correlating the frames with the template.
    """
    is_rigid = not corrector.pw_rigid
    shifts_rig = np.asarray(corrector.shifts_rig, np.float32).reshape(-1, 2)
    template = np.asarray(corrector.total_template_rig if is_rigid else corrector.total_template_els, np.float32)
    rim = int(corrector.border_to_0)
    patches = {} if is_rigid else _patch_results(corrector, (source.shape[1], source.shape[2]))
    return MotionEstimate(
        template=template,
        shifts_rig=shifts_rig,
        corr_raw=_correlations(source, template, rim, progress),
        rim_px=rim,
        values=values,
        notes=_motion_notes(shifts_rig, corrector.max_shifts, n_repaired),
        **patches,
    )


def put_shifts(corrector: Any, estimate: MotionEstimate, start: int, stop: int) -> None:
    """Give CaImAn's `MotionCorrect` the shifts of some frames, as it keeps them itself."""
    corrector.shifts_rig = [tuple(shift) for shift in estimate.shifts_rig[start:stop].tolist()]
    if estimate.shifts_els is not None:
        corrector.x_shifts_els = list(np.asarray(estimate.shifts_els[start:stop, :, 0]))
        corrector.y_shifts_els = list(np.asarray(estimate.shifts_els[start:stop, :, 1]))


def corrected_movie(
    frames: Iterable[tuple[int, int, NDArray]], estimate: MotionEstimate, values: MovieValues, context: Context
) -> CorrectedMovie:
    """Code corrected frames, given as (start, stop, frames) in the units of the raw movie, in 16 bits.

    CaImAn fills what a frame doesn't show with NaN where it was told to; that is the lower end of the coded range.
    """
    span = values.high - values.low
    codes = context.allocate("movie", estimate.shape, np.uint16)
    movie = Movie(codes, scale=span / 65535 if span > 0 else 1.0, offset=values.low)
    inside = inner_crop(estimate.shape[1:], estimate.rim_px)
    found = np.zeros(estimate.shape[0], np.float32)
    for start, stop, some in frames:
        codes[start:stop] = movie.encode(np.nan_to_num(some, nan=values.low))
        found[start:stop] = frame_correlations(movie.read(start, stop)[:, *inside], estimate.template[inside])
        context.progress(stop / estimate.shape[0], f"CaImAn: applying the shifts: frame {stop} of {estimate.shape[0]}")
    return CorrectedMovie(movie, found, estimate.rim_px)


def _correlations(source: FrameSource, template: FloatArray, rim: int, progress: Progress) -> FloatArray:
    """Correlation of every raw frame with the template without the rim, (T,)."""
    inside = inner_crop(source.shape[1:], rim)
    found = np.zeros(source.shape[0], np.float32)
    for start, stop in chunk_frames(source.shape):
        raw = np.nan_to_num(source.read(start, stop))
        found[start:stop] = frame_correlations(raw[:, *inside], template[inside])
        progress(stop / source.shape[0], "correlation with the template")
    return found


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
