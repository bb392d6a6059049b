"""What nobody expected to go wrong, in words."""

from calscope.io.atomic_write import disk_trouble, is_full

_NO_MEMORY = (
    "this machine's memory is too small for it. Close other programs, or use fewer frames (--frames) or workers "
    "(--workers)."
)


def in_words(error: Exception) -> str:
    """Say what went wrong and, where that is the machine's state and no fault of the program, what to do."""
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    if isinstance(error, OSError) and is_full(error):
        return f"{disk_trouble(error)}. Free some space, or prune the store on the page Runs."
    return f"an error in the program, {type(error).__name__}: {error}"
