"""The sheet of keys (F1): every command that has one, by what it is about."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from tfdesk.ui.commands import Command
from tfdesk.ui.controls import button, label, row
from tfdesk.ui.text import key_hint, tr
from tfdesk.ui.theme import Theme


class KeySheet(QDialog):
    """Groups of commands in two columns; Esc, Enter or Close leaves."""

    def __init__(self, parent: QWidget, theme: Theme, commands: Iterable[Command]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups: dict[str, list[tuple[str, str]]] = {}
        for command in commands:
            if command.keys:
                groups.setdefault(command.group, []).append((command.name, key_hint(command.keys[0])))
        columns = (QVBoxLayout(), QVBoxLayout())
        half, used = sum(len(lines) + 2 for lines in groups.values()) / 2, 0.0
        for name, lines in groups.items():  # in their order, as even as that allows
            size = len(lines) + 2
            left = theme.large or used + size / 2 <= half
            columns[0 if left else 1].addWidget(_group(name, lines, theme.px(112)))
            used += size
        sides = QHBoxLayout()
        sides.setContentsMargins(0, 0, 0, 0)
        sides.setSpacing(40)
        for column in columns:
            column.setSpacing(18)
            column.addStretch(1)
            sides.addLayout(column)
        close = button(tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        inner = QWidget()
        inner.setLayout(sides)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setAccessibleName(tr("Keys"))  # it takes the keyboard: Up and Down scroll it
        scroll.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 16)
        whole.setSpacing(16)
        whole.addWidget(label(tr("Keys"), "title"))
        whole.addWidget(scroll, 1)
        words = tr("While you type, keys belong to the text; only Ctrl+Enter and Esc act on the draft.")
        whole.addWidget(label(words, "muted", wrap=True))
        whole.addLayout(row(None, close))
        margins = QSize(72, 190)  # around the groups
        self.resize((inner.sizeHint() + margins).boundedTo(parent.size() - QSize(40, 40)))


def _group(name: str, lines: list[tuple[str, str]], first: int) -> QWidget:
    whole = QWidget()
    grid = QGridLayout(whole)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(7)
    grid.setColumnMinimumWidth(0, first)  # pixels: words of all groups begin at one place
    grid.addWidget(label(name, "section"), 0, 0, 1, 2)
    for number, (words, keys) in enumerate(lines, start=1):
        grid.addWidget(label(keys, "keycap"), number, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(label(words), number, 1)
    grid.setColumnStretch(1, 1)
    return whole
