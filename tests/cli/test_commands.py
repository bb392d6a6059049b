import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
import tifffile
from repository import ROOT

from calscope.cli.app import environment_for, find_app
from calscope.cli.progress_line import ProgressLine
from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus, write_status
from calscope.jobs.manager import JobManager
from calscope.model.params import Parameters, fields
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import default_store


def test_params_lists_every_parameter(calscope):
    status, out, _ = calscope("params")
    assert status == 0
    for field in fields():
        assert f"\n{field.dotted} = " in f"\n{out}"


def test_params_as_json_can_be_given_back(calscope, tmp_path):
    from calscope.cli.settings import read_settings

    for option in ("--json", "--caiman"):
        _, out, _ = calscope("params", option)
        (tmp_path / "p.json").write_text(out)
        params = read_settings(str(tmp_path / "p.json"), []).params
        assert params.gSiz_px == Parameters().gSiz_px and params.motion == Parameters().motion


def test_doctor_tells_engines_store_and_packages(calscope, here):
    status, out, _ = calscope("doctor")
    assert status == 0
    for words in ("builtin", "caiman", "numpy", str(here / "store"), "Compiled code"):
        assert words in out
    assert not (here / "store").exists(), "looking makes nothing"


def without(name, message, monkeypatch):
    """Let the import of one package fail."""
    real = importlib.import_module

    def broken(module, *more):
        if module == name:
            raise ImportError(message)
        return real(module, *more)

    monkeypatch.setattr(importlib, "import_module", broken)


def test_doctor_says_what_is_missing(calscope, here, monkeypatch):
    from calscope.cli import doctor

    real = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "tifffile" else real(name))
    without("tifffile", "No module named 'tifffile'", monkeypatch)
    status, out, err = calscope("doctor")
    assert status == 2 and "pip install tifffile" in err and "MISSING" in out


def test_doctor_says_what_does_not_fit(calscope, here, monkeypatch):
    without("pyarrow", "pyarrow requires NumPy 2.0 or newer", monkeypatch)
    status, out, err = calscope("doctor")
    assert status == 2 and "import FAILS" in out
    assert "doesn't fit the other packages (pyarrow requires NumPy 2.0" in err and "fresh environment" in err


def test_doctor_notices_a_store_that_can_not_be_written(calscope, here, monkeypatch):
    (here / "file").write_text("in the way")
    monkeypatch.setenv("CALSCOPE_STORE", str(here / "file/store"))
    status, _, err = calscope("doctor")
    assert status == 2 and "set CALSCOPE_STORE" in err


def test_demo_is_written_with_truth_beside_it(calscope, here):
    status, out, err = calscope("demo", here / "demo", "--animals", "1", "--frames", "12", "--size", "48")
    assert status == 0 and out.splitlines() == [str(here / "demo/Animal_1")]
    assert sorted(path.name for path in (here / "demo/Animal_1").iterdir()) == ["movie.tif", "truth.npz"]
    assert "calscope run" in err


def test_report_and_export_of_a_folder_that_holds_no_results(calscope, here):
    for arguments in (("report", here), ("export", here, "--format", "csv"), ("report", here / "nope")):
        status, out, err = calscope(*arguments)
        assert status == 2 and "calscope run DATA --out OUT" in err and out == ""


@pytest.mark.parametrize("arguments", [(), ("dance",), ("run",), ("run", "data"), ("export", "x", "--format", "doc")])
def test_a_wrong_call_is_status_2(calscope, arguments):
    assert calscope(*arguments)[0] == 2


def test_help_and_version_need_nothing_heavy():
    code = (
        "import sys\nfrom calscope.cli import main\n"
        "try:\n    main(['--version'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(sorted({'numpy', 'numba', 'streamlit', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_folder_for_the_app(calscope, here):
    status, _, err = calscope("app", here / "nope")
    assert status == 2 and "There is no folder" in err


def test_the_app_is_found_with_its_pages():
    assert (find_app().parent / "pages").is_dir()


def test_the_app_serves_this_machine_only_and_ends_with_ctrl_c(here):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "calscope.cli", "app", str(here), "--port", str(port), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    try:
        link = server.stdout.readline()
        assert re.fullmatch(rf"Calscope is at http://localhost:{port}/\?token=[\w-]{{32}}\n", link)
        assert health(port) == "ok"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"http://localhost:{port}/", timeout=10)
        os.killpg(server.pid, signal.SIGINT)  # as a terminal does it: to all of the group
        told, _ = server.communicate(timeout=20)
    finally:
        server.kill()
        server.wait()
    assert server.returncode == 130 and "Traceback" not in told
    assert "URL" not in told and link.split("=")[1].strip() not in told


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_command_that_the_system_ends_leaves_nothing_half_made(here):
    place = here / "ended"
    place.mkdir()
    command = [sys.executable, "-m", "calscope.cli", "demo", str(place / "demo"), "--animals", "1", "--size", "512"]
    demo = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not list(place.glob(".part-*/Animal_1/movie.tif")) and time.monotonic() < end:
        time.sleep(0.02)
    assert len(list(place.iterdir())) == 2
    demo.send_signal(signal.SIGTERM)
    _, told = demo.communicate(timeout=30)
    assert demo.returncode == 130 and told.endswith("Stopped.\n") and list(place.iterdir()) == []


