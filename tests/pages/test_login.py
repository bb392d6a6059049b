"""Where the lab has a login, pages ask for it, and who judges is who is logged in."""

import pytest

from calscope.ui.frame import login
from calscope.ui.linked import judging, kept_acts
from calscope.ui.session import blind_rater

ADA = {"is_logged_in": True, "email": "ada@lab.org", "name": "Ada <b>"}


@pytest.fixture
def logged_in(monkeypatch):
    """Stands for what Streamlit knows of who comes."""

    def become(**said):
        monkeypatch.setattr(login, "user", lambda: said)

    return become


@pytest.mark.parametrize(
    ("said", "name", "is_missing"),
    [
        ({}, "", False),
        ({"is_logged_in": False}, "", True),
        ({"is_logged_in": False, "email": "ada@lab.org"}, "", True),
        (ADA, "ada@lab.org", False),
        ({"is_logged_in": True, "name": " Ada \n Lovelace "}, "Ada Lovelace", False),
        ({"is_logged_in": True, "sub": "x" * 80}, "x" * 60, False),
        ({"is_logged_in": True}, "", True),
    ],
)
def test_who_it_is(logged_in, said, name, is_missing):
    logged_in(**said)
    assert login.name() == name and login.is_missing() == is_missing


def test_without_a_login_no_page_shows_anything_else(open_page, lab, logged_in, monkeypatch):
    logged_in(is_logged_in=False)
    monkeypatch.setattr(login, "_providers", lambda: ["orcid", "lab"])
    app = open_page("data", data=lab.good)
    assert not app.exception
    assert [button.label for button in app.button] == ["Log in with orcid", "Log in with lab"]
    assert not app.dataframe and "good" not in " ".join(one.value for one in (*app.markdown, *app.caption))


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ({}, [""]),
        ({"client_id": "a", "client_kwargs": {"prompt": "login"}}, [""]),
        ({"client_kwargs": {"prompt": "login"}, "lab": {"client_id": "a"}, "orcid": {}}, ["lab", "orcid"]),
        ({"client_id": "a", "orcid": {}}, ["", "orcid"]),
    ],
)
def test_each_provider_and_nothing_else_gets_a_button(monkeypatch, section, names):
    monkeypatch.setattr(login.st, "secrets", {"auth": section})
    assert login._providers() == names


def test_a_login_that_can_not_begin_says_what_is_missing(open_page, logged_in, monkeypatch):
    logged_in(is_logged_in=False)
    monkeypatch.setattr(login, "_providers", lambda: [""])
    app = open_page("home")
    app.button[0].click().run()
    assert not app.exception and "The login can't be begun" in app.error[0].value


def test_who_is_logged_in_is_named_and_may_go(open_page, logged_in):
    logged_in(**ADA)
    app = open_page("home")
    assert any("ada@lab" in one.value.replace("\\", "") for one in app.sidebar.caption)
    assert any(button.label == "Log out" for button in app.sidebar.button)


def test_a_made_up_name_is_that_of_the_login(logged_in):
    acts = [kept_acts.Act("a" * 32, "Somebody else", (("accept", 0, ""),))]
    logged_in(**ADA)
    assert [act.who for act in judging._of_who_is_logged_in(acts)] == ["ada@lab.org"]
    assert blind_rater._own("Somebody else") == "ada@lab.org" and blind_rater._own("") == ""
    logged_in()
    assert judging._of_who_is_logged_in(acts) == acts and blind_rater._own(" Ada ") == "Ada"
