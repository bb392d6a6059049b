"""A server imports before its first page what pages draw with."""

import subprocess
import sys

from repository import ROOT

LATE = """
import ast, sys
from pathlib import Path
from calscope.ui.frame import server_start
server_start.import_pages()
for path in Path("pages").glob("*.py"):
    for line in ast.walk(ast.parse(path.read_text())):
        if isinstance(line, ast.ImportFrom) and line.module not in sys.modules:
            print(path.name, line.module)
"""


UNREAD = """
import asyncio
from calscope.code_digest import code_digest
from calscope.pipeline.stages import STAGES
from calscope.ui.frame import server_start
asyncio.run(server_start.lifespan(None).__aenter__())
for stage in STAGES:
    before = code_digest.cache_info().misses
    code_digest(stage.code)
    if code_digest.cache_info().misses != before:
        print(stage.name)
"""


def test_the_code_of_all_stages_was_read_before_the_first_page():
    done = subprocess.run([sys.executable, "-c", UNREAD], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stdout


def test_no_page_imports_anything_that_is_not_there_yet():
    done = subprocess.run([sys.executable, "-c", LATE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stdout
