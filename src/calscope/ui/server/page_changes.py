"""Keeps a change of page from being undone by what the browser sends on its way to that page.

Streamlit's browser part names in every message the page that it shows, and learns of another page only when the server
begins to draw it. What is sent meanwhile, the value of a box that was left by the click on a link or a timer, still
names the page that was left: Streamlit then draws that page again, and the link seems to do nothing. It sends such a
value a little after the click, so that this happens to whoever types a number and goes to another page at once.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LARGEST_BEGIN_BYTES = 100_000
"""What tells the browser of a page is smaller; pictures need not be read."""


@dataclass
class PageOfABrowser:
    """The page that one browser goes to, and the one that it comes from until it has arrived."""

    page: str = ""
    is_begun: bool = True
    """Whether the server draws it already; until then, what it still begins to draw was asked for before."""
    left: str | None = None
    left_at: str = ""
    """The browser's address while it showed the page that it comes from."""
    seen_at: str = ""

    def takes(self, asked: ClientState) -> bool:
        """Take what the browser asks for, of the page that it goes to; False where nothing is to be done."""
        address = urlsplit(asked.context_info.url).path
        if self._is_late(asked, address):
            asked.page_script_hash, asked.query_string, asked.fragment_id = self.page, "", ""
            return not asked.is_auto_rerun
        self.seen_at = address
        if asked.page_script_hash == self.page:
            self.left = None
        elif asked.page_script_hash:
            self._goes_to(asked.page_script_hash)
            self.is_begun = False
        return True

    def is_told(self, page: str) -> None:
        """Note that the server begins to draw a page: one that was asked for, or one that a button leads to."""
        if page == self.page:
            self.is_begun = True
        elif self.is_begun:
            self._goes_to(page)

    def _goes_to(self, page: str) -> None:
        self.page, self.left, self.left_at = page, self.page or None, self.seen_at

    def _is_late(self, asked: ClientState, address: str) -> bool:
        """Tell whether the browser did not know yet which page it goes to; Back may lead to the page that was left."""
        was_left = self.left is not None and asked.page_script_hash == self.left and address == self.left_at
        return was_left and not asked.is_history_navigation


class PageChanges:
    """Stands before Streamlit's websocket, and notes for each browser which page it goes to."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what stands behind."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what comes and goes."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        browser = PageOfABrowser()

        async def receive_in_order() -> Message:
            while (message := _asked(await receive(), browser)) is None:
                pass
            return message

        async def send_and_note(message: Message) -> None:
            _note_begun(message, browser)
            await send(message)

        await self._app(scope, receive_in_order, send_and_note)


def _asked(message: Message, browser: PageOfABrowser) -> Message | None:
    """Give what the browser asks for; None where it is a timer of a page that was left."""
    if not message.get("bytes"):
        return message
    try:
        asked = BackMsg.FromString(message["bytes"])
    except DecodeError:  # Streamlit says what it says to it
        return message
    if not asked.HasField("rerun_script"):
        return message
    return {**message, "bytes": asked.SerializeToString()} if browser.takes(asked.rerun_script) else None


def _note_begun(message: Message, browser: PageOfABrowser) -> None:
    """Note the page that the server begins to draw: a button may lead to another one, too."""
    contents = message.get("bytes") or b""
    if 0 < len(contents) <= LARGEST_BEGIN_BYTES:
        said = ForwardMsg.FromString(contents)
        if said.HasField("new_session") and not said.metadata.run.fragment_ids:
            browser.is_told(said.new_session.page_script_hash)
