"""A key is changed in the sheet of keys, shown on the buttons and listened to from the next start on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE, Opened
from tfdesk.app import App
from tfdesk.core.errors import InputRefused
from tfdesk.core.settings import Settings, load_settings
from tfdesk.jobs.desk_state import Phase
from tfdesk.ui import keys
from tfdesk.ui.change_key import ChangeKey
from tfdesk.ui.key_sheet import KeySheet


@pytest.fixture(autouse=True)
def usual_keys() -> Iterator[None]:
    yield
    keys.use({})


def sheet_of(opened: Opened) -> KeySheet:
    assert opened.app.workspace is not None
    opened.app.workspace.keys_requested.emit()
    [sheet] = opened.app.window.findChildren(KeySheet)
    return sheet


def ask(sheet: KeySheet, usual: str) -> ChangeKey:
    sheet.caps[usual].click()
    return sheet.findChildren(ChangeKey)[-1]


def test_a_changed_key_is_kept_and_works_from_the_next_start_on(
    opened: Opened, make_app: Callable[..., App], qtbot: QtBot
) -> None:
    sheet = sheet_of(opened)
    question = ask(sheet, "Ctrl+E")
    question.field.setKeySequence(QKeySequence("Ctrl+Shift+E"))
    question.use.click()
    assert sheet.caps["Ctrl+E"].text() == "Ctrl+⇧E"
    sheet.accept()
    settings = load_settings(opened.app._paths.settings_file)
    assert settings.keys == "Ctrl+E=Ctrl+Shift+E"
    opened.app.window.close()

    app = make_app(settings)
    app.access.unlock(PASSPHRASE)
    app.window.show()
    app.open_desk()
    again = Opened(app, qtbot, opened.options)
    again.activate()
    qtbot.waitUntil(lambda: app.model.ready is not None, timeout=20_000)
    again.client_says("I said yes again", Phase.READY)
    [card, *_] = again.page.decisions.drafts.cards
    assert "Ctrl+Shift+E" in card.details.edit.accessibleDescription()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert not card.editing
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_E, both)
    assert card.editing


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("Ctrl+R", "Something else has"),
        ("E", "writes text"),
        ("Shift+E", "writes text"),
        ("", "Press"),
    ],
)
def test_a_clash_and_a_key_that_writes_are_refused_in_a_sentence(
    opened: Opened, wanted: str, said: str
) -> None:
    sheet = sheet_of(opened)
    question = ask(sheet, "Ctrl+E")
    question.field.setKeySequence(QKeySequence(wanted))
    question.use.click()
    assert said in question.problem.text()
    assert sheet.caps["Ctrl+E"].text() == "Ctrl+E"
    question.reject()
    sheet.accept()
    assert opened.app._settings == Settings(theme="light")


def test_the_usual_key_comes_back(opened: Opened) -> None:
    sheet = sheet_of(opened)
    question = ask(sheet, "Ctrl+R")
    assert question.usual.isHidden()
    question.field.setKeySequence(QKeySequence("F5"))
    question.use.click()
    ask(sheet, "Ctrl+R").usual.click()
    assert sheet.caps["Ctrl+R"].text() == "Ctrl+R"
    assert opened.app._settings.keys == ""
    sheet.accept()


def test_esc_stays(opened: Opened) -> None:
    sheet = sheet_of(opened)
    assert not sheet.caps["Esc"].isEnabled()
    sheet.accept()


@given(st.text(max_size=40))
def test_whatever_the_settings_hold_only_usable_keys_come_of_it(words: str) -> None:
    assert all(not keys.fault(wanted) for wanted in keys.read(words).values())


def test_changes_are_read_as_they_were_written() -> None:
    made = keys.with_change({}, "Ctrl+E", "Ctrl+Shift+E", ["Ctrl+R"])
    made = keys.with_change(made, "Ctrl+R", "F5", ["Ctrl+E"])
    assert keys.read(keys.written(made)) == made
    with pytest.raises(InputRefused):
        keys.with_change(made, "Ctrl+L", "F5", ["Ctrl+E", "Ctrl+R"])
