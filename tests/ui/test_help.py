"""Help: its topics are true to the program, found as one types, and linked from where they help."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tests.ui.test_search import box, shown
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.access import VaultState
from tfdesk.services.help_topics import find_topics, load_topics
from tfdesk.ui.help_window import HelpWindow
from tfdesk.ui.key_sheet import KeySheet

TOPICS = {topic.name: topic for topic in load_topics()}
KEY = re.compile(r"\*\*((?:Ctrl|Alt|Shift|F\d|Esc|E\*\*)[\w+-]*)\*\*")


def opened_help(opened: Opened) -> HelpWindow:
    found = opened.app.window.findChild(HelpWindow)
    assert found is not None
    return found


def test_every_link_leads_to_a_topic_and_none_leaves_the_program() -> None:
    assert len(TOPICS) >= 14
    links = [link for t in TOPICS.values() for link in re.findall(r"\]\(([^)]*)\)", t.markdown)]
    assert links
    assert [link for link in links if link not in TOPICS] == []
    assert not any("://" in topic.markdown for topic in TOPICS.values())


def test_every_key_that_a_topic_names_is_a_key_of_the_program(opened: Opened) -> None:
    known = {key for command in opened.app._all_commands() for key in command.keys}
    named = {key for topic in TOPICS.values() for key in KEY.findall(topic.markdown)}
    assert len(named) > 10
    assert named - known == set()


def test_all_words_must_be_found_and_titles_come_first() -> None:
    found = [hit.topic.name for hit in find_topics(list(TOPICS.values()), "recov key")]
    assert found[0] == "vault"
    assert find_topics(list(TOPICS.values()), "recovery zanzibar") == []
    assert [hit.topic.name for hit in find_topics(list(TOPICS.values()), "")] == list(TOPICS)


def test_typing_in_help_marks_what_is_found_and_a_link_opens_its_topic(opened: Opened, qtbot: QtBot) -> None:
    qtbot.keyClick(opened.page.composer.box, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    window = opened_help(opened)
    qtbot.keyClicks(window.words, "lost")
    assert window.topic.name == "vault"
    marked = [mark.cursor.selectedText() for mark in window.browser.extraSelections()]
    assert marked
    assert {words.casefold() for words in marked} == {"lost"}
    window.browser.anchorClicked.emit(QUrl("https://example.org"))
    assert window.topic.name == "vault"
    window.browser.anchorClicked.emit(QUrl("roles"))
    assert (window.topic.name, window.words.text()) == ("roles", "")
    qtbot.keyClicks(window.words, "zanzibar")
    assert window.nothing.isVisible()


def test_the_box_for_everything_finds_topics(opened: Opened, qtbot: QtBot) -> None:
    search = box(opened, qtbot)
    qtbot.keyClicks(search.words, "retention")
    assert [entry.title for entry in shown(search)] == ["Consent, retention and erasing"]
    qtbot.keyClick(search.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: opened.app.window.findChild(HelpWindow) is not None)
    assert opened_help(opened).topic.name == "consent"


def link(opened: Opened, words: str) -> QPushButton:
    return next(
        b for b in opened.app.window.findChildren(QPushButton) if b.text() == words and not b.isHidden()
    )


def test_risk_lock_screen_and_workshop_lead_to_their_topics(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("the dog", Phase.RISK)
    link(opened, "What the screen misses").click()
    assert opened_help(opened).topic.name == "risk"
    link(opened, "In what order, and what to look at").click()
    assert opened_help(opened).topic.name == "training"
    opened.app.lock()
    qtbot.waitUntil(lambda: opened.app.window.findChild(HelpWindow) is None)
    link(opened, "If the passphrase is lost").click()
    assert opened_help(opened).topic.name == "vault"


@pytest.mark.parametrize("locked", [False, True])
def test_help_locks_the_vault_by_key_and_offers_the_keys_while_it_is_open(
    opened: Opened, qtbot: QtBot, locked: bool
) -> None:
    if locked:
        opened.app.lock()
    opened.app.window.help_requested.emit("")
    window = opened_help(opened)
    window.keys_requested.emit()
    assert (opened.app.window.findChild(KeySheet) is None) is locked
    if not locked:
        opened.app.window.findChild(KeySheet).close()  # type: ignore[union-attr]
        qtbot.keyClick(window.words, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert opened.app.access.state is VaultState.LOCKED
