"""The emotions of a session, as bars and as words."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tfdesk.core.models import TurnRow
from tfdesk.ui.emotion_strip import EmotionStrip
from tfdesk.ui.theme import LIGHT, Theme
from trainer.events import Emotion


def turn(number: int, emotion: Emotion | None, corrected: str | None = None) -> TurnRow:
    return TurnRow(number, 1, number, "client", "words", 0.0, emotion, corrected, None, "typed", None, None)


SHAME = Emotion("shame", 0.6, {"shame": 0.6, "fear": 0.4}, False)
FLAT = Emotion("fear", 0.3, {"fear": 0.3, "shame": 0.3, "anger": 0.4}, True)


def test_bars_are_said_in_words_too_with_unsure_and_corrected(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme(qapp, mode="light", scale=100)
    strip = EmotionStrip(theme)
    qtbot.addWidget(strip)
    strip.show_turns([turn(1, SHAME), turn(2, FLAT), turn(3, SHAME, "anger"), turn(4, None)])
    assert strip.accessibleDescription() == "1: shame 60 %; 2: unsure; 3: anger, your correction"
    assert strip.isVisible()
    strip.resize(strip.sizeHint())
    image = strip.grab().toImage()
    assert image.pixelColor(10, image.height() - 12) == QColor(LIGHT.emotions["shame"])
    assert image.pixelColor(35, image.height() - 12) != QColor(LIGHT.emotions["fear"])  # hollow


def test_one_bar_alone_says_nothing_over_time(qtbot: QtBot, qapp: QApplication) -> None:
    strip = EmotionStrip(Theme(qapp, mode="light", scale=100))
    qtbot.addWidget(strip)
    strip.show_turns([turn(1, SHAME), turn(2, None)])
    assert not strip.isVisible()
