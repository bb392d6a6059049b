import json
from pathlib import Path

import pytest

from calscope.cli import main
from calscope.cli.settings import parse_value, read_settings
from calscope.model.caiman_params import to_caiman
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters


@pytest.mark.parametrize(
    "text, value",
    [
        ("14.7", 14.7),
        ("3", 3),
        ("true", True),
        ("False", False),
        ("none", None),
        ("None", None),
        ("null", None),
        ("[48, 48]", [48, 48]),
        ("48,48", [48, 48]),
        ("0.5, 1.25", [0.5, 1.25]),
        ("greedy_roi", "greedy_roi"),
        ('"quoted"', "quoted"),
        ("-1", -1),
        ("1e-3", 0.001),
    ],
)
def test_values_as_people_write_them(text, value):
    found = parse_value(text)
    assert found == value and type(found) is type(value)


def test_changes_come_on_top_of_the_file(tmp_path):
    file = tmp_path / "p.json"
    file.write_text(json.dumps({"motion": {"pw_rigid": False}, "cnmf": {"K": 7}}))
    found = read_settings(str(file), ["cnmf.K=9", "dataset.fr=30", "cnmf.rf=none", "motion.strides=40,50"])
    params = found.params
    assert params.motion.pw_rigid is False and params.cnmf.K == 9 and params.dataset.fr == 30
    assert params.cnmf.rf is None and params.motion.strides == (40, 50) and found.notes == ()


def test_caimans_own_file_is_read_and_what_is_not_used_is_told(tmp_path):
    values = to_caiman(Parameters().replace({"cnmf.K": 11}))
    values["data"]["var_name_hdf5"] = "movie"
    file = tmp_path / "caiman.json"
    file.write_text(json.dumps(values))
    found = read_settings(str(file), [])
    assert found.params.cnmf.K == 11 and found.notes[0].values == {"names": ["data.var_name_hdf5"]}


@pytest.mark.parametrize(
    "change, words",
    [
        ("min_SNR", "NAME=VALUE"),
        ("evaluation.min_SRN=3", "evaluation.min_SNR"),
        ("min_SNR=3", "evaluation.min_SNR"),
        ("cnmf.K=many", "whole number"),
        ("motion.strides=1,2,3", "two whole numbers"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(change, words):
    with pytest.raises(ParameterError, match=words):
        read_settings(None, [change])


def test_a_file_that_is_none_is_told_by_name(tmp_path):
    with pytest.raises(ParameterError, match=r"/nope\.json can't be read"):
        read_settings(str(tmp_path / "nope.json"), [])
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x01\x80")
    with pytest.raises(ParameterError, match="not text"):
        read_settings(str(tmp_path / "binary"), [])
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ParameterError, match="not valid JSON"):
        read_settings(str(tmp_path / "broken.json"), [])


@pytest.mark.parametrize("option", ["--params", "--inputs"])
@pytest.mark.parametrize("text", ["[" * 100_000, f'{{"cnmf": {{"K": {"9" * 5000}}}}}', '{"a":' * 800 + "1" + "}" * 800])
def test_hostile_json_is_one_sentence_with_the_name_of_the_file(tmp_path, capsys, option, text):
    (tmp_path / "hostile.json").write_text(text)
    status = main(["run", str(tmp_path), "--out", str(tmp_path / "out"), option, str(tmp_path / "hostile.json")])
    said = capsys.readouterr().err
    assert (status, said.count("\n")) == (2, 1)
    assert "hostile.json" in said and "JSON" in said and len(said) < 500


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device there")
@pytest.mark.parametrize("option", ["--params", "--inputs"])
def test_a_device_is_not_read_as_parameters(tmp_path, capsys, option):
    assert main(["run", str(tmp_path), "--out", str(tmp_path / "out"), option, "/dev/zero"]) == 2
    assert "/dev/zero can't be read: it is a device" in capsys.readouterr().err
