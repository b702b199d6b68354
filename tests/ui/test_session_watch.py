"""Screen lock, sleep and user switch over a real message bus of the test's own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QProcess
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE
from tfdesk.app import App
from tfdesk.services.access import VaultState
from tfdesk.services.sessions import Sessions
from tfdesk.ui.session_watch import Buses, SessionWatch, local

DAEMON = shutil.which("dbus-daemon")
FAKE = Path(__file__).with_name("fake_login1.py")
needs_daemon = pytest.mark.skipif(DAEMON is None, reason="no dbus-daemon here")


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    """The address of a message bus."""
    assert DAEMON is not None
    command = [DAEMON, "--session", "--nofork", f"--address=unix:path={tmp_path}/bus", "--print-address=1"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert daemon.stdout is not None
    yield daemon.stdout.readline().strip()
    daemon.kill()
    daemon.wait()
    daemon.stdout.close()


class Desktop(QObject):
    """The fake login1, and what it said."""

    def __init__(self, address: str, qtbot: QtBot) -> None:
        super().__init__()
        self._qtbot = qtbot
        self.said: list[str] = []
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._on_said)
        self._process.start(sys.executable, [str(FAKE), address])
        self.wait_for("ready")

    def _on_said(self) -> None:
        self.said += bytes(self._process.readAllStandardOutput().data()).decode().split()

    def wait_for(self, word: str, times: int = 1) -> None:
        self._qtbot.waitUntil(lambda: self.said.count(word) >= times, timeout=30_000)

    def does(self, word: str) -> None:
        self._process.write(f"{word}\n".encode())

    def end(self) -> None:
        self._process.closeWriteChannel()
        self._process.waitForFinished(10_000)


@pytest.fixture
def desktop(bus: str, qtbot: QtBot) -> Iterator[Desktop]:
    made = Desktop(bus, qtbot)
    yield made
    made.end()


@pytest.fixture
def watch(bus: str, desktop: Desktop, qtbot: QtBot) -> Iterator[SessionWatch]:
    """Watching, with every question to login1 answered."""
    made = SessionWatch(Buses(bus, bus))
    made.start()
    desktop.wait_for("brake")
    qtbot.waitUntil(lambda: bool(made._session_path), timeout=30_000)
    yield made
    made.stop()


@needs_daemon
@pytest.mark.parametrize(
    ("word", "reason"),
    [("lock", "screen lock"), ("save", "screen lock"), ("leave", "user switch"), ("sleep", "sleep")],
)
def test_what_the_desktop_tells_is_passed_on(
    watch: SessionWatch, desktop: Desktop, qtbot: QtBot, word: str, reason: str
) -> None:
    with qtbot.waitSignal(watch.went_away, timeout=30_000) as went:
        desktop.does(word)
    assert went.args == [reason]


@needs_daemon
def test_coming_back_and_other_peoples_sessions_are_no_reason(
    watch: SessionWatch, desktop: Desktop, qtbot: QtBot
) -> None:
    reasons: list[str] = []
    watch.went_away.connect(reasons.append)
    for word in ("lock-other", "return", "unsave", "wake", "lock"):  # one bus: "lock" arrives last
        desktop.does(word)
    qtbot.waitUntil(lambda: bool(reasons), timeout=30_000)
    assert reasons == ["screen lock"]


@needs_daemon
def test_the_computer_sleeps_only_once_the_vault_is_locked(
    watch: SessionWatch, desktop: Desktop, qtbot: QtBot
) -> None:
    held: list[bool] = []
    watch.went_away.connect(lambda _: held.append(watch._brake is not None))
    desktop.does("sleep")
    desktop.wait_for("released")
    assert held == [True]
    desktop.does("wake")
    desktop.wait_for("brake", times=2)


@needs_daemon
def test_the_window_is_locked_before_the_computer_sleeps(
    make_app: Callable[..., App], bus: str, desktop: Desktop, qtbot: QtBot
) -> None:
    app = make_app(buses=Buses(bus, bus))
    app.access.create(PASSPHRASE)
    app.window.show()
    app.open_desk()
    desktop.wait_for("brake")
    assert app.desk is not None
    app.desk.add_client("Nora B.", "")
    assert app.page is not None
    app.page.composer.box.setPlainText("half a message")
    desktop.does("sleep")
    desktop.wait_for("released")
    assert app.access.state is VaultState.LOCKED
    assert app.model.pid == 0
    words = Sessions(app.access.unlock(PASSPHRASE)).take_unsaved()
    assert words is not None
    assert words.message == "half a message"


@needs_daemon
def test_a_bus_without_login1_is_no_error(bus: str, qtbot: QtBot) -> None:
    watch = SessionWatch(Buses(bus, bus))
    watch.start()
    qtbot.wait(50)
    watch.stop()


def test_no_bus_is_no_error(tmp_path: Path, qtbot: QtBot) -> None:
    for address in (None, f"unix:path={tmp_path}/nothing"):
        watch = SessionWatch(Buses(address, address))
        watch.start()
        watch.stop()


def test_only_a_socket_file_of_this_computer_is_used(tmp_path: Path) -> None:
    place = tmp_path / "bus"
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))
        ours = f"unix:path={place},guid=00"
        assert local(ours) == ours
        assert local(f"tcp:host=10.0.0.1,port=1;{ours}") == ours
    others = (
        "tcp:host=localhost,port=1",
        "nonce-tcp:host=x",
        "autolaunch:",
        "unixexec:path=ssh",
        "",
        "unix:",
    )
    assert [local(address) for address in others] == [None] * len(others)
    assert local(f"unix:path={tmp_path}/nothing") is None


def test_the_buses_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "tcp:host=10.0.0.1,port=1")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:abstract=/made-up")
    assert Buses.here() == Buses("unix:abstract=/made-up", None)
    monkeypatch.setattr(sys, "platform", "win32")
    assert Buses.here() == Buses(None, None)
