"""The recovery key in the window: a first run that was cut short, and a forgotten passphrase."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog, QMessageBox
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE
from tfdesk.app import App
from tfdesk.services.access import VaultState
from tfdesk.services.recovery import Recovery, RecoveryState
from tfdesk.ui.lock_view import LockView
from tfdesk.ui.recovery_view import RecoveryView


def locked(app: App) -> LockView:
    view = app.window.centralWidget()
    assert isinstance(view, LockView)
    return view


def unlock(app: App, qtbot: QtBot, passphrase: str = PASSPHRASE) -> None:
    view = locked(app)
    view.passphrase.setText(passphrase)
    view.unlock.click()
    qtbot.waitUntil(lambda: app.window.centralWidget() is not view, timeout=20_000)


def test_a_first_run_cut_short_goes_on_with_the_recovery_key(
    make_app: Callable[[], App], qtbot: QtBot, tmp_path: Path
) -> None:
    app = make_app()
    old = app.access.create(PASSPHRASE)
    app.access.lock()
    app.start()
    unlock(app, qtbot)
    view = app.window.centralWidget()
    assert isinstance(view, RecoveryView)
    assert app.desk is None
    view.renew.click()
    new = view.key.text().replace("\n", "")
    assert new != old
    view.typed.setText(old)
    view.go_on.click()
    assert "not the recovery key" in view.message.text()
    app.lock()  # shown once: after locking it is gone, and another one can be made
    assert app.access.state is VaultState.LOCKED
    unlock(app, qtbot)
    view = app.window.centralWidget()
    assert isinstance(view, RecoveryView)
    assert view.key.text() == ""
    view.typed.setText(new.lower().replace("-", " "))
    view.go_on.click()
    assert app.desk is not None
    app.lock()
    unlock(app, qtbot)
    assert app.desk is not None


def test_a_page_to_print_is_written_after_a_warning(
    make_app: Callable[[], App], qtbot: QtBot, tmp_path_factory
) -> None:
    app = make_app()
    app.access.create(PASSPHRASE)
    app.window.show()
    view = RecoveryView(theme=app.theme, access=app.access)
    app.window.show_view(view, watch_idle=False)
    assert view.sheet.isHidden()
    view.renew.click()
    view.sheet.click()
    warning = view.findChild(QMessageBox)
    assert warning is not None
    assert "not encrypted" in warning.informativeText()
    warning.reject()
    sheet = tmp_path_factory.mktemp("paper") / "key.html"
    view.save_sheet(str(sheet))
    groups = view.key.text().replace("\n", "").split("-")
    assert all(group in sheet.read_text() for group in groups)
    view.save_sheet(str(sheet))  # it overwrites nothing
    assert [d for d in view.findChildren(QDialog) if d.isVisible()]


def test_a_forgotten_passphrase_is_replaced_with_the_recovery_key(
    make_app: Callable[[], App], qtbot: QtBot
) -> None:
    app = make_app()
    key = app.access.create(PASSPHRASE)
    Recovery(app.access).confirm(key)
    app.access.lock()
    app.start()
    view = locked(app)
    view.forgotten.click()
    form = view.recovery
    form.passphrase.setText("new horse")
    form.repeat.setText("other")
    form.key.setText(key[:-1])
    assert not form.go.isEnabled()
    assert "differ" in form.message.text()
    form.repeat.setText("new horse")
    form.go.click()
    qtbot.waitUntil(lambda: "typing error" in form.message.text(), timeout=20_000)
    assert app.access.state is VaultState.LOCKED
    form.key.setText(key)
    form.go.click()
    qtbot.waitUntil(lambda: app.desk is not None, timeout=20_000)
    assert Recovery(app.access).state is RecoveryState.TYPED_BACK
    app.lock()
    unlock(app, qtbot, "new horse")
    assert app.desk is not None


def test_going_back_forgets_what_was_typed(make_app: Callable[[], App], qtbot: QtBot) -> None:
    app = make_app()
    app.access.create(PASSPHRASE)
    app.access.lock()
    app.start()
    view = locked(app)
    view.forgotten.click()
    view.recovery.key.setText("AAAAA")
    view.recovery.left.emit()
    assert view.recovery.key.text() == ""
    assert not view.passphrase.isHidden()
