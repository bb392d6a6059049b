"""Why CaImAn doesn't work, told from what its import says."""

import os
import time

import pytest

from calscope.engines.caiman_check import cnn_obstacle, explain_failure, first_cause
from calscope.engines.caiman_trial import Trial, try_caiman

CHAIN = """Traceback (most recent call last):
  File "a.py", line 1, in <module>
    import pkg_resources
ModuleNotFoundError: No module named 'pkg_resources'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 2, in <module>
    raise RuntimeError("second")
RuntimeError: second
"""


def test_the_first_exception_of_a_chain_is_the_cause():
    assert first_cause(CHAIN) == "ModuleNotFoundError: No module named 'pkg_resources'"


@pytest.mark.parametrize(
    ("last_line", "cause", "step"),
    [
        ("ModuleNotFoundError: No module named 'pkg_resources'", "setuptools", "setuptools<81"),
        ("ImportError: numpy.core.multiarray failed to import", "NumPy 2 is installed", "environment.yml"),
        ("AttributeError: module 'numpy' has no attribute 'int'", "NumPy", "environment.yml"),
        ("ImportError: cannot import name 'simps' from 'scipy.integrate'", "scipy is newer", "scipy<1.12"),
        ("ModuleNotFoundError: No module named 'tensorflow'", "TensorFlow", "tensorflow>=2.4,<2.16"),
        ("ModuleNotFoundError: No module named 'torch'", "PyTorch", "conda install -c conda-forge pytorch"),
        ("ImportError: libcudart.so.12: cannot open shared object file", "PyTorch", "environment.yml"),
        ("ImportError: libGL.so.1: cannot open shared object file", "graphics library", "headless"),
        (
            "ModuleNotFoundError: No module named 'caiman.source_extraction.cnmf.oasis'",
            "compiled part",
            "environment.yml",
        ),
        ("ModuleNotFoundError: No module named 'peakutils'", "missing or doesn't fit", "environment.yml"),
    ],
)
def test_known_ways_of_failing_have_a_cause_and_a_next_step(last_line, cause, step):
    state = explain_failure("1.12.1", f"Traceback (most recent call last):\n  File 'x', line 1\n{last_line}\n")
    assert not state.ok
    assert cause in state.why_not
    assert last_line.split(": ", 1)[1][:40] in state.why_not
    assert step in state.next_step


def test_numpy_two_is_named_though_the_exception_only_speaks_of_an_attribute():
    text = (
        "A module that was compiled using NumPy 1.x cannot be run in NumPy 2.1\nAttributeError: _ARRAY_API not found\n"
    )
    assert "NumPy 2" in explain_failure("1.11.0", text).why_not


def test_a_killed_import_is_told_with_its_signal():
    assert "signal 9" in explain_failure("1.12.1", "", -9).why_not


def broken_package(folder):
    package = folder / "caiman"
    package.mkdir()
    (package / "__init__.py").write_text("import pkg_resources_of_old\n")
    (package / "motion_correction.py").write_text("")
    return folder


def put_first(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))


def test_a_broken_installation_is_found_in_another_process(tmp_path, monkeypatch):
    folder = broken_package(tmp_path)
    put_first(folder, monkeypatch)
    state = try_caiman(60)
    assert not state.ok
    assert "pkg_resources_of_old" in state.why_not


def test_an_import_that_hangs_is_given_up(tmp_path, monkeypatch):
    folder = broken_package(tmp_path)
    (folder / "caiman" / "__init__.py").write_text("import time; time.sleep(60)\n")
    put_first(folder, monkeypatch)
    assert "more than 1 s" in try_caiman(1).why_not


def test_a_trial_is_watched_and_can_be_stopped(tmp_path, monkeypatch, left):
    folder = broken_package(tmp_path)
    (folder / "caiman" / "__init__.py").write_text("import time; print('noise'); time.sleep(60)\n")
    put_first(folder, monkeypatch)
    trial = Trial(50)
    assert trial.outcome() is None
    end = time.monotonic() + 30
    while trial.step != "importing CaImAn" and time.monotonic() < end:
        time.sleep(0.1)
    assert trial.step == "importing CaImAn"
    trial.stop()
    assert trial.outcome().why_not == "The trial was stopped."
    assert not left()


def test_what_is_not_there_is_not_tried(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    trial = Trial()
    assert "not installed" in trial.outcome().why_not


def test_what_the_network_lacks(tmp_path):
    source = "from tensorflow.keras.models import model_from_json"
    assert "package tensorflow" in cnn_obstacle(tmp_path, source, lambda name: False)
    told = cnn_obstacle(tmp_path, source, lambda name: True)
    assert "cnn_model.json and cnn_model.h5" in told
    assert "package" not in told
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "cnn_model.json").touch()
    told = cnn_obstacle(tmp_path, source, lambda name: True)  # the description alone is not the network
    assert "cnn_model.h5 in" in told
    assert "cnn_model.json" not in told
    (tmp_path / "model" / "cnn_model.h5").touch()
    assert cnn_obstacle(tmp_path, source, lambda name: True) == ""


def test_what_the_network_of_a_later_caiman_lacks(tmp_path):
    for name in ("cnn_model.json", "cnn_model.h5"):  # left by an earlier CaImAn
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / name).touch()
    told = cnn_obstacle(tmp_path, "import torch", lambda name: name == "tensorflow")
    assert "package torch" in told
    assert "cnn_model.pt" in told
    (tmp_path / "model" / "cnn_model.pt").touch()
    assert cnn_obstacle(tmp_path, "import torch", lambda name: True) == ""
