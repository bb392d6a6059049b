"""The link of a running server, with its token: printed and opened so that other users of the machine don't see it."""

import html
import os
import secrets
import socket
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from calscope.io.server_rights import TOKEN
from calscope.model.errors import CalscopeError

_SHORTEST = 8
_LOOK_EVERY_S = 0.2


def token_for(given: str | None, *, without: bool) -> str:
    """Give the token: the one given, else that of the environment, else a random one; empty where there is none.

    Raises
    ------
    CalscopeError
        When it is so short that it can be guessed.
    """
    if without:
        return ""
    if given is None and not os.environ.get(TOKEN, "").strip():
        return secrets.token_urlsafe(24)
    token = (os.environ.get(TOKEN, "") if given is None else given).strip()
    if len(token) < _SHORTEST:
        raise CalscopeError(
            f"A token has {_SHORTEST} characters or more; this one has {len(token)}. Leave it out for a random one, or "
            "use --no-token."
        )
    return token


def link_for(port: int, base: str, token: str) -> str:
    """Give the address to open."""
    place = f"http://localhost:{port}/{f'{base}/' if base else ''}"
    return f"{place}?token={quote(token)}" if token else place


def check_free(port: int) -> None:
    """Refuse a port at which something answers already: the link would lead there.

    Raises
    ------
    CalscopeError
        When it is taken.
    """
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise CalscopeError(f"Port {port} of this machine is taken. Choose another one, as `--port {port + 1}`.")


def wait_for(port: int, base: str, has_ended: Callable[[], bool]) -> bool:
    """Wait until the server answers or has ended, however slow the machine is; tell whether it answers."""
    health = f"{link_for(port, base, '')}_stcore/health"
    while not has_ended():
        try:
            urllib.request.urlopen(health, timeout=2).close()  # noqa: S310 - it begins with http
        except (urllib.error.URLError, OSError):
            time.sleep(_LOOK_EVERY_S)
        else:
            return True
    return False


@contextmanager
def opened(link: str) -> Iterator[None]:
    """Open a link in the browser, by a file that only this user can read: commands with their arguments all can see."""
    number, name = tempfile.mkstemp(prefix="calscope-", suffix=".html")
    file = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as page:
            page.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(link)}">')
        webbrowser.open(file.as_uri())
        yield
    finally:
        file.unlink(missing_ok=True)
