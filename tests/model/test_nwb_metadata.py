"""What is said for NWB: what is allowed, what is refused in which words, how it goes through forms."""

import pytest

from calscope.model.errors import ParameterError
from calscope.model.nwb.form_fields import form_fields
from calscope.model.nwb.nwb_metadata import NO_METADATA, NwbMetadata
from calscope.model.nwb.project_metadata import ProjectNwbMetadata

START = "2026-05-03T10:12:00+02:00"


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        ({"NWBFile": {"session_start_time": "2026-05-03T10:12:00"}}, "session_start_time has no time zone"),
        ({"NWBFile": {"session_start_time": "2026-05-03"}}, "session_start_time has no time zone"),
        ({"NWBFile": {"session_start_time": "1767225600"}}, "session_start_time must be a date in text"),
        ({"NWBFile": {"session_start_time": "10-12"}}, "session_start_time must be a date and time with its zone"),
        ({"NWBFile": {"lab": 3}}, "NWBFile.lab must be text, not 3"),
        ({"NWBFile": {"keywords": [1]}}, r"NWBFile.keywords.0 must be text, not 1"),
        ({"Subject": {"species": "mouse"}}, "must be the Latin name, as 'Mus musculus'"),
        ({"Subject": {"age": "90"}}, "must be an ISO 8601 duration, as 'P90D'"),
        ({"Subject": {"sex": "male"}}, "'M', 'F', 'O' or 'U', not 'male'"),
        ({"Subject": {"weight": "25 g"}}, "Subject.weight must be a number, not '25 g'"),
        ({"Subject": {"date_of_birth": "May"}}, "date_of_birth must be a date in text"),
        ({"Subject": {"ag": "P90D"}}, "there is no Subject.ag. Allowed: subject_id, description, species"),
        ({"Subjects": {}}, None),
        ({"Subjects": {"sex": "F"}}, "there is no Subjects. Allowed: NWBFile, Subject, Ophys, animals"),
        ({"Ophys": {"Device": [{"description": "x"}]}}, "Ophys.Device must hold values by name"),
        ({"Ophys": {"ImagingPlane": {"excitation_lambda": True}}}, "excitation_lambda must be a number, not True"),
        ({"Ophys": {"ImagingPlane": {"excitation_lambda": 0.92}}}, "greater than or equal to 200, not 0.92"),
        ({"Ophys": {"ImagingPlane": {"optical_channel": {"nm": 3}}}}, "optical_channel.nm. Allowed: description, emi"),
        ([], "must hold groups of values: NWBFile, Subject, Ophys, animals"),
        ({"animals": ["a"]}, "animals must hold groups of values by names"),
        ({"animals": {"a": {"Subject": {"sex": "x"}}}}, "meta.yaml, a: Subject.sex"),
    ],
)
def test_what_is_not_allowed_is_told_with_what_is(plain, told):
    if told is None:
        assert ProjectNwbMetadata.from_plain(plain) == ProjectNwbMetadata()
        return
    with pytest.raises(ParameterError, match=told):
        ProjectNwbMetadata.from_plain(plain, "meta.yaml")


def test_what_a_form_leaves_empty_is_unknown():
    said = NwbMetadata.from_form({"Subject.sex": "F", "Subject.age": " ", "NWBFile.keywords": [], "NWBFile.lab": None})
    assert said.known() == {"Subject.sex": "F"}
    assert NwbMetadata.from_form(dict.fromkeys((one.name for one in form_fields()), "")) == NO_METADATA


def test_every_example_of_the_form_is_allowed_and_comes_back():
    examples = {one.name: one.example for one in form_fields() if one.kind != "choice"}
    said = NwbMetadata.from_form(examples)
    assert set(said.known()) == set(examples)
    assert NwbMetadata.from_plain(said.to_plain()) == said
    (sex,) = (one for one in form_fields() if one.kind == "choice")
    assert sex.choices == ("M", "F", "O", "U")
    assert all(one.title and one.help for one in form_fields())


def test_control_characters_do_not_reach_a_file():
    said = NwbMetadata.from_form({"NWBFile.lab": "a\0b\x1b", "NWBFile.session_description": "two\nlines"})
    assert (said.NWBFile.lab, said.NWBFile.session_description) == ("a b", "two\nlines")


def test_an_animals_own_values_come_before_those_of_all():
    project = ProjectNwbMetadata.from_plain(
        {
            "NWBFile": {"session_start_time": START},
            "Subject": {"sex": "M", "species": "Mus musculus"},
            "animals": {"b": {"Subject": {"sex": "F"}}},
        }
    )
    assert [project.of(name).Subject.sex for name in "ab"] == ["M", "F"]
    assert project.of("b").Subject.species == "Mus musculus"
    assert project.of("b").NWBFile.session_start_time.isoformat() == START
    assert ProjectNwbMetadata.from_plain(project.to_plain()) == project
