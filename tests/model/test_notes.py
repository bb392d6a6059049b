"""Notes: plain values, JSON, and words for every kind that the code creates."""

import ast
import inspect
import json
import re
from types import MappingProxyType

import numpy as np
import pytest
from repository import ROOT

from calscope.model.note_texts.all_texts import TEXTS, text, texts, with_text
from calscope.model.notes import Note, notes_from_json, notes_to_json, summed, unique


def test_a_note_survives_json_unchanged():
    note = Note("x", {"n": np.int64(3), "at": (np.float32(0.5), None), "far": np.nan, "of": {"y": True}, "name": "µ"})
    assert note.values == {"n": 3, "at": [0.5, None], "far": None, "of": {"y": True}, "name": "µ"}
    again = notes_from_json(json.loads(json.dumps(notes_to_json([note]))))
    assert again == (note,) and hash(again[0]) == hash(note)


class Word(str):
    pass


def test_values_of_types_that_are_made_of_plain_ones_are_made_plain():
    given = {"a": np.float64(np.inf), "b": -np.inf, "c": MappingProxyType({1: np.bool_(True)}), "d": [(1, [2.5])]}
    note = Note("x", given | {"e": Word("w")})
    assert note.values == {"a": None, "b": None, "c": {"1": True}, "d": [[1, [2.5]]], "e": "w"}
    assert type(note.values["c"]) is dict and type(note.values["c"]["1"]) is bool
    given["d"].append(3)
    assert note.values["d"] == [[1, [2.5]]], "a note keeps values of its own"


def test_what_json_has_no_value_for_is_refused():
    with pytest.raises(TypeError, match="set"):
        Note("x", {"of": {1, 2}})
    with pytest.raises(TypeError, match="bytes"):
        Note("x", {"of": b"1"})


def test_notes_of_older_versions_are_sentences_and_what_is_no_note_is_left_out():
    saved = ["Two frames are dark.", {"kind": "one_frame"}, {"kind": 3}, 7, None, {"kind": "x", "values": "no"}]
    found = notes_from_json(saved)
    assert found == (Note("sentence", {"text": "Two frames are dark."}), Note("one_frame"), Note("x"))
    assert text(found[0]) == "Two frames are dark."
    assert notes_from_json("one") == notes_from_json(None) == ()


@pytest.mark.parametrize(
    ("note", "told"),
    [
        (Note("frames_lost", {"n": 3, "where": [1, 2]}), "Frames lost (n 3, where [1, 2])."),
        (Note("frames_lost"), "Frames lost."),
        (Note("components_merged", {"n": 2, "how": "gently"}), "Components merged (n 2, how gently)."),
        (Note("frames_clipped", {"n": None}), "Frames clipped (n None)."),
        (Note("one_patch", {"field_px": 3, "patch_px": []}), "One patch (field_px 3, patch_px [])."),
    ],
)
def test_a_note_of_another_version_is_told_with_its_kind_and_values(note, told):
    assert text(note) == told


def test_the_same_thing_is_told_once():
    one, other = Note("one_frame"), Note("components_merged", {"n": 1})
    assert unique([one, other, Note("one_frame")]) == (one, other)
    assert texts([one, one]) == [text(one)]
    assert with_text(other) == {"kind": "components_merged", "values": {"n": 1}, "text": text(other)}


def test_numbers_of_one_and_of_many():
    one, many = (text(Note("components_too_small", {"n": n, "smallest_px": 20})) for n in (1, 3))
    assert one == "1 component of under 20 px was dropped."
    assert many == "3 components of under 20 px were dropped."
    which = {"n": 4, "n_frames": 160, "stretches": [[70, 72], [120, 120]], "n_stretches": 2}
    assert "4 of 160 frames are dark" in text(Note("frames_dark", which))
    assert "; frames 70-72, 120:" in text(Note("frames_dark", which))
    assert ", 120, and others:" in text(Note("frames_dark", which | {"n_stretches": 9}))


def test_numbers_of_several_rounds_are_added_up_and_other_notes_stay():
    begun, merged = Note("components_begun_in_residual", {"n": 13}), Note("components_merged", {"n": 2})
    notes = [too_small(1, 20), begun, merged, too_small(5, 20), merged, too_small(2, 5)]
    kinds = ("components_too_small", "components_merged")
    assert summed(notes, kinds) == (too_small(6, 20), begun, Note("components_merged", {"n": 4}), too_small(2, 5))
    assert summed((), kinds) == ()


def too_small(n, smallest_px):
    return Note("components_too_small", {"n": n, "smallest_px": smallest_px})


def created():
    """Every `Note(kind, {...})` of the code: file, kinds, and the names of its values where they are written out."""
    for path in sorted((ROOT / "src" / "calscope").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Note" and node.args:
                values = node.args[1] if len(node.args) > 1 else ast.Dict(keys=[], values=[])
                names = [key and key.value for key in values.keys] if isinstance(values, ast.Dict) else [None]
                yield path.name, node.lineno, list(kinds_in(node.args[0])), names


def kinds_in(node):
    """The kinds that an argument can be, all written out; None stands for one that is not."""
    if isinstance(node, ast.IfExp):
        yield from kinds_in(node.body)
        yield from kinds_in(node.orelse)
    else:
        yield node.value if isinstance(node, ast.Constant) else None


def test_every_kind_that_is_created_has_words_and_all_words_are_used():
    kinds = {kind for _, _, found, _ in created() for kind in found if kind}
    assert kinds == set(TEXTS)


def test_kinds_are_written_out_where_notes_are_created():
    hidden = {(name, line) for name, line, found, _ in created() if None in found and name != "notes.py"}
    assert not hidden, "the kind must be a text, so that the other tests see it"


def test_notes_are_created_with_the_values_that_their_words_take():
    for name, line, kinds, given in created():
        for kind in kinds:
            if kind and None not in given:
                assert set(given) == names_taken(TEXTS[kind]), f"{name}:{line} {kind}"


def names_taken(wording):
    if isinstance(wording, str):
        return set(re.findall(r"\{(\w+)", wording))
    return set(inspect.signature(wording).parameters)
