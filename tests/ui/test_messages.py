"""What can be done with messages that were said already, and pasted chats."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tests.ui.fake_model import DRAFTS
from tests.ui.test_search import marks
from tfdesk.core.models import Disposition
from tfdesk.jobs.desk_state import Phase
from tfdesk.ui.controls import Mark
from tfdesk.ui.edit_dialog import EditDialog
from tfdesk.ui.message_menu import MessageAction, message_menu
from tfdesk.ui.paste_dialog import PasteDialog

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
FIRST = DRAFTS[0][2]
CHAT = "Nora: I said yes again.\nMe: What was that like?\nNora: Small."


def focus_last(opened: Opened) -> None:
    """The keyboard goes to the last message of the conversation."""
    transcript = opened.page.transcript
    transcript.show_turn(opened.app.desk.all_turns()[-1].id)  # type: ignore[union-attr]
    transcript.setFocus()


def edit_last(opened: Opened, qtbot: QtBot, text: str) -> None:
    focus_last(opened)
    qtbot.keyClick(opened.page.transcript, Qt.Key.Key_F2)
    dialog = opened.app.window.findChild(EditDialog)
    assert dialog is not None
    dialog.text.setPlainText(text)
    dialog.save.click()


def test_a_changed_client_message_is_drafted_for_anew(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    edit_last(opened, qtbot, "I said no for once")
    qtbot.waitUntil(lambda: opened.app.desk.state.versions == 2, timeout=20_000)  # type: ignore[union-attr]
    assert opened.turns() == [("client", "I said no for once", "typed")]


def test_a_changed_reply_says_that_it_is_not_approved_until_it_is_again(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.approve()
    edit_last(opened, qtbot, "Other words.")
    desk = opened.app.desk
    assert desk is not None
    reply = desk.all_turns()[-1]
    assert (reply.text, reply.approved) == ("Other words.", False)
    menu = message_menu(opened.page, reply, (), changes_shown=False)
    assert menu.actions()[0].data()[0] is MessageAction.APPROVE
    opened.page.transcript.asked.emit(MessageAction.APPROVE, reply.id, None)
    assert desk.all_turns()[-1].approved
    assert QApplication.clipboard().text() == "Other words."


def test_an_unchanged_or_empty_message_cannot_be_saved(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    focus_last(opened)
    qtbot.keyClick(opened.page.transcript, Qt.Key.Key_F2)
    dialog = opened.app.window.findChild(EditDialog)
    assert dialog is not None
    for text in ("I said yes again ", "  "):
        dialog.text.setPlainText(text)
        assert not dialog.save.isEnabled()
    dialog.reject()


def test_what_an_edit_changed_is_shown_word_by_word_and_hidden_again(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.drafts.edit()
    card = opened.page.decisions.drafts.cards[0]
    card.editor.setPlainText(FIRST.replace("hurts", "stings"))
    card.save_edit()
    focus_last(opened)
    qtbot.keyClick(opened.page.transcript, Qt.Key.Key_D)
    assert marks(opened, Mark.REMOVED) == ["hurts"]
    assert marks(opened, Mark.ADDED) == ["stings"]
    qtbot.keyClick(opened.page.transcript, Qt.Key.Key_D)
    assert marks(opened, Mark.ADDED) == []


def test_copying_a_message_copies_its_words_and_locking_forgets_them(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    focus_last(opened)
    qtbot.keyClick(opened.page.transcript, Qt.Key.Key_C, CTRL)
    assert QApplication.clipboard().text() == "I said yes again"
    opened.app.lock()
    assert QApplication.clipboard().text() == ""


def test_one_key_marks_the_message_and_takes_the_drafts_away(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    qtbot.keyClick(opened.page.composer.box, Qt.Key.Key_F, CTRL | SHIFT)
    opened.reach(Phase.RISK)
    assert opened.page.decisions.drafts.cards == []
    assert marks(opened, Mark.RISK) == ["I said yes again"]
    opened.page.decisions.risk.choices[Disposition.CONTACTED].click()
    opened.reach(Phase.DISPOSED)


def test_a_risk_that_was_missed_earlier_is_marked_where_it_stands(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I gave it all away")
    opened.page.decisions.approve()
    opened.say("and I feel light")
    opened.reach(Phase.READY)
    transcript, desk = opened.page.transcript, opened.app.desk
    assert desk is not None
    first = desk.all_turns()[0]
    transcript.show_turn(first.id)
    transcript.setFocus()
    qtbot.keyClick(transcript, Qt.Key.Key_F, CTRL | SHIFT)
    assert desk.state.phase is Phase.RISK
    assert desk.state.risk_turn is not None
    assert desk.state.risk_turn.id == first.id
    assert [item.text for item in desk.state.marked] == ["I gave it all away"]


def paste(opened: Opened, text: str) -> None:
    data = QMimeData()
    data.setText(text)
    opened.page.composer.box.insertFromMimeData(data)


def test_a_pasted_chat_is_shown_first_and_then_added_and_drafted_for(opened: Opened) -> None:
    assert opened.app.desk is not None
    opened.app.desk.add_client("Nora B.", "")
    paste(opened, CHAT)
    dialog = opened.app.window.findChild(PasteDialog)
    assert dialog is not None
    assert opened.turns() == []
    assert dialog.list.count() == 3
    dialog.add.click()
    opened.reach(Phase.READY)
    assert [(speaker, text) for speaker, text, _ in opened.turns()] == [
        ("client", "I said yes again."),
        ("therapist", "What was that like?"),
        ("client", "Small."),
    ]


def test_pasting_the_chat_again_adds_only_what_came_since(opened: Opened) -> None:
    assert opened.app.desk is not None
    opened.app.desk.add_client("Nora B.", "")
    paste(opened, CHAT)
    [dialog] = opened.app.window.findChildren(PasteDialog)
    dialog.add.click()
    dialog.setParent(None)
    paste(opened, f"{CHAT}\nNora: And tired.")
    [dialog] = opened.app.window.findChildren(PasteDialog)
    dialog.add.click()
    assert [text for _, text, _ in opened.turns()][2:] == ["Small.", "And tired."]


def test_who_is_who_can_be_changed_and_a_chat_can_be_one_message(opened: Opened) -> None:
    assert opened.app.desk is not None
    opened.app.desk.add_client("Zoe", "")
    paste(opened, "Ann: hi\nBen: hello")
    dialog = opened.app.window.findChild(PasteDialog)
    assert dialog is not None
    dialog.choices["Ben"].setCurrentIndex(2)
    assert dialog.list.count() == 1
    dialog.as_one_message.emit()
    assert opened.page.composer.box.toPlainText() == "Ann: hi\nBen: hello"


def test_a_plain_message_and_a_picture_go_into_the_box_as_before(opened: Opened) -> None:
    assert opened.app.desk is not None
    opened.app.desk.add_client("Nora B.", "")
    paste(opened, "I said yes again.\n\nAnd I am tired.")
    picture = QMimeData()
    picture.setImageData(b"no text in it")
    opened.page.composer.box.insertFromMimeData(picture)
    assert opened.page.composer.box.toPlainText() == "I said yes again.\n\nAnd I am tired."
