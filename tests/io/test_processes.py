import os
import subprocess
import sys
import time

from calscope.io.processes import kernel_id, process_identity


def start_child():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_a_process_keeps_its_identity_and_no_other_has_it():
    child = start_child()
    mine, other = process_identity(os.getpid()), process_identity(child.pid)
    assert mine == process_identity(os.getpid()) and other and mine != other
    child.kill()
    child.wait()


def test_a_killed_process_has_none_even_before_it_is_reaped():
    child = start_child()
    child.kill()
    end = time.monotonic() + 5
    while process_identity(child.pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert process_identity(child.pid) is None, "a process that nobody has waited for yet counts as gone"
    child.wait()


def test_the_kernel_is_the_same_in_other_processes_and_what_is_added_tells_apart():
    command = "from calscope.io.processes import kernel_id; print(kernel_id('x'))"
    told = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.strip()
    assert told == kernel_id("x") != kernel_id("y")
