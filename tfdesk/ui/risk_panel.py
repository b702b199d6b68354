"""A risk hit: the marked words, the clinic's protocol, and what a person did about it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tfdesk.core.models import Disposition
from tfdesk.jobs.desk_state import Marked
from tfdesk.ui.controls import MarkedText, button, card, clear, label, row
from tfdesk.ui.theme import Theme
from trainer.config import resources_dir


def protocol_steps(categories: Sequence[str]) -> list[str]:
    """The clinic's steps for the first of these categories that has its own, else the general ones."""
    table = tomllib.loads((resources_dir() / "protocols" / "default.toml").read_text(encoding="utf8"))
    for name in categories:
        own = table.get(name.replace(" ", "_").replace("-", "_"))
        if isinstance(own, dict):
            return list(own["steps"])
    return list(table["steps"])


class RiskPanel(QWidget):
    """Shown instead of drafts until someone records what was done.

    Signals:
        disposed: Disposition, note
    """

    disposed = Signal(Disposition, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        hit, inner = card("risk")
        inner.setContentsMargins(14, 12, 14, 12)
        inner.addWidget(label(self.tr("Please read this message yourself first"), "risk-title", wrap=True))
        self._why = label("", wrap=True)
        inner.addWidget(self._why)
        self._quotes = QVBoxLayout()
        self._quotes.setSpacing(8)
        inner.addLayout(self._quotes)
        column.addWidget(hit)
        protocol, inner = card()
        inner.addWidget(label(self.tr("Clinic protocol"), "strong"))
        self._steps = QVBoxLayout()
        inner.addLayout(self._steps)
        column.addWidget(protocol)
        done, inner = card()
        inner.addWidget(label(self.tr("What did you do?"), "strong"))
        inner.addWidget(label(self.tr("Needed before anything is drafted again."), "muted", wrap=True))
        self.choices = {choice: self._choice(number, choice) for number, choice in enumerate(Disposition, 1)}
        for choice_button in self.choices.values():
            inner.addWidget(choice_button)
        self.note = QLineEdit(placeholderText=self.tr("Why is it not a risk?"))
        self.note.setAccessibleName(self.tr("Why is it not a risk?"))
        self.save = button(self.tr("Save"), "primary")
        self.save.setEnabled(False)
        self.note.textChanged.connect(self._on_note_changed)
        self.note.returnPressed.connect(self._save_not_a_risk)
        self.save.clicked.connect(self._save_not_a_risk)
        self._why_not = QWidget()
        line = row(self.note, self.save)
        line.setContentsMargins(0, 0, 0, 0)
        self._why_not.setLayout(line)
        inner.addWidget(self._why_not)
        column.addWidget(done)

    def _choice(self, number: int, choice: Disposition) -> QPushButton:
        made = button(f"{number}   {self.tr(choice.value)}", "choice")
        made.setAccessibleName(self.tr(choice.value))
        made.setProperty("disposition", choice.name)
        made.setShortcut(QKeySequence(str(number)))  # a text field with the focus takes the digit first
        made.clicked.connect(self._on_choice_clicked)
        return made

    def show_hit(self, marked: Sequence[Marked]) -> None:
        """Show the marked messages and the protocol for their category."""
        categories = list(dict.fromkeys(name for item in marked for name in item.risk.categories))
        names = ", ".join(name.replace("_", " ") for name in categories) or self.tr("harm")
        self._why.setText(
            self.tr("The screen marked words that can mean a risk: {0}. No reply was drafted.").format(names)
        )
        clear(self._quotes)
        for item in marked:
            quote, inner = card("quote")
            words = MarkedText(self._theme, item.text, risk=True)
            words.mark(item.risk.spans)
            inner.addWidget(words)
            self._quotes.addWidget(quote)
        clear(self._steps)
        self._steps.addWidget(_numbered(protocol_steps(categories)))
        self.note.clear()
        self._why_not.hide()

    def _on_choice_clicked(self) -> None:
        choice = Disposition[self.sender().property("disposition")]
        if choice is Disposition.NOT_A_RISK:
            self._why_not.show()
            self.note.setFocus()
        else:
            self.disposed.emit(choice, "")

    def _on_note_changed(self, text: str) -> None:
        self.save.setEnabled(bool(text.strip()))

    def _save_not_a_risk(self) -> None:
        if self.note.text().strip():
            self.disposed.emit(Disposition.NOT_A_RISK, self.note.text().strip())


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
        grid.addWidget(label(whole.tr(step), wrap=True), number, 1)
    return whole
