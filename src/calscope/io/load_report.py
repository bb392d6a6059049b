"""What a person should know of a recording before trusting it, from a look at a few dozen of its frames."""

import numpy as np
from numpy.typing import NDArray

from calscope.io.readers.reader import Recording
from calscope.model.notes import Note
from calscope.model.recording import LoadReport, RecordingInfo

N_SAMPLED = 32
_MOST_SAMPLED_BYTES = 1 << 28
_FEWEST_IN_PLATEAU = 16
_FEW_FRAMES = 100
_MOST_GAPS = 1000
"""Gaps that are reported with their numbers; of more only how many they are."""


def make_report(recording: Recording) -> LoadReport:
    """Look at frames spread over the recording; quick for any length.

    Raises
    ------
    RecordingError
        When a frame can't be read.
    """
    numbers = _sampled(recording)
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


def _sampled(recording: Recording) -> NDArray:
    """Give the numbers of the frames to look at: fewer where frames are very large."""
    n_frames, height, width = recording.shape
    n_affordable = max(_MOST_SAMPLED_BYTES // (height * width * recording.dtype.itemsize), 1)
    return np.unique(np.linspace(0, n_frames - 1, min(n_frames, N_SAMPLED, n_affordable)).round().astype(int))


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


def _warnings(report: LoadReport, n_values: int) -> list[Note]:
    """Give what was seen in the frames and their names, most serious first."""
    found = []
    n_frames = report.info.shape[0]
    if report.n_nan:
        found.append(Note("values_not_finite", {"n": report.n_nan, "n_values": n_values}))
    if report.n_dark_frames:
        sampled = {"n": report.n_dark_frames, "n_sampled": report.n_sampled_frames}
        found.append(Note("sampled_frames_constant", sampled))
    if report.n_saturated:
        values = {"n": report.n_saturated, "n_values": n_values, "maximum": report.maximum}
        found.append(Note("values_saturated", values))
    if report.gaps:
        found.append(Note("frames_missing", {"gaps": report.gaps[:_MOST_GAPS], "n_gaps": len(report.gaps)}))
    if n_frames == 1:
        found.append(Note("single_image"))
    elif n_frames < _FEW_FRAMES:
        found.append(Note("few_frames", {"n_frames": n_frames}))
    return found


def unknowns(info: RecordingInfo) -> list[Note]:
    """Say what a recording leaves open; it is asked for, never guessed."""
    found = []
    if info.fr_hz is None:
        found.append(Note("frame_rate_unknown"))
    if info.dxy_um is None:
        found.append(Note("pixel_size_unknown"))
    elif not np.isclose(*info.dxy_um, rtol=0.01):
        found.append(Note("pixels_not_square", {"dxy_um": info.dxy_um}))
    return found


def open_warnings(report: LoadReport, known: RecordingInfo) -> tuple[Note, ...]:
    """Give the warnings without those that are settled by what a person knows of the recording."""
    asked, still = unknowns(report.info), unknowns(known)
    return tuple(warning for warning in report.warnings if warning not in asked or warning in still)
