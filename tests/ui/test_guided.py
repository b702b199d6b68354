"""The first run step by step, and the guided first session that follows it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PASSPHRASE, Opened
from tfdesk.app import App
from tfdesk.core.models import RejectReason
from tfdesk.core.settings import load_settings
from tfdesk.jobs.desk_state import Phase
from tfdesk.ui.first_run import FirstRun
from tfdesk.ui.guided import GuidedSession, Step, steps_done


def press(qtbot: QtBot, key: Qt.Key) -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    qtbot.keyClick(focused, key)


def test_the_first_run_goes_forward_and_back_by_keys_until_the_vault_is_made(
    make_app: Callable[[], App], qtbot: QtBot
) -> None:
    app = make_app()
    app.start()
    view = app.window.centralWidget()
    assert isinstance(view, FirstRun)
    with qtbot.waitActive(app.window):
        app.window.activateWindow()
    view.passphrase.setFocus()
    qtbot.keyClicks(view.passphrase, PASSPHRASE)
    press(qtbot, Qt.Key.Key_Return)
    assert view.passphrase.isVisible()  # not typed twice yet
    view.repeat.setFocus()
    qtbot.keyClicks(view.repeat, PASSPHRASE)
    press(qtbot, Qt.Key.Key_Return)
    assert view.keyring_words.isVisible()
    press(qtbot, Qt.Key.Key_Return)
    assert view.sample.isVisible()
    press(qtbot, Qt.Key.Key_Escape)
    press(qtbot, Qt.Key.Key_Escape)
    assert view.passphrase.text() == PASSPHRASE
    assert view.passphrase.isVisible()
    for _ in range(2):
        press(qtbot, Qt.Key.Key_Return)
    press(qtbot, Qt.Key.Key_Down)
    assert view.empty.isChecked()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.recovery.typed.isVisible(), timeout=20_000)
    press(qtbot, Qt.Key.Key_Escape)
    assert view.recovery.typed.isVisible()  # there is no way back now
    qtbot.keyClicks(view.recovery.typed, view.recovery.key.text().replace("\n", ""))
    press(qtbot, Qt.Key.Key_Return)
    assert app.desk is not None
    assert app.desk.clients("") == []
    assert app.window.findChild(GuidedSession) is None


def test_a_step_is_ticked_when_it_was_done_and_stays_so(opened: Opened, qtbot: QtBot) -> None:
    app = opened.app
    app._on_first_run_finished(True)
    guide = app.window.findChild(GuidedSession)
    assert guide is not None
    assert guide.done == frozenset()
    desk, page = app.desk, opened.page
    assert desk is not None
    names = {client.name: client.id for client in desk.clients("")}
    page.clients.client_chosen.emit(names["Nina P."])
    assert guide.done == {Step.OPEN}
    opened.reach(Phase.READY)
    page.decisions.context._show_exact.click()
    card = page.decisions.drafts.cards[0]
    card.details.components.pointed.emit("")
    assert Step.POINT not in guide.done
    card.details.components.pointed.emit("relevance")
    assert guide.done == {Step.OPEN, Step.READ, Step.POINT}
    desk.reject(desk.state.drafts[1], next(iter(RejectReason)))
    page.decisions.drafts.approve()  # unchanged: that is not the step
    assert Step.EDIT not in guide.done
    desk.undo()
    page.decisions.drafts.edit()
    page.decisions.drafts.cards[0].editor.setPlainText("In your pocket, all day.")
    page.decisions.approve()
    assert guide.done == set(Step) - {Step.RISK}
    app.lock()
    app.access.unlock(PASSPHRASE)
    app.open_desk()
    again = app.window.findChild(GuidedSession)
    assert again is not None
    assert again.done == set(Step) - {Step.RISK}
    again.leave.click()
    assert app._guide is None
    app.workspace.guide_requested.emit()  # type: ignore[union-attr]
    assert app._guide is not None
    opened.page.clients.client_chosen.emit(names["Ruben S."])
    opened.reach(Phase.RISK)
    assert app._guide.leave.text() == "Close"
    kept = load_settings(app._paths.settings_file)
    assert steps_done(kept.first_session) == set(Step)


def test_an_empty_clinic_says_what_to_do_next(opened: Opened, qtbot: QtBot) -> None:
    assert opened.page.clients.empty.isVisible()
    assert "Add the first one" in opened.page.clients.empty.text()
    assert opened.app.desk is not None
    opened.app.desk.add_client("Nora B.", "")
    assert not opened.page.clients.empty.isVisible()
    opened.page.clients.search.setText("zanzibar")
    assert "Ctrl+K" in opened.page.clients.empty.text()
    assert opened.app.workspace is not None
    opened.app.workspace.show_page(1)

    def said() -> bool:
        shown = [label.text() for label in opened.app.window.findChildren(QLabel) if label.isVisible()]
        return any("tfdesk consent grant" in words for words in shown)

    qtbot.waitUntil(said, timeout=20_000)


def test_the_guided_session_is_refused_without_the_sample_clinic(opened: Opened) -> None:
    assert opened.app.workspace is not None
    opened.app.workspace.guide_requested.emit()
    assert opened.app._guide is None
    shown = [label.text() for label in opened.app.window.findChildren(QLabel)]
    assert any("needs the sample clinic" in words for words in shown)


def test_a_step_that_needs_drafts_says_what_to_do_without_one(opened: Opened, qtbot: QtBot) -> None:
    assert opened.app.desk is not None
    guide = GuidedSession(desk=opened.app.desk, page=opened.page, done=frozenset({Step.OPEN, Step.READ}))
    qtbot.addWidget(guide)
    opened.client_says("I said yes again")
    assert "Point at a part" in guide.words.text()
    opened.client_says("GIVE-UP", Phase.ABSTAINED)
    assert "Try again" in guide.words.text()
