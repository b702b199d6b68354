from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tfdesk.jobs.model_process import ModelProcess
from trainer.dialogue import Dialogue, Turn

FAKE = [sys.executable, str(Path(__file__).parent.parent / "ui" / "fake_model.py")]
WAIT = 20_000

Start = Callable[..., ModelProcess]


def asking(text: str) -> Dialogue:
    return Dialogue("d", "test", None, (Turn("client", text),))


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path) -> Iterator[Start]:
    """Start a process with the fake child's options; every one is ended afterwards."""
    made: list[ModelProcess] = []

    def run(*options: str, ready: bool = True, **settings: int) -> ModelProcess:
        process = ModelProcess(command=lambda _folder, _sealed: [*FAKE, *options], **settings)
        made.append(process)
        process.start(tmp_path)
        if ready:
            qtbot.waitUntil(lambda: process.ready is not None, timeout=WAIT)
        return process

    yield run
    for process in made:
        process.shut_down()


def test_a_request_ends_with_its_result(start: Start, qtbot: QtBot) -> None:
    process = start()
    with qtbot.waitSignal(process.result_arrived, timeout=WAIT) as arrived:
        request = process.suggest(asking("hello"), drafts=2, seed=1)
    assert arrived.args is not None
    assert arrived.args[0] == request
    assert len(arrived.args[1].drafts) == 2


def test_a_newer_request_replaces_an_older_one(start: Start, qtbot: QtBot) -> None:
    process = start("--slow")
    process.suggest(asking("first"), drafts=3, seed=1)
    second = process.suggest(asking("GIVE-UP"), drafts=3, seed=1)
    with qtbot.waitSignal(process.result_arrived, timeout=WAIT) as arrived:
        pass
    assert arrived.args is not None
    assert arrived.args[0] == second


def test_stop_ends_a_request_that_is_being_drafted(start: Start, qtbot: QtBot) -> None:
    process = start("--slow")
    with qtbot.waitSignal(process.progress_made, timeout=WAIT):
        request = process.suggest(asking("hello"), drafts=3, seed=1)
    with qtbot.waitSignal(process.request_stopped, timeout=WAIT) as stopped:
        process.stop()
    assert stopped.args == [request]


def test_a_hung_request_can_be_stopped_and_the_child_is_replaced(start: Start, qtbot: QtBot) -> None:
    process = start(stop_patience_ms=50, first_backoff_ms=1)
    before = process.pid
    with qtbot.waitSignal(process.risk_known, timeout=WAIT):
        process.suggest(asking("HANG"), drafts=3, seed=1)
    with qtbot.waitSignal(process.model_ready, timeout=WAIT), qtbot.waitSignal(process.request_stopped):
        process.stop()
    assert process.pid not in (0, before)


def test_a_child_that_dies_is_replaced(start: Start, qtbot: QtBot) -> None:
    process = start(first_backoff_ms=1)
    before = process.pid
    with qtbot.waitSignals([process.model_down, process.model_ready], timeout=WAIT, order="strict"):
        process.suggest(asking("CRASH"), drafts=3, seed=1)
    assert process.pid not in (0, before)


def test_a_model_that_cannot_be_loaded_is_refused_once_and_not_tried_again(
    start: Start, qtbot: QtBot
) -> None:
    process = start("--broken", ready=False)
    with qtbot.waitSignal(process.model_refused, timeout=WAIT) as refused:
        pass
    assert refused.args == ["model.safetensors is damaged."]
    assert process.pid == 0


def test_a_child_that_does_not_speak_the_protocol_counts_as_dead(qtbot: QtBot, tmp_path: Path) -> None:
    process = ModelProcess(command=lambda _folder, _sealed: [sys.executable, "-c", "print('hello')"])
    with qtbot.waitSignal(process.model_down, timeout=WAIT):
        process.start(tmp_path)
    process.shut_down()


def test_shutting_down_ends_the_child_at_once_and_says_nothing(start: Start, qtbot: QtBot) -> None:
    process = start()
    pid = process.pid
    with qtbot.assertNotEmitted(process.model_down):
        process.shut_down()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_sealed_model_gets_its_key_as_the_first_line(qtbot: QtBot, tmp_path: Path) -> None:
    asked: list[bool] = []
    code = "import sys, json; key = sys.stdin.readline().strip(); print(json.dumps({'type': 'error', "
    code += "'request': None, 'kind': 'input', 'message': key})); sys.exit(2)"

    def command(_folder: Path, sealed: bool) -> list[str]:
        asked.append(sealed)
        return [sys.executable, "-c", code]

    process = ModelProcess(command=command)
    with qtbot.waitSignal(process.model_refused, timeout=WAIT) as refused:
        process.start(tmp_path, b"\x00" * 32)
    assert refused.args == ["A" * 43 + "="]
    assert asked == [True]
