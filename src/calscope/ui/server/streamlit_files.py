"""Streamlit's own scripts, styles and fonts, kept in memory once they were asked for.

A browser that has none of them asks for a hundred while the server draws its first page. Streamlit has each one looked
up, opened and read by threads that wait for each other; from memory they take a quarter of the processor's time.
"""

import mimetypes
from pathlib import Path

import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_FOLDER = Path(streamlit.__file__).parent / "static"
_KEPT = "static"
"""The folder in it whose files have a digest of their contents in the name, so that a browser may keep them."""
_FOR_GOOD = {"Cache-Control": "public, immutable, max-age=31536000"}


class StreamlitFiles:
    """Answers requests for such a file as Streamlit does, and hands on all others.

    Only files that are in the folder as the server starts are known, so no address leads out of it, and at most that
    folder, some 25 MB, comes to be in memory.
    """

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        """Take what stands behind, and the folder in addresses that the server has in front of its pages."""
        self._app = app
        front = f"/{base.strip('/')}" if base.strip("/") else ""
        files = (_FOLDER / _KEPT).rglob("*.*")
        self._files = {f"{front}/{file.relative_to(_FOLDER).as_posix()}": file for file in files}
        self._answers: dict[str, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http" or scope["path"] not in self._files or not _is_plain(scope):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if path not in self._answers:
            self._answers[path] = await run_in_threadpool(_answer, self._files[path])
        await self._answers[path](scope, receive, send)


def _is_plain(scope: Scope) -> bool:
    """Tell whether the whole file is asked for."""
    return scope["method"] in ("GET", "HEAD") and "range" not in Headers(scope=scope)


def _answer(file: Path) -> Response:
    return Response(file.read_bytes(), headers=_FOR_GOOD, media_type=mimetypes.guess_type(file.name)[0])
