"""The model process as the window sees it: ask for a suggestion, hear facts, survive its death."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from tfdesk.jobs.line_process import NO_SUCH_EVENT, LineProcess, count
from trainer.dialogue import Dialogue, as_json
from trainer.events import ModelName, context_from, emotion_from, risk_from, suggestion_from

STOP_PATIENCE_MS = 3000  # a request that ignores "stop" this long is hung: the process is replaced
FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS = 500, 30_000
REFUSED = 2  # the child's exit code for bad input: here a model that cannot be loaded


@dataclass(frozen=True, slots=True)
class ModelReady:
    """What the loaded model is and knows; ``notice`` is a sentence to show, if any."""

    model: ModelName
    emotions: tuple[str, ...]
    strategies: tuple[str, ...]
    notice: str | None


class ModelProcess(QObject):
    """Keeps one ``trainer serve`` alive; at most one request runs at a time.

    Requests are numbered. A request ends with exactly one of ``result_arrived``, ``request_stopped``,
    ``request_failed`` or ``model_down``; one that a newer request replaced ends silently. Drafts are taken
    from the result, so that only what can be stored is ever shown.

    Signals (GUI thread):
        model_ready: ModelReady
        risk_known, emotion_known, context_known: request, value (trainer.events types)
        progress_made: request, done, total
        result_arrived: request, Suggestion
        request_stopped: request
        request_failed: request, message
        model_down: sentence why, or ""; a restart follows by itself
        model_refused: sentence why; no restart follows, the model cannot be used
    """

    model_ready = Signal(ModelReady)
    risk_known = Signal(str, object)
    emotion_known = Signal(str, object)
    context_known = Signal(str, object)
    progress_made = Signal(str, int, int)
    result_arrived = Signal(str, object)
    request_stopped = Signal(str)
    request_failed = Signal(str, str)
    model_down = Signal(str)
    model_refused = Signal(str)

    def __init__(
        self,
        *,
        command: Callable[[Path, bool], Sequence[str]],
        parent: QObject | None = None,
        stop_patience_ms: int = STOP_PATIENCE_MS,
        first_backoff_ms: int = FIRST_BACKOFF_MS,
    ) -> None:
        """``command(folder, sealed)`` is the command line for a bundle; see services.model_client."""
        super().__init__(parent)
        self._command = command
        self._first_backoff = first_backoff_ms
        self._backoff = first_backoff_ms
        self._model_dir: Path | None = None
        self._run_key: bytes | None = None
        self._child: LineProcess | None = None
        self._ready: ModelReady | None = None
        self._count = 0
        self._request: str | None = None
        self._last_error = ""
        self._failing = False
        self._restart = QTimer(self, singleShot=True)
        self._restart.timeout.connect(self._spawn)
        self._patience = QTimer(self, singleShot=True, interval=stop_patience_ms)
        self._patience.timeout.connect(self._on_stop_ignored)

    @property
    def ready(self) -> ModelReady | None:
        """The loaded model, None while it loads or is down."""
        return self._ready

    @property
    def running(self) -> bool:
        """There is a child to ask: it screens at once and drafts as soon as the model is loaded."""
        return self._child is not None

    @property
    def failing(self) -> bool:
        """The last child died and the next one has not come up yet."""
        return self._failing

    @property
    def pid(self) -> int:
        """Process id of the child, 0 when there is none."""
        return self._child.pid if self._child is not None else 0

    def start(self, model_dir: Path, run_key: bytes | None = None) -> None:
        """Run the bundle in ``model_dir``; a running child with another bundle is replaced.

        ``run_key``: the 32 bytes under which the folder is sealed, None for a plain one.
        """
        if self._child is not None and model_dir == self._model_dir:
            return
        self.shut_down()
        self._failing = False
        self._backoff = self._first_backoff
        self._model_dir, self._run_key = model_dir, run_key
        self._spawn()

    def shut_down(self) -> None:
        """End the child now and forget the run key; every client word goes with them. No signal follows."""
        self._end_child()
        self._run_key = None

    def _end_child(self) -> None:
        self._restart.stop()
        self._patience.stop()
        self._ready = None
        self._request = None
        if self._child is not None:
            child, self._child = self._child, None
            child.kill()
            child.deleteLater()

    def suggest(
        self,
        dialogue: Dialogue,
        *,
        drafts: int,
        seed: int,
        emotion: str = "auto",
        strategy: str | None = None,
        cleared: Sequence[int] = (),
    ) -> str:
        """Ask for drafts and return the request's number. A request still running is stopped first.

        ``cleared`` are the turns whose risk hit a person has disposed of. Call it only when ``running``.
        """
        if self._child is None:
            raise RuntimeError("no model process to ask")
        if self._request is not None:
            self._child.send("stop", request=self._request)
            self._patience.stop()
        self._count += 1
        self._request = str(self._count)
        self._child.send(
            "suggest",
            request=self._request,
            dialogue=as_json(dialogue),
            drafts=drafts,
            emotion=emotion,
            strategy=strategy,
            seed=seed,
            cleared=list(cleared),
        )
        return self._request

    def stop(self) -> None:
        """Stop the running request; a child that does not answer in time is replaced."""
        if self._child is not None and self._request is not None:
            self._child.send("stop", request=self._request)
            self._patience.start()

    def _spawn(self) -> None:
        if self._model_dir is None:
            return
        self._last_error = ""
        self._child = LineProcess(self._command(self._model_dir, self._run_key is not None), self)
        self._child.event_arrived.connect(self._on_event)
        self._child.ended.connect(self._on_ended)
        self._child.start()
        if self._run_key is not None:
            self._child.send_line(base64.b64encode(self._run_key).decode())

    def _on_event(self, event: dict[str, Any]) -> None:
        try:
            self._dispatch(event)
        except NO_SUCH_EVENT:  # an event of another shape: a child of another version, or a bug
            self._replace_child("")

    def _dispatch(self, event: dict[str, Any]) -> None:
        kind, request = event["type"], event.get("request")
        if kind == "ready":
            self._failing = False
            self._ready = ModelReady(
                ModelName(**event["model"]),
                tuple(event["emotions"]),
                tuple(event["strategies"]),
                event["notice"],
            )
            self.model_ready.emit(self._ready)
        elif kind == "error" and request is None:
            self._last_error = event["message"]
        elif request == self._request and request is not None:
            self._dispatch_answer(kind, request, event)

    def _dispatch_answer(self, kind: str, request: str, event: dict[str, Any]) -> None:
        if kind == "risk":
            self.risk_known.emit(request, risk_from(event["value"]))
        elif kind == "emotion":
            self.emotion_known.emit(request, emotion_from(event["value"]))
        elif kind == "context":
            self.context_known.emit(request, context_from(event["value"]))
        elif kind == "progress":
            self.progress_made.emit(request, count(event["done"]), count(event["total"]))
        elif kind == "result":
            answer = suggestion_from(event["value"])
            self._finish_request()
            self._backoff = self._first_backoff  # it works; being loaded alone does not show that
            self.result_arrived.emit(request, answer)
        elif kind == "stopped":
            self._finish_request()
            self.request_stopped.emit(request)
        elif kind == "error":
            self._finish_request()
            self.request_failed.emit(request, event["message"])

    def _finish_request(self) -> None:
        self._request = None
        self._patience.stop()

    def _on_stop_ignored(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            self.request_stopped.emit(request)
        self._replace_child("")

    def _on_ended(self, code: int) -> None:
        reason = self._last_error
        if code == REFUSED and self._ready is None:
            self.shut_down()
            self.model_refused.emit(reason)
        else:
            self._replace_child(reason)

    def _replace_child(self, reason: str) -> None:
        self._end_child()
        self._restart.start(self._backoff)
        self._backoff = min(self._backoff * 2, LONGEST_BACKOFF_MS)
        self._failing = True
        self.model_down.emit(reason)
