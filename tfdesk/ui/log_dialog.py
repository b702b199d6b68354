"""The audit log: whether it is whole and signed, in words, and its latest entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tfdesk.services.audit_file import Line, Verdict
from tfdesk.ui.controls import button, card, label, row
from tfdesk.ui.help_window import help_link
from tfdesk.ui.text import in_words, tr, whole
from tfdesk.ui.theme import Theme

SHOWN = 200  # latest entries


class LogDialog(QDialog):
    """What a check of the log found, and what was written last. It holds no client's words."""

    def __init__(self, parent: QWidget, theme: Theme, verdict: Verdict, lines: Sequence[Line]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("The log"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(theme.px(620), theme.px(560))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(10)
        column.addWidget(label(tr("The log of decisions"), "title", wrap=True))
        self.sentence = label(in_words(verdict.sentence), "strong" if verdict.whole else "error", wrap=True)
        frame, inner = card("card" if verdict.whole else "risk")
        inner.addWidget(self.sentence)
        for signed in verdict.signed:
            inner.addWidget(label(in_words(signed), "muted", wrap=True))
        column.addWidget(frame)
        head = label(f"{verdict.entries}:{verdict.head}", "small", wrap=True)
        head.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head.setAccessibleName(tr("Head of the log"))
        words = tr("Head, to keep elsewhere: whoever has it can tell later whether entries were cut off.")
        column.addWidget(label(words, "muted", wrap=True))
        column.addWidget(head)
        self.table = _table(lines)
        column.addWidget(self.table, 1)
        close = button(tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column.addLayout(row(help_link(tr("What it proves"), "roles"), None, close))


def _table(lines: Sequence[Line]) -> QTableWidget:
    """Number, time, what; it holds no client's words."""
    table = QTableWidget(len(lines), 3)
    table.setAccessibleName(tr("Latest entries"))
    table.setHorizontalHeaderLabels([tr("No."), tr("When"), tr("What")])
    table.verticalHeader().hide()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setStretchLastSection(True)
    for place, line in enumerate(lines):
        when = "?" if line.at is None else f"{datetime.fromtimestamp(line.at):%Y-%m-%d %H:%M}"
        for number, words in enumerate((whole(line.sequence), when, in_words(line.kind) or "?")):
            table.setItem(place, number, QTableWidgetItem(words))
    return table
