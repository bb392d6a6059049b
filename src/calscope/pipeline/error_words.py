"""What nobody expected to go wrong, in words."""

from pathlib import Path

from calscope.io.atomic_write import disk_trouble, is_full

_NO_MEMORY = (
    "this machine's memory is too small for it. Close other programs, or use fewer frames (--frames) or workers "
    "(--workers)."
)


def in_words(error: Exception, place: Path) -> str:
    """Say what went wrong and, where that is the machine's state and no fault of the program, what to do.

    Parameters
    ----------
    place
        Where was written, for errors that don't name it.
    """
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    if isinstance(error, OSError) and is_full(error):
        where = Path(error.filename).parent if isinstance(error.filename, str) else place
        advice = "Free some space, or prune the store on the page Runs."
        return f"{where} can't be written: {disk_trouble(error, where)}. {advice}"
    return f"an error in the program, {type(error).__name__}: {error}"
