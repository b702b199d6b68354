"""One stage of training in a child process, as facts."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from tfdesk.core.said import said
from tfdesk.jobs.line_process import NO_SUCH_EVENT, LineProcess, count

CANCEL_PATIENCE_MS = 60_000  # a step of a large model and its checkpoint may take this long


@dataclass(frozen=True, slots=True)
class Step:
    """A finished step: ``metrics`` by name, seconds left (None while unknown)."""

    step: int
    total: int
    metrics: Mapping[str, float]
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The reply to one fixed message at a step: how the model changes. Holds client words."""

    step: int
    prompt: str
    reply: str
    reward: float


class TrainingProcess(QObject):
    """Runs one command; ends with exactly one of ``stage_done``, ``stage_cancelled`` and ``stage_failed``.

    Signals (GUI thread):
        stage_started: total steps, steps done in earlier parts, whether memory had run out before
        step_logged: Step
        sample_written: Sample
        stage_done
        stage_cancelled: a checkpoint was kept, or nothing had begun
        stage_failed: sentence
    """

    stage_started = Signal(int, int, bool)
    step_logged = Signal(Step)
    sample_written = Signal(Sample)
    stage_done = Signal()
    stage_cancelled = Signal()
    stage_failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._child: LineProcess | None = None
        self._cancelling = False
        self._outcome: tuple[str, str] | None = None  # the last word of the child: event type, message
        self._patience = QTimer(self, singleShot=True, interval=CANCEL_PATIENCE_MS)
        self._patience.timeout.connect(self._end_now)

    @property
    def running(self) -> bool:
        return self._child is not None

    def start(self, command: Sequence[str], run_key: bytes) -> None:
        """Start ``command``; its first line on stdin is the run key."""
        if self._child is not None:
            raise RuntimeError("a stage is running already")
        self._cancelling, self._outcome = False, None
        self._child = LineProcess(command, self)
        self._child.event_arrived.connect(self._on_event)
        self._child.ended.connect(self._on_ended)
        self._child.start()
        self._child.send_line(base64.b64encode(run_key).decode())

    def cancel(self) -> None:
        """Ask for a checkpoint and a clean end; a child that does not answer in a minute is killed."""
        if self._child is not None and not self._cancelling:
            self._cancelling = True
            self._child.send("cancel")
            self._patience.start()

    def kill(self) -> None:
        """End the child now, without a signal: the program is closing."""
        self._patience.stop()
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _on_event(self, event: dict[str, Any]) -> None:
        try:
            self._dispatch(event)
        except NO_SUCH_EVENT:
            self._end_now()

    def _dispatch(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "started":
            total, done = count(event["total"]), count(event["resumed_from"])
            self.stage_started.emit(total, done, event.get("halved") is True)
        elif kind == "step":
            self.step_logged.emit(
                Step(count(event["step"]), count(event["total"]), event["metrics"], event["seconds_left"])
            )
        elif kind == "sample":
            self.sample_written.emit(
                Sample(count(event["step"]), event["prompt"], event["reply"], event["reward"])
            )
        elif kind in ("done", "cancelled", "failed"):
            self._outcome = (kind, str(event.get("message", "")))

    def _end_now(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._on_ended(-1)

    def _on_ended(self, code: int) -> None:
        self._patience.stop()
        child, self._child = self._child, None
        if child is not None:
            child.deleteLater()
        kind, message = self._outcome or ("done" if code == 0 else "failed", "")
        if kind == "done" and code == 0:
            self.stage_done.emit()
        elif kind == "cancelled" or self._cancelling:
            self.stage_cancelled.emit()
        else:
            self.stage_failed.emit(message or said("Training stopped unexpectedly; what was saved is kept."))
