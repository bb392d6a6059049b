"""What every request passes before a page, in order."""

import os

from starlette.middleware import Middleware
from streamlit import config

from calscope.io.server_rights import TOKEN
from calscope.ui.server.access_token import AccessToken
from calscope.ui.server.only_looking import OnlyLooking
from calscope.ui.server.page_changes import PageChanges
from calscope.ui.server.streamlit_files import StreamlitFiles


def middleware() -> list[Middleware]:
    """Give what stands before the pages; the token is asked for where the environment has one."""
    token = os.environ.get(TOKEN, "").strip()
    base = str(config.get_option("server.baseUrlPath") or "")
    first = [Middleware(AccessToken, token=token, base=base)] if token else []
    return [*first, Middleware(OnlyLooking), Middleware(StreamlitFiles, base=base), Middleware(PageChanges)]
