"""An afternoon at the desk: 40 messages of four clients, every kind of decision, a log that matches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from tests.ui.afternoon import Afternoon
from tests.ui.conftest import PASSPHRASE, Opened
from tests.ui.test_real_children import open_app  # noqa: F401 (a fixture)
from tfdesk.app import App
from tfdesk.core.models import RejectReason


def check(app: App, day: Afternoon) -> None:
    """The log says what was done, in that order, and every message has its approved reply."""
    assert day.logged() == day.done
    assert not app.window.findChildren(QDialog)
    with app.access.vault.read() as db:
        assert db.row("SELECT count(*) FROM turns WHERE speaker = 'client'") == (40,)
        assert db.row("SELECT count(*) FROM turns WHERE speaker = 'therapist' AND approved = 1") == (40,)
        reasons = {reason for (reason,) in db.rows("SELECT reason FROM decisions WHERE kind = 'rejected'")}
        [last] = db.rows("SELECT text FROM turns ORDER BY id DESC LIMIT 1")
    assert reasons == day.reasons
    assert QApplication.clipboard().text() == last[0]


@pytest.mark.timeout(600)
def test_forty_messages_with_a_risk_a_crash_and_a_lock_end_in_a_log_that_matches(
    opened: Opened, qtbot: QtBot
) -> None:
    day = Afternoon(opened.app, qtbot, PASSPHRASE)
    day.spend()
    check(opened.app, day)
    assert day.reasons == {reason.value for reason in RejectReason}
    assert day.done.count("approved") > 20


@pytest.mark.timeout(900)
def test_the_same_afternoon_with_the_real_model_process(
    open_app: Callable[[], App],  # noqa: F811
    qtbot: QtBot,
) -> None:
    app = open_app()
    day = Afternoon(app, qtbot, PASSPHRASE)
    day.spend()
    check(app, day)
    assert day.done.count("approved") > 5
