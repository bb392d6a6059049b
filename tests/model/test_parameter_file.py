"""Parameter files with values for all animals and of single ones."""

import json

import pytest

from calscope.model.caiman_params import to_caiman
from calscope.model.errors import ParameterError
from calscope.model.notes import Note
from calscope.model.parameter_file import read_parameter_file, write_parameter_file
from calscope.model.params import Parameters

OWN = {"Animal_3": {"cnmf.gSig": [6, 6], "motion.pw_rigid": False}}


def test_what_is_written_is_read_and_the_rest_stays_at_its_default():
    text = write_parameter_file({"dataset.decay_time": 0.7, "motion.max_shifts": [9, 9]}, {**OWN, "Animal_4": {}})
    found = read_parameter_file(text)
    expected = Parameters().replace({"dataset.decay_time": 0.7, "motion.max_shifts": (9, 9)})
    assert (found.params, found.animals, found.notes) == (expected, OWN, ())


def test_a_file_without_animals_is_as_ever():
    found = read_parameter_file(Parameters().to_json())
    assert found.params == Parameters() and found.animals == {}
    assert "animals" not in json.loads(write_parameter_file({"cnmf.K": 3}, {}))


def test_one_number_becomes_a_pair_as_everywhere():
    assert read_parameter_file('{"animals": {"A": {"cnmf.gSig": 6}}}').animals == {"A": {"cnmf.gSig": [6, 6]}}


def test_caimans_groups_may_have_animals_beside_them():
    found = read_parameter_file(json.dumps({**to_caiman(Parameters().replace({"cnmf.K": 9})), "animals": OWN}))
    assert found.params.cnmf.K == 9 and found.animals == OWN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"animals": [1]}', "animals must be an object such as"),
        ('{"animals": {"Animal_3": 6}}', "Animal_3: needs an object such as"),
        ('{"animals": {"Animal_3": {"cnmf.k": 6}}}', "Animal_3: There is no parameter cnmf.k. Did you mean"),
        ('{"animals": {"Animal_3": {"cnmf.K": "many"}}}', "Animal_3: cnmf.K must be a whole number"),
        ('{"animal": {}}', "There is no group of parameters 'animal'"),
        ("[1]", "must be a JSON object"),
        ("{", "not valid JSON"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_animals_name(text, words):
    with pytest.raises(ParameterError, match=words):
        read_parameter_file(text)


def test_names_that_are_unknown_are_named_and_the_rest_is_taken():
    text = json.dumps(
        {
            "cnmf": {"K": 9, "Kay": 3},
            "spikes": {"p": 1},
            "animals": {"Animal_3": {"cnmf.gSig": [6, 6], "cnmf.tau": 2}},
        }
    )
    found = read_parameter_file(text, leaves_out_unknown=True)
    assert found.params == Parameters().replace({"cnmf.K": 9})
    assert found.animals == {"Animal_3": {"cnmf.gSig": [6, 6]}}
    assert found.notes == (Note("unknown_parameters", {"names": ["spikes", "cnmf.Kay", "Animal_3: cnmf.tau"]}),)
    with pytest.raises(ParameterError, match=r"There is no parameter cnmf\.tau"):
        read_parameter_file(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "no parameter of Calscope or CaImAn in it. It is empty"),
        ('{"type": "FeatureCollection", "features": []}', "Its entries are type, features"),
        ('{"cnmf": {"tau": 3}}', "Its entries are cnmf.tau"),
        ('{"cnmf": 3}', "cnmf must be a group of parameters"),
        ('{"animals": [1]}', "animals must be an object such as"),
        ('{"cnmf": {"K": "many"}}', "cnmf.K must be a whole number"),
    ],
)
def test_a_file_of_another_kind_or_with_wrong_types_is_refused_in_any_case(text, words):
    with pytest.raises(ParameterError, match=words):
        read_parameter_file(text, leaves_out_unknown=True)
