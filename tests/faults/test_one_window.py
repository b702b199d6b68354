"""A second window on the same data folder, beside one that lives, was killed or is stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.tools import ROOT
from tfdesk.core.errors import KnownError
from tfdesk.core.paths import Paths
from tfdesk.ui.one_window import MOST_CALLERS, RAISE, OneWindow

WAIT = 60_000
# A real program with a real window, which tells when it is shown and when it came to the front.
FIRST = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from tfdesk import app
from tfdesk.ui.main_window import MainWindow

show, come_forward = MainWindow.show, MainWindow.come_forward

def told(word, method):
    def call(self):
        method(self)
        print(word, flush=True)
    return call

MainWindow.come_forward = told("raised", come_forward)
MainWindow.show = told("shown", show)
sys.exit(app.main(["--data-dir", sys.argv[1]]))
"""


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the program as a person does by its icon; every one is ended at the end."""
    children: list[subprocess.Popen[str]] = []
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(runtime)}

    def begin(folder: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", FIRST, str(folder)]
        children.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
        )
        return children[-1]

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def word(child: subprocess.Popen[str]) -> str:
    return child.stdout.readline().strip()


def test_fault_22_a_second_window_raises_the_first_and_ends(start, tmp_path, tell):
    first = start(tmp_path / "data")
    assert word(first) == "shown"
    for _ in range(3):
        second = start(tmp_path / "data")
        assert [word(first), word(first)] == ["shown", "raised"]
        assert second.wait() == 0
        assert second.stdout.read() == ""  # no window of its own
    other = start(tmp_path / "other data")
    assert word(other) == "shown"
    assert first.poll() is None
    tell(4, "the first comes to the front, the second ends; another data folder has its own")


def test_fault_22_a_window_killed_or_closed_holds_nobody_up(start, tmp_path, tell):
    first = start(tmp_path / "data")
    assert word(first) == "shown"
    first.kill()
    first.wait()
    assert word(start(tmp_path / "data")) == "shown"
    tell(1, "the place of the killed one is taken over")


def test_fault_22_a_window_that_does_not_answer_is_said(qapp, tmp_path, start, monkeypatch, tell):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    first = start(tmp_path / "data")
    assert word(first) == "shown"
    first.send_signal(signal.SIGSTOP)
    with pytest.raises(KnownError, match="does not answer"):
        OneWindow(Paths.default(tmp_path / "data")).begin(answer_ms=300)
    first.send_signal(signal.SIGCONT)
    assert OneWindow(Paths.default(tmp_path / "data")).begin() is False
    tell(1, "one sentence; nothing opens beside it")


@pytest.fixture
def first(qapp, tmp_path, monkeypatch) -> Iterator[OneWindow]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    window = OneWindow(Paths.default(tmp_path / "data"))
    assert window.begin()
    yield window
    window.end()


def talk(window: OneWindow, said: bytes) -> socket.socket:
    caller = socket.socket(socket.AF_UNIX)
    caller.connect(window._address)
    caller.sendall(said)
    return caller


def test_fault_22_the_socket_is_the_users_own_and_carries_one_word(qtbot, first, tell):
    assert os.stat(first._address).st_mode & 0o077 == 0
    callers = []
    with qtbot.assertNotEmitted(first.raise_requested, wait=300):
        callers += [talk(first, said) for said in (b"", b"rais", b"shutdown\n", b"\0" * 100_000)]
    with qtbot.waitSignal(first.raise_requested, timeout=WAIT):
        callers.append(talk(first, RAISE))
    for _ in range(MOST_CALLERS * 3):  # who says nothing keeps others out only until it goes
        callers.append(talk(first, b""))
    qtbot.wait(200)
    for caller in callers:
        caller.close()
    qtbot.wait(200)
    with qtbot.waitSignal(first.raise_requested, timeout=WAIT):
        callers.append(talk(first, RAISE))
    callers[-1].close()
    tell(len(callers), "anything else is dropped unanswered")


def test_fault_22_after_the_first_has_ended_the_next_is_the_first(first, tmp_path):
    first.end()
    second = OneWindow(Paths.default(tmp_path / "data"))
    assert second.begin()
    second.end()
