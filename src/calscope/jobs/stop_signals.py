"""An end within seconds after the system, or a person, asks for it, whatever the main thread does just then.

Python runs handlers of signals in the main thread, and only when compiled code has returned there. What the signal
itself writes to a socket is read by a thread, which waits a while for the work to end by itself.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOP_S = 2.0
"""How long work that is asked to stop may take to do so by itself before its process is ended."""
_STOPS = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def ended_in_time(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` from a thread when the block still runs `STOP_S` after SIGINT or SIGTERM; its handlers stay in force.

    Parameters
    ----------
    end
        Ends the process. What it leaves half made is swept by the next one that works there.
    """
    heard, said = socket.socketpair()
    said.settimeout(0)
    is_over = threading.Event()

    def listen() -> None:
        while not is_over.is_set():
            if _STOPS.intersection(heard.recv(1)) and not is_over.wait(STOP_S):
                end()

    before = signal.set_wakeup_fd(said.fileno(), warn_on_full_buffer=False)
    listening = threading.Thread(target=listen, name="stop-signals", daemon=True)
    listening.start()
    try:
        yield
    finally:
        is_over.set()
        signal.set_wakeup_fd(before)
        said.send(b"\0")
        listening.join()
        heard.close()
        said.close()


if hasattr(os, "register_at_fork"):  # what a signal tells a forked process is not told to its parent
    os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))
