"""A pasted chat before it is kept: who is who, which messages, which lines are left out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QGridLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tfdesk.core.models import TurnRow
from tfdesk.services.intake_rows import Meaning, Message
from tfdesk.services.pasted import Chat, known_already
from tfdesk.ui.controls import KeyButton, button, label, row
from tfdesk.ui.text import in_words
from tfdesk.ui.theme import Theme

CHOICES: tuple[Meaning, ...] = ("client", "therapist", "skip")
MOST_LABELS = 8  # names that get a line of their own; a chat with more is hardly one of therapy


class PasteDialog(QDialog):
    """Preview of the recognised turns.

    Signals:
        accepted_messages: tuple of Message to add, those known already left out
        as_one_message: the text is a single message after all
    """

    accepted_messages = Signal(object)
    as_one_message = Signal()

    def __init__(
        self, parent: QWidget, theme: Theme, chat: Chat, client_name: str, known: Sequence[TurnRow]
    ) -> None:
        """``known``: what the conversation holds already."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("A chat was pasted"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wanted = QSize(theme.px(620), theme.px(560))
        self.resize(wanted.boundedTo(parent.window().size() - QSize(40, 60)))
        self._chat = chat
        self._known = [(turn.speaker, turn.text) for turn in known]
        self._meanings = chat.guess(client_name)
        self._new: tuple[Message, ...] = ()
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Messages that were recognised"))
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        self.list.setProperty("look", "preview")
        self.summary = label("", "muted", wrap=True)
        self.add = KeyButton(self.tr("Add the messages"), "Return", "primary")
        self.add.clicked.connect(self._accept)
        self.add.setDefault(True)
        one = button(self.tr("It is one message"))
        one.clicked.connect(self._take_as_one)
        cancel = KeyButton(self.tr("Cancel"), "Esc")
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(label(self.tr("Who is who?"), "heading"))
        column.addWidget(self._who())
        column.addWidget(self.list, 1)
        column.addWidget(self.summary)
        column.addLayout(row(self.add, one, None, cancel))
        self._show()

    def _who(self) -> QWidget:
        whole = QWidget()
        grid = QGridLayout(whole)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(2, 1)
        words = {"client": self.tr("the client"), "therapist": self.tr("you"), "skip": self.tr("leave out")}
        self.choices: dict[str, QComboBox] = {}
        for number, name in enumerate(self._chat.labels[:MOST_LABELS]):
            choice = QComboBox()
            choice.setAccessibleName(self.tr("Who is {0}?").format(name))
            for meaning in CHOICES:
                choice.addItem(words[meaning], meaning)
            choice.setCurrentIndex(
                CHOICES.index(self._meanings[name]) if self._meanings[name] in CHOICES else 2
            )
            choice.currentIndexChanged.connect(partial(self._on_chosen, name))
            self.choices[name] = choice
            grid.addWidget(label(name, "strong"), number, 0)
            grid.addWidget(choice, number, 1)
        return whole

    def _on_chosen(self, name: str, index: int) -> None:
        self._meanings[name] = CHOICES[index]
        self._show()

    def _show(self) -> None:
        messages, skipped = self._chat.read(self._meanings)
        old = known_already(self._known, [(m.speaker, m.text) for m in messages])
        self._new = messages[old:]
        self.list.clear()
        who = {"client": self.tr("Client"), "therapist": self.tr("You")}
        for message in self._new:
            self.list.addItem(QListWidgetItem(f"{who[message.speaker]}:  {message.text}"))
        parts = [self.tr("Messages to add: {0}.").format(len(self._new))]
        if old:
            parts.append(self.tr("Here already, at the beginning: {0}.").format(old))
        if skipped:
            words = self.tr("Left out: {0}, the first is line {1} ({2}).")
            parts.append(words.format(len(skipped), skipped[0].line, in_words(skipped[0].reason)))
        self.summary.setText(" ".join(parts))
        self.add.setEnabled(bool(self._new))

    def sizeHint(self) -> QSize:
        return QSize(620, 560)

    def _accept(self) -> None:
        self.accepted_messages.emit(self._new)
        self.accept()

    def _take_as_one(self) -> None:
        self.as_one_message.emit()
        self.accept()
