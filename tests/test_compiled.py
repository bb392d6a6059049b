"""Compiled code is kept, and never outlives a source that it was made of."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from calscope import compiled

CALLED = "from calscope.compiled import kernel\n@kernel\ndef called(x):\n    return x + {value}\n"
CALLING = """
from calscope.compiled import kernel
from calscope.algorithms.called import called
@kernel
def calling(x):
    return called(x) * 10
"""


@pytest.fixture
def package(tmp_path):
    """A package of two files in the place of ours, of which one has kernels of the other called."""
    root = tmp_path / "calscope"
    (root / "algorithms").mkdir(parents=True)
    (root / "algorithms" / "__init__.py").touch()
    for name in ("__init__", "code_digest", "compiled"):
        shutil.copy(Path(compiled.__file__).with_name(f"{name}.py"), root)
    (root / "algorithms" / "called.py").write_text(CALLED.format(value=1))
    (root / "algorithms" / "calling.py").write_text(CALLING)
    return root


def told(package, code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=package.parent,
        env={"PYTHONPATH": str(package.parent), "PATH": "", "HOME": str(package.parent / "home"), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def run(package, **environment):
    code = """
    from calscope.algorithms.calling import calling
    print(calling(1), sum(calling.stats.cache_hits.values()), calling.stats.cache_path)
    """
    value, hits, *path = told(package, code, **environment)
    return int(value), int(hits), Path(path[0])


def test_code_is_made_once_and_anew_when_a_called_kernel_of_another_file_changes(package):
    value, hits, first = run(package)
    assert (value, hits) == (20, 0) and first.is_relative_to(package)
    assert run(package) == (20, 1, first)
    (package / "algorithms" / "called.py").write_text(CALLED.format(value=4))
    value, hits, second = run(package)
    assert (value, hits) == (50, 0)
    assert second != first and not first.exists(), "what is outdated goes"


def test_the_chosen_folder_is_used(package, tmp_path):
    *_, place = run(package, NUMBA_CACHE_DIR=str(tmp_path / "chosen"))
    assert place.is_relative_to(tmp_path / "chosen")
    assert not (package / "__pycache__" / "kernels").exists()


def test_without_a_folder_it_computes_all_the_same(package, tmp_path):
    (tmp_path / "file").write_text("in the way")
    value, hits, _ = run(package, NUMBA_CACHE_DIR=str(tmp_path / "file"))
    assert (value, hits) == (20, 0)


def test_functions_of_others_are_left_alone():
    import numba

    from calscope.algorithms.motion import rigid  # noqa: F401 - has kernels

    assert "calscope" not in (numba.config.CACHE_DIR or "")


def test_it_is_known_for_how_long_a_process_compiled(package):
    code = """
    from calscope.compiled import compiled_for_s
    from calscope.algorithms.calling import calling
    before = compiled_for_s()
    calling(1)
    print(before, compiled_for_s())
    """
    before, after = map(float, told(package, code))
    assert before == 0 < after
    assert told(package, code) == ["0.0", "0.0"], "the code was on the disk"


def test_work_ran_with_these_very_sources_or_counts_as_not_run(package):
    ask = "from calscope.compiled import ran; print(ran('work', ('calscope.algorithms.calling',)))"
    note = "from calscope.compiled import note_ran; note_ran('work', ('calscope.algorithms.calling',))"
    assert told(package, ask) == ["False"]
    told(package, note)
    assert told(package, ask) == ["True"]
    (package / "algorithms" / "called.py").write_text(CALLED.format(value=4))
    assert told(package, ask) == ["False"], "a kernel of another file that it calls changed"
    told(package, note)
    assert told(package, ask) == ["True"]
    assert len(list(package.rglob("work-*"))) == 1, "what is outdated goes"
    assert told(package, ask, NUMBA_CACHE_DIR=str(package.parent / "elsewhere")) == ["False"], "its code is not there"
