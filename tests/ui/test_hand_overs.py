"""A risk handed over waits for the supervisor, who alone takes it over; the log has both."""

from __future__ import annotations

import json

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE, Opened
from tfdesk.core.errors import AlreadyDecided, InputRefused
from tfdesk.core.models import Disposition
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.hand_overs import HandOvers
from tfdesk.ui.hand_over_dialog import HandOverDialog

SUPERVISOR = "two horses for tests"


def hand_over(opened: Opened, note: str) -> None:
    """A client's risk, given to the supervisor with a note."""
    opened.client_says("I gave away the dog", Phase.RISK)
    panel = opened.page.decisions.risk
    panel.choices[Disposition.SUPERVISOR].click()
    panel.note.setText(note)
    panel.save.click()
    opened.reach(Phase.DISPOSED)


def dialog_of(opened: Opened) -> HandOverDialog:
    assert opened.app.workspace is not None
    opened.app.workspace.hand_overs.click()
    [dialog] = opened.app.window.findChildren(HandOverDialog)
    return dialog


def taking(dialog: HandOverDialog) -> list[QPushButton]:
    return [made for made in dialog.findChildren(QPushButton) if made.text() == "Taken over"]


def test_the_queue_shows_nothing_of_nothing(opened: Opened) -> None:
    assert opened.app.workspace is not None
    assert not opened.app.workspace.hand_overs.isVisible()


def test_the_therapist_sees_it_waiting_and_cannot_take_it_over(opened: Opened) -> None:
    opened.app.access.set_passphrase(SUPERVISOR, "supervisor")
    hand_over(opened, "He was calm on the phone")
    assert opened.app.workspace is not None
    assert opened.app.workspace.hand_overs.text() == "Handed over · 1"
    dialog = dialog_of(opened)
    assert taking(dialog) == []
    queue = HandOvers(opened.app.access)
    [one] = queue.open()
    assert (one.client, one.text, one.note) == ("Nora B.", "I gave away the dog", "He was calm on the phone")
    with pytest.raises(InputRefused, match="Only the supervisor"):
        queue.take(one.turn_id)
    dialog.accept()


def test_the_supervisor_takes_it_over_and_the_log_has_it(opened: Opened, qtbot: QtBot) -> None:
    opened.app.access.set_passphrase(SUPERVISOR, "supervisor")
    hand_over(opened, "")
    opened.app.lock()
    opened.app.access.unlock(SUPERVISOR, "supervisor")
    opened.app.open_desk()
    dialog = dialog_of(opened)
    [button] = taking(dialog)
    dialog.findChildren(QLineEdit)[0].setText("Called him, he is with his brother")
    button.click()
    qtbot.waitUntil(lambda: taking(dialog) == [], timeout=20_000)
    assert opened.app.workspace is not None
    assert not opened.app.workspace.hand_overs.isVisible()
    with opened.app.access.vault.read() as db:
        bodies = [json.loads(body) for (body,) in db.rows("SELECT body FROM audit ORDER BY sequence")]
    kinds = [body["kind"] for body in bodies]
    assert kinds.index("risk disposed") < kinds.index("risk taken over")
    assert "brother" not in json.dumps(bodies)
    dialog.accept()


def test_what_the_supervisor_gives_back_is_open_again_with_their_words(opened: Opened, qtbot: QtBot) -> None:
    opened.app.access.set_passphrase(SUPERVISOR, "supervisor")
    hand_over(opened, "")
    HandOvers(opened.app.access).see()
    [unseen] = HandOvers(opened.app.access).open()
    assert unseen.seen_at is None
    opened.app.lock()
    opened.app.access.unlock(SUPERVISOR, "supervisor")
    opened.app.open_desk()
    dialog = dialog_of(opened)
    [seen] = HandOvers(opened.app.access).open()
    assert seen.seen_at is not None
    HandOvers(opened.app.access).see()
    dialog.findChildren(QLineEdit)[0].setText("Please call him yourself")
    next(made for made in dialog.findChildren(QPushButton) if made.text() == "Give back").click()
    qtbot.waitUntil(lambda: taking(dialog) == [], timeout=20_000)
    dialog.accept()
    opened.app.lock()
    opened.app.access.unlock(PASSPHRASE)
    opened.app.open_desk()
    assert opened.app.desk is not None
    opened.app.desk.open_client(seen.client_id)
    opened.reach(Phase.RISK)
    panel = opened.page.decisions.risk
    qtbot.waitUntil(panel.given_back.isVisible, timeout=20_000)
    assert "Please call him yourself" in panel.given_back.text()
    panel.choices[Disposition.CONTACTED].click()
    opened.reach(Phase.DISPOSED)
    with opened.app.access.vault.read() as db:
        bodies = [json.loads(body) for (body,) in db.rows("SELECT body FROM audit ORDER BY sequence")]
    kinds = [body["kind"] for body in bodies if body["kind"].startswith("risk")]
    assert kinds == ["risk hit", "risk disposed", "risk seen", "risk given back", "risk disposed"]
    assert "call him" not in json.dumps(bodies)


def test_giving_back_needs_words(opened: Opened) -> None:
    hand_over(opened, "")
    queue = HandOvers(opened.app.access)
    [one] = queue.open()
    with pytest.raises(InputRefused, match="what the therapist should do"):
        queue.give_back(one.turn_id, " ")
    assert queue.open() == [one]


def test_without_a_supervisor_whoever_unlocked_closes_it_once(opened: Opened) -> None:
    hand_over(opened, "")
    queue = HandOvers(opened.app.access)
    [one] = queue.open()
    queue.take(one.turn_id)
    assert queue.open() == []
    with pytest.raises(AlreadyDecided):
        queue.take(one.turn_id)


def test_another_disposition_is_no_hand_over(opened: Opened) -> None:
    opened.client_says("I gave away the dog", Phase.RISK)
    opened.page.decisions.risk.choices[Disposition.CONTACTED].click()
    opened.reach(Phase.DISPOSED)
    assert HandOvers(opened.app.access).open() == []


def test_the_message_is_opened_from_the_queue(opened: Opened, qtbot: QtBot) -> None:
    hand_over(opened, "")
    assert opened.app.desk is not None
    assert opened.app.desk.state.client is not None
    handed = opened.app.desk.state.client.id
    opened.app.desk.add_client("Somebody else", "")
    dialog = dialog_of(opened)
    there = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Open the conversation")
    there.click()
    assert opened.app.desk.state.client.id == handed
    assert opened.app.access.unlock(PASSPHRASE)
