"""What a person should know of a recording before trusting it, from a look at a few dozen of its frames."""

import numpy as np
from numpy.typing import NDArray

from calscope.io.readers.reader import Recording
from calscope.model.recording import LoadReport, RecordingInfo

N_SAMPLED = 32
_FEWEST_IN_PLATEAU = 16
_FEW_FRAMES = 100


def make_report(recording: Recording) -> LoadReport:
    """Look at frames spread over the recording; quick for any length.

    Raises
    ------
    RecordingError
        When a frame can't be read.
    """
    n_frames = recording.shape[0]
    numbers = np.unique(np.linspace(0, n_frames - 1, min(n_frames, N_SAMPLED)).round().astype(int))
    frames = np.concatenate([recording.read(int(i), int(i) + 1) for i in numbers])
    finite = frames[np.isfinite(frames)] if frames.dtype.kind == "f" else frames.reshape(-1)
    report = LoadReport(
        info=recording.info,
        n_sampled_frames=len(numbers),
        minimum=float(finite.min()) if finite.size else float("nan"),
        maximum=float(finite.max()) if finite.size else float("nan"),
        n_saturated=count_saturated(finite),
        n_nan=frames.size - finite.size,
        n_dark_frames=_count_constant(frames),
        gaps=recording.gaps,
        skipped=recording.skipped,
    )
    warnings = (*_warnings(report, frames.size), *unknowns(recording.info), *recording.notes)
    return LoadReport(**{**vars(report), "warnings": warnings})


def count_saturated(values: NDArray) -> int:
    """Count the values at the top of the type's range, or at a plateau below it.

    A detector or digitiser that clips below the type's range (12 bits in 16, say) shows as a highest value that occurs
    more often than the hundredth of the range below it; light alone thins out towards its maximum.
    """
    if not values.size:
        return 0
    top = values.max()
    at_top = int(np.count_nonzero(values == top))
    if values.dtype.kind in "iu" and top == np.iinfo(values.dtype).max:
        return at_top
    low = float(values.min())
    just_below = float(top) - 0.01 * (float(top) - low)
    n_below = int(np.count_nonzero(values >= just_below)) - at_top
    return at_top if top > low and at_top >= _FEWEST_IN_PLATEAU and at_top > n_below else 0


def _count_constant(frames: NDArray) -> int:
    """Frames of one value throughout, or with no finite value; a closed shutter with read noise is not one."""
    flat = frames.reshape(len(frames), -1)
    return int(np.count_nonzero(~np.any((flat != flat[:, :1]) & np.isfinite(flat), axis=1)))


def _warnings(report: LoadReport, n_values: int) -> list[str]:
    """Sentences on what was seen in the frames and their names, most serious first."""
    said = []
    looked = f"of {report.n_sampled_frames} frames looked at"
    if report.n_nan:
        said.append(f"{report.n_nan} values (of {n_values}) are not numbers (NaN or infinite) in the frames looked at.")
    if report.n_dark_frames:
        said.append(f"{report.n_dark_frames} {looked} are constant: no light, or frames that were not recorded.")
    if report.n_saturated:
        share = 100.0 * report.n_saturated / n_values
        said.append(
            f"{report.n_saturated} values ({share:.2g} %) stand at the highest one, {report.maximum:g}: the detector "
            "is saturated there, and transients are cut off."
        )
    if report.gaps:
        said.append(
            f"Frames seem to be missing: no file has the number {_some(report.gaps)}. Time is counted without them."
        )
    n_frames = report.info.shape[0]
    if n_frames == 1:
        said.append("This is a single image, no movie: motion and activity can't be found in it.")
    elif n_frames < _FEW_FRAMES:
        said.append(f"There are only {n_frames} frames; motion correction and extraction need some hundreds.")
    return said


def _some(gaps: tuple[str, ...]) -> str:
    shown = ", ".join(gaps[:5])
    return f"{shown} and {len(gaps) - 5} more gaps" if len(gaps) > 5 else shown


def unknowns(info: RecordingInfo) -> list[str]:
    """Give sentences on what a recording leaves open; it is asked for, never guessed."""
    said = []
    if info.fr_hz is None:
        said.append("The frame rate is not in the files; enter it before a run.")
    if info.dxy_um is None:
        said.append("The pixel size is not in the files; enter it to see micrometres and scale bars.")
    elif not np.isclose(*info.dxy_um, rtol=0.01):
        said.append(f"Pixels are not square: {info.dxy_um[0]:g} µm down, {info.dxy_um[1]:g} µm across.")
    return said
