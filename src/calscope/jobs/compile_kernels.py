"""Compiles the kernels before the first click needs them: `python -m calscope.jobs.compile_kernels STORE`.

Compiled code is kept on disk, so that only the first run after an installation has to wait for it, for most of a
minute. Until then this process, of the lowest priority, makes a small demo recording and runs the whole chain on it, as
a person would. It ends with the server that started it, whichever way that ends: its standard input closes then.
"""

import json
import logging
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from calscope import compiled
from calscope.code_digest import code_digest
from calscope.io.atomic_write import write_text_whole
from calscope.pipeline.disk_files import read_json
from calscope.pipeline.records import Until
from calscope.pipeline.store import Store

STAMP = "calscope-compiled.json"
FRAMES, SIDE_PX = 600, 96
"""As long as needs two chunks of every pass, and as large as needs more than one patch: kernels are compiled anew for
arrays that lie in memory in another way."""
LOWEST_PRIORITY = 19
logger = logging.getLogger(__name__)


def start(root: Path) -> "subprocess.Popen[bytes] | None":
    """Start the process for the store at `root`; None where the system refuses, which costs waiting and nothing else.

    It ends by itself at once where everything is compiled already, and at the latest with this process.
    """
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "calscope.jobs.compile_kernels", str(root.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
    except OSError as error:
        logger.warning("The kernels can't be compiled beforehand: %s", error)
        return None
    # Waits for the process, so that none stays behind as a dead entry of the system's list.
    threading.Thread(target=process.wait, name="wait-for-compiling", daemon=True).start()
    return process


def compile_all(root: Path) -> bool:
    """Run the chain once unless that was done with these very sources; tell whether it ran.

    What it makes lies in the scratch of the store, and is gone when it ends; if it is killed, the store's next sweep
    takes it away.
    """
    from calscope.engines.engine_registry import ENGINES  # noqa: PLC0415 - takes a second, and is needed by no importer
    from calscope.io.demo.demo_files import write_demo  # noqa: PLC0415
    from calscope.io.project import find_recordings  # noqa: PLC0415
    from calscope.io.readers.reader_registry import open_recording  # noqa: PLC0415
    from calscope.model.params import Parameters  # noqa: PLC0415
    from calscope.pipeline.runner import run_animal  # noqa: PLC0415

    place, wanted = compiled.kernel_cache_dir(), _identity()
    if place is None or read_json(place / STAMP) == wanted:
        return False
    store = Store(root)
    store.sweep()
    with store.scratch() as scratch:
        write_demo(scratch / "demo", animals=1, frames=FRAMES, size=SIDE_PX)
        recording = open_recording(find_recordings(scratch / "demo").recordings[0].path)
        runs: tuple[tuple[Until, int], ...] = (("preview", 1), ("evaluation", 1), ("extraction", 2))
        for until, p in runs:
            run_animal(
                recording,
                Parameters().replace({"cnmf.p": p}),
                engine=ENGINES["builtin"],
                store=Store(scratch / "store"),
                until=until,
                workers=1,
                log=logger.debug,
            )
    write_text_whole(place / STAMP, json.dumps(wanted))
    return True


def _identity() -> list[str]:
    """Give what compiled code is valid for: compiler, processor, sources."""
    import llvmlite.binding  # noqa: PLC0415
    import numba  # noqa: PLC0415

    package = Path(__file__).parents[1]
    sources = [path.relative_to(package) for room in ("algorithms", "io") for path in (package / room).rglob("*.py")]
    modules = tuple(".".join(("calscope", *path.with_suffix("").parts)) for path in sorted(sources))
    return [numba.__version__, platform.python_version(), llvmlite.binding.get_host_cpu_name(), code_digest(modules)]


def _end_with_the_server() -> None:
    """Wait until nobody holds the other end of the standard input, then end at once.

    What was half made is swept by the next one that starts.
    """
    while os.read(0, 1):  # not through sys.stdin, whose lock this thread would hold while the interpreter ends
        pass
    os._exit(0)


def main(arguments: list[str]) -> int:
    """Compile; the store that is used is the only argument."""
    psutil.Process().nice(psutil.IDLE_PRIORITY_CLASS if sys.platform == "win32" else LOWEST_PRIORITY)
    threading.Thread(target=_end_with_the_server, name="server-watch", daemon=True).start()
    compile_all(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
