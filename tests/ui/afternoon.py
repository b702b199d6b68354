"""A therapist's afternoon through the window's own keys and buttons: 40 messages, every kind of decision.

The test of it and the benchmark of the event loop (tests/bench) spend the same one.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Collection
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from tfdesk.app import App
from tfdesk.core.models import Disposition, DraftState, RejectReason
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.desk_state import Phase
from tfdesk.ui.desk_page import DeskPage

CLIENTS = ("Marta K.", "=cmd|'/c calc'!A1", "שרה ל.", "Devon 🙂")
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
RISK = "I want to kill myself tonight. I gave the dog away, the dog I loved"
ANSWERED = (Phase.READY, Phase.ABSTAINED)
WAIT_MS = 60_000


class Hands(Protocol):
    """What a person does at the window; pytest-qt's qtbot is one."""

    def keyClick(self, widget: QWidget | None, key: Qt.Key, modifier: Qt.KeyboardModifier = ...) -> None: ...

    def keyClicks(self, widget: QWidget | None, text: str) -> None: ...

    def waitUntil(self, callback: Callable[[], bool], *, timeout: int = ...) -> None: ...


class Afternoon:
    """Answers messages one by one and writes down what it did, as the audit log should have it."""

    def __init__(self, app: App, hands: Hands, passphrase: str, messages: int = 40) -> None:
        """``app``: unlocked and shown, its model ready. ``messages``: at least 4, of which 3 are special."""
        self._app, self._hands, self._passphrase, self._messages = app, hands, passphrase, messages
        self.done: list[str] = []
        self.reasons: set[str] = set()

    @property
    def desk(self) -> Desk:
        assert self._app.desk is not None
        return self._app.desk

    @property
    def page(self) -> DeskPage:
        assert self._app.page is not None
        return self._app.page

    def spend(self) -> None:
        """The whole of it: a client's risk, a model process that is killed and a lock come last."""
        for name in CLIENTS:
            self.desk.add_client(name, "")
        ways: list[Callable[[], None]] = [
            self.approve,
            self.edit,
            self.reject_then_answer,
            self.write_own,
            self.undo_and_redo,
            self.redraft,
        ]
        for number in range(self._messages - 3):
            self.message(CLIENTS[number % 4], f"message {number} of the afternoon, and I said yes again")
            ways[number % len(ways)]()
        self.risk(CLIENTS[0])
        self.crash(CLIENTS[1])
        self.lock(CLIENTS[2])

    # What comes up ---------------------------------------------------------------------------

    def message(self, client: str, text: str, phases: Collection[Phase] = ANSWERED) -> None:
        """The client writes; wait for what comes of it."""
        self._to_front()
        wanted = next(c for c in self.desk.clients("") if c.name == client)
        self.page.open_client(wanted.id)
        self.page.composer.box.setFocus()
        self.page.composer.box.setPlainText(text)
        self.page.composer.add.click()
        self._reach(phases)

    def risk(self, client: str) -> None:
        self.message(client, RISK, (Phase.RISK,))
        self.page.decisions.risk.choices[Disposition.CONTACTED].click()
        self._reach((Phase.DISPOSED,))
        self.done += ["risk hit", "risk disposed"]
        self.write_own()

    def crash(self, client: str) -> None:
        """The model process is killed while it drafts; the reply is written by hand until it is back."""
        before = self._app.model.pid
        assert before is not None
        self.message(client, "and then nobody came", (Phase.DRAFTING, *ANSWERED))
        os.kill(before, signal.SIGKILL)
        self._hands.waitUntil(
            lambda: self._app.model.ready is not None and self._app.model.pid != before, timeout=WAIT_MS
        )
        self._reach((*ANSWERED, Phase.FAILED))
        self.write_own()

    def lock(self, client: str) -> None:
        """Locked before an answer is chosen; unlocked, it is drafted again."""
        self.message(client, "the last one")
        self._app.lock()
        self._app.access.unlock(self._passphrase)
        self._app.open_desk()
        self._hands.waitUntil(self.page.isVisible, timeout=WAIT_MS)
        self.desk.open_client(next(c.id for c in self.desk.clients("") if c.name == client))
        self._reach(ANSWERED)
        self.page.composer.box.setFocus()
        self.approve()

    # What is decided -------------------------------------------------------------------------

    def approve(self) -> None:
        if not self._drafted():
            return self.write_own()
        self._press(Qt.Key.Key_Return)
        self.done.append("approved")
        return None

    def edit(self) -> None:
        if not self._drafted():
            return self.write_own()
        self._press(Qt.Key.Key_E)
        self._hands.keyClicks(QApplication.focusWidget(), " Is that so?")
        self._press(Qt.Key.Key_Return)
        self.done.append("edited")
        return None

    def reject_then_answer(self) -> None:
        if not self._drafted():
            return self.write_own()
        reasons = list(RejectReason)
        place = len(self.reasons) % len(reasons)
        self._press(Qt.Key.Key_X, CONTROL | SHIFT)
        self._hands.keyClick(QApplication.activePopupWidget(), Qt.Key(Qt.Key.Key_1 + place))
        self.reasons.add(reasons[place].value)
        self.done.append("rejected")
        return self.approve()

    def write_own(self) -> None:
        self._press(Qt.Key.Key_O, CONTROL | SHIFT)
        self._hands.keyClicks(QApplication.focusWidget(), "In my own words.")
        self._press(Qt.Key.Key_Return)
        self.done.append("own")

    def undo_and_redo(self) -> None:
        self.approve()
        self._press(Qt.Key.Key_Z, CONTROL | ALT)
        self._press(Qt.Key.Key_Z, CONTROL | ALT | SHIFT)
        self.done += ["undone", self.done[-1]]

    def redraft(self) -> None:
        if not self._drafted():
            return self.write_own()
        self._press(Qt.Key.Key_R)
        self._hands.waitUntil(self._drafted_again, timeout=WAIT_MS)
        return self.approve()

    # -----------------------------------------------------------------------------------------

    def logged(self) -> list[str]:
        """The kinds of the audit log's entries that stand for decisions, first to last."""
        with self._app.access.vault.read() as db:
            bodies = db.rows("SELECT body FROM audit ORDER BY sequence")
        kinds = [json.loads(body)["kind"] for (body,) in bodies]
        return [kind for kind in kinds if not kind.startswith(("vault", "passphrase"))]

    def _drafted(self) -> bool:
        """Whether a draft waits for a decision."""
        return any(row.state is DraftState.offered for row in self.desk.state.drafts)

    def _drafted_again(self) -> bool:
        state = self.desk.state
        return state.phase is Phase.ABSTAINED or (state.phase is Phase.READY and state.versions == 2)

    def _press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = CONTROL) -> None:
        if QApplication.focusWidget() is None:
            self._to_front()
            self.page.composer.box.setFocus()
        self._hands.keyClick(QApplication.focusWidget(), key, modifier)

    def _reach(self, phases: Collection[Phase]) -> None:
        self._hands.waitUntil(
            lambda: self._app.desk is not None and self._app.desk.state.phase in phases, timeout=WAIT_MS
        )

    def _to_front(self) -> None:
        self._app.window.activateWindow()
        self._hands.waitUntil(self._app.window.isActiveWindow, timeout=WAIT_MS)
