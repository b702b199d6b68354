"""Writing before the drafts are seen, taking sentences, and one's own figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tests.ui.fake_model import DRAFTS
from tfdesk.app import App
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.reliance import Reliance
from tfdesk.ui.habits_dialog import HabitsDialog, sentence
from tfdesk.ui.sentence_text import sentences

FIRST = DRAFTS[0][2]
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def first(opened: Opened) -> Opened:
    """The therapist writes first."""
    opened.app.workspace.habits_requested.emit()  # type: ignore[union-attr]
    dialog = opened.app.window.findChild(HabitsDialog)
    assert dialog is not None
    dialog.write_first.setChecked(True)
    dialog.accept()
    opened.activate()
    return opened


def test_the_drafts_stay_unseen_until_they_are_asked_for(first: Opened, qtbot: QtBot) -> None:
    first.client_says("I said yes again")
    decisions = first.page.decisions
    assert decisions.own.isVisible()
    assert not decisions.drafts.isVisible()
    qtbot.keyClick(first.page.composer.box, Qt.Key.Key_Return, CTRL)  # nothing is written yet
    assert [speaker for speaker, _, _ in first.turns()] == ["client"]
    decisions.own.text.setPlainText("My words.")
    decisions.own.show_drafts.click()
    assert decisions.drafts.isVisible()
    assert decisions.own.text.toPlainText() == "My words."
    decisions.own.save.click()
    assert first.turns()[-1] == ("therapist", "My words.", "own")


def test_after_comparing_a_draft_can_be_approved_all_the_same(first: Opened, qtbot: QtBot) -> None:
    first.client_says("I said yes again")
    first.page.decisions.own.show_drafts.click()
    card = first.page.decisions.drafts.cards[0]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Return, CTRL)
    assert first.turns()[-1] == ("therapist", FIRST, "drafted")


def test_a_risk_comes_before_writing_first(first: Opened) -> None:
    first.client_says("the dog", Phase.RISK)
    assert not first.page.decisions.own.isVisible()
    assert first.page.decisions.risk.isVisible()


def test_writing_first_is_remembered(first: Opened, make_app: Callable[[], App]) -> None:
    assert first.app._settings.write_first


def test_a_sentence_of_a_draft_is_taken_into_ones_own_reply(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    decisions = opened.page.decisions
    decisions.open_own_reply()
    qtbot.keyClicks(decisions.own.text, "Hello.")
    card = decisions.drafts.cards[0]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_2)
    assert decisions.own.text.toPlainText() == "Hello. That second part seems to be what hurts most."
    assert decisions.own.text.hasFocus()
    qtbot.mouseClick(card._text, Qt.MouseButton.LeftButton, pos=card._text.rect().topLeft())
    assert "The sentence was in your pocket" in decisions.own.text.toPlainText()


def test_a_sentence_goes_into_the_editor_of_another_draft(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    drafts = opened.page.decisions.drafts
    drafts.edit()
    other = drafts.cards[1]
    qtbot.mouseClick(other._text, Qt.MouseButton.LeftButton, pos=other._text.rect().topLeft())
    assert drafts.cards[0].editor.toPlainText() == f"{FIRST} {DRAFTS[1][2]}"
    assert drafts.cards[0].editing


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two? Three…", ["One.", "Two?", "Three…"]),
        ('He said "no." Then left', ['He said "no."', "Then left"]),
        ("🙂 Well, 3.5 of it.", ["🙂 Well, 3.5 of it."]),
        ("  ", []),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert [text[s.start : s.end] for s in sentences(text)] == parts


def test_the_figures_say_what_they_are_and_judge_nothing() -> None:
    assert sentence(Reliance(3, 0, 0, 0, 1, 4.0)) == "Too few replies to say anything yet."
    words = sentence(Reliance(17, 2, 1, 4, 6, 9.4))
    assert "85 % of your replies were drafts that you approved unchanged." in words
    assert "within 9 s; 6 of them within 5 s" in words
    assert "rejected 4" in words
