from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk_model import MESSAGES, talk
from tfdesk.core.errors import InputRefused, ModelUnavailable
from tfdesk.services.model_client import ModelClient, ModelDied, model_command
from trainer.dialogue import Dialogue
from trainer.events import Suggestion


@pytest.fixture(scope="module")
def client(desk_bundle: Path) -> Iterator[ModelClient]:
    with ModelClient(desk_bundle) as made:
        yield made


def ask(client: ModelClient, dialogue: Dialogue, drafts: int = 2) -> Suggestion:
    return client.suggest(dialogue, drafts=drafts, emotion="auto", strategy=None, seed=5)


def test_the_command_is_the_interpreter_from_source_and_the_program_itself_when_frozen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert model_command(Path("m")) == [sys.executable, "-m", "trainer", "serve", "--model", "m"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert model_command(Path("m"), sealed=True) == [
        sys.executable, "trainer", "serve", "--model", "m", "--sealed",
    ]  # fmt: skip


def test_answers_do_not_depend_on_what_was_asked_before(client: ModelClient) -> None:
    one, other = talk(MESSAGES[0][0], "one"), talk(MESSAGES[1][0], "other")
    forwards = [ask(client, dialogue) for dialogue in (one, other)]
    backwards = [ask(client, dialogue) for dialogue in (other, one)]
    assert [a.drafts for a in forwards] == [a.drafts for a in reversed(backwards)]
    assert forwards[0].drafts


def test_a_label_the_model_lacks_is_refused_and_the_process_lives_on(client: ModelClient) -> None:
    with pytest.raises(InputRefused, match="strategy"):
        client.suggest(talk(MESSAGES[0][0]), drafts=1, emotion="auto", strategy="magic", seed=0)
    assert ask(client, talk(MESSAGES[0][0]), drafts=0).emotion is not None


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process by signal")
def test_a_process_killed_in_the_middle_of_a_request_is_reported_and_returns_nothing(
    desk_bundle: Path,
) -> None:
    client = ModelClient(desk_bundle)
    client.start()
    pid = client.pid
    os.kill(pid, signal.SIGSTOP)  # the request is written and surely not answered
    killer = threading.Timer(0.2, os.kill, (pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(ModelDied, match="ended before it had answered"):
        ask(client, talk(MESSAGES[0][0]))
    killer.join()
    assert client.pid == 0


def test_a_model_that_cannot_be_loaded_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelUnavailable, match="not a model folder"):
        ModelClient(tmp_path / "m").start()
