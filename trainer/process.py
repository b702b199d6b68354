"""What the operating system gives away of a process that holds client words: as little as it lets us."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_SET_DUMPABLE = 4  # linux/prctl.h


def protect() -> None:
    """No core dump of this process; on Linux no other program of the same user may read its memory.

    Call it first thing in every process: it does not outlive the start of another program. Administrators
    read everything all the same. On Windows it does nothing. Never raises.
    """
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
