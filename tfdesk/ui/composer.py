"""The box at the bottom of the conversation: what the client wrote, typed or pasted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from tfdesk.services.pasted import recognise
from tfdesk.ui.controls import KeyButton
from tfdesk.ui.theme import Theme

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
MOST_LINES = 6  # the box grows with its text up to here, then scrolls


class MessageBox(QPlainTextEdit):
    """Plain text only; Enter adds, Shift+Enter starts a new line, Up and Down leave an empty box.

    Signals:
        added: Enter was pressed
        selection_moved: 1 or -1, for the drafts
        chat_pasted: Chat, the text it came from
    """

    added = Signal()
    selection_moved = Signal(int)
    chat_pasted = Signal(object, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("look", "conversation")
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._fit)
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        lines = max(2 if self._theme.large else 1, min(MOST_LINES, round(self.document().size().height())))
        edges = self._theme.px(22) + 2 * self._theme.colours.line_width
        self.setFixedHeight(self.fontMetrics().lineSpacing() * lines + edges)

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        # Ctrl+Enter approves a draft elsewhere; here, with words in the box, it must add them.
        if override and event.key() in ENTER and self.toPlainText().strip():  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() in ENTER and not shift:
            self.added.emit()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not self.toPlainText():
            self.selection_moved.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste the text alone; NUL cannot be kept and is taken out. Several people's turns are offered
        as such when the box is empty."""
        text = source.text().replace("\0", "")
        chat = recognise(text) if not self.toPlainText().strip() else None
        if chat is not None:
            self.chat_pasted.emit(chat, text)
        else:
            self.insertPlainText(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.height())


class Composer(QWidget):
    """Message box and Add.

    Signals:
        message_added: text
        selection_moved: 1 or -1
        chat_pasted: Chat, the text it came from
    """

    message_added = Signal(str)
    selection_moved = Signal(int)
    chat_pasted = Signal(object, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("composer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.box = MessageBox(theme)
        self.box.setPlaceholderText(self.tr("Paste what the client wrote"))
        self.box.setAccessibleName(self.tr("What the client wrote"))
        self.box.added.connect(self._add)
        self.box.selection_moved.connect(self.selection_moved)
        self.box.chat_pasted.connect(self.chat_pasted)
        self.add = KeyButton(self.tr("Add"), "Return")
        self.add.clicked.connect(self._add)
        line = QHBoxLayout(self)
        line.setContentsMargins(20, 10, 20, 10)
        line.setSpacing(10)
        line.addWidget(self.box, 1)
        line.addWidget(self.add, 0, Qt.AlignmentFlag.AlignVCenter)

    def _add(self) -> None:
        text = self.box.toPlainText()
        if text.strip():
            self.message_added.emit(text)
