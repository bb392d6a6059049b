"""Files of NWB metadata as YAML and JSON."""

import json

import pytest

from calscope.io.nwb_metadata_file import read_nwb_metadata
from calscope.model.errors import ParameterError

YAML = """
NWBFile:
  session_start_time: 2026-05-03T10:12:00+02:00   # no quotes, as people write it
  experimenter: [Doe, Jane]
Subject: {sex: F, date_of_birth: 2026-02-02}
animals:
  Animal_1:
    Subject: {subject_id: M1}
"""


def test_yaml_and_json_say_the_same_and_the_time_zone_stays(tmp_path):
    pytest.importorskip("ruamel.yaml", reason="comes with pynwb")
    (tmp_path / "a.yml").write_text(YAML, encoding="utf-8")
    said = read_nwb_metadata(tmp_path / "a.yml")
    assert said.common.NWBFile.session_start_time.isoformat() == "2026-05-03T10:12:00+02:00"
    assert said.of("Animal_1").Subject.subject_id == "M1"
    (tmp_path / "a.json").write_text(json.dumps(said.to_plain()), encoding="utf-8")
    assert read_nwb_metadata(tmp_path / "a.json") == said


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "a: [1", "can't be read as YAML"),
        ("a.yaml", "Subject: {sex: F}\nSubject: {sex: M}", "can't be read as YAML.*duplicate key"),
        ("a.yaml", "!!python/object/apply:os.system [ls]", "can't be read as YAML"),
        ("a.yaml", "NWBFile: {session_start_time: 2026-05-03T10:12:00}", "has no time zone"),
        ("a.yaml", "", "must hold groups of values"),
        ("a.json", '{"Subject": {"sex": "F"', "can't be read as JSON"),
        ("a.json", "[]", "must hold groups of values"),
        ("a.txt", "{}", "must end in .json, .yaml, .yml"),
        ("a.json", None, "can't be read: No such file"),
    ],
)
def test_files_that_say_nothing_sensible_are_told_in_words(tmp_path, name, text, told):
    if name.endswith("yaml"):
        pytest.importorskip("ruamel.yaml", reason="comes with pynwb")
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=told):
        read_nwb_metadata(tmp_path / name)
