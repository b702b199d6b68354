"""A risk hit: the marked words, the clinic's protocol, and what a person did about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tfdesk.core.models import FLAGGED, Disposition
from tfdesk.jobs.desk_state import Marked
from tfdesk.services.protocols import Protocol, Protocols
from tfdesk.ui.choice_button import ChoiceButton
from tfdesk.ui.controls import Mark, MarkedText, button, card, clear, label, row
from tfdesk.ui.help_window import help_link
from tfdesk.ui.text import PLAIN, in_words
from tfdesk.ui.theme import Theme

NOTED = (Disposition.SUPERVISOR, Disposition.NOT_A_RISK)  # what asks for a few words


class RiskPanel(QWidget):
    """Shown instead of drafts until someone records what was done.

    Signals:
        disposed: Disposition, note
    """

    disposed = Signal(Disposition, str)

    def __init__(self, theme: Theme, protocols: Protocols) -> None:
        super().__init__()
        self._theme, self._protocols = theme, protocols
        self._noted = Disposition.NOT_A_RISK
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        hit, inner = card("risk")
        inner.setContentsMargins(14, 12, 14, 12)
        inner.addWidget(label(self.tr("Please read this message yourself first"), "risk-title", wrap=True))
        self._why = label("", wrap=True)
        inner.addWidget(self._why)
        self.given_back = label("", "strong", wrap=True)
        self.given_back.setTextFormat(PLAIN)
        inner.addWidget(self.given_back)
        self._quotes = QVBoxLayout()
        self._quotes.setSpacing(8)
        inner.addLayout(self._quotes)
        inner.addLayout(row(help_link(self.tr("What the screen misses"), "risk"), None))
        column.addWidget(hit)
        protocol, inner = card()
        self.questions = button(self.tr("Questions to ask"), "link")
        self.questions.setCheckable(True)
        self.questions.toggled.connect(self._on_questions_toggled)
        inner.addLayout(row(label(self.tr("Clinic protocol"), "strong"), None, self.questions))
        self._steps = QVBoxLayout()
        inner.addLayout(self._steps)
        column.addWidget(protocol)
        done, inner = card()
        inner.addWidget(label(self.tr("What did you do?"), "strong"))
        inner.addWidget(label(self.tr("Needed before anything is drafted again."), "muted", wrap=True))
        self.choices = {choice: self._choice(number, choice) for number, choice in enumerate(Disposition, 1)}
        for choice_button in self.choices.values():
            inner.addWidget(choice_button)
        self.note = QLineEdit()
        self.save = button(self.tr("Save"), "primary")
        self.save.setEnabled(False)
        self.note.textChanged.connect(self._on_note_changed)
        self.note.returnPressed.connect(self._save_noted)
        self.save.clicked.connect(self._save_noted)
        self._why_not = QWidget()
        line = row(self.note, self.save)
        line.setContentsMargins(0, 0, 0, 0)
        self._why_not.setLayout(line)
        inner.addWidget(self._why_not)
        column.addWidget(done)

    def _choice(self, number: int, choice: Disposition) -> QPushButton:
        made = ChoiceButton(number, in_words(choice.value))
        made.setProperty("disposition", choice.name)
        made.setShortcut(QKeySequence(str(number)))  # a text field with the focus takes the digit first
        made.clicked.connect(self._on_choice_clicked)
        return made

    def show_hit(self, marked: Sequence[Marked], given_back: str = "") -> None:
        """Show the marked messages, the words of a supervisor who gave it back, the category's protocol."""
        self.given_back.setText(self.tr("The supervisor gave this back: {0}").format(given_back))
        self.given_back.setVisible(bool(given_back))
        categories = list(dict.fromkeys(name for item in marked for name in item.risk.categories))
        self._why.setText(self._why_words(categories))
        clear(self._quotes)
        for item in marked:
            quote, inner = card("quote")
            words = MarkedText(self._theme, item.text, mark=Mark.RISK)
            words.mark(item.risk.spans)
            inner.addWidget(words)
            self._quotes.addWidget(quote)
        self._show_protocol(self._protocols.of(categories))
        self.note.clear()
        self._why_not.hide()

    def _why_words(self, categories: Sequence[str]) -> str:
        names = ", ".join(in_words(name.replace("_", " ")) for name in categories if name != FLAGGED)
        if not names and FLAGGED in categories:
            return self.tr("You marked this message as a risk. No reply is drafted.")
        words = self.tr("The screen marked words that can mean a risk: {0}. No reply was drafted.")
        return words.format(names or self.tr("harm"))

    def _show_protocol(self, protocol: Protocol) -> None:
        clear(self._steps)
        if protocol.notice:
            self._steps.addWidget(label(in_words(protocol.notice), "muted", wrap=True))
        self._steps.addWidget(_numbered(protocol.steps))
        for line in protocol.contacts:
            self._steps.addWidget(label(line, "strong", wrap=True))
        self._asked = QWidget()
        asked = QVBoxLayout(self._asked)
        asked.setContentsMargins(0, 6, 0, 0)
        asked.addWidget(label(self.tr("Ask the client, word for word:"), "muted", wrap=True))
        asked.addWidget(_numbered(protocol.questions))
        self._steps.addWidget(self._asked)
        self.questions.setVisible(bool(protocol.questions))
        self.questions.setChecked(False)
        self._asked.hide()

    def _on_questions_toggled(self, shown: bool) -> None:
        self._asked.setVisible(shown)

    def _on_choice_clicked(self) -> None:
        choice = Disposition[self.sender().property("disposition")]
        if choice in NOTED:
            self._noted = choice
            words = {
                Disposition.NOT_A_RISK: self.tr("Why is it not a risk?"),
                Disposition.SUPERVISOR: self.tr("What should they know? (optional)"),
            }[choice]
            self.note.setPlaceholderText(words)
            self.note.setAccessibleName(words)
            self._on_note_changed(self.note.text())
            self._why_not.show()
            self.note.setFocus()
        else:
            self.disposed.emit(choice, "")

    def _on_note_changed(self, text: str) -> None:
        self.save.setEnabled(self._noted is Disposition.SUPERVISOR or bool(text.strip()))

    def _save_noted(self) -> None:
        if self.save.isEnabled():
            self.disposed.emit(self._noted, self.note.text().strip())


def _numbered(steps: Sequence[str]) -> QWidget:
    """Steps with their numbers in a column of their own."""
    whole = QWidget()
    grid = QGridLayout(whole)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    for number, step in enumerate(steps):
        grid.addWidget(label(f"{number + 1}."), number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label(step, wrap=True), number, 1)
    return whole
