"""The audit log in the window: in words whether it is whole, and what was written last."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tfdesk.ui.log_dialog import LogDialog


def shown(opened: Opened, qtbot: QtBot) -> LogDialog:
    """The dialog, opened as the menu and Ctrl+K open it."""
    assert opened.app.workspace is not None
    opened.app.workspace.log_requested.emit()
    qtbot.waitUntil(lambda: bool(opened.app.window.findChildren(LogDialog)), timeout=20_000)
    [dialog] = opened.app.window.findChildren(LogDialog)
    return dialog


def test_a_whole_log_is_said_to_be_whole_and_lists_the_latest_first(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.approve()
    dialog = shown(opened, qtbot)
    assert dialog.sentence.text().startswith("The log is whole")
    rows = [dialog.table.item(row, 2).text() for row in range(dialog.table.rowCount())]  # type: ignore[union-attr]
    assert rows[0] == "approved"
    assert "vault created" in rows
    assert "I said yes" not in dialog.sentence.text()


def test_an_edited_entry_is_named(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again")
    opened.page.decisions.approve()
    with opened.app.access.vault.write() as db:
        db.run("DROP TRIGGER audit_is_append_only_update")
        db.run("UPDATE audit SET body = replace(body, 'approved', 'rejected') WHERE body LIKE '%approved%'")
    dialog = shown(opened, qtbot)
    assert "was edited after it was written" in dialog.sentence.text()
    assert dialog.sentence.property("look") == "error"
