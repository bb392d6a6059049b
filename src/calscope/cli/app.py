"""`calscope app`: the browser workbench, served to this machine only."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import calscope
from calscope.cli import INTERRUPTED
from calscope.model.errors import CalscopeError, RecordingError

_END_S = 10.0


def command(chosen: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    environment = dict(os.environ)
    if chosen.folder:
        environment |= _opened(Path(chosen.folder))
    app = find_app()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job starts with SIGINT ignored
        signal.signal(number, _as_ctrl_c)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", str(app)),
            *("--server.address", "localhost"),
            *("--server.port", str(chosen.port)),
            *("--server.headless", "true" if chosen.no_browser else "false"),
            *("--browser.gatherUsageStats", "false"),
        ],
        cwd=app.parent,
        env=environment,
    )
    try:
        return server.wait()
    except KeyboardInterrupt:
        _end(server)
        return INTERRUPTED
    finally:
        server.kill()


def find_app() -> Path:
    """Give the program's first file: the one beside `src` in a checkout, else the one that came with the package.

    Raises
    ------
    CalscopeError
        When neither is there.
    """
    package = Path(calscope.__file__).parent
    for app in (package.parents[1] / "app.py", package / "workbench" / "app.py"):
        if app.is_file() and (app.parent / "pages").is_dir():
            return app
    raise CalscopeError(
        "The workbench's files are missing. Install again with `pip install --force-reinstall calscope`."
    )


def _as_ctrl_c(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _opened(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise RecordingError(f"There is no folder {folder}. Give the folder that holds your animals' recordings.")
    place = str(folder.resolve())
    roots = os.environ.get("CALSCOPE_ROOTS")
    return {"CALSCOPE_FOLDER": place, "CALSCOPE_ROOTS": f"{place}{os.pathsep}{roots}" if roots else place}


def _end(server: "subprocess.Popen[bytes]") -> None:
    """Let the server end by itself: Ctrl-C in a terminal has reached it too."""
    server.terminate()
    try:
        server.wait(_END_S)
    except subprocess.TimeoutExpired:
        server.kill()
