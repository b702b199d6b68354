"""Short work off the GUI thread: key derivation and the like, one piece at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal


class _Outcome(QObject):
    """Carries the end of one piece of work to the GUI thread.

    Signals (received on the GUI thread):
        done: what the work returned
        failed: the exception it raised
    """

    done = Signal(object)
    failed = Signal(object)


class Tasks(QObject):
    """Runs callables on one worker thread, in the order in which they were given.

    One thread, so that two writes to the vault never mix. ``on_done`` and ``on_error`` must be bound methods
    of QObjects: Qt runs those, and only those, on the GUI thread.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._outcomes: set[_Outcome] = set()

    def run_in_background(
        self,
        work: Callable[[], Any],
        on_done: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Start ``work``; exactly one of ``on_done(result)`` and ``on_error(exception)`` follows."""
        outcome = _Outcome(self)
        self._outcomes.add(outcome)
        outcome.done.connect(on_done, Qt.ConnectionType.QueuedConnection)
        outcome.failed.connect(on_error, Qt.ConnectionType.QueuedConnection)
        outcome.done.connect(self._forget, Qt.ConnectionType.QueuedConnection)
        outcome.failed.connect(self._forget, Qt.ConnectionType.QueuedConnection)

        def guarded() -> None:
            try:
                result = work()
            except Exception as error:
                outcome.failed.emit(error)
            else:
                outcome.done.emit(result)

        self._pool.start(guarded)

    def _forget(self, _result: Any) -> None:
        outcome = self.sender()
        if isinstance(outcome, _Outcome):
            self._outcomes.discard(outcome)
            outcome.deleteLater()

    def wait(self) -> None:
        """Block until nothing is running: before the program ends."""
        self._pool.waitForDone()
