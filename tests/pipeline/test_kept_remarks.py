import json

import pytest

from calscope.model.remark import MOST_CHARACTERS, tidy
from calscope.pipeline.kept_remarks import keep_remark, remarks_of
from calscope.pipeline.project_file import ProjectFile


def test_a_remark_is_kept_with_its_folder_and_its_animal_alone(tmp_path):
    ProjectFile(tmp_path, "/data/mice").update(settings={"engine": "builtin"})
    keep_remark(tmp_path, "/data/mice", "Animal_3", "dim, few cells, window moved")
    keep_remark(tmp_path, "/data/mice", "Animal_4", "fine")
    assert remarks_of(tmp_path, "/data/mice") == {"Animal_3": "dim, few cells, window moved", "Animal_4": "fine"}
    assert remarks_of(tmp_path, "/data/rats") == {}
    keep_remark(tmp_path, "/data/mice", "Animal_3", "  ")
    assert remarks_of(tmp_path, "/data/mice") == {"Animal_4": "fine"}
    assert ProjectFile(tmp_path, "/data/mice").read()["settings"] == {"engine": "builtin"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("two\nlines\tand  spaces ", "two lines and spaces"),
        ("bell\x07, nothing\x00, turn\u202eed", "bell , nothing , turn ed"),
        ("größer als 5 µm – 日本", "größer als 5 µm – 日本"),
        ("x" * 500, "x" * MOST_CHARACTERS),
        (None, ""),
        (["dim"], ""),
    ],
)
def test_a_remark_is_one_short_line(said, kept):
    assert tidy(said) == kept


@pytest.mark.parametrize("remarks", [5, ["dim"], {"Animal_1": 3}, {"Animal_1": {"a": "b"}}])
def test_what_somebody_else_put_there_is_no_remark(tmp_path, remarks):
    file = ProjectFile(tmp_path, "/data/mice")
    file.update(remarks=remarks)
    assert json.loads(file.path.read_text())["remarks"] == remarks
    assert remarks_of(tmp_path, "/data/mice") == {}
    keep_remark(tmp_path, "/data/mice", "Animal_1", "dim")
    assert remarks_of(tmp_path, "/data/mice") == {"Animal_1": "dim"}
