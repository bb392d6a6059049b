"""The server behind nginx as docs/how_to/server.md has it: below a folder, with TLS, token and XSRF protection."""

import os
import re
import shutil
import socket
import ssl
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

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
OPENSSL = shutil.which("openssl")
WORD = "the-word-of-this-test"
JOB, MADE = "0123456789abcdef-abcdef", b"<html>a report</html>" * 5000
HOST = "lab.example.org"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)"),
    pytest.mark.skipif(OPENSSL is None, reason="openssl, which makes the certificate, is not installed"),
]


@contextmanager
def running(command, **more):
    process = subprocess.Popen(command, **more)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def documented():
    """The configuration that the documentation has."""
    return re.search(r"```nginx\n(.+?)```", (DOCS / "how_to" / "server.md").read_text(encoding="utf-8"), re.DOTALL)[1]


def configuration(folder, port, behind):
    """The same for this test: other ports, its certificate, and all that nginx writes in its folder."""
    own = documented()
    for said, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/lab.pem": f"{folder}/lab.pem",
        "/etc/ssl/lab.key": f"{folder}/lab.key",
        "127.0.0.1:8501": f"127.0.0.1:{behind}",
    }.items():
        assert said in own
        own = own.replace(said, here)
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.name != "nt" and os.geteuid() == 0 else ""  # else its workers can't write there
    return f"{user} pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ access_log off; {kept} {own} }}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Gives the port of an nginx that has the server behind it."""
    folder = tmp_path_factory.mktemp("nginx").resolve()
    made = folder / "store" / "jobs" / JOB / "made"
    made.mkdir(parents=True)
    (made / "a report.html").write_bytes(MADE)
    new = [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    subprocess.run([*new, "-keyout", "lab.key", "-out", "lab.pem"], cwd=folder, check=True, capture_output=True)
    port, behind = free_port(), free_port()
    (folder / "nginx.conf").write_text(configuration(folder, port, behind), encoding="utf-8")
    environment = os.environ | {
        "CALSCOPE_STORE": str(folder / "store"),
        "CALSCOPE_TOKEN": WORD,
        "CALSCOPE_ROOTS": str(folder),
        "STREAMLIT_SERVER_BASE_URL_PATH": "calscope",
    }
    server = [sys.executable, "-m", "calscope.cli", "app", "--no-browser", "--port", str(behind)]
    proxy = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with running(server, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL), running(proxy):
        wait_for(port)
        yield port


def wait_for(port):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if ask(port, "_stcore/health")[2] == b"ok":  # another server that took the port answers with its page
            return
        time.sleep(0.2)
    raise AssertionError("nginx or the server does not answer")


def trusting():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def ask(port, place, method="GET", body=None, **headers):
    """Give status, headers and bytes of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Host": HOST}
    request = urllib.request.Request(f"https://127.0.0.1:{port}/calscope/{place}", body, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30, context=trusting()) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
    except OSError:
        return 0, {}, b""


@pytest.fixture(scope="module")
def cookie(lab):
    status, headers, text = ask(lab, f"?token={WORD}")
    assert status == 200, (status, text)
    said = headers["Set-Cookie"]
    assert {"Path=/calscope", "Secure", "HttpOnly", "SameSite=strict"} <= set(said.split("; "))
    return said.split(";")[0]


def test_pages_need_the_token_and_come_below_the_folder(lab, cookie):
    status, _, text = ask(lab, "evaluation")
    assert status == 403 and b"needs its token" in text
    status, _, text = ask(lab, "evaluation", Cookie=cookie)
    assert status == 200 and b'<div id="root">' in text
    script = re.search(rb'src="\./(static/js/[^"]+)"', text)[1].decode()
    status, _, text = ask(lab, script, Cookie=cookie)
    assert status == 200 and len(text) > 1000


def test_downloads_come_whole_and_only_with_the_cookie(lab, cookie):
    place = f"made/{JOB}/a%20report.html"
    assert ask(lab, place)[0] == 403
    status, headers, body = ask(lab, place, Cookie=cookie)
    assert status == 200 and body == MADE and "attachment" in headers["Content-Disposition"]


@contextmanager
def session(lab, cookie, xsrf):
    """Open the websocket as a browser does, until the server has begun a session; give its id."""
    sockets = pytest.importorskip("websockets.sync.client")
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    with sockets.connect(
        f"wss://{HOST}/calscope/_stcore/stream",
        sock=socket.create_connection(("127.0.0.1", lab)),
        ssl=trusting(),
        origin=f"https://{HOST}",
        additional_headers={"Cookie": f"{cookie}; _streamlit_xsrf={xsrf}"},
        subprotocols=["streamlit", xsrf],
        max_size=None,
    ) as opened:
        message = BackMsg()
        message.rerun_script.query_string = ""
        opened.send(message.SerializeToString())
        while (told := ForwardMsg.FromString(opened.recv(timeout=60))).WhichOneof("type") != "new_session":
            pass
        yield told.new_session.initialize.session_id


def test_the_websocket_opens_and_an_upload_needs_the_cookie_and_the_xsrf_token(lab, cookie):
    said = ask(lab, "_stcore/health")[1]["Set-Cookie"]
    xsrf = re.search(r"_streamlit_xsrf=([^;]+)", said)[1]
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.json"\r\n\r\n{}\r\n--b--\r\n'
    whole = {"Content_Type": "multipart/form-data; boundary=b", "X_Xsrftoken": xsrf}
    whole["Cookie"] = f"{cookie}; _streamlit_xsrf={xsrf}"
    with session(lab, cookie, xsrf) as number:
        place = f"_stcore/upload_file/{number}/0"
        assert ask(lab, place, "PUT", body, **whole)[0] == 204
        for missing in ("X_Xsrftoken", "Cookie"):
            lacking = {name: value for name, value in whole.items() if name != missing}
            assert ask(lab, place, "PUT", body, **lacking)[0] == 403, missing
