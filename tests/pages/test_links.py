"""A link brings back what was looked at: folder, run, animal, component, view; never the parameters themselves."""

import pytest

from calscope.ui.frame import keys


def address(app):
    return app.session_state[keys.ADDRESSES][-1]


@pytest.mark.parametrize(
    ("page", "key", "view"),
    [
        ("extraction", keys.on_page("extraction", "tab"), "Background"),
        ("traces", keys.on_page("traces", "traces shown"), "Raster"),
        ("motion", keys.on_page("motion", "tab Animal_2"), "Measures"),
    ],
)
def test_the_view_of_a_page_is_in_its_address_and_comes_back(open_page, lab, page, key, view):
    app = open_page(page, run=lab.good_run, animal="Animal_2")
    assert "view" not in address(app), "the first one needs no word"
    again = open_page(page, run=lab.good_run, animal="Animal_2", view=view)
    assert not again.exception
    assert again.session_state[key] == view
    assert address(again).items() >= {"run": lab.good_run, "animal": "Animal_2", "view": view}.items()
    for other in ("nothing of the kind", "<b>", "x" * 3000):
        wrong = open_page(page, run=lab.good_run, animal="Animal_2", view=other)
        assert not wrong.exception and not wrong.error
        assert "view" not in address(wrong)


def test_the_grid_of_all_animals_is_in_the_address_and_comes_back(open_page, lab):
    app = open_page("evaluation", run=lab.good_run, animals="all")
    assert not app.exception and app.session_state[keys.SHOWS_ALL] is True
    assert address(app)["animals"] == "all"
    other = open_page("evaluation", run=lab.good_run, animals="Animal_1")
    assert keys.SHOWS_ALL not in other.session_state and "animals" not in address(other)
