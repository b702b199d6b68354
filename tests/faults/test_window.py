"""The window is left alone, locked while it trains, closed with a reply on the clipboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from tests.faults.test_memory import WAIT
from tests.ui.conftest import make_app, opened, options  # noqa: F401 (the fixtures of the window)
from tests.ui.test_workshop_page import FakeRuns
from tfdesk.core.paths import Paths
from tfdesk.jobs.workshop import RunState, Workshop
from tfdesk.services.access import VaultState
from tfdesk.services.models import Models
from tfdesk.ui.lock_view import LockView


@pytest.fixture
def window(opened):  # noqa: F811 (a fixture takes another by its name)
    return opened


def leave_alone(window, qtbot):
    """Nobody touches the window for as long as allowed; the time is made short."""
    window.app.window._idle.start(30)
    qtbot.waitUntil(lambda: window.app.access.state is VaultState.LOCKED, timeout=WAIT)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_fault_25_left_alone_the_window_locks_and_forgets_its_keys(window, qtbot, tell):
    window.client_says("I said yes again")
    vault = window.app.access.vault
    leave_alone(window, qtbot)
    assert isinstance(window.app.window.centralWidget(), LockView)
    assert window.app.model.pid == 0
    assert vault.closed
    assert window.app.access._key == b""
    tell(1, "locked; vault closed, key dropped, model process ended")


def test_fault_25_a_key_press_begins_the_time_anew(window, qtbot):
    window.app.window.watch_input()
    timer = window.app.window._idle
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.start(60_000)
    qtbot.wait(50)
    left = timer.remainingTime()
    assert left < 60_000
    pressed = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window.app.window.windowHandle(), pressed)
    assert timer.remainingTime() > left


def test_fault_26_locked_while_it_trains_the_run_goes_on_to_its_end(window, qtbot, tmp_path, tell):
    access = window.app.access
    runs = FakeRuns(Paths.default(tmp_path), Models(access.vault, access.paths).run_key())
    window.app.workshop = workshop = Workshop(runs)
    data = tmp_path / "talks.jsonl"
    data.write_text(
        '{"id": "a", "turns": [{"speaker": "client", "text": "no"}, {"speaker": "therapist", "text": "oh"}]}'
    )
    workshop.begin(data)
    leave_alone(window, qtbot)
    assert workshop.state.run_state in (RunState.RUNNING, RunState.DONE)
    qtbot.waitUntil(lambda: workshop.state.run_state is RunState.DONE, timeout=WAIT)
    assert access.state is VaultState.LOCKED
    tell(1, "the window locks, the run goes on to its end, sealed")


@pytest.mark.parametrize("own", [False, True], ids=["the reply", "something else"])
def test_fault_27_on_quitting_the_clipboard_is_cleared_only_of_the_reply(window, tell, own):
    window.client_says("I said yes again")
    window.page.decisions.approve()
    assert QApplication.clipboard().text()
    if own:
        QApplication.clipboard().setText("something of the person's own")
    window.app.window.close()
    assert QApplication.clipboard().text() == ("something of the person's own" if own else "")
    tell(1, "cleared if it is still the reply")
