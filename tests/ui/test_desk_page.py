from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tests.ui.fake_model import DRAFTS
from tfdesk.core.models import Disposition, DraftState
from tfdesk.jobs.desk_state import Offer, Phase
from tfdesk.services.review import Review
from tfdesk.ui.reject_popup import RejectPopup

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
FIRST, SECOND = DRAFTS[0][2], DRAFTS[1][2]
DOG = "I've given the dog to my brother."


def press(qtbot: QtBot, opened: Opened, key: Qt.Key, modifier: Qt.KeyboardModifier = CTRL) -> None:
    qtbot.keyClick(opened.page.composer.box, key, modifier)


def words_on_screen(opened: Opened) -> str:
    """Every text a person can read in the window."""
    QApplication.processEvents()  # widgets that were just added show on the next turn of the loop
    window = opened.app.window
    labels = [w.text() for w in window.findChildren(QLabel) if w.isVisible()]
    editors = [w.toPlainText() for w in window.findChildren(QPlainTextEdit) if w.isVisible()]
    return "\n".join((*labels, *editors, window.windowTitle()))


def test_typing_a_message_and_pressing_enter_brings_three_drafts(opened: Opened, qtbot: QtBot) -> None:
    opened.app.desk.add_client("Nora B.", "")  # type: ignore[union-attr]
    qtbot.keyClicks(opened.page.composer.box, "I said yes again")
    press(qtbot, opened, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)
    opened.reach(Phase.READY)
    assert [made.row.draft.text for made in opened.page.decisions.drafts.cards] == [
        text for _, _, text, _ in DRAFTS
    ]
    assert opened.page.composer.box.toPlainText() == ""


def test_shift_enter_starts_a_new_line_and_adds_nothing(opened: Opened, qtbot: QtBot) -> None:
    opened.app.desk.add_client("Nora B.", "")  # type: ignore[union-attr]
    qtbot.keyClicks(opened.page.composer.box, "one")
    press(qtbot, opened, Qt.Key.Key_Return, SHIFT)
    qtbot.keyClicks(opened.page.composer.box, "two")
    assert opened.page.composer.box.toPlainText() == "one\ntwo"
    assert opened.turns() == []


