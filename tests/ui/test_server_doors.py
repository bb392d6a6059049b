"""What a server lets in: only who shows the token, and on a server that only shows, no upload."""

import asyncio
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_assets_routes

from calscope.io.server_rights import READ_ONLY, TOKEN
from calscope.ui.server import doors
from calscope.ui.server.access_token import AccessToken
from calscope.ui.server.only_looking import OnlyLooking
from calscope.ui.server.page_changes import PageChanges
from calscope.ui.server.streamlit_files import StreamlitFiles

WORD = "a-long-word-of-a-server"


async def behind(scope, receive, send):
    """Answer everything."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"behind"})


def ask(app, path="/", query="", method="GET", kind="http", **headers):
    """Give status, headers and text of what is answered; of a websocket the kind of the first message."""
    answer = ask_for_bytes(app, path, query, method, kind, **headers)
    return answer if kind == "websocket" else (*answer[:2], answer[2].decode())


def ask_for_bytes(app, path, query="", method="GET", kind="http", **headers):
    """Give what `ask` gives, with the contents as they are."""
    sent = []

    async def send(message):
        sent.append(message)

    asked = []

    async def receive():
        if asked:
            await asyncio.Event().wait()  # nothing more comes, and nobody goes
        asked.append(True)
        return {"type": f"{kind}.request", "body": b"", "more_body": False}

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "query_string": query.encode(), "headers": named, "scheme": "http"}
    scope |= {"method": method} if kind == "http" else {}
    asyncio.run(app(scope, receive, send))
    if kind == "websocket":
        return sent[0]["type"]
    contents = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, contents


@pytest.fixture
def app():
    return AccessToken(behind, WORD)


@pytest.fixture
def cookie(app):
    return ask(app, query=f"token={WORD}")[1]["set-cookie"].split(";")[0]


ALL = ["/", "/evaluation", "/made/job/report.html", "/static/js/index.js", "/_stcore/host-config", "/media/a.png"]


@pytest.mark.parametrize("path", ALL)
def test_without_the_token_a_page_says_what_to_do_and_nothing_else_is_sent(app, path):
    status, headers, text = ask(app, path)
    assert status == 403 and "Open the whole link" in text and "behind" not in text and WORD not in text
    assert headers["cache-control"] == "no-store" and "set-cookie" not in headers


@pytest.mark.parametrize("given", ["", "a", WORD[:-1], f"{WORD}x", WORD.upper(), "é%00"])
def test_another_token_is_none(app, given):
    assert ask(app, query=f"token={given}")[0] == 403
    assert ask(app, cookie=f"{app._cookie}={given}")[0] == 403
    assert ask(app, cookie=f"{app._cookie}={WORD}")[0] == 403, "the cookie is not the token"


def test_the_link_gives_a_cookie_and_leaves_the_address_without_the_token(app):
    status, headers, text = ask(app, "/lab/evaluation", f"run=7&token={WORD}&animal=<b>")
    assert status == 200 and WORD not in text and "<b>" not in text
    assert 'content="0;url=./evaluation?run=7&amp;animal=%3Cb%3E"' in text
    said = headers["set-cookie"]
    assert (
        WORD not in said and {"HttpOnly", "Path=/", "SameSite=strict"} <= set(said.split("; ")) and "Secure" not in said
    )
    assert headers["referrer-policy"] == "no-referrer"


def test_the_cookie_lets_in_pages_downloads_and_the_websocket(app, cookie):
    for path in ALL:
        assert ask(app, path, cookie=f"other=1; {cookie}")[2] == "behind"
    assert ask(app, "/_stcore/upload_file/a/b", method="PUT", cookie=cookie)[2] == "behind"
    assert ask(app, "/_stcore/stream", kind="websocket", cookie=cookie) == "websocket.accept"
    assert ask(app, "/_stcore/stream", kind="websocket") == "websocket.close"
    assert ask(app, "/_stcore/stream", f"token={WORD}", kind="websocket") == "websocket.close"
    assert ask(app, method="PUT", query=f"token={WORD}")[0] == 403


def test_a_cookie_of_another_server_or_a_broken_one_is_none(app, cookie):
    other = ask(AccessToken(behind, "another-word-of-a-server"), query="token=another-word-of-a-server")
    assert ask(app, cookie=other[1]["set-cookie"].split(";")[0])[0] == 403
    assert ask(app, cookie=f'"=;;{cookie[:20]}')[0] == 403


def test_a_link_on_a_page_of_somebody_else_comes_again_by_itself(app, cookie):
    sent = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    status, _, text = ask(app, "/evaluation", "run=7", **sent)
    assert status == 200 and 'url=./evaluation?run=7"' in text and "behind" not in text
    assert ask(app, "/evaluation", "run=7", sec_fetch_site="same-origin", sec_fetch_mode="navigate")[0] == 403
    assert ask(app, "/made/a/b", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")[0] == 403


def test_all_may_ask_for_the_health_and_for_nothing_that_looks_like_it(app):
    assert ask(app, "/_stcore/health")[2] == "behind"
    for path in ("/_stcore/health/", "/x/_stcore/health", "/_stcore/health/../stream", "//_stcore/health"):
        assert ask(app, path)[0] == 403


def test_below_a_folder_the_cookie_and_the_health_belong_to_it():
    app = AccessToken(behind, WORD, "lab/calscope")
    assert "Path=/lab/calscope;" in ask(app, "/lab/calscope/", f"token={WORD}")[1]["set-cookie"]
    assert ask(app, "/lab/calscope/_stcore/health")[2] == "behind" and ask(app, "/_stcore/health")[0] == 403


def test_behind_a_proxy_with_tls_the_cookie_goes_nowhere_else(app):
    assert "Secure" in ask(app, query=f"token={WORD}", x_forwarded_proto="https")[1]["set-cookie"]


def test_the_token_is_asked_for_where_the_environment_has_one(monkeypatch):
    monkeypatch.delenv(TOKEN, raising=False)
    assert [one.cls for one in doors.middleware()] == [OnlyLooking, StreamlitFiles, PageChanges]
    monkeypatch.setenv(TOKEN, WORD)
    assert [one.cls for one in doors.middleware()] == [AccessToken, OnlyLooking, StreamlitFiles, PageChanges]


def test_a_server_that_only_shows_takes_no_upload(monkeypatch):
    app = OnlyLooking(behind)
    assert ask(app, "/_stcore/upload_file/a/b", method="PUT")[2] == "behind"
    monkeypatch.setenv(READ_ONLY, "1")
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        status, _, text = ask(app, "/_stcore/upload_file/a/b", method=method)
        assert status == 403 and "what is entered here is not kept" in text
    assert ask(app, "/")[2] == "behind" and ask(app, kind="websocket") == "websocket.accept"


FRONT = Path(streamlit.__file__).parent / "static"


def names(kind):
    return [f"/{file.relative_to(FRONT).as_posix()}" for file in sorted((FRONT / "static").glob(f"**/*.{kind}"))]


@pytest.mark.parametrize("kind", ["js", "css", "woff2", "svg"])
def test_files_of_streamlit_come_as_it_sends_them_and_are_read_once(kind, monkeypatch):
    of_its_own = Starlette(routes=create_streamlit_static_assets_routes(""))
    ours, paths = StreamlitFiles(behind), names(kind)[:3]
    assert paths
    for path in paths:
        theirs, found = ask_for_bytes(of_its_own, path), ask_for_bytes(ours, path)
        assert found[0] == theirs[0] == 200 and found[2] == theirs[2] != b""
        for name in ("content-type", "content-length", "cache-control"):
            assert found[1][name] == theirs[1][name]
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read already"))
    for path in paths:
        assert ask_for_bytes(ours, path)[0] == ask_for_bytes(ours, path, method="HEAD")[0] == 200


def test_all_but_whole_files_of_streamlit_are_left_to_it():
    app, path = StreamlitFiles(behind), names("js")[0]
    assert ask(app, path)[2] != "behind"
    for other in ("/", "/index.html", f"{path}x", f"/static/../{path}", "/static/js/../../index.html", "/static/js"):
        assert ask(app, other)[2] == "behind"
    assert ask(app, path, method="POST")[2] == ask(app, path, range="bytes=0-9")[2] == "behind"
    assert ask(app, path, kind="websocket") == "websocket.accept"
    below = StreamlitFiles(behind, "lab/calscope")
    assert ask(below, f"/lab/calscope{path}")[2] == ask(app, path)[2] and ask(below, path)[2] == "behind"
