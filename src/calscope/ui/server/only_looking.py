"""On a server that only shows, requests that bring something are refused before anything takes them: uploads."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from calscope.io.server_rights import Right, server_rights

_LOOKING = ("GET", "HEAD", "OPTIONS")


class OnlyLooking:
    """Hands on requests that ask for something, and the others where what is entered is kept."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what stands behind."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        why = server_rights().why_not(Right.KEEP)
        if scope["type"] == "http" and scope["method"] not in _LOOKING and why:
            await PlainTextResponse(why, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
