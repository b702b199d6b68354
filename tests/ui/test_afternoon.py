"""An afternoon at the desk: 40 messages of four clients, every kind of decision, a log that matches."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE, Opened
from tests.ui.fake_model import DRAFTS
from tfdesk.core.models import Disposition, RejectReason
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.desk_state import Phase

CLIENTS = ["Marta K.", "=cmd|'/c calc'!A1", "שרה ל.", "Devon 🙂"]
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Afternoon:
    """Answers messages one by one and writes down what it did, as the audit log should have it."""

    def __init__(self, opened: Opened, qtbot: QtBot) -> None:
        self._opened, self._qtbot = opened, qtbot
        self.done: list[str] = []

    @property
    def desk(self) -> Desk:
        assert self._opened.app.desk is not None
        return self._opened.app.desk

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = CONTROL) -> None:
        self._qtbot.keyClick(QApplication.focusWidget(), key, modifier)

    def message(self, client: str, text: str, phase: Phase = Phase.READY) -> None:
        """The client writes; wait for what comes of it."""
        self._opened.activate()
        wanted = next(c for c in self.desk.clients("") if c.name == client)
        self._opened.page.open_client(wanted.id)
        self._opened.page.composer.box.setFocus()
        self._opened.say(text)
        self._opened.reach(phase)

    def approve(self) -> None:
        self.press(Qt.Key.Key_Return)
        self.done.append("approved")

    def edit(self) -> None:
        self.press(Qt.Key.Key_E)
        self._qtbot.keyClicks(QApplication.focusWidget(), " Is that so?")
        self.press(Qt.Key.Key_Return)
        self.done.append("edited")

    def reject_then_approve(self) -> None:
        self.press(Qt.Key.Key_X, CONTROL | SHIFT)
        self._qtbot.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_4)
        self.press(Qt.Key.Key_Return)
        self.done += ["rejected", "approved"]

    def write_own(self) -> None:
        self.press(Qt.Key.Key_O, CONTROL | SHIFT)
        self._qtbot.keyClicks(QApplication.focusWidget(), "In my own words.")
        self.press(Qt.Key.Key_Return)
        self.done.append("own")

    def undo_and_redo(self) -> None:
        self.approve()
        self.press(Qt.Key.Key_Z, CONTROL | ALT)
        self.press(Qt.Key.Key_Z, CONTROL | ALT | SHIFT)
        self.done += ["undone", "approved"]

    def redraft(self) -> None:
        self.press(Qt.Key.Key_R)
        self._opened.reach(Phase.READY)
        self._qtbot.waitUntil(lambda: self.desk.state.versions == 2, timeout=20_000)
        self.approve()


def logged(opened: Opened) -> list[str]:
    """The kinds of the audit log's entries that stand for decisions, first to last."""
    with opened.app.access.vault.read() as db:
        kinds = [json.loads(body)["kind"] for (body,) in db.rows("SELECT body FROM audit ORDER BY sequence")]
    return [kind for kind in kinds if not kind.startswith(("vault", "passphrase"))]


@pytest.mark.timeout(600)
def test_forty_messages_with_a_risk_a_crash_and_a_lock_end_in_a_log_that_matches(
    opened: Opened, qtbot: QtBot
) -> None:
    day = Afternoon(opened, qtbot)
    for name in CLIENTS:
        day.desk.add_client(name, "")
    ways: list[Callable[[], None]] = [
        day.approve,
        day.edit,
        day.reject_then_approve,
        day.write_own,
        day.undo_and_redo,
        day.redraft,
    ]
    for number in range(37):
        day.message(CLIENTS[number % 4], f"message {number} of the afternoon")
        ways[number % len(ways)]()

    day.message(CLIENTS[0], "I gave the dog away", Phase.RISK)
    opened.page.decisions.risk.choices[Disposition.CONTACTED].click()
    opened.reach(Phase.DISPOSED)
    day.done += ["risk hit", "risk disposed"]
    day.write_own()

    before = opened.app.model.pid
    day.message(CLIENTS[1], "CRASH", Phase.FAILED)
    day.write_own()
    qtbot.waitUntil(lambda: opened.app.model.ready is not None, timeout=20_000)
    assert opened.app.model.pid != before

    day.message(CLIENTS[2], "the last one")
    opened.app.lock()
    opened.app.access.unlock(PASSPHRASE)
    opened.app.open_desk()
    qtbot.waitUntil(opened.page.isVisible, timeout=20_000)
    day.desk.open_client(next(c.id for c in day.desk.clients("") if c.name == CLIENTS[2]))
    opened.reach(Phase.READY)
    opened.page.composer.box.setFocus()
    day.approve()

    assert logged(opened) == day.done
    assert not opened.app.window.findChildren(QDialog)
    with opened.app.access.vault.read() as db:
        assert db.row("SELECT count(*) FROM turns WHERE speaker = 'client'") == (40,)
        assert db.row("SELECT count(*) FROM turns WHERE speaker = 'therapist' AND approved = 1") == (40,)
        reasons = {reason for (reason,) in db.rows("SELECT reason FROM decisions WHERE kind = 'rejected'")}
    assert reasons == {RejectReason.ADVICE_TOO_EARLY.value}
    assert QApplication.clipboard().text() == DRAFTS[0][2]
