"""The whole page by keyboard, and its names for screen readers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tfdesk.core.models import DraftState
from tfdesk.jobs.desk_state import Phase
from tfdesk.ui.controls import Bar
from tfdesk.ui.decision_column import spoken

NONE = Qt.KeyboardModifier.NoModifier
EDITORS = ["message box with words", "draft editor", "own reply", "client search"]


def open_editor(opened: Opened, name: str) -> QWidget:
    """One of the page's text fields, with the focus and words in it."""
    page = opened.page
    if name == "message box with words":
        editor: QWidget = page.composer.box
        page.composer.box.setPlainText("half a")
    elif name == "draft editor":
        page.decisions.drafts.edit()
        editor = page.decisions.drafts.cards[0].editor
    elif name == "own reply":
        page.decisions.open_own_reply()
        editor = page.decisions.own.text
    else:
        editor = page.clients.search
    editor.setFocus()
    assert editor.hasFocus()
    return editor


@pytest.mark.parametrize("name", EDITORS)
def test_no_decision_key_but_ctrl_enter_and_escape_acts_while_someone_types(
    opened: Opened, qtbot: QtBot, name: str
) -> None:
    opened.client_says("I said yes again")
    before = opened.app.desk.state  # type: ignore[union-attr]
    editor = open_editor(opened, name)
    keys = [key for command in opened.page.commands if command.decides for key in command.keys]
    assert len(keys) >= 8
    for key in keys:
        QTest.keySequence(editor, QKeySequence(key))
        QApplication.processEvents()
        assert QApplication.activePopupWidget() is None
        assert QApplication.activeModalWidget() is None
        assert editor.hasFocus()
    assert opened.app.desk.state == before  # type: ignore[union-attr]
    assert [speaker for speaker, _, _ in opened.turns()] == ["client"]


def test_ctrl_enter_saves_the_editor_that_has_the_keyboard(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    own = open_editor(opened, "own reply")
    qtbot.keyClicks(own, "My words.")
    qtbot.keyClick(own, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert opened.turns()[-1] == ("therapist", "My words.", "own")


def test_a_message_is_answered_from_the_first_word_to_the_next_client_by_keys_alone(
    opened: Opened, qtbot: QtBot
) -> None:
    desk = opened.app.desk
    assert desk is not None
    desk.add_client("Devon A.", "")
    opened.say("hello there")
    opened.reach(Phase.READY)
    desk.add_client("Nora B.", "")
    box = opened.page.composer.box
    box.setFocus()
    qtbot.keyClicks(box, "I said yes again")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    opened.reach(Phase.READY)
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(box, Qt.Key.Key_X, control | shift)
    qtbot.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_1)
    assert desk.state.drafts[0].state is DraftState.rejected
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, control)
    assert opened.turns()[-1][2] == "drafted"
    assert desk.state.others_waiting == 1
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert desk.state.client is not None
    assert desk.state.client.name == "Devon A."
    assert desk.state.phase is Phase.READY


def test_f6_goes_round_the_panes_and_shift_f6_back(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    page = opened.page
    page.composer.box.setFocus()
    panes = [page.decisions, page.clients, page.transcript, page.composer]
    for pane in panes:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        assert pane is QApplication.focusWidget() or pane.isAncestorOf(QApplication.focusWidget())
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert page.transcript.hasFocus()


def reached_by_tab(opened: Opened, qtbot: QtBot) -> list[QWidget]:
    """What the Tab key reaches from the search field above the clients, once round."""
    start = opened.page.clients.search
    start.setFocus()
    found: list[QWidget] = []
    for _ in range(200):
        focus = QApplication.focusWidget()
        if found and focus is start:
            return found
        found.append(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    raise AssertionError("Tab never comes back")


def test_tab_reaches_everything_once_and_from_left_to_right(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    found = reached_by_tab(opened, qtbot)
    wanted = [
        w
        for w in opened.app.window.findChildren(QWidget)
        if w.isVisible() and w.isEnabled() and w.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert len(found) == len(set(found))
    assert [w for w in wanted if w not in found] == []
    page = opened.page
    panes = [page.clients, page.transcript, page.composer, page.decisions]
    order = [
        next((n for n, pane in enumerate(panes) if pane is w or pane.isAncestorOf(w)), None) for w in found
    ]
    inside = [number for number in order if number is not None]
    assert inside == sorted(inside)


@pytest.mark.parametrize(
    ("text", "phase"),
    [("I said yes again", Phase.READY), ("the dog", Phase.RISK), ("GIVE-UP", Phase.ABSTAINED)],
)
def test_every_widget_a_person_uses_has_a_name(opened: Opened, text: str, phase: Phase) -> None:
    opened.client_says(text, phase)
    opened.page.find_bar.open_bar()
    used = [
        w
        for w in opened.app.window.findChildren(QWidget)
        if w.isVisible()
        and (w.focusPolicy() & Qt.FocusPolicy.TabFocus or isinstance(w, QAbstractButton | QLineEdit | Bar))
    ]
    assert len(used) > 12
    assert [w for w in used if not w.accessibleName()] == []


def test_the_arrows_point_at_one_component_of_the_selected_draft(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I watched the swimming bag go back upstairs")
    card = opened.page.decisions.drafts.cards[0]
    card.setFocus()
    seen: list[str] = []
    card.details.components.pointed.connect(seen.append)
    for _ in range(5):
        qtbot.keyClick(card, Qt.Key.Key_Right)
    assert seen == ["emotion", "empathy", "professional", "relevance", ""]


def test_what_appears_by_itself_is_put_in_words_for_a_screen_reader(opened: Opened) -> None:
    opened.client_says("I said yes again")
    assert opened.app.desk is not None
    assert spoken(opened.app.desk.state) == "Drafts: 3"
    opened.say("I gave the dog away")
    opened.reach(Phase.RISK)
    assert "risk" in spoken(opened.app.desk.state)
    opened.app.desk.add_client("Devon A.", "")
    assert spoken(opened.app.desk.state).startswith("No message yet.")
