"""The model process for callers that may wait: the command line. The window has its own (tfdesk.jobs)."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tfdesk.core.errors import BugError, InputRefused, KnownError, ModelUnavailable
from trainer.dialogue import Dialogue, as_json
from trainer.events import Suggestion, parse_event, suggestion_from

CLOSE_SECONDS = 5.0

log = logging.getLogger(__name__)


class ModelDied(KnownError):
    """The model process ended in the middle of its work; nothing of the request was kept."""

    title = "The model stopped"
    exit_code = 1


def model_command(model_dir: Path, sealed: bool = False) -> list[str]:
    """Command line of the model process; ``sealed``: its first line on stdin is the run key in base64."""
    if getattr(sys, "frozen", False):
        command = [sys.executable, "trainer", "serve", "--model", str(model_dir)]
    else:
        command = [sys.executable, "-m", "trainer", "serve", "--model", str(model_dir)]
    return [*command, "--sealed"] if sealed else command


class ModelClient:
    """One model process; one request at a time.

    Use it as a context manager: the process, and with it every word it read, is gone afterwards.
    """

    def __init__(self, model_dir: Path, run_key: bytes | None = None) -> None:
        """``run_key``: the 32 bytes under which the folder is sealed, None for a plain one."""
        self._model_dir, self._run_key = model_dir, run_key
        self._child: subprocess.Popen[str] | None = None
        self._requests = 0
        self.ready: Mapping[str, Any] = {}  # the "ready" event: model, emotions, strategies, notice, load_ms

    def __enter__(self) -> ModelClient:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Process id of the child, 0 when there is none."""
        return self._child.pid if self._child is not None else 0

    def start(self) -> None:
        """Start the process and wait until the model is loaded. Raises ModelUnavailable or ModelDied."""
        self._child = subprocess.Popen(
            model_command(self._model_dir, sealed=self._run_key is not None),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf8",
        )
        threading.Thread(target=_log_lines, args=(self._child.stderr,), daemon=True).start()
        if self._run_key is not None:
            self._write_line(base64.b64encode(self._run_key).decode())
        event = self._read()
        while event["type"] not in ("ready", "error"):
            event = self._read()
        if event["type"] == "error":
            self.close()
            if event["kind"] == "input":
                raise ModelUnavailable(event["message"])
            raise BugError("the model process could not start")
        self.ready = event

    def suggest(
        self, dialogue: Dialogue, *, drafts: int, emotion: str, strategy: str | None, seed: int
    ) -> Suggestion:
        """Ask for drafts and wait. Raises InputRefused (a label the model lacks), ModelDied, BugError."""
        self._requests += 1
        number = str(self._requests)
        request = {
            "type": "suggest",
            "request": number,
            "dialogue": as_json(dialogue),
            "drafts": drafts,
            "emotion": emotion,
            "strategy": strategy,
            "seed": seed,
        }
        self._write_line(json.dumps(request, ensure_ascii=True))
        while True:
            event = self._read()
            if event.get("request") != number:
                continue
            if event["type"] == "result":
                return suggestion_from(event["value"])
            if event["type"] == "error":
                if event["kind"] == "input":
                    raise InputRefused(event["message"])
                raise BugError("the model process met a fault of ours; its log line says where")

    def close(self) -> None:
        """End the process; harmless when there is none."""
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # it died with a request half read
                    pipe.close()
        try:
            child.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _write_line(self, line: str) -> None:
        if self._child is None or self._child.stdin is None:
            raise RuntimeError("the model process has not been started")
        try:
            self._child.stdin.write(line + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None

    def _read(self) -> dict[str, Any]:
        """The next event. Raises ModelDied when the process has ended."""
        if self._child is None or self._child.stdout is None:
            raise RuntimeError("the model process has not been started")
        line = self._child.stdout.readline()
        if not line.endswith("\n"):  # nothing, or half a line
            raise self._died()
        try:
            return parse_event(line)
        except ValueError as error:
            raise BugError(str(error)) from None

    def _died(self) -> ModelDied:
        self.close()
        return ModelDied("The model process ended before it had answered; nothing was kept.", "Try again.")


def _log_lines(stream: IO[str]) -> None:
    """The child's stderr goes to the log; it holds places in the code, never client words."""
    with stream:
        for line in stream:
            log.info("model process: %s", line.rstrip())
