"""What therapists handed over to the supervisor: whose message, when, with what words; taken one by one."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from tfdesk.core.errors import InputRefused, KnownError
from tfdesk.services.hand_overs import HandOver, HandOvers
from tfdesk.ui.controls import button, card, clear, label, row
from tfdesk.ui.error_dialog import show_error
from tfdesk.ui.text import PLAIN, time_in_transcript, tr
from tfdesk.ui.theme import Theme


class HandOverDialog(QDialog):
    """The queue. Without the supervisor's passphrase it can be read, not closed.

    Signals:
        conversation_requested: client id, turn id
        changed: one was taken over or given back
        given_back: one was given back, its risk is open again
    """

    conversation_requested = Signal(int, int)
    changed = Signal()
    given_back = Signal()

    def __init__(self, parent: QWidget, theme: Theme, queue: HandOvers) -> None:
        super().__init__(parent)
        self._queue = queue
        queue.see()
        self.setWindowTitle(tr("Risks handed over"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(theme.px(560), theme.px(520))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(10)
        column.addWidget(label(tr("Handed over to the supervisor"), "title", wrap=True))
        self.words = label("", "muted", wrap=True)
        column.addWidget(self.words)
        inside = QWidget()
        self._cards = QVBoxLayout(inside)
        self._cards.setContentsMargins(0, 0, 8, 0)
        self._cards.setSpacing(12)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        column.addWidget(area, 1)
        close = button(tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column.addLayout(row(None, close))
        self._show()

    def _show(self) -> None:
        clear(self._cards)
        waiting = self._queue.open()
        if not waiting:
            self.words.setText(tr("Nothing waits for the supervisor."))
        elif self._queue.may_take:
            self.words.setText(
                tr("The oldest first. What you take over or give back leaves this list and stays in the log.")
            )
        else:
            self.words.setText(tr("The supervisor takes these over, after unlocking with their passphrase."))
        for one in waiting:
            self._cards.addWidget(self._card(one))
        self._cards.addStretch(1)

    def _card(self, one: HandOver) -> QWidget:
        frame, inner = card()
        words = time_in_transcript(one.at, time.time())
        if one.seen_at is not None:
            words = tr("{0}, seen {1}").format(words, time_in_transcript(one.seen_at, time.time()))
        when = label(words, "muted")
        name = label(one.client, "strong", wrap=True)
        name.setTextFormat(PLAIN)
        inner.addLayout(row(name, None, when))
        for words, look in ((one.text, "conversation"), (one.note, "muted")):
            if words:
                shown = label(words, look, wrap=True)
                shown.setTextFormat(PLAIN)
                inner.addWidget(shown)
        there = button(tr("Open the conversation"))
        there.clicked.connect(partial(self._go, one))
        if self._queue.may_take:
            note = QLineEdit(placeholderText=tr("What you did, or what the therapist should do"))
            note.setAccessibleName(tr("What you did, or what the therapist should do"))
            taken = button(tr("Taken over"), "primary")
            taken.setAutoDefault(False)
            taken.clicked.connect(partial(self._take, one, note))
            back = button(tr("Give back"))
            back.setAutoDefault(False)
            back.clicked.connect(partial(self._give_back, one, note))
            inner.addWidget(note)
            inner.addLayout(row(there, None, back, taken))
        else:
            inner.addLayout(row(there, None))
        return frame

    def _go(self, one: HandOver) -> None:
        self.conversation_requested.emit(one.client_id, one.turn_id)
        self.accept()

    def _take(self, one: HandOver, note: QLineEdit) -> None:
        try:
            self._queue.take(one.turn_id, note.text())
        except KnownError as error:
            show_error(self, error)
        self.changed.emit()
        self._show()

    def _give_back(self, one: HandOver, note: QLineEdit) -> None:
        try:
            self._queue.give_back(one.turn_id, note.text())
        except InputRefused as error:
            show_error(self, error)  # the note stays, to be written
            return
        except KnownError as error:
            show_error(self, error)
        self.changed.emit()
        self.given_back.emit()
        self._show()
