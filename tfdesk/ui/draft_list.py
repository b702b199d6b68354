"""The drafts of one set, one below the other; one of them is selected."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from tfdesk.core.models import DraftRow, RejectReason
from tfdesk.ui.controls import clear
from tfdesk.ui.draft_card import DraftCard
from tfdesk.ui.theme import Theme
from tfdesk.ui.why import why
from trainer.events import Span


class DraftList(QWidget):
    """Cards and the selection among them.

    Signals:
        approve_requested: DraftRow
        edit_saved: DraftRow, text
        reject_requested: DraftRow, RejectReason, note
        component_pointed: part of a reward that is pointed at, "" for none
        evidence_shown: the selected DraftRow, the spans that are marked in it
        sentence_taken: a sentence for the editor that is open
        editing_changed
        selection_moved: the card to bring into view
        focus_freed: what had the keyboard focus is gone
    """

    approve_requested = Signal(DraftRow)
    edit_saved = Signal(DraftRow, str)
    reject_requested = Signal(DraftRow, RejectReason, str)
    component_pointed = Signal(str)
    evidence_shown = Signal(DraftRow, object)
    sentence_taken = Signal(str)
    editing_changed = Signal()
    selection_moved = Signal(QWidget)
    focus_freed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: tuple[DraftRow, ...] = ()
        self._taking = False
        self.cards: list[DraftCard] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        theme.changed.connect(self._on_theme_changed)

    def show_drafts(self, drafts: tuple[DraftRow, ...]) -> bool:
        """Show a set, its first open draft selected. False when it is shown already."""
        if drafts == self._shown:
            return False
        self._shown = drafts
        focus = QApplication.focusWidget()
        focused = focus is not None and self.isAncestorOf(focus)
        clear(self._column)
        self.cards = [self._card(draft) for draft in drafts]
        for made in self.cards:
            self._column.addWidget(made)
        first = next((made for made in self.cards if made.open), None)
        if first is not None:
            self.select(first)
        self.set_taking(self._taking)
        if focused and first is not None and self.isVisible():
            first.setFocus()
        elif focused:
            self.focus_freed.emit()
        return True

    def _card(self, draft: DraftRow) -> DraftCard:
        made = DraftCard(self._theme, draft, why(draft, self._shown))
        made.selected.connect(self._on_card_selected)
        made.approve_requested.connect(self.approve)
        made.edit_saved.connect(self._on_edit_saved)
        made.reject_requested.connect(self._on_reject_requested)
        made.component_pointed.connect(self.component_pointed)
        made.evidence_shown.connect(self._on_evidence_shown)
        made.sentence_taken.connect(self.sentence_taken)
        made.editing_changed.connect(self.editing_changed)
        return made

    def _on_theme_changed(self) -> None:
        drafts = self._shown
        if drafts and self.editing is None:
            self._shown = ()
            self.show_drafts(drafts)

    # Selection --------------------------------------------------------------------------

    @property
    def selected(self) -> DraftCard | None:
        """The open card, the one that Approve, Edit and Reject act on."""
        return next((made for made in self.cards if made.property("selected") == "true"), None)

    @property
    def editing(self) -> DraftCard | None:
        """The card whose editor is open."""
        return next((made for made in self.cards if made.editing), None)

    def select(self, chosen: DraftCard) -> None:
        """Open one card and close the others."""
        for made in self.cards:
            made.set_selected(made is chosen)

    def _on_card_selected(self) -> None:
        chosen = self.sender()
        if isinstance(chosen, DraftCard) and chosen is not self.selected and self.editing is None:
            self.select(chosen)

    def move_selection(self, step: int) -> None:
        """Select the next (1) or previous (-1) draft that can be decided."""
        choices = [made for made in self.cards if made.open]
        if self.selected in choices and self.isVisible():
            place = choices.index(self.selected) + step
            chosen = choices[max(0, min(len(choices) - 1, place))]
            self.select(chosen)
            chosen.setFocus()
            self.selection_moved.emit(chosen)

    def set_taking(self, taking: bool) -> None:
        """Whether single sentences can be taken from the cards that are not being edited."""
        self._taking = taking
        for made in self.cards:
            made.set_taking(taking and not made.editing)

    # Decisions --------------------------------------------------------------------------

    def approve(self) -> None:
        """Approve the edit that is open, else the selected draft."""
        if self.editing is not None:
            self.editing.save_edit()
        elif self.selected is not None and self.selected.open and self.isVisible():
            self.approve_requested.emit(self.selected.row)

    def edit(self) -> None:
        """Open the editor of the selected draft."""
        if self.selected is not None and self.isVisible() and self.editing is None:
            self.selected.start_editing()

    def reject(self) -> None:
        """Ask why the selected draft is rejected."""
        if self.selected is not None and self.isVisible():
            self.selected.open_reasons()

    def _on_edit_saved(self, text: str) -> None:
        made = self.sender()
        if isinstance(made, DraftCard):
            self.edit_saved.emit(made.row, text)

    def _on_reject_requested(self, reason: RejectReason, note: str) -> None:
        made = self.sender()
        if isinstance(made, DraftCard):
            self.reject_requested.emit(made.row, reason, note)

    def _on_evidence_shown(self, spans: tuple[Span, ...]) -> None:
        made = self.sender()
        if isinstance(made, DraftCard):
            self.evidence_shown.emit(made.row, spans)
