"""The model process: answers requests of the window or of ``tfdesk suggest`` over stdin and stdout.

A thread reads the requests, so that "stop" works while drafting, and screens each for risk at once: that
answer never waits for the model. The lexicon is loaded first, torch after it. The process ends when stdin
closes; it opens no socket and writes nothing but events, and no client word leaves it by another way.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.config import InputError, is_out_of_memory
from trainer.dialogue import dialogue_from, ends_with_client
from trainer.events import EventWriter, own_stdout, parse_event, risk_json, stdin_lines, suggestion_json
from trainer.risk import RiskScreen, load_screen, screened
from trainer.sealed import parse_key

if TYPE_CHECKING:
    from trainer.engine import Engine, Request

THREADS = 2
BUG = "A fault in the model process; nothing was drafted."


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as it was read; ``value`` has not been checked yet."""

    number: str
    value: dict[str, Any]


class _Inbox:
    """Requests in the order in which they came, and which of them are to be stopped."""

    def __init__(self, lines: Iterable[str], write: EventWriter, screen: RiskScreen | None) -> None:
        self._lines, self._write, self._screen = lines, write, screen
        self._waiting: queue.Queue[_Asked | None] = queue.Queue()
        self._stopped: set[str] = set()
        self._ended = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def next(self) -> _Asked | None:
        """The next request; None when the other side has gone."""
        return self._waiting.get()

    def is_stopped(self, number: str) -> bool:
        return self._ended.is_set() or number in self._stopped

    def forget(self, number: str) -> None:
        """The request has been answered."""
        self._stopped.discard(number)

    def _read(self) -> None:
        try:
            for line in self._lines:
                if line.strip() and not self._take(line):
                    break
        finally:
            self._ended.set()
            self._waiting.put(None)

    def _take(self, line: str) -> bool:
        """Handle one line; False when it ends the process."""
        try:
            event = parse_event(line)
        except ValueError as error:
            self._write("error", request=None, kind="bug", message=str(error))
            return True
        kind, number = event["type"], event.get("request")
        if kind == "quit":
            return False
        if not isinstance(number, str) or kind not in ("suggest", "stop"):
            self._write("error", request=None, kind="bug", message="an event that the model process lacks")
        elif kind == "stop":
            self._stopped.add(number)
        else:
            asked = _Asked(number, event)
            self._screen_now(asked)
            self._waiting.put(asked)
        return True

    def _screen_now(self, asked: _Asked) -> None:
        """Tell the risk before the model has a say; a request that cannot be read is refused later."""
        try:
            dialogue = dialogue_from(asked.value.get("dialogue"), "dialogue")
        except InputError:
            return
        screening = screened(self._screen, dialogue, _cleared(asked.value))
        self._write("risk", request=asked.number, value=risk_json(screening.risk))


def _cleared(value: dict[str, Any]) -> frozenset[int]:
    given = value.get("cleared", [])
    return (
        frozenset(item for item in given if isinstance(item, int)) if isinstance(given, list) else frozenset()
    )


def _request(value: dict[str, Any]) -> Request:
    """Check a suggest event. Raises InputError, without quoting words."""
    from trainer.engine import AUTO, Request

    dialogue = ends_with_client(dialogue_from(value.get("dialogue"), "dialogue"), "dialogue")
    drafts, seed = value.get("drafts", 3), value.get("seed", 0)
    emotion, strategy = value.get("emotion", AUTO), value.get("strategy")
    if not isinstance(drafts, int) or not isinstance(seed, int):
        raise InputError("The number of drafts and the seed must be whole numbers.")
    if not isinstance(emotion, str) or not isinstance(strategy, str | None):
        raise InputError("Emotion and strategy must be names.")
    return Request(dialogue, drafts, emotion, strategy, seed, _cleared(value))


def _answer(engine: Engine, asked: _Asked, write: EventWriter, inbox: _Inbox) -> None:
    """Answer one request; whatever fails is an event, never the end of the process."""
    from trainer.engine import Stopped

    def tell(kind: str, **fields: Any) -> None:
        if kind != "risk":  # told when the request came
            write(kind, request=asked.number, **fields)

    def should_stop() -> bool:
        return inbox.is_stopped(asked.number)

    try:
        if should_stop():
            raise Stopped
        answer = engine.suggest(_request(asked.value), tell, should_stop)
        if should_stop():
            raise Stopped
        write("result", request=asked.number, value=suggestion_json(answer))
    except Stopped:
        write("stopped", request=asked.number)
    except InputError as error:
        write("error", request=asked.number, kind="input", message=str(error))
    except Exception as error:
        if is_out_of_memory(error):
            raise  # the process must not go on half alive; the window starts another
        _report(error)
        write("error", request=asked.number, kind="bug", message=BUG)
    finally:
        inbox.forget(asked.number)


def _report(error: Exception) -> None:
    """Where it went wrong, on stderr: types and lines of code, never a message, which may quote a client."""
    places = "; ".join(
        f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)
    )
    print(f"model process: {type(error).__name__} at {places}", file=sys.stderr)


def _load(
    model: Path, key: bytes | None, screen: RiskScreen | None, started: float
) -> tuple[Engine, str | None]:
    """Load torch, the model and its critic; the notice to show beside it, if any. Raises InputError."""
    # Read when torch is loaded. Threads that spin while they wait for one whose core is taken (a training run
    # beside the desk) made a draft ten times slower; sleeping ones cost nothing that can be measured.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from trainer.engine import load_engine

    torch.set_num_threads(THREADS)
    return load_engine(model, key, screen, lambda: round((time.monotonic() - started) * 1000, 1))


def main(argv: Sequence[str]) -> int:
    """Run until stdin closes. Exit code 2 when the model cannot be loaded, after an "error" event."""
    parser = argparse.ArgumentParser(prog="tfdesk-trainer serve", description="Answer requests on stdin.")
    parser.add_argument("--model", type=Path, required=True, metavar="DIR", help="bundle or model folder")
    parser.add_argument(
        "--sealed", action="store_true", help="the first line on stdin is the run key, in base64"
    )
    arguments = parser.parse_args(argv)
    started = time.monotonic()
    write = own_stdout()
    screen = load_screen()
    lines = stdin_lines()
    try:
        key = parse_key(next(lines, "")) if arguments.sealed else None
        inbox = _Inbox(lines, write, screen)
        inbox.start()
        engine, notice = _load(arguments.model, key, screen, started)
    except InputError as error:
        write("error", request=None, kind="input", message=str(error))
        return 2
    labels = engine.lm.encoder.labels
    write(
        "ready",
        model={"name": engine.name.name, "version": engine.name.version, "sha256": engine.name.sha256},
        emotions=list(labels.emotions),
        strategies=list(labels.strategies),
        notice=notice,
        load_ms=engine.load_ms,
    )
    while (asked := inbox.next()) is not None:
        _answer(engine, asked, write, inbox)
    return 0
