from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE, Opened
from tfdesk.app import App
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.access import VaultState
from tfdesk.services.recovery import Recovery
from tfdesk.ui.first_run import FirstRun
from tfdesk.ui.lock_view import LockView
from tfdesk.ui.older_copy import OlderCopy

SENTINEL = "zanzibar-sentinel"


def test_the_window_never_imports_torch() -> None:
    code = "import sys, tfdesk.app; print([m for m in ('torch', 'transformers', 'trl') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "[]"


def test_the_first_run_makes_a_vault_and_opens_the_sample_clinic(
    make_app: Callable[[], App], qtbot: QtBot
) -> None:
    app = make_app()
    app.start()
    view = app.window.centralWidget()
    assert isinstance(view, FirstRun)
    view.passphrase.setText(PASSPHRASE)
    view.repeat.setText("something else")
    assert not view.make.isEnabled()
    view.repeat.setText(PASSPHRASE)
    view.make.click()
    qtbot.waitUntil(lambda: bool(view.recovery.key.text()), timeout=20_000)
    view.recovery.typed.setText(view.recovery.key.text()[-5:])
    view.recovery.go_on.click()
    assert "typing error" in view.recovery.message.text()
    assert app.desk is None
    view.recovery.typed.setText(view.recovery.key.text().lower())
    view.recovery.go_on.click()
    assert app.desk is not None
    assert len(app.desk.clients("")) == 4


def test_a_wrong_passphrase_is_said_and_the_right_one_opens(
    make_app: Callable[[], App], qtbot: QtBot
) -> None:
    app = make_app()
    Recovery(app.access).confirm(app.access.create(PASSPHRASE))
    app.access.lock()
    app.start()
    view = app.window.centralWidget()
    assert isinstance(view, LockView)
    view.passphrase.setText("not it")
    view.unlock.click()
    qtbot.waitUntil(lambda: view.message.isVisible(), timeout=20_000)
    assert "not the passphrase" in view.message.text()
    view.passphrase.setText(PASSPHRASE)
    view.unlock.click()
    qtbot.waitUntil(lambda: app.desk is not None, timeout=20_000)


def test_locking_leaves_nothing_legible_and_ends_the_model_process(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says(f"I said yes again {SENTINEL}")
    pid = opened.app.model.pid
    QApplication.clipboard().setText("something of the person's own")
    qtbot.keyClick(opened.page.composer.box, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert opened.app.access.state is VaultState.LOCKED
    assert opened.app.model.pid == 0
    assert not _alive(pid)
    assert isinstance(opened.app.window.centralWidget(), LockView)
    texts = [made.text() for made in opened.app.window.findChildren(QLabel)]
    assert not [text for text in texts if SENTINEL in text or "Nora" in text]
    assert QApplication.clipboard().text() == "something of the person's own"


def test_locking_clears_a_reply_that_is_still_on_the_clipboard(opened: Opened) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.approve()
    assert QApplication.clipboard().text()
    opened.app.lock()
    assert QApplication.clipboard().text() == ""


def test_closing_the_window_ends_the_model_process(opened: Opened) -> None:
    pid = opened.app.model.pid
    opened.app.window.close()
    assert not _alive(pid)


def test_what_was_drafted_is_there_after_unlocking_again(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    opened.app.lock()
    opened.app.access.unlock(PASSPHRASE)
    opened.app.open_desk()
    desk = opened.app.desk
    assert desk is not None
    desk.open_client(desk.clients("")[0].id)
    assert desk.state.phase is Phase.READY
    assert len(opened.page.decisions.drafts.cards) == 3
    qtbot.waitUntil(lambda: desk.state.context is not None, timeout=20_000)  # what the model reads, again
    assert desk.state.versions == 1


def test_the_look_is_remembered(opened: Opened, make_app: Callable[[], App]) -> None:
    opened.app.workspace.look_requested.emit("dark", 150)  # type: ignore[union-attr]
    assert opened.app.theme.colours.background == "#1b1d1f"
    assert opened.app.theme.px(10) == 15


def test_an_older_copy_put_back_is_told_until_it_is_accepted(opened: Opened) -> None:
    access = opened.app.access

    def lock() -> None:
        opened.app.lock()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def notice() -> OlderCopy | None:
        access.unlock(PASSPHRASE)
        opened.app.open_desk()
        QApplication.processEvents()
        return opened.app.window.findChild(OlderCopy)

    lock()
    older = access.paths.vault_file.read_bytes()
    assert notice() is None
    opened.client_says("I said yes again")
    opened.page.decisions.approve()
    lock()
    access.paths.vault_file.write_bytes(older)
    assert notice() is not None
    lock()  # locking and opening again does not make it true
    shown = notice()
    assert shown is not None
    assert shown.isVisible()
    told = [made.text() for made in shown.findChildren(QLabel)]
    assert "An older copy of the vault was put back" in told[0]
    assert "vault.kept" in told[1]
    shown.accept.click()
    assert not shown.isVisible()
    lock()
    assert notice() is None


def test_a_changed_anchor_is_told(opened: Opened) -> None:
    opened.app.lock()
    opened.app.access.paths.anchor_file.write_text("{}")
    opened.app.access.unlock(PASSPHRASE)
    opened.app.open_desk()
    shown = opened.app.window.findChild(OlderCopy)
    assert shown is not None
    assert "cannot be ruled out" in shown.findChildren(QLabel)[0].text()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
