"""The sheet of keys (F1): every command that has one, by what it is about; a click on a key changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from tfdesk.ui.change_key import ChangeKey
from tfdesk.ui.commands import Command
from tfdesk.ui.controls import button, label, row
from tfdesk.ui.text import pressed, tr
from tfdesk.ui.theme import Theme

FIXED = ("Esc",)  # also closes what Qt opens by itself


class KeySheet(QDialog):
    """Groups of commands in two columns; Esc, Enter or Close leaves.

    Signals:
        keys_changed: all changed keys, usual -> wanted
    """

    keys_changed = Signal(dict)

    def __init__(
        self, parent: QWidget, theme: Theme, commands: Iterable[Command], changes: Mapping[str, str]
    ) -> None:
        """``changes``: as they are kept; those of this session work since the start only."""
        super().__init__(parent)
        self._theme, self._changes = theme, dict(changes)
        self._commands = [command for command in commands if command.keys]
        self.caps: dict[str, QPushButton] = {}  # by the usual key
        self.setWindowTitle(tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups: dict[str, list[Command]] = {}
        for command in self._commands:
            groups.setdefault(command.group, []).append(command)
        columns = (QVBoxLayout(), QVBoxLayout())
        half, used = sum(len(lines) + 2 for lines in groups.values()) / 2, 0.0
        for name, lines in groups.items():  # in their order, as even as that allows
            size = len(lines) + 2
            left = theme.large or used + size / 2 <= half
            columns[0 if left else 1].addWidget(self._group(name, lines, theme.px(112)))
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
        words = tr(
            "While you type, keys belong to the text; only Ctrl+Enter and Esc act on the draft. Click a key "
            "to change it."
        )
        whole.addWidget(label(words, "muted", wrap=True))
        whole.addLayout(row(None, close))
        margins = QSize(72, 190)  # around the groups
        self.resize((inner.sizeHint() + margins).boundedTo(parent.size() - QSize(40, 40)))

    def _group(self, name: str, commands: list[Command], first: int) -> QWidget:
        whole = QWidget()
        grid = QGridLayout(whole)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(7)
        grid.setColumnMinimumWidth(0, first)  # pixels: words of all groups begin at one place
        grid.addWidget(label(name, "section"), 0, 0, 1, 2)
        for number, command in enumerate(commands, start=1):
            usual = command.keys[0]
            cap = self.caps[usual] = button("", "keycap")
            cap.setAutoDefault(False)
            cap.setEnabled(usual not in FIXED)
            cap.clicked.connect(partial(self._ask, command))
            self._show(command)
            grid.addWidget(cap, number, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(label(command.name), number, 1)
        grid.setColumnStretch(1, 1)
        return whole

    def _show(self, command: Command) -> None:
        usual = command.keys[0]
        hint = pressed(self._changes.get(usual, usual))
        self.caps[usual].setText(hint)
        self.caps[usual].setAccessibleName(tr("Change the key of {0}, now {1}").format(command.name, hint))

    def _ask(self, command: Command) -> None:
        others = [key for other in self._commands if other is not command for key in other.keys]
        ask = ChangeKey(self, self._theme, command.name, command.keys[0], self._changes, others)
        ask.changed.connect(partial(self._on_changed, command))
        ask.open()

    def _on_changed(self, command: Command, changes: dict[str, str]) -> None:
        self._changes = changes
        self._show(command)
        self.keys_changed.emit(changes)
