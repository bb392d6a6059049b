"""Locks of the operating system on open files: they end with the process that holds them, whichever way it ends."""

import sys

if sys.platform == "win32":
    import msvcrt

    def lock(handle: int) -> None:
        """Lock an open file until it is closed; OSError where the file system has no locks."""
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)

    def is_locked(handle: int) -> bool:
        """Tell whether another open file holds the lock; OSError where the file system has no locks."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return True
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        return False

else:
    import fcntl

    def lock(handle: int) -> None:
        """Lock an open file until it is closed; OSError where the file system has no locks."""
        fcntl.flock(handle, fcntl.LOCK_EX)

    def is_locked(handle: int) -> bool:
        """Tell whether another open file holds the lock; OSError where the file system has no locks.

        Where nobody does, nobody can take it until this file is closed. Any number of processes may ask at once, and a
        file that may only be read will do.
        """
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return True
        return False