def test_ctrl_enter_approves_the_best_draft_and_copies_it(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    press(qtbot, opened, Qt.Key.Key_Return)
    assert opened.turns()[-1] == ("therapist", FIRST, "drafted")
    assert QApplication.clipboard().text() == FIRST


def test_ctrl_enter_with_words_in_the_box_adds_them_and_approves_nothing(
    opened: Opened, qtbot: QtBot
) -> None:
    opened.client_says("I said yes again")
    qtbot.keyClicks(opened.page.composer.box, "and again")
    press(qtbot, opened, Qt.Key.Key_Return)
    assert [speaker for speaker, _, _ in opened.turns()] == ["client", "client"]


def test_down_selects_the_next_draft_for_approval(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    press(qtbot, opened, Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier)
    press(qtbot, opened, Qt.Key.Key_Return)
    assert opened.turns()[-1] == ("therapist", SECOND, "drafted")


def test_a_double_click_on_approve_approves_once(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    approve = opened.page.decisions.drafts.cards[0].details.approve
    approve.click()
    approve.click()
    qtbot.mouseDClick(approve, Qt.MouseButton.LeftButton)
    assert [speaker for speaker, _, _ in opened.turns()] == ["client", "therapist"]
    assert not opened.app.window.findChildren(QDialog)


def test_editing_and_saving_stores_the_edit_and_its_difference(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    press(qtbot, opened, Qt.Key.Key_E)
    editor = opened.page.decisions.drafts.cards[0].editor
    qtbot.keyClicks(editor, " Is that so?")
    qtbot.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert opened.turns()[-1] == ("therapist", f"{FIRST} Is that so?", "edited")
    reply = opened.app.desk.all_turns()[-1]  # type: ignore[union-attr]
    diff = Review(opened.app.access.vault).edit_diff(reply.id)
    assert "so?" in "".join(part.text for part in diff if part.kind == "added")


def test_escape_leaves_the_editor_and_keeps_the_draft(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    press(qtbot, opened, Qt.Key.Key_E)
    card = opened.page.decisions.drafts.cards[0]
    qtbot.keyClicks(card.editor, "no")
    qtbot.keyClick(card.editor, Qt.Key.Key_Escape)
    assert not card.editing
    press(qtbot, opened, Qt.Key.Key_Return)
    assert opened.turns()[-1][1] == FIRST


def test_rejecting_asks_for_one_of_six_reasons_and_keeps_it(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    press(qtbot, opened, Qt.Key.Key_X, CTRL | SHIFT)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, RejectPopup)
    assert len(popup.reasons) == 6
    qtbot.keyClick(popup, Qt.Key.Key_3)
    states = [row.state for row in opened.app.desk.state.drafts]  # type: ignore[union-attr]
    assert states == [DraftState.rejected, DraftState.offered, DraftState.offered]
    assert "too generic" in words_on_screen(opened)


def test_a_note_beside_the_reason_is_kept_and_its_digits_are_text(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    press(qtbot, opened, Qt.Key.Key_X, CTRL | SHIFT)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, RejectPopup)
    popup.note.setFocus()
    qtbot.keyClicks(popup.note, "see turn 3")
    qtbot.keyClick(popup.note, Qt.Key.Key_Return)
    qtbot.keyClick(popup.reasons[0], Qt.Key.Key_2)
    with opened.app.access.vault.read() as db:
        assert db.rows("SELECT reason, note FROM decisions") == [("misses the emotion", "see turn 3")]


def test_redo_makes_the_undone_decision_again_and_copies_the_reply(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    press(qtbot, opened, Qt.Key.Key_Return)
    press(qtbot, opened, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.AltModifier)
    QApplication.clipboard().clear()
    opened.page.notice.buttons[Offer.REDO].click()
    assert opened.turns()[-1] == ("therapist", FIRST, "drafted")
    assert QApplication.clipboard().text() == FIRST
    assert opened.page.notice.buttons[Offer.UNDO].isVisible()


def test_undo_takes_the_approval_back_and_offers_the_drafts_again(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    press(qtbot, opened, Qt.Key.Key_Return)
    opened.page.notice.buttons[Offer.UNDO].click()
    assert [speaker for speaker, _, _ in opened.turns()] == ["client"]
    assert opened.app.desk.state.phase is Phase.READY  # type: ignore[union-attr]


def test_redraft_keeps_the_earlier_drafts_as_a_version(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    opened.app.desk.redraft("validation")  # type: ignore[union-attr]
    opened.reach(Phase.READY)
    assert {made.row.draft.strategy for made in opened.page.decisions.drafts.cards} == {"validation"}
    opened.page.decisions.ways.older.click()
    assert opened.page.decisions.drafts.cards[0].row.draft.strategy == "reflection"
    assert opened.page.decisions.drafts.selected is None  # superseded drafts cannot be approved


def test_escape_stops_drafting_and_keeps_nothing(opened: Opened, qtbot: QtBot, options: list[str]) -> None:
    options.append("--slow")
    opened.app.model.shut_down()
    opened.app.open_model()
    qtbot.waitUntil(lambda: opened.app.model.ready is not None, timeout=20_000)
    opened.client_says("I said yes again", Phase.DRAFTING)
    desk = opened.app.desk
    assert desk is not None
    qtbot.waitUntil(lambda: desk.state.progress == (5, 12), timeout=20_000)
    press(qtbot, opened, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    opened.reach(Phase.STOPPED)
    assert desk.state.turn is not None
    assert Review(opened.app.access.vault).versions(desk.state.turn.id) == 0


def test_a_crash_while_drafting_is_shown_and_the_model_comes_back(opened: Opened, qtbot: QtBot) -> None:
    before = opened.app.model.pid
    opened.client_says("CRASH", Phase.MODEL_DOWN)
    assert "Your text is safe" in words_on_screen(opened)
    assert [speaker for speaker, _, _ in opened.turns()] == ["client"]
    qtbot.waitUntil(lambda: opened.app.model.ready is not None, timeout=20_000)
    assert opened.app.model.pid != before


def test_a_risk_hit_shows_the_marked_words_and_no_draft(opened: Opened) -> None:
    opened.client_says(DOG, Phase.RISK)
    assert opened.page.decisions.drafts.cards == []
    assert "Please read this message yourself first" in words_on_screen(opened)
    assert "no risk" not in words_on_screen(opened).lower()
    assert not opened.page.decisions.ways.redraft.isVisible()


def test_a_hit_stays_open_through_a_newer_message_until_it_is_disposed_of(
    opened: Opened, qtbot: QtBot
) -> None:
    opened.client_says(DOG, Phase.RISK)
    opened.say("never mind")
    opened.reach(Phase.RISK)
    desk = opened.app.desk
    assert desk is not None
    assert desk.state.risk_turn is not None
    assert desk.state.risk_turn.text == DOG


def test_recording_what_was_done_closes_the_hit_and_leaves_the_reply_to_the_person(opened: Opened) -> None:
    opened.client_says(DOG, Phase.RISK)
    opened.page.decisions.risk.choices[Disposition.CONTACTED].click()
    opened.reach(Phase.DISPOSED)
    opened.page.decisions.open_own_reply()
    opened.page.decisions.own.text.setPlainText("I read this and I would like to call you now.")
    opened.page.decisions.own.save.click()
    assert opened.turns()[-1] == ("therapist", "I read this and I would like to call you now.", "own")


def test_saying_that_it_is_no_risk_needs_a_reason(opened: Opened) -> None:
    opened.client_says(DOG, Phase.RISK)
    panel = opened.page.decisions.risk
    panel.choices[Disposition.NOT_A_RISK].click()
    assert not panel.save.isEnabled()
    panel.note.setText("The dog is with him for the holidays.")
    panel.save.click()
    opened.reach(Phase.DISPOSED)


@pytest.mark.parametrize(
    ("text", "phase", "shown"),
    [
        ("UNSCREENED", Phase.UNSCREENED, "This message was not screened"),
        ("GIVE-UP", Phase.ABSTAINED, "There is too little to go on"),
        ("REFUSE", Phase.FAILED, "cannot be used"),
    ],
)
def test_a_withheld_answer_says_why_and_drafts_nothing(
    opened: Opened, text: str, phase: Phase, shown: str
) -> None:
    opened.client_says(text, phase)
    assert shown in words_on_screen(opened)
    assert opened.page.decisions.drafts.cards == []


def test_trying_again_after_no_draft_asks_for_others(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []
    suggest = opened.app.model.suggest

    def noted(*given: Any, **named: Any) -> str:
        seeds.append(named["seed"])
        return suggest(*given, **named)

    monkeypatch.setattr(opened.app.model, "suggest", noted)
    opened.client_says("GIVE-UP", Phase.ABSTAINED)
    assert opened.app.desk is not None
    opened.app.desk.redraft()
    opened.reach(Phase.DRAFTING)
    opened.reach(Phase.ABSTAINED)
    assert len(set(seeds)) == len(seeds) == 2


def test_unsure_is_a_word(opened: Opened) -> None:
    opened.client_says("I am unsure")
    assert "Unsure" in words_on_screen(opened)
    assert opened.page.decisions.context.correct_button.text().startswith("unsure")


def test_correcting_the_emotion_is_kept_and_read_by_the_next_draft(opened: Opened) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.context.emotion_corrected.emit("anger")
    desk = opened.app.desk
    assert desk is not None
    assert desk.all_turns()[-1].corrected_emotion == "anger"
    assert opened.page.decisions.context.correct_button.text().startswith("anger")


def test_client_text_is_shown_as_plain_text(opened: Opened) -> None:
    text = "<b>bold</b> &amp; <img src=x> \u202eright to left"
    opened.client_says(text)
    model = opened.page.transcript.model()
    shown = model.data(model.index(model.rowCount() - 1, 0))
    assert text in shown
    for made in opened.app.window.findChildren(QLabel):
        assert made.textFormat() is Qt.TextFormat.PlainText


def test_a_refused_message_stays_in_the_box(opened: Opened, qtbot: QtBot) -> None:
    opened.app.desk.add_client("Nora B.", "")  # type: ignore[union-attr]
    opened.say("a \0 in it")
    [dialog] = opened.app.window.findChildren(QDialog)
    dialog.close()
    assert opened.page.composer.box.toPlainText() == "a \0 in it"
    assert opened.turns() == []