def health(port):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.2)
    return "no answer"


class Terminal:
    def __init__(self, *, is_tty):
        self.text, self.is_tty = "", is_tty

    def isatty(self):
        return self.is_tty

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_terminal_has_one_line_that_is_written_over(monkeypatch):
    terminal = Terminal(is_tty=True)
    line = ProgressLine(terminal)
    line.show(0.25, "Animal_1: motion correction", 100)
    line.say("done")
    assert terminal.text.startswith(" 25 %, 2 min left  Animal_1: motion correction\r")
    assert terminal.text.endswith("\rdone\n") and terminal.text.count("\n") == 1


def test_a_log_file_is_not_flooded():
    log = Terminal(is_tty=False)
    line = ProgressLine(log)
    for step in range(10000):
        line.show(step / 10000, "working")
    assert log.text == ""


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m calscope.cli params | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == "" and "=" in done.stdout


def test_json_of_params_is_json(calscope):
    assert json.loads(calscope("params", "--json")[1])["evaluation"]["min_SNR"] == 2.0


def test_metadata_for_nwb_are_read_before_anything_is_written(calscope, here):
    (here / "form.json").write_text('{"Subject": {"sex": "female"}}', encoding="utf-8")
    status, _, said = calscope("export", "OUT", "--format", "nwb", "--nwb-metadata", "form.json")
    assert status == 2 and "form.json: Subject.sex" in said and "'female'" in said
    status, _, said = calscope("export", "OUT", "--format", "csv", "--nwb-metadata", "form.json")
    assert status == 2 and "for --format nwb only" in said


def test_a_run_of_the_store_is_exported_by_its_id(calscope, here, data, engine):
    folder, store = "0123456789abcdef-aaaaaa", default_store()
    ref = find_recordings(data).recordings[0]
    params = Parameters().replace({"dataset.fr": 10.0})
    run = run_animal(open_recording(ref.path), params, engine=engine, store=store, workers=1)
    job = JobFolder(store.jobs / folder)
    job.path.mkdir(parents=True)
    job.write_spec(JobSpec(data=str(data)))
    job.write_results([run])
    write_status(job.path, JobStatus(state="done"))
    status, told, _ = calscope("export", folder, "--format", "csv", "--to", "x")
    assert status == 0 and "x/Animal_1/traces.csv" in told.splitlines() and (here / "x/Animal_1/traces.csv").is_file()
    assert calscope("report", folder, "--html", "x.html")[:2] == (0, "x.html\n")
    status, _, said = calscope("export", folder, "--format", "csv")
    assert status == 2 and "--to FOLDER" in said
    status, _, said = calscope("export", folder, "--format", "csv", "--to", "data/x")
    assert status == 2 and "among the recordings" in said


def test_a_bundle_is_made_verified_and_opened(calscope, here, data, engine):
    assert (
        calscope("run", data, "--out", "out", "--engine", "stand-in", "--set", "dataset.fr=10", "--workers", 1)[0] == 0
    )
    assert calscope("verify", "out")[:2] == (0, "22 of 22 as they were written.\n")
    assert calscope("export", "out", "--format", "bundle", "--to", "x.calscope")[:2] == (0, "x.calscope\n")
    status, told, _ = calscope("verify", "x.calscope")
    assert status == 0 and told.endswith("as they were written.\n")
    (here / "out/Animal_1/motion.parquet").unlink()
    record = here / "out/Animal_2/run.json"
    record.write_text(record.read_text().replace('"accepted"', '"Accepted"'))
    frames = tifffile.imread(data / "Animal_2.tif")
    tifffile.imwrite(data / "Animal_2.tif", frames + 1)
    status, told, _ = calscope("verify", "out")
    assert status == 1 and told.splitlines()[:-1] == [
        "missing  Animal_1/motion.parquet",
        "changed  Animal_2/run.json",
        f"changed  recording of Animal_2: {data / 'Animal_2.tif'}",
    ]
    damaged = bytearray((here / "x.calscope").read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    (here / "x.calscope").write_bytes(damaged)
    status, told, _ = calscope("verify", "x.calscope")
    assert status == 1 and "changed  animals/" in told
    assert calscope("verify", data)[0] == 2


def test_the_app_opens_a_bundle(here, monkeypatch):
    monkeypatch.delenv("CALSCOPE_ROOTS", raising=False)
    path = here / "sample.calscope"
    path.write_bytes((ROOT / "tests/data/format_1.calscope").read_bytes())
    assert environment_for(path) == {"CALSCOPE_FOLDER": str(path), "CALSCOPE_ROOTS": str(here)}
    (job,) = JobManager(default_store().root).jobs()
    assert (job.spec.kind, job.spec.data, list(job.results)) == ("import", str(path), ["Animal_1"])
