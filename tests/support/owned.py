"""Processes that make something in a store, here or behind other names and numbers."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("owner_process.py")


class OwnerProcess:
    """A process that has a scratch folder and a lease in a store."""

    def __init__(self, root, *prefix):
        command = [*prefix, sys.executable, str(SCRIPT), str(root)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.id, pid = self.process.stdout.readline().split()
        self.pid = int(pid)
        """Its number as it sees it itself."""

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def end(self):
        self.process.communicate()


def in_another_container(*wanted):
    """Give the command that runs another with process numbers and a host name of its own; skip where that can't be."""
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts", *wanted]
    if not shutil.which("unshare") or subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let a process have numbers of its own")
    return command
