"""Who knows the server's token may come in: it stands in the link once, then a cookie shows it with every request.

Other users of a machine reach its `localhost` too; the token keeps them out, as Jupyter's does.
"""

import hashlib
import hmac
import html
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

PARAMETER = "token"
_HEALTH = "/_stcore/health"
_REFUSED = 1008
"""How a websocket is closed that breaks the rules, in the words of RFC 6455."""
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
_OPEN_AGAIN = (
    "<h1>This Calscope needs its token</h1>"
    "<p>Open the whole link that was printed where <code>calscope app</code> was started; it ends in "
    "<code>?token=</code> and a long word. If you did not start it, ask whoever did for that link.</p>"
    "<p>The link is needed once in each browser, and again after the server was started anew.</p>"
)


class AccessToken:
    """Lets through only what shows the token: requests, websockets, downloads. All may ask for the server's health."""

    def __init__(self, app: ASGIApp, token: str, base: str = "") -> None:
        """Take what stands behind, the token, and the folder in addresses that the server has in front of its pages."""
        self._app, self._token = app, token.encode()
        self._base = f"/{base.strip('/')}" if base.strip("/") else ""
        self._shown = hmac.new(self._token, b"calscope cookie", hashlib.sha256).hexdigest()
        # A browser sends cookies to all ports of a host: each server needs a name of its own.
        self._cookie = f"calscope_{hashlib.sha256(self._token).hexdigest()[:12]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] not in ("http", "websocket") or scope["path"] == f"{self._base}{_HEALTH}":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
        has_cookie = _is_same(_cookies(headers).get(self._cookie, ""), self._shown)
        is_told = _is_same(asked.pop(PARAMETER, ""), self._token.decode())
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and is_told:
            await self._entry(scope, headers, asked)(scope, receive, send)
        elif has_cookie:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _REFUSED, "reason": "the token is missing"})
        else:
            await self._refusal(scope, headers)(scope, receive, send)

    def _entry(self, scope: Scope, headers: Headers, others: Mapping[str, str]) -> Response:
        """Give the cookie, and have the browser come again without the token, so that it stays in no address.

        A page of our own does that, because after a redirect from a link in a mail the browser would hold the cookie
        back.
        """
        page = HTMLResponse(_page(_again(scope, others)), headers=_HEADERS)
        page.set_cookie(
            self._cookie,
            self._shown,
            path=self._base or "/",
            httponly=True,
            samesite="strict",
            secure="https" in (scope.get("scheme"), headers.get("x-forwarded-proto")),
        )
        return page

    def _refusal(self, scope: Scope, headers: Headers) -> Response:
        """Say what is needed; to who follows a link on somebody else's page, only after the browser came by itself.

        The browser holds the cookie back as long as another page has sent it here.
        """
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") == "navigate":
            asked = scope.get("query_string", b"").decode("latin-1")
            return HTMLResponse(_page(_again(scope, dict(parse_qsl(asked)))), headers=_HEADERS)
        return HTMLResponse(f"<!doctype html><title>Calscope</title>{_OPEN_AGAIN}", 403, _HEADERS)


def _page(address: str) -> str:
    goes = f'<meta http-equiv="refresh" content="0;url={html.escape(address)}">'
    return f'<!doctype html><title>Calscope</title>{goes}<p><a href="{html.escape(address)}">Open Calscope</a></p>'


def _again(scope: Scope, asked: Mapping[str, str]) -> str:
    """Give the same address as the browser has it: a proxy may serve it under another path."""
    here = f"./{quote(scope['path'].rsplit('/', 1)[-1])}"
    return f"{here}?{urlencode(asked)}" if asked else here


def _cookies(headers: Headers) -> dict[str, str]:
    found: SimpleCookie = SimpleCookie()
    for one in headers.getlist("cookie"):
        try:
            found.load(one)
        except CookieError:
            continue
    return {name: value.value for name, value in found.items()}


def _is_same(given: str, wanted: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", errors="replace"), wanted.encode())
