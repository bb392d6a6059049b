"""What is said of two fits."""

from calscope.algorithms.cnmf.field_model import note_merged
from calscope.ui.extraction.fits_view import summed


def test_notes_of_several_rounds_are_added_up_and_others_stay():
    begun = "Components were begun at 13 places where the first fit left much of a cell's size."
    notes = ["1 component of under 20 px was dropped.", begun, "5 components of under 20 px were dropped."]
    for count in (1, 3, 2):
        note_merged(count, notes)
    joined = "6 components were joined with others that they overlap and move with."
    assert summed(notes) == ["6 components of under 20 px were dropped.", begun, joined]


def test_note_of_one_round_and_of_another_size_stays_as_it_is():
    notes = ["1 component of under 20 px was dropped.", "2 components of under 5 px were dropped."]
    assert summed(notes) == notes
    assert summed(()) == []
