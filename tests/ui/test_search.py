"""The search box, finding in the conversation, and the sheet of keys."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tfdesk.jobs.desk_state import Phase
from tfdesk.ui.controls import Mark
from tfdesk.ui.key_sheet import KeySheet
from tfdesk.ui.search_box import ENTRY_ROLE, Entry, SearchBox
from tfdesk.ui.transcript_model import MARKS_ROLE, PAGE, ROW_ROLE

CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def two(opened: Opened) -> Opened:
    """Two clients; Nora is open."""
    assert opened.app.desk is not None
    opened.app.desk.add_client("Devon A.", "")
    opened.say("The lighthouse was dark again")
    opened.reach(Phase.READY)
    opened.client_says("I said yes again")
    return opened


def box(opened: Opened, qtbot: QtBot) -> SearchBox:
    opened.activate()
    qtbot.keyClick(opened.page.composer.box, Qt.Key.Key_K, CTRL)
    found = opened.app.window.findChild(SearchBox)
    assert found is not None
    return found


def shown(search: SearchBox) -> list[Entry]:
    model = search.view.model()
    rows = (model.data(model.index(row, 0), ENTRY_ROLE) for row in range(model.rowCount()))
    return [entry for entry in rows if entry is not None]


def test_a_word_of_a_message_opens_its_client_at_that_message(two: Opened, qtbot: QtBot) -> None:
    search = box(two, qtbot)
    qtbot.keyClicks(search.words, "lightho")
    assert [entry.title for entry in shown(search)] == ["Devon A."]
    qtbot.keyClick(search.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: two.page.transcript.current is not None)
    current = two.page.transcript.current
    assert current is not None
    assert current.text == "The lighthouse was dark again"
    assert two.app.desk.state.client.name == "Devon A."  # type: ignore[union-attr]


def test_a_name_opens_the_client_and_a_command_is_run(two: Opened, qtbot: QtBot) -> None:
    search = box(two, qtbot)
    qtbot.keyClicks(search.words, "devon")
    qtbot.keyClick(search.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: two.app.desk.state.client.name == "Devon A.")  # type: ignore[union-attr]
    search = box(two, qtbot)
    qtbot.keyClicks(search.words, "larger")
    assert [(entry.title, entry.side) for entry in shown(search)] == [("Larger text", "Ctrl++")]
    qtbot.keyClick(search.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: two.app.theme.scale == 110)


def test_the_arrows_move_over_headings_and_escape_changes_nothing(two: Opened, qtbot: QtBot) -> None:
    search = box(two, qtbot)
    seen = []
    for _ in range(4):
        seen.append(search.view.currentIndex().data(ENTRY_ROLE).title)
        qtbot.keyClick(search.words, Qt.Key.Key_Down)
    assert seen[:2] == ["Nora B.", "Devon A."]
    assert len(set(seen)) == 4
    for _ in range(6):
        qtbot.keyClick(search.words, Qt.Key.Key_Up)
    assert search.view.currentIndex().data(ENTRY_ROLE).title == "Nora B."
    qtbot.keyClick(search.words, Qt.Key.Key_Escape)
    assert two.app.desk.state.client.name == "Nora B."  # type: ignore[union-attr]


def test_nothing_found_is_said(two: Opened, qtbot: QtBot) -> None:
    search = box(two, qtbot)
    qtbot.keyClicks(search.words, "zzzz")
    assert search.nothing.isVisible()
    qtbot.keyClick(search.words, Qt.Key.Key_Return)
    assert search.isVisible()


def test_locking_closes_the_box(two: Opened, qtbot: QtBot) -> None:
    box(two, qtbot)
    two.app.lock()
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, SearchBox) and w.isVisible()]


def marks(opened: Opened, mark: Mark) -> list[str]:
    """The marked words of the conversation, top to bottom."""
    model: Any = opened.page.transcript.model()
    found = []
    for row in range(model.rowCount()):
        index = model.index(row, 0)
        entry = model.data(index, ROW_ROLE)
        found += [entry.text[s.start : s.end] for kind, s in model.data(index, MARKS_ROLE) if kind is mark]
    return found


def test_find_marks_every_place_and_enter_goes_from_the_last_to_the_first(two: Opened, qtbot: QtBot) -> None:
    two.say("Again I went. again")
    two.reach(Phase.READY)
    qtbot.keyClick(two.page.composer.box, Qt.Key.Key_F, CTRL)
    bar = two.page.find_bar
    assert bar.words.hasFocus()
    qtbot.keyClicks(bar.words, "AGAIN")
    assert marks(two, Mark.FOUND) == ["again", "Again", "again"]
    assert bar.count.text() == "3 of 3"
    qtbot.keyClick(bar.words, Qt.Key.Key_Return)
    qtbot.keyClick(bar.words, Qt.Key.Key_Return)
    assert bar.count.text() == "1 of 3"
    current = two.page.transcript.current
    assert current is not None
    assert current.text == "I said yes again"
    qtbot.keyClick(bar.words, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert marks(two, Mark.FOUND) == []


def test_what_is_found_far_above_is_brought_into_view(opened: Opened, qtbot: QtBot) -> None:
    desk = opened.app.desk
    assert desk is not None
    desk.add_client("Nora B.", "")
    assert desk.state.session is not None
    with opened.app.access.vault.write() as db:
        for number in range(PAGE + 40):
            db.run(
                "INSERT INTO turns (session_id, client_id, position, speaker, text, at, origin)"
                " VALUES (?, ?, ?, 'therapist', ?, 0, 'typed')",
                desk.state.session.id,
                desk.state.session.client_id,
                number,
                f"message number {number}",
            )
    desk.refresh()
    qtbot.keyClick(opened.page.composer.box, Qt.Key.Key_F, CTRL)
    qtbot.keyClicks(opened.page.find_bar.words, "number 7")
    qtbot.keyClick(opened.page.find_bar.words, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    current = opened.page.transcript.current
    assert current is not None
    assert current.text == "message number 7"
    rect = opened.page.transcript.visualRect(opened.page.transcript.currentIndex())
    assert opened.page.transcript.viewport().rect().intersects(rect)


def test_the_sheet_of_keys_names_every_command_that_has_one(opened: Opened, qtbot: QtBot) -> None:
    qtbot.keyClick(opened.page.clients.view, Qt.Key.Key_F1)
    sheet = opened.app.window.findChild(KeySheet)
    assert sheet is not None
    words = {made.text() for kind in (QLabel, QPushButton) for made in sheet.findChildren(kind)}
    wanted = {command.name for command in opened.app._all_commands() if command.keys}
    assert wanted <= words
    assert {"Ctrl+↵", "Ctrl+⇧X", "Ctrl+K", "F6", "Ctrl+L"} <= words
