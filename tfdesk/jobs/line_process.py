"""A child process that speaks JSON lines (trainer/events.py), as a QObject."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from trainer.events import parse_event

# What reading an event of another shape than agreed comes to: the child no longer speaks the protocol.
NO_SUCH_EVENT = (KeyError, TypeError, AttributeError, ValueError, OverflowError)

_LARGEST_COUNT = 2**31 - 1  # what a signal of Qt can carry


def count(value: object) -> int:
    """A number of steps or candidates out of an event. Raises ValueError for anything else."""
    if type(value) is not int or not 0 <= value <= _LARGEST_COUNT:
        raise ValueError("not a count")
    return value


class LineProcess(QObject):
    """Starts one child, writes lines to it, turns its lines into events.

    Signals:
        event_arrived: one decoded event (dict)
        ended: exit code, or -1 when it crashed, was killed or could not be started; emitted once
    """

    event_arrived = Signal(dict)
    ended = Signal(int)

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._over = False
        self._process = QProcess(self)
        # Events own stdout. What the child prints for people goes to our own stderr, never to the log.
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONIOENCODING", "utf-8")
        self._process.setProcessEnvironment(environment)
        self._process.setProgram(command[0])
        self._process.setArguments(list(command[1:]))
        self._process.readyReadStandardOutput.connect(self._on_ready_read)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)

    def start(self) -> None:
        self._process.start()

    @property
    def running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        return int(self._process.processId())

    def send(self, kind: str, **fields: Any) -> None:
        """Write one message; nothing happens when the child is gone (``ended`` tells)."""
        self.send_line(json.dumps({"type": kind, **fields}, ensure_ascii=True))

    def send_line(self, line: str) -> None:
        if self.running:
            self._process.write(line.encode("utf8") + b"\n")

    def kill(self) -> None:
        """End the child at once and without an ``ended``: what it knows is gone when this returns."""
        self._over = True
        self._process.kill()
        self._process.waitForFinished(2000)

    def _on_ready_read(self) -> None:
        while not self._over and self._process.canReadLine():
            line = bytes(self._process.readLine().data()).decode("utf8", "replace")
            if not line.strip():
                continue
            try:
                event = parse_event(line)
            except ValueError:
                self.kill()  # it no longer speaks the protocol: nothing it says can be trusted
                self.ended.emit(-1)
                return
            self.event_arrived.emit(event)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_ready_read()
        self._end(code if status == QProcess.ExitStatus.NormalExit else -1)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(-1)

    def _end(self, code: int) -> None:
        if not self._over:
            self._over = True
            self.ended.emit(code)
