"""What is known of one recording before anything is computed."""

from dataclasses import dataclass

from calscope.model.notes import Note

Pair = tuple[float, float]


@dataclass(frozen=True)
class RecordingInfo:
    """One animal's recording: what the files say of it, and what they leave open."""

    name: str
    """Name of the animal: the folder's, or the file's without its ending."""
    path: str
    shape: tuple[int, int, int]
    """Frames, rows, columns."""
    dtype: str
    n_files: int
    fingerprint: str
    """Changes when the files change; results of unchanged recordings are found again by it."""
    reader: str = ""
    """Name of the reader that opened the files; empty where none did, as for a simulation."""
    fr_hz: float | None = None
    fr_source: str = ""
    """Where the frame rate was read from; empty where it is unknown."""
    dxy_um: Pair | None = None
    """Pixel size in µm per px (y, x); None where it is unknown."""
    dxy_source: str = ""


@dataclass(frozen=True)
class LoadReport:
    """What a person should know of a recording before trusting it, from a look at its frames."""

    info: RecordingInfo
    n_sampled_frames: int
    """How many frames, spread over the recording, were looked at."""
    minimum: float
    maximum: float
    n_saturated: int
    """Values at the top of the type's range (or of the detector's, where a plateau shows), in the sampled frames."""
    n_nan: int
    n_dark_frames: int
    """Sampled frames that are constant."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Numbers missing in the file names, as (first, last)."""
    skipped: tuple[Note, ...] = ()
    """Files of the folder that are not part of the recording, with the reason."""
    warnings: tuple[Note, ...] = ()
    """What was found, most serious first."""
