"""Waits until each of the addresses given as arguments answers, and prints the beginning of what it says."""

import sys
import time
import urllib.error
import urllib.request

LONGEST_S = 900


def wait_for(address: str) -> bool:
    """Ask once a second; tell whether an answer came."""
    for _ in range(LONGEST_S):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                print(address, answer.status, answer.read(60).split(b"\n")[0].decode())
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    return False


for address in sys.argv[1:]:
    if not wait_for(address):
        sys.exit(f"{address} did not answer")
