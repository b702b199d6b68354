"""One draft: strategy, reward, text; when selected also why, and what to do with it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from tfdesk.core.models import DraftRow, DraftState, RejectReason
from tfdesk.ui.components import raising
from tfdesk.ui.controls import label, row
from tfdesk.ui.draft_parts import Details, Editor
from tfdesk.ui.reject_popup import RejectPopup
from tfdesk.ui.sentence_text import SentenceText
from tfdesk.ui.text import figure, in_words
from tfdesk.ui.theme import Theme, set_look
from trainer.events import Span


class DraftCard(QFrame):
    """A draft that waits for a decision, or shows the one it got.

    Signals:
        selected: the person chose this card
        approve_requested
        edit_saved: the text to approve instead
        reject_requested: RejectReason, note
        evidence_shown: the spans that are marked in the draft now
        component_pointed: part of the reward that is pointed at, "" for none
        sentence_taken: a sentence, for an editor that is open elsewhere
        editing_changed: whether the editor is open
    """

    selected = Signal()
    approve_requested = Signal()
    edit_saved = Signal(str)
    reject_requested = Signal(RejectReason, str)
    evidence_shown = Signal(object)
    component_pointed = Signal(str)
    sentence_taken = Signal(str)
    editing_changed = Signal(bool)

    def __init__(self, theme: Theme, draft: DraftRow, reason: str) -> None:
        """``reason``: why the draft stands where it stands, a sentence."""
        super().__init__()
        self.row = draft
        self._theme = theme
        self.setProperty("look", "card")
        self.setProperty("selected", "false")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if self.open else Qt.FocusPolicy.NoFocus)
        self._reason = reason
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 12, 10)
        self._column.setSpacing(6)
        self._column.addLayout(self._header())
        self._text = SentenceText(theme, draft.draft.text)
        self._text.taken.connect(self.sentence_taken)
        self._column.addWidget(self._text)
        self._name()

    @property
    def open(self) -> bool:
        """Whether the draft can still be decided."""
        return self.row.state is DraftState.offered

    @cached_property
    def details(self) -> Details:
        """Made when the card is first selected: three cards at once would hold up the window."""
        made = Details(self._theme, self.row.draft.reward, self._reason)
        made.components.pointed.connect(self._on_component_pointed)
        made.approve.clicked.connect(self.approve_requested)
        made.edit.clicked.connect(self.start_editing)
        made.reject.clicked.connect(self.open_reasons)
        made.hide()
        self._column.insertWidget(2, made)
        return made

    @cached_property
    def _editor(self) -> Editor:
        made = Editor(self._theme, len(self.row.draft.text))
        made.saved.connect(self.save_edit)
        made.cancelled.connect(self.cancel_edit)
        made.hide()
        self._column.addWidget(made)
        return made

    @property
    def editor(self) -> QPlainTextEdit:
        return self._editor.text

    @property
    def editing(self) -> bool:
        return "_editor" in self.__dict__ and not self._editor.isHidden()

    def _header(self) -> QHBoxLayout:
        reward = self.row.draft.reward.total
        words = label(self.tr("reward"), "muted")
        score = label(figure(reward), "score")
        explained = self.tr(
            "How well the draft scores on the parts below, from 0 to 1. It ranks drafts; it does not replace "
            "your judgement."
        )
        for part in (words, score):
            part.setToolTip(explained)
        state = {
            DraftState.rejected: self.tr("rejected"),
            DraftState.superseded: self.tr("not used"),
            DraftState.approved: self.tr("approved"),
            DraftState.edited: self.tr("edited and approved"),
        }.get(self.row.state)
        note = label(state or "", "muted")
        note.setVisible(state is not None)
        return row(label(in_words(self.row.draft.strategy), "chip"), note, None, words, score)

    def _name(self) -> None:
        reward = self.row.draft.reward.total
        self.setAccessibleName(
            self.tr("Draft {0}, {1}, reward {2}").format(
                self.row.rank + 1, in_words(self.row.draft.strategy), figure(reward)
            )
        )
        self.setAccessibleDescription(self.row.draft.text)

    def set_selected(self, selected: bool) -> None:
        """Open or close the card: components, evidence and actions show on the selected one only."""
        set_look(self, "selected", "true" if selected else "false")
        shown = selected and self.open and not self.editing
        if shown or "details" in self.__dict__:
            self.details.setVisible(shown)
        self._show_evidence(raising(self.row.draft.reward.components) if selected else ())

    def set_taking(self, taking: bool) -> None:
        """Whether single sentences can be taken from this draft, by a click or by their number."""
        if taking != self._text.taking:
            self._text.set_taking(taking)
            shown = self.property("selected") == "true" and not taking
            self._show_evidence(raising(self.row.draft.reward.components) if shown else ())

    def _show_evidence(self, spans: Iterable[Span]) -> None:
        shown = tuple(spans)
        self._text.mark(span for span in shown if span.where == "reply")
        if self.property("selected") == "true":
            self.evidence_shown.emit(shown)

    def _on_component_pointed(self, name: str) -> None:
        """The words that moved one component, up or down; without one, all that raised the reward."""
        self.component_pointed.emit(name)
        parts = self.row.draft.reward.components
        self._show_evidence(parts[name].evidence if name else raising(parts))

    def start_editing(self) -> None:
        """Replace the text by an editor; saving approves the edited text."""
        if self.editing or not self.open:
            return
        self.editor.setPlainText(self.row.draft.text)
        self._text.hide()
        self.details.hide()
        self._editor.show()
        self.editor.setFocus()
        self.editor.moveCursor(QTextCursor.MoveOperation.End)
        self.editing_changed.emit(True)

    def save_edit(self) -> None:
        """Approve what stands in the editor."""
        if self.editing and self.editor.toPlainText().strip():
            self.edit_saved.emit(self.editor.toPlainText())

    def cancel_edit(self) -> None:
        """Close the editor; the draft stays as it was written."""
        if self.editing:
            self._editor.hide()
            self._text.show()
            self.details.show()
            self.setFocus()
            self.editing_changed.emit(False)

    def open_reasons(self) -> None:
        """Ask why, then reject."""
        if self.open and not self.editing:
            popup = RejectPopup(self)
            popup.chosen.connect(self.reject_requested)
            popup.open_at(self.details.reject, self)

    def _can_step(self) -> bool:
        return "details" in self.__dict__ and self.details.isVisible()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if self.open:
            self.selected.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.selected.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.editing:
            self.cancel_edit()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._can_step():
            self.details.components.step(1 if event.key() == Qt.Key.Key_Right else -1)
        elif event.text() in set("123456789") and not self.editing:
            self._text.take(int(event.text()))
        else:
            super().keyPressEvent(event)
