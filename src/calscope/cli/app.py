"""`calscope app`: the browser workbench, served to this machine only."""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import calscope
from calscope.cli import INTERRUPTED, app_link
from calscope.cli.progress_line import ProgressLine
from calscope.io.bundles.bundle_reading import is_bundle
from calscope.io.server_rights import CURATION, READ_ONLY, TOKEN, Right, allowed
from calscope.model.errors import CalscopeError, RecordingError
from calscope.pipeline.store import default_store

_END_S = 10.0
_BASE = "STREAMLIT_SERVER_BASE_URL_PATH"


def command(chosen: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    token = app_link.token_for(chosen.token, without=chosen.no_token)
    environment = dict(os.environ) | rights_for(chosen) | {TOKEN: token}
    _check_address(chosen, token)
    app_link.check_free(chosen.port)
    os.environ.pop(READ_ONLY, None)  # it is about who comes by a browser, not about who starts the server
    if chosen.folder or chosen.demo:
        environment |= environment_for(_demo() if chosen.demo else Path(chosen.folder).absolute())
    app = find_app()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job starts with SIGINT ignored
        signal.signal(number, _as_ctrl_c)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", str(app)),
            *("--server.address", chosen.address),
            *("--server.port", str(chosen.port)),
            *("--server.headless", "true"),  # it knows no token, so the link is told and opened here
            *("--logger.hideWelcomeMessage", "true"),
            *("--browser.gatherUsageStats", "false"),
        ],
        cwd=app.parent,
        env=environment,
    )
    try:
        return _serve(server, chosen, token)
    except KeyboardInterrupt:
        _end(server)
        return INTERRUPTED
    finally:
        server.kill()


def _check_address(chosen: argparse.Namespace, token: str) -> None:
    """Refuse what would let a whole network start and delete things, or what means two things."""
    if chosen.demo and chosen.folder:
        raise CalscopeError("--demo opens the demo's own folder. Leave out either it or FOLDER.")
    only_shows = chosen.read_only or not allowed(Right.RUN)
    if chosen.address != "localhost" and not token and not only_shows:
        raise CalscopeError(
            f"Without a token everybody who reaches {chosen.address} could start and delete things. Leave out "
            "--no-token, or use --read-only."
        )


def _demo() -> Path:
    """Give the folder of a demo with a run to show."""
    from calscope.jobs.manager import JobManager  # noqa: PLC0415 - needed here only
    from calscope.jobs.shown_demo import make_shown_demo  # noqa: PLC0415

    line = ProgressLine()
    folder = make_shown_demo(JobManager(default_store().root), progress=lambda done, note="", /: line.show(done, note))
    line.clear()
    return folder


def _serve(server: "subprocess.Popen[bytes]", chosen: argparse.Namespace, token: str) -> int:
    """Say the link once the server answers, open it, and wait for the end."""
    base = os.environ.get(_BASE, "").strip("/")
    if app_link.wait_for(chosen.port, base, lambda: server.poll() is not None):
        link = app_link.link_for(chosen.port, base, token)
        sys.stdout.write(f"Calscope is at {link}\n")
        sys.stdout.flush()
        with nullcontext() if chosen.no_browser else app_link.opened(link):
            return server.wait()
    return server.wait()


def rights_for(chosen: argparse.Namespace) -> dict[str, str]:
    """Give the environment of a server that only shows, where that was chosen.

    Raises
    ------
    CalscopeError
        When judging is to be allowed where everything is.
    """
    if chosen.read_only:
        return {READ_ONLY: CURATION if chosen.allow_curation else "1"}
    if chosen.allow_curation:
        raise CalscopeError("--allow-curation goes with --read-only: without that, everybody may judge anyway.")
    return {}


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


def environment_for(place: Path) -> dict[str, str]:
    """Give the environment of a server at which a folder, or a bundle, is open."""
    if is_bundle(place):
        _import(place.resolve())
    elif not place.is_dir():
        raise RecordingError(
            f"There is no folder {place}. Give the folder that holds your animals' recordings, or a bundle (.calscope)."
        )
    opened, root = str(place.resolve()), str(place.resolve() if place.is_dir() else place.resolve().parent)
    roots = os.environ.get("CALSCOPE_ROOTS")
    return {"CALSCOPE_FOLDER": opened, "CALSCOPE_ROOTS": f"{root}{os.pathsep}{roots}" if roots else root}


def _import(bundle: Path) -> None:
    """Put what a bundle holds into the store, where the pages find it."""
    from calscope.jobs.bundles.import_bundle import import_bundle  # noqa: PLC0415 - needed here only
    from calscope.jobs.manager import JobManager  # noqa: PLC0415

    store = default_store()
    JobManager(store.root).keep_import(*import_bundle(bundle, store), data=str(bundle))


def _end(server: "subprocess.Popen[bytes]") -> None:
    """Let the server end by itself: Ctrl-C in a terminal has reached it too."""
    server.terminate()
    try:
        server.wait(_END_S)
    except subprocess.TimeoutExpired:
        server.kill()
