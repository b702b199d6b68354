"""Asks for another key for one command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QKeySequenceEdit, QVBoxLayout, QWidget

from tfdesk.core.errors import InputRefused
from tfdesk.ui import keys
from tfdesk.ui.controls import button, label, row
from tfdesk.ui.text import pressed, tr
from tfdesk.ui.theme import Theme


class ChangeKey(QDialog):
    """The key that is pressed here does the command's work from the next start on.

    Signals:
        changed: all changes, the new one among them (usual -> wanted)
    """

    changed = Signal(dict)

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        name: str,
        usual: str,
        changes: Mapping[str, str],
        others: Iterable[str],
    ) -> None:
        """``name`` and ``usual`` key of the command, ``others``: the usual keys of all other commands."""
        super().__init__(parent)
        self._usual, self._changes, self._others = usual, dict(changes), tuple(others)
        self.setWindowTitle(tr("Change a key"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(theme.px(420))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(10)
        column.addWidget(label(name, "title", wrap=True))
        words = tr("Press the key that should do this. It works when you start tfdesk again.")
        column.addWidget(label(words, "muted", wrap=True))
        self.field = QKeySequenceEdit(QKeySequence(self._changes.get(usual, usual)))
        self.field.setMaximumSequenceLength(1)
        self.field.setAccessibleName(tr("New key"))
        column.addWidget(self.field)
        self.problem = label("", "error", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        self.usual = button(tr("As usual: {0}").format(pressed(usual)))
        self.usual.setVisible(usual in self._changes)
        self.usual.clicked.connect(self._take_back)
        cancel = button(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.use = button(tr("Use this key"), "primary")
        self.use.clicked.connect(self._change)
        column.addLayout(row(self.usual, None, cancel, self.use))
        for made in (self.usual, cancel, self.use):
            made.setAutoDefault(False)  # Enter belongs to the field

    def _take_back(self) -> None:
        self.field.setKeySequence(QKeySequence(self._usual))
        self._change()

    def _change(self) -> None:
        wanted = self.field.keySequence().toString(keys.PORTABLE)
        try:
            made = keys.with_change(self._changes, self._usual, wanted, self._others)
        except InputRefused as error:
            self.problem.setText(error.line())
            self.problem.show()
            return
        self.changed.emit(made)
        self.accept()
