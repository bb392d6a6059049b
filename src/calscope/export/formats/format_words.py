"""What each thing that can be handed over is called, what it is for, and about how large it becomes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from calscope.export.exported_animal import ExportedAnimal
from calscope.export.formats.format_registry import FORMATS
from calscope.export.formats.nwb import write_nwb

REPORT, BUNDLE = "report", "bundle"
"""What is made of a whole run, beside the formats that are written animal by animal."""


@dataclass(frozen=True)
class Extent:
    """What of an animal takes room."""

    n_components: int
    n_frames: int
    n_pixels: int
    n_footprint_pixels: int
    """Pixels of all footprints together."""
    n_motion_values: int
    """Shifts of all patches."""

    @property
    def trace(self) -> int:
        """Numbers in one kind of traces."""
        return self.n_components * self.n_frames

    @property
    def movie(self) -> int:
        """Numbers in the movie."""
        return self.n_frames * self.n_pixels


@dataclass(frozen=True)
class Words:
    """What a person should know before something is made."""

    title: str
    purpose: str
    n_bytes: Callable[[Extent], float] | None = None
    """Of one animal, before it is made; measured on recordings, within a factor of two, also as a zip file."""
    needs_movie: bool = False
    """Whether it can't be made without the corrected movie."""
    package: str = ""
    """What it needs and Calscope does not bring."""


WORDS: dict[str, Words] = {
    REPORT: Words("Report", "One page to read, by mail or from a disk: pictures, traces, parameters, methods."),
    BUNDLE: Words("Bundle", "The whole run for another Calscope, which shows it without recordings. No movies."),
    "nwb": Words(
        "NWB",
        "Neurodata Without Borders, for archives such as DANDI and for pynapple.",
        lambda it: 18 * it.trace + 8 * it.n_footprint_pixels + 16 * it.n_pixels,
        package=write_nwb.PACKAGE,
    ),
    "caiman": Words(
        "CaImAn",
        "HDF5, for CaImAn's load_CNMF and ROICaT.",
        lambda it: 20 * it.trace + 12 * it.n_footprint_pixels + 20 * it.n_pixels,
    ),
    "suite2p": Words(
        "suite2p",
        "The folder of suite2p, for its interface and what reads it.",
        lambda it: 16 * it.trace + 30 * it.n_footprint_pixels + 20 * it.n_pixels,
    ),
    "suite2p-with-movie": Words(
        "suite2p with the movie",
        "The same with registered frames (data.bin), for suite2p's registered view.",
        lambda it: 16 * it.trace + 30 * it.n_footprint_pixels + 20 * it.n_pixels + 2 * it.movie,
        needs_movie=True,
    ),
    "csv": Words(
        "CSV",
        "Tables for spreadsheets, R and MATLAB: components, traces, motion.",
        lambda it: 60 * it.trace + 30 * it.n_footprint_pixels,
    ),
    "matlab": Words(
        "MATLAB",
        "A .mat file an animal, for every MATLAB since 1996, without a toolbox.",
        lambda it: 18 * it.trace + 12 * it.n_footprint_pixels + 24 * it.n_pixels,
    ),
    "imagej": Words(
        "Outlines for ImageJ",
        "A zip file of ROIs an animal, for ImageJ and Fiji.",
        lambda it: 700 * it.n_components,
    ),
    "images": Words("Images", "Summary images: TIFF with their values, PNG to look at.", lambda it: 40 * it.n_pixels),
    "movie": Words("Corrected movie", "As BigTIFF, for ImageJ and others.", lambda it: 2 * it.movie, needs_movie=True),
    "run": Words(
        "Parquet and arrays",
        "The files of calscope run: Parquet tables and numpy arrays, for pandas and R.",
        lambda it: 32 * it.trace + 8 * it.n_footprint_pixels + 24 * it.n_pixels + 4 * it.n_motion_values,
    ),
}


def words_of(name: str) -> Words:
    """Give the words for a report, a bundle or a format; of one that has none its name."""
    return WORDS.get(name) or Words(name, "")


def all_names() -> tuple[str, ...]:
    """Give everything that can be handed over as a file."""
    return (REPORT, BUNDLE, *FORMATS)


def extent_of(animal: ExportedAnimal) -> Extent:
    """Measure an animal, without reading its traces."""
    height, width = animal.dims
    footprints, patches = animal.footprints, animal.patches
    return Extent(
        n_components=animal.n_components,
        n_frames=animal.n_frames or 0,
        n_pixels=height * width,
        n_footprint_pixels=0 if footprints is None else int(footprints.nnz),
        n_motion_values=0 if patches is None else int(patches.shifts.size),
    )


def bytes_of_format(name: str, extents: Sequence[Extent]) -> int | None:
    """Give about how many bytes an export of animals takes; None where that is not known."""
    measure = words_of(name).n_bytes
    return None if measure is None else int(sum(measure(one) for one in extents))
