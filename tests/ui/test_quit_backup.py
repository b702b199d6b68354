"""The backup on quit in the window: made for all to see, and a failure said at the next start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE, Opened
from tfdesk.app import App
from tfdesk.core.settings import load_settings
from tfdesk.services.access import VaultState
from tfdesk.services.quit_backup import QuitBackup
from tfdesk.services.sessions import Sessions
from tfdesk.ui.closing import ClosingView
from tfdesk.ui.error_dialog import ErrorDialog

SENTINEL = "zanzibar-sentinel"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, opened: Opened, qtbot: QtBot) -> Iterator[Path]:
    """Where the window makes its backups, chosen as a person would."""
    made = tmp_path_factory.mktemp("backups")
    assert opened.app.workspace is not None
    opened.app.workspace.backup_folder_requested.emit(str(made))
    yield made
    opened.app.window.close()  # a backup that is due must end before the window is deleted
    qtbot.waitUntil(lambda: not opened.app.window.isVisible(), timeout=30_000)
    opened.app.access.lock()


def closed(opened: Opened, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not opened.app.window.isVisible(), timeout=30_000)
    assert opened.app.access.state is VaultState.LOCKED


def test_the_folder_is_chosen_once(opened: Opened, folder: Path) -> None:
    app = opened.app
    assert load_settings(app.access.paths.settings_file).backup_folder == str(folder)
    assert app.workspace is not None
    menu = [action.text() for action in app.workspace.backup_menu().actions()]
    assert str(folder) in menu[0]
    app.workspace.backup_menu().actions()[2].trigger()
    assert load_settings(app.access.paths.settings_file).backup_folder == ""
    assert len(app.workspace.backup_menu().actions()) == 2


def test_closing_makes_a_backup_shows_that_and_then_closes(
    opened: Opened, folder: Path, qtbot: QtBot
) -> None:
    opened.client_says(f"I said yes again {SENTINEL}")
    opened.page.composer.box.setPlainText("half a message")
    opened.app.window.close()
    assert opened.app.window.isVisible()
    assert isinstance(opened.app.window.centralWidget(), ClosingView)
    assert opened.app.model.pid == 0
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    texts = [made.text() for made in opened.app.window.findChildren(QLabel)]
    assert [text for text in texts if str(folder) in text]
    assert not [text for text in texts if SENTINEL in text]
    opened.app.window.close()  # asking again does not begin again
    opened.app.lock()
    closed(opened, qtbot)
    (made,) = folder.iterdir()
    assert SENTINEL.encode() not in made.read_bytes()
    words = Sessions(opened.app.access.unlock(PASSPHRASE)).take_unsaved()
    assert words is not None
    assert words.message == "half a message"


def test_a_second_close_on_the_same_day_waits_for_nothing(opened: Opened, folder: Path, qtbot: QtBot) -> None:
    opened.app.window.close()
    closed(opened, qtbot)
    opened.app.access.unlock(PASSPHRASE)
    opened.app.open_desk()
    opened.app.window.show()
    opened.client_says("I said yes again")
    opened.app.window.close()
    assert not opened.app.window.isVisible()
    assert len(list(folder.iterdir())) == 1


def test_a_failure_is_said_at_the_next_start_and_only_once(
    opened: Opened, folder: Path, make_app: Callable[..., App], qtbot: QtBot
) -> None:
    folder.rmdir()
    opened.app.window.close()
    closed(opened, qtbot)
    settings = opened.app._settings
    again = make_app(settings)
    again.access.unlock(PASSPHRASE)
    again.window.show()
    again.open_desk()
    (told,) = again.window.findChildren(ErrorDialog)
    said = " ".join(made.text() for made in told.findChildren(QLabel))
    assert "backup was not made" in said
    assert "no such folder" in said
    told.accept()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    again.lock()
    again.access.unlock(PASSPHRASE)
    again.open_desk()
    assert again.window.findChildren(ErrorDialog) == []
    again.lock()


def test_a_bug_in_the_backup_does_not_keep_the_window_open(
    opened: Opened, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: QuitBackup) -> str:
        raise RuntimeError("secret words")

    monkeypatch.setattr(QuitBackup, "make", broken)
    opened.app.window.close()
    closed(opened, qtbot)
    warning = QuitBackup(opened.app.access, str(folder)).warning
    assert "fault of ours" in warning
    assert "secret" not in warning


def test_a_locked_window_closes_at_once(opened: Opened, folder: Path) -> None:
    opened.app.lock()
    opened.app.window.close()
    assert not opened.app.window.isVisible()
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_down_is_refused(opened: Opened, folder: Path) -> None:
    assert opened.app.workspace is not None
    opened.app.workspace.backup_folder_requested.emit("/line\nbreak")
    assert opened.app._settings == replace(opened.app._settings, backup_folder=str(folder))
    (told,) = opened.app.window.findChildren(ErrorDialog)
    told.accept()
