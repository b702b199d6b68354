"""Change the words of one message."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from tfdesk.core.models import TurnRow
from tfdesk.ui.controls import KeyButton, label, row
from tfdesk.ui.text import tr


class EditDialog(QDialog):
    """An editor with the message in it. Ctrl+Enter saves, Esc leaves everything as it was.

    Signals:
        saved: TurnRow, new text
    """

    saved = Signal(TurnRow, str)

    def __init__(self, parent: QWidget, turn: TurnRow) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Edit a message"))  # never the client's name or words
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(520, 300)
        self._turn = turn
        client = turn.speaker == "client"
        self.text = QPlainTextEdit(turn.text)
        self.text.setProperty("look", "conversation")
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(tr("The words of the message"))
        self.text.textChanged.connect(self._on_changed)
        self.save = KeyButton(tr("Save"), "Ctrl+Return", "primary")
        self.save.setShortcut("Ctrl+Return")
        self.save.clicked.connect(self._save)
        self.save.setEnabled(False)
        cancel = KeyButton(tr("Cancel"), "Esc")
        cancel.clicked.connect(self.reject)
        title = tr("What the client wrote") if client else tr("Your reply")
        words = (
            tr("It is screened and read again; a risk that is open stays open.")
            if client
            else tr("What you approved no longer holds. Approve the new words in the message's menu.")
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(8)
        column.addWidget(label(title, "heading"))
        column.addWidget(self.text, 1)
        column.addWidget(label(words, "muted", wrap=True))
        column.addLayout(row(self.save, cancel, None))

    def _on_changed(self) -> None:
        text = self.text.toPlainText().strip()
        self.save.setEnabled(bool(text) and text != self._turn.text.strip())

    def _save(self) -> None:
        self.saved.emit(self._turn, self.text.toPlainText())
        self.accept()
