"""The processes that a test left running."""

import psutil


def children():
    """Give the children of this process, without the one by which Python itself watches shared memory."""
    return [child for child in psutil.Process().children(recursive=True) if not _is_resource_tracker(child)]


def _is_resource_tracker(process):
    try:
        return any("resource_tracker" in word for word in process.cmdline())
    except psutil.Error:  # it has ended, and nobody asked how: still an entry in the list of processes
        return False
