"""Fields for secrets, and the card in the middle of the window that asks for them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from tfdesk.ui.controls import row


def centred(inner: QWidget, width: int) -> QVBoxLayout:
    """A layout that keeps ``inner`` in the middle, ``width`` pixels wide."""
    inner.setFixedWidth(width)
    column = QVBoxLayout()
    column.addStretch(2)
    column.addLayout(row(None, inner, None))  # an alignment would keep wrapped labels from growing
    column.addStretch(3)
    return column


def passphrase_field(name: str) -> QLineEdit:
    """A field that shows dots and is kept out of the input method's memory."""
    made = QLineEdit(echoMode=QLineEdit.EchoMode.Password)
    made.setAccessibleName(name)
    hints = Qt.InputMethodHint
    made.setInputMethodHints(hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase)
    return made


def key_field(name: str) -> QLineEdit:
    """A field that is legible but kept out of the input method's memory."""
    made = QLineEdit()
    made.setAccessibleName(name)
    hints = Qt.InputMethodHint
    made.setInputMethodHints(hints.ImhSensitiveData | hints.ImhNoPredictiveText)
    return made
