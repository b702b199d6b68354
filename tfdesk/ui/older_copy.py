"""The notice above the pages when the vault that was opened is an older copy than the one that was closed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tfdesk.ui.controls import button, card, label, row
from tfdesk.ui.text import in_words


class OlderCopy(QWidget):
    """One sentence, what to do, and a button for whoever put the copy back on purpose.

    Signals:
        accepted: go on with this copy
    """

    accepted = Signal()

    def __init__(self, warning: str) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 8, 12, 0)
        frame, inner = card("warning")
        inner.addWidget(label(in_words(warning), "strong", wrap=True))
        words = self.tr(
            "If you did not restore it yourself, write nothing: lock the window, look for the newer vault (a "
            "folder named vault.kept, or a backup) and tell who looks after this computer. If you did, say "
            "so here; the audit log keeps it."
        )
        inner.addWidget(label(words, wrap=True))
        self.accept = button(self.tr("I put it back on purpose"))
        self.accept.clicked.connect(self.accepted)
        inner.addLayout(row(None, self.accept))
        outer.addWidget(frame)
