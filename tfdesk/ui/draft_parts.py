"""What a draft's card shows only when it is needed: why and what to do, and the editor."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from tfdesk.ui.components import Components
from tfdesk.ui.controls import KeyButton, label
from tfdesk.ui.flow import Flow
from tfdesk.ui.theme import Theme
from trainer.events import Reward


class Details(QWidget):
    """Why the draft stands where it stands, the parts of its reward, and what can be done with it."""

    def __init__(self, theme: Theme, reward: Reward, reason: str) -> None:
        super().__init__()
        inner = QVBoxLayout(self)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        self.why = label(reason, "muted", wrap=True)
        inner.addWidget(self.why)
        self.components = Components(theme, reward.components)
        inner.addWidget(self.components)
        self.approve = KeyButton(self.tr("Approve"), "Ctrl+Return", "primary")
        self.edit = KeyButton(self.tr("Edit"), "Ctrl+E")
        self.reject = KeyButton(self.tr("Reject"), "Ctrl+Shift+X")
        inner.addLayout(Flow(self.approve, self.edit, self.reject, spacing=6))


class Editor(QWidget):
    """The draft as text that can be changed.

    Signals:
        saved
        cancelled
    """

    saved = Signal()
    cancelled = Signal()

    def __init__(self, theme: Theme, characters: int) -> None:
        """``characters``: how long the draft is, for the editor's height."""
        super().__init__()
        self.text = QPlainTextEdit()
        self.text.setProperty("look", "conversation")
        self.text.setAccessibleName(self.tr("Edit the draft"))
        self.text.setTabChangesFocus(True)
        lines = min(12, max(4, characters // 42 + 2))
        self.text.setFixedHeight(theme.px(lines * 22 + 20))
        save = KeyButton(self.tr("Save and approve"), "Ctrl+Return", "primary")
        cancel = KeyButton(self.tr("Cancel"), "Esc")
        save.clicked.connect(self.saved)
        cancel.clicked.connect(self.cancelled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.text)
        column.addLayout(Flow(save, cancel))
