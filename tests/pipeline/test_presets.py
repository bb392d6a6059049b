"""Presets: parameters under a name of any kind, never replaced in silence."""

import json
import threading

import pytest

from calscope.model.errors import StoreError
from calscope.model.params import Parameters
from calscope.pipeline.presets import FOLDER, MOST_CHARACTERS, Presets

VALUES = Parameters().replace({"cnmf.K": 9}).to_dict()
NAMES = [
    "dim",
    "a \"quoted\" 'name'",
    "../../etc/passwd",
    "C:\\a|b?*",
    "🐭 GCaMP8",
    "<script>alert(1)</script>",
    "CON",
    ".",
]


def names(presets):
    return [one.name for one in presets.all()]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_kept_as_it_is_and_stays_in_its_folder(tmp_path, name):
    presets = Presets(tmp_path)
    assert presets.save(name, VALUES) == name
    assert [(one.name, one.groups) for one in Presets(tmp_path).all()] == [(name, VALUES)]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent for path in written] == [tmp_path / FOLDER]
    presets.remove(name)
    assert names(presets) == []
    presets.remove(name)  # another window did so already


def test_names_that_look_alike_are_one_and_are_short(tmp_path):
    presets = Presets(tmp_path)
    presets.save("  Zoe\u0301\n fast ", VALUES)
    assert names(presets) == ["Zo\u00e9 fast"]
    with pytest.raises(StoreError, match="There is a preset 'Zo\u00e9 fast' already"):
        presets.save("Zo\u00e9 fast", {})
    assert len(presets.save("x" * 500, VALUES)) == MOST_CHARACTERS
    assert presets.save("half \ud83d letter", VALUES) == "half ? letter"
    for empty in ("", " \n", "\x00"):
        with pytest.raises(StoreError, match="needs a name"):
            presets.save(empty, VALUES)


def test_of_many_who_save_the_same_name_at_once_one_does(tmp_path):
    presets, refused, start = Presets(tmp_path), [], threading.Barrier(8)

    def save(number):
        start.wait()
        try:
            presets.save("mine", {"cnmf": {"K": number}})
        except StoreError:
            refused.append(number)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = presets.all()
    assert len(kept) == 1 and len(refused) == 7
    assert kept[0].groups["cnmf"]["K"] not in refused


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"name": 3, "parameters": {}}', '{"name": "dim", "parameters": 3}'])
def test_a_damaged_file_is_none_and_hinders_nothing(tmp_path, text):
    presets = Presets(tmp_path)
    presets.save("dim", VALUES)
    file = next((tmp_path / FOLDER).glob("*.json"))
    file.write_text(text)
    assert names(presets) == []
    presets.save("dim", VALUES)
    assert json.loads(file.read_text())["parameters"] == VALUES
