"""A line below the conversation: what was just done, and one key to undo it, do it again or go on."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame

from tfdesk.jobs.desk_state import Offer
from tfdesk.ui.announce import announce
from tfdesk.ui.controls import KeyButton, label, row
from tfdesk.ui.text import in_words

NOTICE_MS = 12_000  # how long a notice stays


class NoticeBar(QFrame):
    """Words and at most one button.

    Signals:
        accepted: Offer
    """

    accepted = Signal(Offer)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "notice")
        self.words = label("", wrap=True)
        self.buttons = {
            Offer.UNDO: KeyButton(self.tr("Undo"), "Ctrl+Alt+Z"),
            Offer.REDO: KeyButton(self.tr("Redo"), "Ctrl+Alt+Shift+Z"),
            Offer.REDRAFT: KeyButton(self.tr("Redraft"), "Ctrl+R"),
        }
        inner = row(spacing=8)
        inner.addWidget(self.words, 1)
        for offer, made in self.buttons.items():
            made.setProperty("offer", offer.name)
            made.clicked.connect(self._on_clicked)
            inner.addWidget(made)
        inner.setContentsMargins(20, 6, 20, 6)
        self.setLayout(inner)
        self._timer = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_notice(self, words: str, offer: Offer) -> None:
        """Show ``words`` for a while, with the button of ``offer``."""
        words = in_words(words)
        self.words.setText(words)
        for kind, made in self.buttons.items():
            made.setVisible(kind is offer)
        self.show()
        self._timer.start()
        announce(self, words)

    def _on_clicked(self) -> None:
        self.accepted.emit(Offer[self.sender().property("offer")])
