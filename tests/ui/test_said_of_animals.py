"""What pages say of an animal that has nothing to draw, with text of other programs made harmless."""

from types import SimpleNamespace

from calscope.ui.frame.messages import plain
from calscope.ui.session import shown_run
from calscope.ui.widgets import animal_sections


def test_the_name_of_a_program_in_its_file_is_shown_as_it_stands(monkeypatch):
    hostile = "**CaImAn** [1.9](http://elsewhere.example) $x$"
    said = []
    monkeypatch.setattr(shown_run, "shown", lambda: SimpleNamespace(imported_from=hostile))
    monkeypatch.setattr(animal_sections.st, "info", said.append)
    animal_sections._say_why_not(SimpleNamespace(record=SimpleNamespace(keys={}, error="")), "apply", "Run")
    assert len(said) == 1 and plain(hostile) in said[0] and "](http" not in said[0]
