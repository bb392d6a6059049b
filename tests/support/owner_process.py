"""Owns things in a store until its standard input closes: `python owner_process.py STORE`; prints its id and number."""

import os
import sys
from pathlib import Path

from calscope.pipeline.store import Store

store = Store(Path(sys.argv[1]))
with store.scratch() as scratch, store.lease(["ab" * 20]), store.owners.own() as owner:
    (scratch / "half made").write_text("x")
    print(owner, os.getpid(), flush=True)
    sys.stdin.read()
