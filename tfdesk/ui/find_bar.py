"""Find in the open conversation: a line above it while it is used."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from tfdesk.ui.controls import button, label, row, surface
from tfdesk.ui.transcript import Transcript
from trainer.events import Span

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FindBar(QWidget):
    """Words to find, how many there are, back and on. Enter goes to the one before, Shift+Enter on.

    Signals:
        closed: and it had the keyboard
    """

    closed = Signal()

    def __init__(self, transcript: Transcript) -> None:
        super().__init__()
        self._transcript = transcript
        self._found: list[Span] = []
        self._place = 0
        self.words = QLineEdit(placeholderText=self.tr("Find in this conversation"), clearButtonEnabled=True)
        self.words.setAccessibleName(self.tr("Find in this conversation"))
        self.words.textChanged.connect(self._find)
        self.count = label("", "muted")
        self.before = button("↑", hint=self.tr("The one before"))
        self.after = button("↓", hint=self.tr("The next one"))
        self.before.setAccessibleName(self.tr("The one before"))
        self.after.setAccessibleName(self.tr("The next one"))
        self.before.clicked.connect(self._go_back)
        self.after.clicked.connect(self._go_on)
        self._close = button(self.tr("Close"))
        self._close.clicked.connect(self.close_bar)
        frame = surface("find_bar")
        line = row(self.words, self.count, self.before, self.after, self._close)
        line.setContentsMargins(20, 8, 20, 8)
        frame.setLayout(line)
        outer = row(frame)
        outer.setContentsMargins(0, 0, 0, 0)
        self.setLayout(outer)
        self.hide()

    def open_bar(self) -> None:
        """Show the line and take the keyboard; words from last time are selected."""
        self.show()
        self.words.setFocus()
        self.words.selectAll()
        self._find(self.words.text())

    def close_bar(self) -> None:
        """Hide the line and its marks."""
        if not self.isHidden():
            focused = self.isAncestorOf(QApplication.focusWidget() or self)
            self.hide()
            self._transcript.find_words("")
            if focused:
                self.closed.emit()

    def find_again(self) -> None:
        """The conversation is another one: mark it anew, without moving."""
        if not self.isHidden():
            self._found = self._transcript.find_words(self.words.text().strip())
            self._place = len(self._found) - 1
            self._show_count()

    def _find(self, _words: str) -> None:
        """The latest place first: what was said last is looked for most."""
        self.find_again()
        if self._found:
            self._transcript.show_found(self._found[self._place])

    def _show_count(self) -> None:
        if self._found:
            self.count.setText(self.tr("{0} of {1}").format(self._place + 1, len(self._found)))
        else:
            self.count.setText(self.tr("not found") if self.words.text().strip() else "")
        for step in (self.before, self.after):
            step.setEnabled(len(self._found) > 1)

    def _go_back(self) -> None:
        self._step(-1)

    def _go_on(self) -> None:
        self._step(1)

    def _step(self, step: int) -> None:
        if self._found:
            self._place = (self._place + step) % len(self._found)
            self._show_count()
            self._transcript.show_found(self._found[self._place])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and self.words.hasFocus():
            self._step(1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else -1)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        else:
            super().keyPressEvent(event)
