"""Nothing is cut off at any text size."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.runs import Stage
from tfdesk.ui.chart import Chart
from tfdesk.ui.controls import KeyButton
from tfdesk.ui.curves import Curves
from tfdesk.ui.theme import Theme

SCALES = [80, 100, 150, 200]


def settle(opened: Opened, scale: int) -> None:
    opened.app.window.resize(1280, 800)
    opened.app.workspace.look_requested.emit("light", scale)  # type: ignore[union-attr]
    for _ in range(3):
        QApplication.processEvents()


def cut_off(opened: Opened) -> list[str]:
    """Buttons and words of the decision column that reach beyond it, or are narrower than their words."""
    column = opened.page.decisions
    scroll = column.findChild(QScrollArea)
    assert scroll is not None
    room = scroll.viewport().width()
    found = []
    inside = scroll.widget()
    for made in (*inside.findChildren(QPushButton), *inside.findChildren(QLabel)):
        if made.isVisible():
            right = made.mapTo(inside, QPoint(made.width(), 0)).x()
            short = isinstance(made, KeyButton) and made.width() < made.sizeHint().width()
            if right > room or short:
                found.append(made.accessibleName() or made.text())
    return found


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("text", "phase"),
    [("I said yes again", Phase.READY), ("I gave the dog away", Phase.RISK), ("GIVE-UP", Phase.ABSTAINED)],
)
def test_the_decision_column_fits_its_width(opened: Opened, scale: int, text: str, phase: Phase) -> None:
    opened.client_says(text, phase)
    settle(opened, scale)
    assert cut_off(opened) == []


def test_at_its_usual_size_no_draft_and_no_way_on_needs_scrolling(opened: Opened, qtbot: QtBot) -> None:
    opened.client_says("I said yes again, and then the whole evening went by as it always does")
    settle(opened, 100)
    scroll = opened.page.decisions.findChild(QScrollArea)
    assert scroll is not None
    assert scroll.verticalScrollBar().maximum() == 0
    assert len(opened.page.decisions.drafts.cards) == 3


@pytest.mark.parametrize(("text", "phase"), [("I said yes again", Phase.READY), ("the dog", Phase.RISK)])
def test_the_own_reply_is_in_sight_when_it_is_opened(
    opened: Opened, qtbot: QtBot, text: str, phase: Phase
) -> None:
    opened.client_says(text, phase)
    settle(opened, 100)
    opened.page.decisions.open_own_reply()
    own = opened.page.decisions.own.text
    qtbot.waitUntil(lambda: own.visibleRegion().boundingRect().height() == own.height(), timeout=5000)


@pytest.mark.parametrize(("scale", "width"), [(100, 1024), (150, 1280), (150, 1024)])
def test_the_header_keeps_its_words_in_both_languages(
    language: str, opened: Opened, scale: int, width: int
) -> None:
    settle(opened, scale)
    opened.app.window.resize(width, 700)
    for _ in range(3):
        QApplication.processEvents()
    workspace = opened.app.workspace
    assert workspace is not None
    header = workspace.lock.parentWidget()
    assert header is not None
    given_way = [
        made.accessibleName()
        for made in header.findChildren(QPushButton)
        if made is not workspace.search and made.width() < made.minimumSizeHint().width()
    ]
    assert given_way == []
    assert workspace.lock.mapTo(workspace, QPoint(workspace.lock.width(), 0)).x() <= width


def test_a_narrow_button_shows_its_words_without_the_key(qtbot: QtBot) -> None:
    made = KeyButton("New client", "Ctrl+N")
    qtbot.addWidget(made)
    made.show()
    words, key = made.findChildren(QLabel)
    made.resize(made.sizeHint())
    assert key.isVisible()
    made.resize(made.minimumSizeHint())
    QApplication.processEvents()
    assert not key.isVisible()
    assert words.width() >= words.sizeHint().width()
    made.resize(made.sizeHint())
    assert key.isVisible()


def test_titles_of_curves_have_room_for_every_line(language: str, qapp: QApplication, qtbot: QtBot) -> None:
    theme = Theme(qapp, mode="light", scale=150)
    scroll = QScrollArea(widgetResizable=True)
    qtbot.addWidget(scroll)
    curves = Curves(theme, Stage.RL)
    scroll.setWidget(curves)
    scroll.resize(560, 400)
    scroll.show()
    for _ in range(3):
        QApplication.processEvents()
    titles = [chart.findChild(QLabel) for chart in curves.findChildren(Chart)]
    assert len(titles) == 9
    assert any(title.height() > 1.5 * title.fontMetrics().height() for title in titles)
    assert [t.text() for t in titles if t.height() < t.heightForWidth(t.width())] == []
    Theme(qapp, mode="light", scale=100)  # the style sheet of the other tests
