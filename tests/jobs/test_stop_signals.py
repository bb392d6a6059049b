"""Work ends within seconds of being asked to, also where no Python runs in the main thread."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from calscope.jobs import stop_signals
from calscope.jobs.stop_signals import ended_in_time

SCRIPT = """
import hashlib, os, signal, sys
from calscope.jobs.stop_signals import ended_in_time
signal.signal(signal.SIGTERM, lambda number, frame: None)
with ended_in_time(lambda: os._exit(7)):
    print("begun", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 200_000_000)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_process_that_is_in_compiled_code_ends_within_three_seconds():
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 7 and 1.9 < time.monotonic() - asked < 3.0


def test_work_that_stops_by_itself_is_not_ended(monkeypatch):
    monkeypatch.setattr(stop_signals, "STOP_S", 0.3)
    ends, heard, threads = [], [], threading.active_count()
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        with ended_in_time(lambda: ends.append(1)):
            signal.raise_signal(signal.SIGTERM)
        time.sleep(0.5)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (heard, ends) == ([signal.SIGTERM], []) and threading.active_count() == threads
    assert signal.set_wakeup_fd(-1) == -1


def test_other_signals_and_no_signal_end_nothing(monkeypatch):
    monkeypatch.setattr(stop_signals, "STOP_S", 0.05)
    ends = []
    with ended_in_time(lambda: ends.append(1)):
        time.sleep(0.3)
    assert ends == []
