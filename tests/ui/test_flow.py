from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tfdesk.ui.flow import Flow


def shown(qtbot: QtBot, width: int) -> tuple[QWidget, list[QPushButton]]:
    page = QWidget()
    qtbot.addWidget(page)
    buttons = [QPushButton(name) for name in ("Approve", "Edit", "Reject")]
    for made in buttons:
        made.setFixedSize(100, 30)
    page.setLayout(Flow(*buttons, spacing=8))
    page.resize(width, 200)
    page.show()
    return page, buttons


def test_widgets_stand_in_one_line_where_there_is_room(qtbot: QtBot) -> None:
    _, buttons = shown(qtbot, 320)
    assert [made.x() for made in buttons] == [0, 108, 216]
    assert {made.y() for made in buttons} == {0}


def test_a_narrow_column_breaks_the_line(qtbot: QtBot) -> None:
    page, buttons = shown(qtbot, 250)
    assert [(made.x(), made.y()) for made in buttons] == [(0, 0), (108, 0), (0, 38)]
    assert page.layout().heightForWidth(250) == 68


def test_a_hidden_widget_takes_no_room(qtbot: QtBot) -> None:
    page, buttons = shown(qtbot, 250)
    buttons[1].hide()
    page.layout().activate()
    assert buttons[2].pos().x() == 108
