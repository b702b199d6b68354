"""Keeping other programs of the same user out of this process's memory."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def harden() -> None:
    """No core dumps, and no debugger or reader of /proc/PID/mem but the administrator. Linux only.

    Not inherited through exec: every process that holds keys or client words calls it first. Never raises.
    """
    if sys.platform != "linux":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
