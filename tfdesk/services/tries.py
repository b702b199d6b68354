"""How many wrong passphrases were tried, and when the next try is due; kept on disk across restarts.

This slows somebody at the keyboard. Whoever has copied the key file guesses elsewhere, against Argon2id.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tfdesk.core.errors import KnownError, WrongPassphrase
from tfdesk.core.files import write_atomically
from tfdesk.core.said import said

FREE_TRIES = 3  # then 2, 4, 8 ... seconds
LONGEST_WAIT = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _State:
    count: int = 0
    at: float = 0.0  # UTC seconds of the last try


def pause_after(count: int) -> float:
    """Seconds to wait after ``count`` wrong passphrases in a row."""
    late = count - FREE_TRIES
    return min(LONGEST_WAIT, 2.0 ** min(late, 10)) if late > 0 else 0.0


class Tries:
    """Counts tries in one small file. Nothing is ever wiped, however many there were."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._unsaved: _State | None = None  # what a full or read-only disk did not take

    def begin(self) -> float:
        """Count a try before it is made, so that ending the program cannot hide it.

        Returns the wait in seconds should it be wrong. Raises WrongPassphrase before the wait is over.
        """
        state, now = self._read(), self._clock()
        left = state.at + pause_after(state.count) - now
        if now < state.at:  # the clock was set back: the wait begins again, it neither ends nor grows
            self._write(_State(state.count, now))
            left = pause_after(state.count)
        if left > 0:
            raise WrongPassphrase(said("Too many tries; wait {0} s and try again.", math.ceil(left)), left)
        self._write(_State(state.count + 1, now))
        return pause_after(state.count + 1)

    def succeeded(self) -> None:
        """The passphrase was right: the next wrong one is the first again."""
        self._unsaved = _State()
        try:
            self._path.unlink(missing_ok=True)
            self._unsaved = None
        except OSError:
            log.warning("the count of tries could not be removed")

    def _read(self) -> _State:
        if self._unsaved is not None:
            return self._unsaved
        try:
            value = json.loads(self._path.read_bytes()[:1000])
            state = _State(int(value["count"]), float(value["at"]))
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return _State()
        return state if state.count >= 0 and math.isfinite(state.at) else _State()

    def _write(self, state: _State) -> None:
        try:
            write_atomically(self._path, json.dumps({"count": state.count, "at": state.at}).encode())
            self._unsaved = None
        except KnownError:  # a full disk must not lock people out of what they have
            self._unsaved = state
            log.warning("the count of tries could not be written")
