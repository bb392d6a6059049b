"""What holds where several persons judged one component."""

import pytest

from calscope.model.curation.ratings import Rating, held_of, independent


def rated(*said):
    return [Rating(*one, at=at) for at, one in enumerate(said)]


ADA, BOB = ("Ada", "accept"), ("Bob", "reject", "blind")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], (None, "", "open")),
        ([ADA], ("accept", "Ada", "open")),
        ([ADA, ("Bob", "reject")], ("reject", "Bob", "open")),  # in sight, who said something last is right
        ([ADA, ("Bob", None)], (None, "", "open")),
        ([BOB], ("reject", "Bob", "open")),
        ([ADA, BOB], (None, "", "disputed")),
        ([BOB, ADA], (None, "", "disputed")),
        ([ADA, ("Bob", "unsure", "blind")], (None, "", "disputed")),
        ([ADA, ("Bob", "accept", "blind")], ("accept", "Ada", "open")),
        ([ADA, BOB, ("Ada", "reject")], ("reject", "Ada", "open")),  # she was persuaded
        ([ADA, BOB, ("Bob", "accept")], ("accept", "Bob", "open")),
        ([ADA, BOB, ("Bob", None, "blind")], ("accept", "Ada", "open")),
        ([ADA, BOB, ("Ada", None)], ("reject", "Bob", "open")),
        ([ADA, BOB, ("Cleo", "accept", "settled")], ("accept", "Cleo", "settled")),
        ([ADA, BOB, ("Cleo", "unsure", "settled")], ("unsure", "Cleo", "settled")),
        ([ADA, BOB, ("Cleo", "accept", "settled"), ("Dan", "reject", "blind")], ("accept", "Cleo", "settled")),
        ([ADA, BOB, ("Cleo", "accept", "settled"), ("Cleo", None, "settled")], (None, "", "disputed")),
        ([ADA, ("Ada", "reject", "blind")], ("reject", "Ada", "open")),
    ],
)
def test_what_holds(said, expected):
    found = held_of(rated(*said))
    assert (found.decision, found.who, found.state) == expected


def test_both_sides_of_a_dispute_are_told():
    found = held_of(rated(ADA, BOB, ("Cleo", "reject", "settled")))
    assert [(one.who, one.decision) for one in found.sides] == [("Ada", "accept"), ("Bob", "reject")]


def test_independent_is_what_was_decided_blind_or_first():
    assert independent(rated(ADA, BOB)) == {"Ada": "accept", "Bob": "reject"}
    assert independent(rated(ADA, ("Bob", "reject"))) == {"Ada": "accept"}
    assert independent(rated(ADA, BOB, ("Ada", "reject"))) == {"Ada": "accept", "Bob": "reject"}
    assert independent(rated(ADA, ("Ada", "unsure"), BOB)) == {"Ada": "unsure", "Bob": "reject"}
    assert independent(rated(ADA, ("Ada", None), BOB)) == {"Bob": "reject"}
    late = [Rating("Bob", "reject", at=5), Rating("Ada", "accept", at=2, is_carried=True)]
    assert independent(late) == {"Ada": "accept"}, "he saw what was carried over"
