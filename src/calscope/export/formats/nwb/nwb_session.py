"""What an NWB file says of the session, the animal, the microscope and the plane; what nobody said is unknown."""

import math
import uuid
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import calscope
from calscope.export.exported_animal import ExportedAnimal
from calscope.model.nwb.nwb_fields import DeviceFields, SubjectFields
from calscope.model.nwb.nwb_metadata import NwbMetadata

if TYPE_CHECKING:
    from pynwb import NWBFile
    from pynwb.device import Device
    from pynwb.file import Subject
    from pynwb.ophys import ImagingPlane

UNKNOWN = "unknown"
SOURCE = "calscope"
"""Tells our files from others'."""
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""NWB demands a start; this one stands for an unknown, and the file's description says so."""
_SAID_AS_IT_IS = ("experiment_description", "lab", "institution", "protocol", "surgery", "virus")
_SAID_AS_LIST = ("experimenter", "keywords", "related_publications")


def start_file(animal: ExportedAnimal, metadata: NwbMetadata) -> "NWBFile":
    """Give the file of one session, with its subject."""
    from pynwb import NWBFile  # noqa: PLC0415 - an extra

    said = metadata.NWBFile
    description = said.session_description or UNKNOWN
    if said.session_start_time is None:
        description += " (The start of the session is unknown; 1970-01-01 stands for it.)"
    recording = animal.recording
    more: dict[str, Any] = {name: value for name in _SAID_AS_IT_IS if (value := getattr(said, name))}
    more |= {name: list(value) for name in _SAID_AS_LIST if (value := getattr(said, name))}
    return NWBFile(
        session_description=description,
        identifier=str(uuid.uuid4()),
        session_start_time=said.session_start_time or NO_DATE,
        session_id=said.session_id or animal.name,
        subject=_subject(animal.name, metadata),
        source_script=f"Calscope {calscope.__version__}, engine {animal.meta.get('engine', UNKNOWN)} "
        f"{animal.meta.get('engine_version', '')}".strip(),
        source_script_file_name=SOURCE,
        notes=f"Recording {recording.get('path', UNKNOWN)}, fingerprint {recording.get('fingerprint', UNKNOWN)}"
        + (f"\nRemark: {animal.remark}" if animal.remark else ""),
        **more,
    )


def _subject(animal: str, metadata: NwbMetadata) -> "Subject":
    from pynwb.file import Subject  # noqa: PLC0415 - an extra

    said, start = metadata.Subject, metadata.NWBFile.session_start_time
    given = {name: value for name, value in said.model_dump().items() if value is not None}
    if said.date_of_birth is not None:  # NWB demands a time and a zone: those of the session, where they are known
        given["date_of_birth"] = datetime.combine(said.date_of_birth, time(), start.tzinfo if start else UTC)
    if said == SubjectFields():
        given["description"] = "Known by the name of its folder only."
    return Subject(**({"subject_id": animal, "sex": "U"} | given))


def imaging_plane(file: "NWBFile", animal: ExportedAnimal, metadata: NwbMetadata) -> "ImagingPlane":
    """Give the plane, with its microscope and its channel."""
    from pynwb.ophys import OpticalChannel  # noqa: PLC0415 - an extra

    ophys = metadata.Ophys
    plane, channel = ophys.ImagingPlane, ophys.ImagingPlane.optical_channel
    grid: dict[str, Any] = {}
    if animal.dxy_um is not None:
        y_um, x_um = animal.dxy_um
        grid = {"grid_spacing": [x_um * 1e-6, y_um * 1e-6], "grid_spacing_unit": "meters"}
    return file.create_imaging_plane(
        name="ImagingPlane",
        description=plane.description or "The plane that was imaged.",
        optical_channel=OpticalChannel(
            name="OpticalChannel",
            description=channel.description or UNKNOWN,
            emission_lambda=_nm(channel.emission_lambda),
        ),
        device=_device(file, ophys.Device),
        excitation_lambda=_nm(plane.excitation_lambda),
        imaging_rate=animal.fr_hz,
        indicator=plane.indicator or UNKNOWN,
        location=plane.location or UNKNOWN,
        **grid,
    )


def _nm(known: float | None) -> float:
    return math.nan if known is None else float(known)


def _device(file: "NWBFile", said: DeviceFields) -> "Device":
    """Give the microscope; its maker and model are an object of their own in NWB, which demands the maker."""
    model: dict[str, Any] = {}
    if said.model_name or said.manufacturer:
        model["model"] = file.create_device_model(
            name=_object_name(said.model_name or "MicroscopeModel"), manufacturer=said.manufacturer or UNKNOWN
        )
    return file.create_device(name="Microscope", description=said.description or UNKNOWN, **model)


def _object_name(text: str) -> str:
    """Give a text as a name in HDF5, where slashes and colons would part it."""
    return text.replace("/", "-").replace(":", "-")
