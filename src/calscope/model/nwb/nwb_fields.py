"""What NWB asks of an experiment and no recording says: subject, session, microscope, indicator, place.

Groups and names are NWB's own, as neuroconv's metadata files have them. What nobody gave is None.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MOST_CHARACTERS = 10_000
_SPECIES = re.compile(r"[A-Z][a-z]+ [a-z]+( [a-z]+)?|https?://purl\.obolibrary\.org/obo/NCBITaxon_\d+/?")
_DURATION = re.compile(
    r"P(?=.)(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?"
)


def clean(text: str) -> str:
    """Give a text without control characters, which no HDF5 file can hold; line breaks stay."""
    kept = "".join(letter if letter.isprintable() or letter in "\n\t" else " " for letter in text)
    return kept.strip()


def _latin(text: str) -> str:
    if not _SPECIES.fullmatch(text):
        raise ValueError("must be the Latin name, as 'Mus musculus', or an NCBI taxonomy link")
    return text


def _duration(text: str) -> str:
    if not all(_DURATION.fullmatch(end) for end in text.split("/")) or text.count("/") > 1:
        raise ValueError("must be an ISO 8601 duration, as 'P90D' for 90 days, or a range as 'P8W/P12W'")
    return text


def _with_zone(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"has no time zone; add it, as {value.isoformat()}+01:00, or Z for UTC")
    return value


def _words(value: object) -> object:
    """Take text or a date as a day; numbers, which pydantic would take as seconds since 1970, are none."""
    if isinstance(value, date) or (isinstance(value, str) and "-" in value):
        return value
    raise ValueError("must be a date in text, as 2026-05-03")


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(clean)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_one_or_more)]
Start = Annotated[datetime, BeforeValidator(_words), AfterValidator(_with_zone)]
Day = Annotated[date, BeforeValidator(_words)]
WavelengthNm = Annotated[float, Field(ge=200, le=3000, allow_inf_nan=False, strict=True)]


class NwbGroup(BaseModel):
    """Values by NWB's names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        """Take what is left empty in a form as not given."""
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if not _is_empty(value)}


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return not clean(value)
    return value is None or value in ([], (), {})


def _field(title: str, help: str, example: Any) -> Any:  # noqa: A002 - the word that widgets use
    return Field(None, title=title, description=help, examples=[example])


class SessionFields(NwbGroup):
    """The recording session (NWB's `NWBFile`)."""

    session_start_time: Start | None = _field(
        "Start of the session",
        "When the recording began, with its time zone. NWB demands it; without, 1970-01-01 is written, and that it "
        "stands for an unknown date.",
        "2026-05-03T10:12:00+02:00",
    )
    session_description: Text | None = _field(
        "What was recorded", "One or two sentences on the session.", "Spontaneous activity in the dark."
    )
    session_id: Text | None = _field(
        "Session", "The lab's own number or name of the session; the animal's name unless given.", "2026-05-03_1"
    )
    experiment_description: Text | None = _field("Experiment", "What the experiment is about.", "Sleep and recall")
    experimenter: Texts | None = _field("Experimenters", "Names, as 'Last, First'.", ["Doe, Jane"])
    lab: Text | None = _field("Lab", "Where the experiment was done.", "Doe Lab")
    institution: Text | None = _field("Institution", "University or institute.", "University of Somewhere")
    keywords: Texts | None = _field("Keywords", "Words to find the file by.", ["calcium imaging"])
    protocol: Text | None = _field("Protocol", "Number of the approved animal protocol.", "A-2026-17")
    surgery: Text | None = _field("Surgery", "What was done, and when.", "Cranial window over V1, 4 weeks before.")
    virus: Text | None = _field(
        "Virus", "What was injected, where and how much.", "AAV1.Syn.GCaMP6f, 300 nl at 250 µm depth"
    )
    related_publications: Texts | None = _field("Publications", "DOIs.", ["doi:10.7554/eLife.38173"])


class SubjectFields(NwbGroup):
    """The animal (NWB's `Subject`)."""

    subject_id: Text | None = _field("Subject", "The lab's own name; the animal's name unless given.", "M1234")
    description: Text | None = _field("About it", "Anything else about the animal.", "Handled for a week.")
    species: Annotated[Text, AfterValidator(_latin)] | None = _field(
        "Species", "The Latin name, or a link to the NCBI taxonomy.", "Mus musculus"
    )
    strain: Text | None = _field("Strain", "As its supplier names it.", "C57BL/6J")
    genotype: Text | None = _field("Genotype", "As its supplier names it.", "Thy1-GCaMP6f/+")
    sex: Literal["M", "F", "O", "U"] | None = _field("Sex", "M male, F female, O other, U unknown.", "F")
    age: Annotated[Text, AfterValidator(_duration)] | None = _field(
        "Age", "At the session, as an ISO 8601 duration: P90D are 90 days, P12W are 12 weeks.", "P90D"
    )
    date_of_birth: Day | None = _field("Date of birth", "Instead of the age, or beside it.", "2026-02-02")
    weight: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False, strict=True)] | None = _field(
        "Weight, kg", "At the session, in kg.", 0.025
    )


class DeviceFields(NwbGroup):
    """The microscope (NWB's `Device`)."""

    description: Text | None = _field("Microscope", "What it is, with its objective.", "Two-photon, 16x 0.8 NA")
    manufacturer: Text | None = _field("Manufacturer", "Who made the microscope.", "Bruker")
    model_name: Text | None = _field("Model", "The maker's name of it.", "Ultima Investigator")


class OpticalChannelFields(NwbGroup):
    """How light was detected (NWB's `OpticalChannel`)."""

    description: Text | None = _field("Channel", "Filter and detector.", "Green channel, GaAsP, 525/50 nm")
    emission_lambda: WavelengthNm | None = _field("Emission, nm", "Wavelength that was detected, nm.", 525.0)


class ImagingPlaneFields(NwbGroup):
    """What was imaged (NWB's `ImagingPlane`)."""

    description: Text | None = _field("Plane", "Depth and anything else about the plane.", "Layer 2/3, 180 µm deep")
    indicator: Text | None = _field("Indicator", "The calcium indicator.", "GCaMP6f")
    location: Text | None = _field("Brain area", "Where the plane lies, by an atlas' name.", "VISp")
    excitation_lambda: WavelengthNm | None = _field("Excitation, nm", "Wavelength of the laser, nm.", 920.0)
    optical_channel: OpticalChannelFields = OpticalChannelFields()


class OphysFields(NwbGroup):
    """Microscope and plane (neuroconv's `Ophys`)."""

    Device: DeviceFields = DeviceFields()
    ImagingPlane: ImagingPlaneFields = ImagingPlaneFields()
