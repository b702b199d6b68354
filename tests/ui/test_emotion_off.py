"""Where emotion is switched off by policy, none is on the screen, whatever was read before."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tests.ui.test_desk_page import words_on_screen
from tfdesk.jobs.desk_state import Phase
from tfdesk.services import policies
from tfdesk.ui.message_menu import message_menu


def test_emotions_that_were_read_before_the_policy_leave_the_screen(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    assert opened.app.desk is not None
    turn = opened.app.desk.all_turns()[-1]
    opened.app.desk.correct_emotion(turn.id, "anger")
    opened.app._settings = replace(opened.app._settings, emotion_enabled=False)
    opened.app.open_desk()
    qtbot.waitUntil(opened.page.isVisible, timeout=20_000)
    desk = opened.app.desk
    desk.open_client(desk.clients("")[0].id)
    opened.reach(Phase.READY)
    qtbot.waitUntil(lambda: desk.state.context is not None, timeout=20_000)
    [shown] = desk.all_turns()
    assert (shown.emotion, shown.corrected_emotion, desk.state.emotion) == (None, None, None)
    transcript = opened.page.transcript
    model = transcript.model()
    spoken = [str(model.data(model.index(row, 0))) for row in range(model.rowCount())]
    seen = "\n".join([words_on_screen(opened), *spoken])
    assert not [name for name in ("shame", "anger", "Not right?", "You chose") if name in seen]
    transcript.show_turn(shown.id)
    transcript.setFocus()
    qtbot.keyClick(transcript, Qt.Key.Key_E)
    assert QApplication.activePopupWidget() is None
    menu = message_menu(transcript, shown, desk.emotion_labels(), changes_shown=False)
    assert not [action for action in menu.actions() if action.menu() is not None]


def test_a_supervisors_decision_switches_emotions_off_for_everybody(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    assert opened.app.desk is not None
    assert opened.app.desk.state.emotion is not None
    opened.app.access.set_passphrase("two horses for tests", "supervisor")
    policies.decide(opened.app.access, "two horses for tests", shown=False)
    opened.app.open_desk()
    qtbot.waitUntil(opened.page.isVisible, timeout=20_000)
    desk = opened.app.desk
    desk.open_client(desk.clients("")[0].id)
    opened.reach(Phase.READY)
    assert (desk.state.emotion, desk.emotion_labels()) == (None, ())
