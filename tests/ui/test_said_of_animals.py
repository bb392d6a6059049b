"""What pages say of an animal that has nothing to draw, with text of other programs made harmless."""

from types import SimpleNamespace

from calscope.ui.frame.messages import plain
from calscope.ui.widgets import animal_sections
from calscope.ui.widgets.animal_sections import Section


def test_the_name_of_a_program_in_its_file_is_shown_as_it_stands(monkeypatch):
    hostile = "**CaImAn** [1.9](http://elsewhere.example) $x$"
    said = []
    monkeypatch.setattr(animal_sections.st, "info", said.append)
    record, run = SimpleNamespace(keys={}, error=""), SimpleNamespace(imported_from=hostile)
    section = Section(("apply",), "motion", "Run", print, print)
    animal_sections._say_why_not(SimpleNamespace(name="one", record=record, run=run), section)
    assert len(said) == 1 and plain(hostile) in said[0] and "](http" not in said[0]
