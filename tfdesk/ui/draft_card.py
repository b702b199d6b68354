"""One draft: strategy, reward, text; when selected also why, and what to do with it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from tfdesk.core.models import DraftRow, DraftState, RejectReason
from tfdesk.ui.components import Components, raising
from tfdesk.ui.controls import KeyButton, label, row
from tfdesk.ui.flow import Flow
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
        sentence_taken: a sentence, for an editor that is open elsewhere
        editing_changed: whether the editor is open
    """

    selected = Signal()
    approve_requested = Signal()
    edit_saved = Signal(str)
    reject_requested = Signal(RejectReason, str)
    evidence_shown = Signal(object)
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
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(6)
        column.addLayout(self._header())
        self._text = SentenceText(theme, draft.draft.text)
        self._text.taken.connect(self.sentence_taken)
        column.addWidget(self._text)
        self._details = QWidget()
        inner = QVBoxLayout(self._details)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        self.why = label(reason, "muted", wrap=True)
        inner.addWidget(self.why)
        self.components = Components(theme, draft.draft.reward.components)
        self.components.pointed.connect(self._on_component_pointed)
        inner.addWidget(self.components)
        self.approve = KeyButton(self.tr("Approve"), "Ctrl+Return", "primary")
        self.edit = KeyButton(self.tr("Edit"), "Ctrl+E")
        self.reject = KeyButton(self.tr("Reject"), "Ctrl+Shift+X")
        self.approve.clicked.connect(self.approve_requested)
        self.edit.clicked.connect(self.start_editing)
        self.reject.clicked.connect(self.open_reasons)
        inner.addLayout(Flow(self.approve, self.edit, self.reject, spacing=6))
        column.addWidget(self._details)
        self._editing = self._build_editor()
        column.addWidget(self._editing)
        self._editing.hide()
        self._details.hide()
        self._name()

    @property
    def open(self) -> bool:
        """Whether the draft can still be decided."""
        return self.row.state is DraftState.offered

    @property
    def editing(self) -> bool:
        return not self._editing.isHidden()

    def _build_editor(self) -> QWidget:
        self.editor = QPlainTextEdit()
        self.editor.setProperty("look", "conversation")
        self.editor.setAccessibleName(self.tr("Edit the draft"))
        self.editor.setTabChangesFocus(True)
        lines = min(12, max(4, len(self.row.draft.text) // 42 + 2))
        self.editor.setFixedHeight(self._theme.px(lines * 22 + 20))
        save = KeyButton(self.tr("Save and approve"), "Ctrl+Return", "primary")
        cancel = KeyButton(self.tr("Cancel"), "Esc")
        save.clicked.connect(self.save_edit)
        cancel.clicked.connect(self.cancel_edit)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.editor)
        column.addLayout(Flow(save, cancel))
        return whole

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
        self._details.setVisible(selected and self.open and not self.editing)
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
        parts = self.row.draft.reward.components
        self._show_evidence(parts[name].evidence if name else raising(parts))

    def start_editing(self) -> None:
        """Replace the text by an editor; saving approves the edited text."""
        if self.editing or not self.open:
            return
        self.editor.setPlainText(self.row.draft.text)
        self._text.hide()
        self._details.hide()
        self._editing.show()
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
            self._editing.hide()
            self._text.show()
            self._details.show()
            self.setFocus()
            self.editing_changed.emit(False)

    def open_reasons(self) -> None:
        """Ask why, then reject."""
        if self.open and not self.editing:
            popup = RejectPopup(self)
            popup.chosen.connect(self.reject_requested)
            popup.open_at(self.reject, self)

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
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._details.isVisible():
            self.components.step(1 if event.key() == Qt.Key.Key_Right else -1)
        elif event.text() in set("123456789") and not self.editing:
            self._text.take(int(event.text()))
        else:
            super().keyPressEvent(event)
