"""Help: its topics are true to the program, found as one types, and linked from where they help."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tests.ui.test_search import box, shown
from tfdesk.jobs.desk_state import Phase
from tfdesk.services import help_topics
from tfdesk.services.access import VaultState
from tfdesk.services.help_topics import Topic, find_topics, load_topics
from tfdesk.ui.help_window import HelpWindow
from tfdesk.ui.key_sheet import KeySheet
from tfdesk.ui.text import key_hint
from trainer.config import resources_dir

TOPICS = {topic.name: topic for topic in load_topics()}
IN_GERMAN = {topic.name: topic for topic in load_topics("de")}
BY_LANGUAGE = {"en": TOPICS, "de": IN_GERMAN}
KEY = re.compile(r"\*\*((?:Ctrl|Strg|Alt|Shift|Umschalt|F\d|Esc)[^\s*]*)\*\*")


def opened_help(opened: Opened) -> HelpWindow:
    found = opened.app.window.findChild(HelpWindow)
    assert found is not None
    return found


def links(topic: Topic) -> list[str]:
    return re.findall(r"\]\(([^)]*)\)", topic.markdown)


@pytest.mark.parametrize("topics", BY_LANGUAGE.values(), ids=BY_LANGUAGE)
def test_every_link_leads_to_a_topic_and_none_leaves_the_program(topics: dict[str, Topic]) -> None:
    assert len(topics) >= 14
    found = [link for topic in topics.values() for link in links(topic)]
    assert found
    assert [link for link in found if link not in topics] == []
    assert not any("://" in topic.markdown for topic in topics.values())


def test_german_has_every_topic_in_words_of_its_own_with_the_same_links_and_commands() -> None:
    root = resources_dir() / "help"
    files = {folder: sorted(file.name for file in (root / folder).iterdir()) for folder in BY_LANGUAGE}
    assert files["de"] == files["en"]
    for name, english in TOPICS.items():
        german = IN_GERMAN[name]
        assert german.title != english.title
        assert len(german.plain) > len(english.plain) / 2
        assert Counter(links(german)) == Counter(links(english)), name
        code = [re.findall(r"`([^`]*)`", t.markdown.replace("DATEI", "FILE")) for t in (german, english)]
        assert set(code[1]) <= set(code[0]), name


def test_a_topic_that_a_language_lacks_is_there_in_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, words in (
        ("en/01-one.md", "# One\nall"),
        ("en/02-two.md", "# Two\nx"),
        ("de/01-one.md", "# Eins\ny"),
    ):
        (tmp_path / "help" / folder).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "help" / folder).write_text(words, encoding="utf8")
    monkeypatch.setattr(help_topics, "resources_dir", lambda: tmp_path)
    assert [topic.title for topic in load_topics("de")] == ["Eins", "Two"]
    assert [topic.title for topic in load_topics("fr")] == ["One", "Two"]


def test_every_key_that_a_topic_names_is_a_key_of_the_program(language: str, opened: Opened) -> None:
    known = {key for command in opened.app._all_commands() for key in command.keys}
    if language == "de":  # as on the buttons, with the words for Shift
        known = {key_hint(key).replace("⇧", "Umschalt+") for key in known}
    named = {key for topic in BY_LANGUAGE[language].values() for key in KEY.findall(topic.markdown)}
    assert len(named) > 10
    assert named - known == set()


@pytest.mark.parametrize("part", ["source", "translation"])
def test_what_a_topic_calls_a_thing_is_what_the_window_calls_it(part: str) -> None:
    catalogue = ET.parse(resources_dir() / "translations" / "tfdesk_de.ts").getroot()
    said = {message.findtext(part, "").casefold() for message in catalogue.iter("message")}
    topics = TOPICS if part == "source" else IN_GERMAN
    names = {
        name for topic in topics.values() for name in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", topic.markdown)
    }
    assert len(names) >= 6
    assert [name for name in names if not any(words.startswith(name.casefold()) for words in said)] == []


def test_all_words_must_be_found_and_titles_come_first() -> None:
    found = [hit.topic.name for hit in find_topics(list(TOPICS.values()), "recov key")]
    assert found[0] == "vault"
    assert find_topics(list(TOPICS.values()), "recovery zanzibar") == []
    assert [hit.topic.name for hit in find_topics(list(TOPICS.values()), "")] == list(TOPICS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("schlüssel", "vault"),
        ("SCHLÜSSEL", "vault"),
        ("Schluessel", "vault"),
        ("schlu\u0308ssel", "vault"),  # two characters, as some keyboards and pastes bring it
        ("schliessen", "one-message"),
        ("textgröße", "keys"),
        ("einwill", "consent"),
    ],
)
def test_german_words_are_found_however_their_umlauts_are_typed(words: str, expected: str) -> None:
    found = [hit.topic.name for hit in find_topics(list(IN_GERMAN.values()), words)]
    assert expected in found


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


@pytest.mark.parametrize("language", ["de"], indirect=True)
def test_help_of_a_german_window_is_german_and_marks_whole_umlauts(
    language: str, opened: Opened, qtbot: QtBot
) -> None:
    qtbot.keyClick(opened.page.composer.box, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    window = opened_help(opened)
    assert window.windowTitle() == "Hilfe"
    assert window.topic == IN_GERMAN["first-session"]
    assert "Beispielklinik" in window.browser.toPlainText()
    window.words.setText("SCHLUESSEL")
    assert window.topic.name == "vault"
    marked = {mark.cursor.selectedText() for mark in window.browser.extraSelections()}
    assert marked == {"Schlüssel"}
    window.words.setText("sselten")  # begins no word: not the end of "verschlüsselten"
    assert [mark.cursor.selectedText() for mark in window.browser.extraSelections()] == []
    assert window.nothing.isVisible()


@pytest.mark.parametrize("language", ["de"], indirect=True)
def test_the_box_for_everything_finds_german_topics(language: str, opened: Opened, qtbot: QtBot) -> None:
    search = box(opened, qtbot)
    search.words.setText("aufbewahrung")
    assert IN_GERMAN["consent"].title in [entry.title for entry in shown(search)]


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
    assert opened.app.workspace is not None
    opened.app.workspace.show_page(1)
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
