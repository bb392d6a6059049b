"""The command line; one file for each group of commands, imported when one of them is called."""

import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from calscope.cli.parser import make_parser
from calscope.cli.plain_paths import check_paths
from calscope.model.errors import CalscopeError, Cancelled

OK, BAD_INPUT, INTERRUPTED = 0, 2, 130
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status: 0, 2 for what the caller can put right, 130 on Ctrl-C."""
    chosen = make_parser().parse_args(arguments)
    for name in _ONE_THREAD:
        # Threads already work on parts of the movie; more threads inside of linear algebra would make it slower.
        os.environ.setdefault(name, "1")
    try:
        with _terminated_as_by_ctrl_c():
            check_paths(chosen)
            status: int = importlib.import_module(f"calscope.cli.{chosen.module}").command(chosen)
    except CalscopeError as error:
        text = " ".join(str(error).split("\n"))
        sys.stderr.write(f"calscope {chosen.command}: {text}\n")
        return BAD_INPUT
    except (KeyboardInterrupt, Cancelled):
        sys.stderr.write("Stopped.\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does; Python must not complain about it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return status


@contextmanager
def _terminated_as_by_ctrl_c() -> Iterator[None]:
    """Remove what is half made also where the system asks a command to end."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
