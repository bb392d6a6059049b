"""What is remembered while a page is drawn: by its arguments, for as long as it is asked to, and not for ever more."""

import pytest

from calscope.ui.session import lately
from calscope.ui.session.lately import remembered


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(lately.time, "monotonic", lambda: now[0])
    return now


def test_a_value_is_looked_up_once_for_the_same_arguments_until_it_is_old(clock):
    asked = []

    @remembered(2.0)
    def doubled(number, _hidden=None):
        """Double it."""
        asked.append(number)
        return number * 2

    assert [doubled(1), doubled(1, "other"), doubled(2), doubled(1, _hidden=3)] == [2, 2, 4, 2] and asked == [1, 2]
    clock[0] += 1.9
    assert doubled(1) == 2 and asked == [1, 2]
    clock[0] += 0.2
    assert doubled(1) == 2 and asked == [1, 2, 1]
    doubled.clear()
    assert doubled(1) == 2 and asked == [1, 2, 1, 1]
    assert doubled.__doc__ == "Double it." and doubled.__name__ == "doubled"


def test_an_error_is_not_remembered():
    asked = []

    @remembered()
    def failing(number):
        asked.append(number)
        raise ValueError(number)

    for _ in range(2):
        with pytest.raises(ValueError, match="7"):
            failing(7)
    assert asked == [7, 7]


def test_the_oldest_are_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(lately, "MOST", 2)
    asked = []
    function = remembered()(asked.append)
    for number in (1, 2, 3, 3, 2, 1):
        function(number)
    assert asked == [1, 2, 3, 1]
