"""What a person sets for one animal: its form, its JSON, and what is refused."""

import json

import pytest

from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters


def test_inputs_go_through_json_and_empty_parts_are_left_out():
    inputs = AnimalInputs({"cnmf.gSig": (5, 6), "cnmf.rf": None}, [[7, 8], (3, 4), (7, 8)])
    assert inputs.seeds == ((3, 4), (7, 8)) and not inputs.is_empty
    assert AnimalInputs.from_dict(json.loads(json.dumps(inputs.to_dict()))) == inputs
    assert AnimalInputs(seeds=((1, 2),)).to_dict() == {"seeds": [[1, 2]]}
    assert AnimalInputs.from_dict({}) == NO_INPUTS and NO_INPUTS.is_empty and NO_INPUTS.to_dict() == {}


def test_a_stage_sees_only_the_parts_that_it_declares():
    inputs = AnimalInputs({"cnmf.K": 3}, ((1, 2),))
    assert inputs.only(()) == NO_INPUTS
    assert inputs.only(("seeds",)) == AnimalInputs(seeds=((1, 2),))


@pytest.mark.parametrize(
    "values, words",
    [
        ([[1, 2]], "an object with parameters and seeds"),
        ({"sedes": []}, "no input 'sedes' of an animal. Known ones: parameters, seeds"),
        ({"parameters": [5]}, 'Parameters are an object such as {"cnmf.gSig": [5, 5]}'),
        ({"seeds": {"y": 1}}, "Seeds are a list of pixels such as"),
        ({"seeds": [3, 4]}, "Seeds are a list of pixels such as"),
        ({"seeds": [[3, 4.5]]}, "A seed is a pixel (y, x) of whole numbers"),
        ({"seeds": [[-3, 4]]}, "A seed is a pixel (y, x) of whole numbers"),
    ],
)
def test_what_is_no_input_is_refused_in_words(values, words):
    with pytest.raises(ParameterError) as caught:
        AnimalInputs.from_dict(values)
    assert words in str(caught.value)


def test_own_parameters_are_checked_with_those_for_all_and_errors_name_the_animal():
    params = Parameters().replace({"cnmf.rf": 20})
    own = parameters_of("Ada", params, AnimalInputs({"cnmf.gSig": [5, 5]}))
    assert own == params.replace({"cnmf.gSig": 5}) and parameters_of("Ada", params, NO_INPUTS) is params
    with pytest.raises(ParameterError, match=r"^Ada: There is no parameter cnmf\.gsig\. Did you mean cnmf\.gSig"):
        parameters_of("Ada", params, AnimalInputs({"cnmf.gsig": 5}))
    with pytest.raises(ParameterError, match=r"^Ada: cnmf\.rf 20 makes patches of 41 px, smaller than a neuron of 101"):
        parameters_of("Ada", params, AnimalInputs({"cnmf.gSig": 50}))
