"""What jupyter-server-proxy asks for: how a notebook server starts Calscope, and shows it in its launcher."""

import sys
from typing import Any

_OPTIONS = ("--no-browser", "--no-token", "--port", "{port}")


def setup() -> dict[str, Any]:
    """Describe the server as jupyter-server-proxy has it; the notebook server's own login stands before it."""
    return {
        "command": [sys.executable, "-m", "calscope.cli", "app", *_OPTIONS],
        "environment": {"STREAMLIT_SERVER_BASE_URL_PATH": "{base_url}calscope"},
        "absolute_url": True,
        "timeout": 120,
        "launcher_entry": {"title": "Calscope", "path_info": "calscope/"},
    }
