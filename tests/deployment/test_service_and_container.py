"""The systemd unit of docs/how_to/server.md and the Dockerfile: what they start works as they start it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from documentation import DOCS
from free_port import free_port
from repository import ROOT

from calscope.cli.parser import make_parser

ANALYZE = shutil.which("systemd-analyze")
PROGRAM = "%h/calscope/.venv/bin/calscope"
STARTED_S = 300


def unit_text():
    text = (DOCS / "how_to" / "server.md").read_text(encoding="utf-8")
    return re.search(r"```ini\n(\[Unit\].+?)```", text, re.DOTALL)[1]


def entries(section):
    """Give the entries of a section of the unit, in order."""
    body = re.search(rf"^\[{section}\]\n(.+?)(?=^\[|\Z)", unit_text(), re.DOTALL | re.MULTILINE)[1]
    return [tuple(line.split("=", 1)) for line in body.splitlines() if line.strip()]


def instructions():
    """Give what the Dockerfile does, in order, as (instruction, rest)."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    return [tuple(line.split(" ", 1)) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def of_image(name):
    return [rest for instruction, rest in instructions() if instruction == name]


@contextmanager
def server(arguments, folder, **environment):
    """Run a command of ours in an environment of its own, and give its address when it answers."""
    home = folder / "home"
    home.mkdir()
    own = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ}
    port = arguments[arguments.index("--port") + 1]
    process = subprocess.Popen(
        [sys.executable, "-m", "calscope.cli", *arguments],
        env=own | {"HOME": str(home)} | environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + STARTED_S
        while status(f"http://localhost:{port}/_stcore/health") != 200:
            assert process.poll() is None and time.monotonic() < until, "it does not answer"
            time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(20)


def status(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (Debian: systemd)")
def test_systemd_takes_the_unit(tmp_path):
    unit = tmp_path / "calscope.service"
    for text, is_taken in ((unit_text(), True), (unit_text().replace("KillMode=process", "KillMode=gently"), False)):
        unit.write_text(text.replace(PROGRAM, "/bin/true"), encoding="utf-8")
        runtime = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
        told = subprocess.run(
            [ANALYZE, "--user", "verify", str(unit)], env=runtime, capture_output=True, text=True, check=False
        )
        assert (told.returncode == 0 and not told.stderr) == is_taken, told.stderr


def test_the_unit_starts_a_command_that_is_known_and_keeps_runs_alive():
    service = dict(entries("Service"))
    program, *arguments = shlex.split(service["ExecStart"])
    assert program == PROGRAM and make_parser().parse_args(arguments).command == "app"
    assert service["KillMode"] == "process", "else runs end with the server"
    environment = [one.split("=")[0] for one in shlex.split(service["Environment"])]
    known = (DOCS / "reference" / "environment.md").read_text(encoding="utf-8")
    assert environment and all(f"`{name}`" in known for name in (*environment, "CALSCOPE_TOKEN"))


@pytest.mark.slow
def test_the_command_of_the_unit_asks_for_the_token_of_its_file(tmp_path):
    """With the environment that the unit gives and nothing else, on a port and folders of this test."""
    service = dict(entries("Service"))
    (tmp_path / "data" / "experiment").mkdir(parents=True)
    assert "/data" in service["Environment"] and "/data" in service["ExecStart"]
    here = {name: text.replace("/data", f"{tmp_path}/data") for name, text in service.items()}
    said = dict(one.split("=", 1) for one in shlex.split(here["Environment"]))
    arguments = shlex.split(here["ExecStart"])[1:]
    arguments[arguments.index("--port") + 1] = str(free_port())
    with server(arguments, tmp_path, **said, CALSCOPE_TOKEN="a-long-word") as address:
        assert status(address) == 403
        assert status(f"{address}/?token=a-long-word") == 200


def test_the_image_runs_a_command_that_is_known_at_one_port_as_nobody_special():
    (command,) = map(json.loads, of_image("CMD"))
    assert command[0] == "calscope"
    chosen = make_parser().parse_args(command[1:])
    (health,) = of_image("HEALTHCHECK")
    assert of_image("EXPOSE") == [str(chosen.port)] and f":{chosen.port}/" in health
    assert chosen.read_only and chosen.demo, "it has no token, so it must let nobody change anything"
    order = [name for name, _ in instructions()]
    assert order[0] == "FROM" and order.index("USER") < order.index("COPY") < order.index("CMD")
    user = of_image("USER")[0]
    assert f"--uid 1000 {user}" in of_image("RUN")[0] and f"--chown={user} " in of_image("COPY")[0]
    for file in re.findall(r"-r (\S+)", " ".join(of_image("RUN"))):
        assert (ROOT / file).is_file()
        ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
        assert not {file, "src", "pages", "app.py", "pyproject.toml", "README.md"} & set(ignored)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt" or shutil.which("sh") is None, reason="the image is one of Linux")
def test_the_health_check_of_the_image_sees_a_server_and_misses_one_that_is_gone(tmp_path):
    (command,), (health,) = map(json.loads, of_image("CMD")), of_image("HEALTHCHECK")
    arguments = ["app", *(one for one in command[2:] if one != "--demo"), str(tmp_path)]  # the demo takes minutes
    arguments[arguments.index("--port") + 1] = str(port := free_port())
    (tmp_path / "python").symlink_to(sys.executable)
    check = health.split("CMD ", 1)[1].replace(":7860/", f":{port}/")
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def is_healthy():
        return subprocess.run(["sh", "-c", check], env=path, capture_output=True, check=False).returncode == 0

    assert not is_healthy()
    with server(arguments, tmp_path, CALSCOPE_STORE=str(tmp_path / "store"), CALSCOPE_ROOTS=str(tmp_path)):
        assert is_healthy()
    assert not is_healthy()
