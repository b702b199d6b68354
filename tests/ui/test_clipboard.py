"""The clipboard: cleared when it is still ours, left alone when not, marked for clipboard histories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tfdesk.ui.clipboard import KDE_HINT, WINDOWS_HINTS, Clipboard


@pytest.fixture
def clipboard(qapp: QApplication) -> Iterator[Clipboard]:
    """One whose program copied last whenever anybody did: the offscreen platform does not know."""
    made = Clipboard(seconds=60, owns=lambda: True)
    yield made
    made.forget()
    made.deleteLater()
    QApplication.sendPostedEvents(made, QEvent.Type.DeferredDelete.value)  # else it hears the next test's


def text() -> str:
    return QGuiApplication.clipboard().text()


def test_what_is_copied_is_marked_to_be_kept_out_of_histories(clipboard: Clipboard) -> None:
    clipboard.copy("You said yes again.")
    data = QGuiApplication.clipboard().mimeData()
    assert data is not None
    assert data.text() == "You said yes again."
    assert bytes(data.data(KDE_HINT).data()) == b"secret"
    assert {kind: bytes(data.data(kind).data()) for kind in WINDOWS_HINTS} == WINDOWS_HINTS


def test_it_is_taken_away_after_the_time(qtbot: QtBot) -> None:
    short = Clipboard(seconds=0)
    short.copy("You said yes again.")
    qtbot.waitUntil(lambda: text() == "", timeout=10_000)


def test_copying_again_begins_the_time_anew(clipboard: Clipboard) -> None:
    clipboard.copy("one")
    first = clipboard._timer.remainingTime()
    assert first > 0
    clipboard.forget()
    assert not clipboard._timer.isActive()
    clipboard.copy("two")
    assert clipboard._timer.isActive()


def test_what_somebody_else_copied_since_is_left_alone(qapp: QApplication) -> None:
    ours = Clipboard(seconds=60, owns=lambda: False)
    ours.copy("You said yes again.")
    QGuiApplication.clipboard().setText("theirs")
    ours.forget()
    assert text() == "theirs"


def test_words_copied_by_hand_are_marked_and_taken_away_too(clipboard: Clipboard, qtbot: QtBot) -> None:
    editor = QPlainTextEdit("half an edit")
    qtbot.addWidget(editor)
    editor.selectAll()
    editor.copy()
    data = QGuiApplication.clipboard().mimeData()
    assert data is not None
    assert (data.text(), data.hasFormat(KDE_HINT)) == ("half an edit", True)
    clipboard.forget()
    assert text() == ""


def test_it_keeps_no_copy_of_the_words(clipboard: Clipboard) -> None:
    clipboard.copy("You said yes again.")
    assert "yes" not in str(vars(clipboard))


def test_an_approved_reply_is_on_it_until_the_window_closes(opened: Opened) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.approve()
    data = QGuiApplication.clipboard().mimeData()
    assert data is not None
    assert data.hasFormat(KDE_HINT)
    assert text() == opened.turns()[-1][1]
    opened.app.window.close()
    assert text() == ""
