"""What was typed and not saved is in the vault while it is locked, and back in its place after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE, Opened
from tfdesk.core.errors import KnownError
from tfdesk.core.models import Disposition, Unsaved
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.access import VaultState
from tfdesk.services.sessions import Sessions
from tfdesk.store import unsaved

SENTINEL = "quokka-sentinel"


def lock(opened: Opened) -> None:
    opened.app.lock()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert opened.app.access.state is VaultState.LOCKED


def unlock(opened: Opened) -> None:
    opened.app.access.unlock(PASSPHRASE)
    opened.app.open_desk()


def test_every_editor_gets_its_words_back(opened: Opened) -> None:
    opened.client_says("I said yes again")
    card = opened.page.decisions.drafts.cards[1]
    card.selected.emit()
    card.start_editing()
    card.editor.setPlainText("  half an edit \n")
    opened.page.composer.box.setPlainText("half a message")
    lock(opened)
    unlock(opened)
    page, desk = opened.page, opened.app.desk
    assert desk is not None
    assert desk.state.phase is Phase.READY
    assert page.composer.box.toPlainText() == "half a message"
    assert [made.editing for made in page.decisions.drafts.cards] == [False, True, False]
    assert page.decisions.drafts.selected is page.decisions.drafts.cards[1]
    assert page.decisions.drafts.cards[1].editor.toPlainText() == "  half an edit \n"
    page.decisions.approve()
    assert opened.turns()[-1] == ("therapist", "half an edit", "edited")


def test_an_own_reply_comes_back_open(opened: Opened) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.open_own_reply()
    opened.page.decisions.own.text.setPlainText("My own wor")
    lock(opened)
    unlock(opened)
    assert opened.page.decisions.own.text.toPlainText() == "My own wor"
    assert not opened.page.decisions.own.isHidden()


def test_a_note_on_a_risk_comes_back(opened: Opened) -> None:
    opened.client_says("I gave my dog away", Phase.RISK)
    opened.page.decisions.risk.choices[Disposition.NOT_A_RISK].click()
    opened.page.decisions.risk.note.setText("a line of a so")
    lock(opened)
    unlock(opened)
    assert opened.page.decisions.risk.note.text() == "a line of a so"
    assert not opened.page.decisions.risk.note.isHidden()


def test_an_edit_whose_draft_was_decided_meanwhile_becomes_an_own_reply(opened: Opened) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.drafts.cards[0].start_editing()
    opened.page.decisions.drafts.cards[0].editor.setPlainText("half an edit")
    lock(opened)
    vault = opened.app.access.unlock(PASSPHRASE)
    with vault.write() as db:
        db.run("UPDATE drafts SET state = 'superseded'")
    opened.app.open_desk()
    assert opened.page.decisions.own.text.toPlainText() == "half an edit"


def test_words_are_given_back_once(opened: Opened) -> None:
    opened.client_says("I said yes again")
    opened.page.composer.box.setPlainText("half a message")
    lock(opened)
    unlock(opened)
    opened.page.composer.add.click()
    lock(opened)
    unlock(opened)
    assert opened.page.composer.box.toPlainText() == ""


def test_closing_the_window_keeps_them_too(opened: Opened) -> None:
    opened.client_says("I said yes again")
    opened.page.composer.box.setPlainText("half a message")
    opened.app.window.close()
    assert opened.app.access.state is VaultState.LOCKED
    words = Sessions(opened.app.access.unlock(PASSPHRASE)).take_unsaved()
    assert words is not None
    assert words.message == "half a message"


def test_nothing_typed_keeps_nothing(opened: Opened) -> None:
    opened.client_says("I said yes again")
    lock(opened)
    assert Sessions(opened.app.access.unlock(PASSPHRASE)).take_unsaved() is None


def test_kept_words_are_in_no_file_as_they_were_typed(opened: Opened, tmp_path: Path) -> None:
    opened.client_says("I said yes again")
    opened.page.composer.box.setPlainText(SENTINEL)
    lock(opened)
    read = [Path(folder, name).read_bytes() for folder, _, names in os.walk(tmp_path) for name in names]
    assert read
    assert not [data for data in read if SENTINEL.encode() in data]
    assert not [m for m in opened.app.window.findChildren(QLabel) if SENTINEL in m.text()]


def test_half_a_character_does_not_take_the_rest_with_it(opened: Opened) -> None:
    opened.client_says("I said yes again")
    assert opened.app.desk is not None
    client = opened.app.desk.state.client
    assert client is not None
    sessions = Sessions(opened.app.access.vault)
    sessions.keep_unsaved(Unsaved(client.id, message="half \ud83d of it"))
    words = sessions.take_unsaved()
    assert words is not None
    assert words.message == "half ? of it"


@pytest.mark.parametrize("error", [KnownError("The disk is full."), RuntimeError("ours")])
def test_words_that_cannot_be_kept_are_said_to_be_lost_and_the_vault_locks(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object) -> None:
        raise error

    opened.client_says("I said yes again")
    opened.page.composer.box.setPlainText("half a message")
    monkeypatch.setattr(unsaved, "keep", full)
    lock(opened)
    told = [made.text() for made in opened.app.window.findChildren(QLabel) if not made.isHidden()]
    assert [text for text in told if "could not be kept" in text]
    assert not [text for text in told if "ours" in text or "half" in text]


def test_a_locked_screen_locks_the_vault_and_keeps_the_words(opened: Opened) -> None:
    """The desktop's messages themselves are tested in tests/ui/test_session_watch.py."""
    opened.client_says("I said yes again")
    opened.page.composer.box.setPlainText("half a message")
    assert opened.app.model.pid
    opened.app.watch.went_away.emit("sleep")
    assert opened.app.access.state is VaultState.LOCKED
    assert opened.app.model.pid == 0
    unlock(opened)
    assert opened.page.composer.box.toPlainText() == "half a message"
