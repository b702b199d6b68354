"""The right column: what the model read, then drafts, progress, a risk or a notice, then the ways on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from tfdesk.core.models import Disposition, DraftRow, RejectReason
from tfdesk.jobs.desk_state import DeskState, Phase
from tfdesk.ui.context_card import ContextCard
from tfdesk.ui.controls import KeyButton, button, card, clear, label, row
from tfdesk.ui.draft_card import DraftCard
from tfdesk.ui.flow import Flow
from tfdesk.ui.notices import DraftingProgress, Notice, words_of
from tfdesk.ui.risk_panel import RiskPanel
from tfdesk.ui.theme import Theme


class DecisionColumn(QWidget):
    """Shows a DeskState and asks for decisions; decides nothing itself.

    Signals:
        approve_requested: DraftRow
        edit_saved: DraftRow, text
        reject_requested: DraftRow, RejectReason
        redraft_requested: strategy or None
        stop_requested
        own_reply_saved: text
        disposed: Disposition, note
        emotion_corrected: label or None
        version_requested: number from 1
        focus_freed: what had the keyboard focus is gone
    """

    approve_requested = Signal(DraftRow)
    edit_saved = Signal(DraftRow, str)
    reject_requested = Signal(DraftRow, RejectReason)
    redraft_requested = Signal(object)
    stop_requested = Signal()
    own_reply_saved = Signal(str)
    disposed = Signal(Disposition, str)
    emotion_corrected = Signal(object)
    version_requested = Signal(int)
    focus_freed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._state = DeskState()
        self._shown: tuple[DraftRow, ...] = ()
        self._strategies: tuple[str, ...] = ()
        self._strategy: str | None = None
        self.cards: list[DraftCard] = []
        self.setObjectName("decisions")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context = ContextCard(theme)
        self.context.emotion_corrected.connect(self.emotion_corrected)
        self.progress = DraftingProgress()
        self.progress.stop_requested.connect(self.stop_requested)
        self.notice = Notice()
        self.notice.redraft_requested.connect(self.redraft)
        self.notice.own_reply_requested.connect(self.open_own_reply)
        self.risk = RiskPanel(theme)
        self.risk.disposed.connect(self.disposed)
        self._drafts = QVBoxLayout()
        self._drafts.setSpacing(12)
        self.own = self._own_reply()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        for widget in (self.context, self.progress, self.notice, self.risk):
            column.addWidget(widget)
        column.addLayout(self._drafts)
        column.addWidget(self.own)
        self._ways = self._ways_on()
        column.addWidget(self._ways)
        column.addStretch(1)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)
        theme.changed.connect(self._on_theme_changed)

    def _ways_on(self) -> QWidget:
        """Redraft, as which strategy, write your own, earlier versions."""
        self.redraft_button = KeyButton(self.tr("Redraft"), "Ctrl+R")
        self.redraft_button.clicked.connect(self.redraft)
        self.strategy_button = button(self.tr("as: any strategy ▾"), hint=self.tr("Strategy of new drafts"))
        self.strategy_button.clicked.connect(self._open_strategies)
        self.own_button = button(self.tr("Write own"))
        self.own_button.clicked.connect(self.open_own_reply)
        self.older, self.newer = (self._step(sign) for sign in ("‹", "›"))
        self.older.setAccessibleName(self.tr("Earlier drafts"))
        self.newer.setAccessibleName(self.tr("Later drafts"))
        self._version = label("", "muted")
        whole = QWidget()
        versions = QWidget()
        pages = row(self.older, self._version, self.newer, spacing=6)
        pages.setContentsMargins(6, 0, 0, 0)
        versions.setLayout(pages)
        buttons = (self.redraft_button, self.strategy_button, self.own_button)
        whole.setLayout(Flow(*buttons, versions, spacing=6))
        return whole

    def _step(self, sign: str) -> QPushButton:
        made = button(sign, "link")
        made.clicked.connect(self._on_step_clicked)
        return made

    def _own_reply(self) -> QWidget:
        frame, inner = card()
        self.own_text = QPlainTextEdit()
        self.own_text.setProperty("look", "conversation")
        self.own_text.setAccessibleName(self.tr("Your own reply"))
        self.own_text.setTabChangesFocus(True)
        self.own_text.setFixedHeight(120)
        self.own_save = KeyButton(self.tr("Save and copy"), "Ctrl+Return", "primary")
        self.own_save.clicked.connect(self.save_own_reply)
        cancel = KeyButton(self.tr("Cancel"), "Esc")
        cancel.clicked.connect(self.close_own_reply)
        inner.addWidget(label(self.tr("Your own reply"), "strong"))
        inner.addWidget(self.own_text)
        inner.addLayout(Flow(self.own_save, cancel))
        frame.hide()
        return frame

    # Showing a state --------------------------------------------------------------------

    def show_state(self, state: DeskState, strategies: tuple[str, ...], emotions: tuple[str, ...]) -> None:
        """Show ``state``; labels offered in the menus come from the loaded model."""
        same_message = (
            self._state.turn is not None and state.turn is not None and self._state.turn.id == state.turn.id
        )
        self._state = state
        self._strategies = strategies
        self._strategy = state.strategy
        if not same_message:
            self.close_own_reply()
            self.own_text.clear()
        quiet = state.phase in (Phase.RISK, Phase.DISPOSED, Phase.NO_CLIENT)
        self.context.show_reading(
            state.turn, None if quiet else state.emotion, None if quiet else state.context, emotions
        )
        freed = self.progress.stop.hasFocus() and state.phase is not Phase.DRAFTING
        self.progress.setVisible(state.phase is Phase.DRAFTING)
        self.progress.show_progress(*state.progress)
        words = words_of(state)
        self.notice.setVisible(words is not None)
        if words is not None:
            self.notice.show_words(words)
        self.risk.setVisible(state.phase is Phase.RISK)
        if state.phase is Phase.RISK:
            self.risk.show_hit(state.marked)
        self._show_drafts(state.drafts if state.phase is Phase.READY else ())
        self._show_ways(state)
        if freed:
            self.focus_freed.emit()

    def _show_ways(self, state: DeskState) -> None:
        ready, risk = state.phase is Phase.READY, state.phase is Phase.RISK
        self._ways.setVisible((ready or risk) and self.own.isHidden())
        for widget in (self.redraft_button, self.strategy_button):
            widget.setVisible(ready)
        words = self.tr("as: {0} ▾").format(state.strategy or self.tr("any strategy"))
        self.strategy_button.setText(words)
        many = ready and state.versions > 1
        for part in (self.older, self.newer, self._version):
            part.setVisible(many)
        self._version.setText(f"{state.version} / {state.versions}")
        self.older.setEnabled(state.version > 1)
        self.newer.setEnabled(state.version < state.versions)

    def _show_drafts(self, drafts: tuple[DraftRow, ...]) -> None:
        if drafts == self._shown:
            return
        self._shown = drafts
        focus = QApplication.focusWidget()
        focused = focus is not None and any(made is focus or made.isAncestorOf(focus) for made in self.cards)
        clear(self._drafts)
        self.cards = [self._card(draft) for draft in drafts]
        for made in self.cards:
            self._drafts.addWidget(made)
        first = next((made for made in self.cards if made.open), None)
        if first is not None:
            self._select(first)
        if drafts:
            self._scroll.verticalScrollBar().setValue(0)
        if focused and first is not None:
            first.setFocus()
        elif focused:
            self.focus_freed.emit()

    def _card(self, draft: DraftRow) -> DraftCard:
        made = DraftCard(self._theme, draft)
        made.selected.connect(self._on_card_selected)
        made.approve_requested.connect(self.approve_selected)
        made.edit_saved.connect(self._on_edit_saved)
        made.reject_requested.connect(self._on_reject_requested)
        return made

    def _on_theme_changed(self) -> None:
        drafts, self._shown = self._shown, ()
        if drafts and not any(made.editing for made in self.cards):
            self._show_drafts(drafts)
        else:
            self._shown = drafts

    # Selection and decisions ------------------------------------------------------------

    @property
    def selected(self) -> DraftCard | None:
        """The open card, the one that Approve, Edit and Reject act on."""
        return next((made for made in self.cards if made.property("selected") == "true"), None)

    def _select(self, chosen: DraftCard) -> None:
        for made in self.cards:
            made.set_selected(made is chosen)

    def _on_card_selected(self) -> None:
        chosen = self.sender()
        if isinstance(chosen, DraftCard) and chosen is not self.selected:
            self._select(chosen)

    def move_selection(self, step: int) -> None:
        """Select the next (1) or previous (-1) draft that can be decided."""
        choices = [made for made in self.cards if made.open]
        if self.selected in choices:
            place = choices.index(self.selected) + step
            chosen = choices[max(0, min(len(choices) - 1, place))]
            self._select(chosen)
            chosen.setFocus()
            self._scroll.ensureWidgetVisible(chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps:
            self.move_selection(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def approve_selected(self) -> None:
        """Approve the selected draft, the edit in it, or the own reply: whichever is open."""
        if not self.own.isHidden():
            self.save_own_reply()
        elif self.selected is not None and self.selected.editing:
            self.selected.save_edit()
        elif self.selected is not None and self.selected.open:
            self.approve_requested.emit(self.selected.row)

    def edit_selected(self) -> None:
        if self.selected is not None:
            self.selected.start_editing()

    def reject_selected(self) -> None:
        if self.selected is not None:
            self.selected.open_reasons()

    def _on_edit_saved(self, text: str) -> None:
        made = self.sender()
        if isinstance(made, DraftCard):
            self.edit_saved.emit(made.row, text)

    def _on_reject_requested(self, reason: RejectReason) -> None:
        made = self.sender()
        if isinstance(made, DraftCard):
            self.reject_requested.emit(made.row, reason)

    def redraft(self) -> None:
        """Ask for new drafts in the chosen strategy."""
        self.redraft_requested.emit(self._strategy)

    def escape(self) -> None:
        """Close the editor that is open, else stop drafting."""
        if not self.own.isHidden():
            self.close_own_reply()
        elif self.selected is not None and self.selected.editing:
            self.selected.cancel_edit()
        else:
            self.stop_requested.emit()

    def open_own_reply(self) -> None:
        """Open a box for the therapist's own reply."""
        self.own.show()
        self._ways.hide()
        self.own_text.setFocus()
        self._scroll.ensureWidgetVisible(self.own)

    def close_own_reply(self) -> None:
        """Close the box; its text stays until another message is answered."""
        self.own.hide()
        self._show_ways(self._state)

    def save_own_reply(self) -> None:
        if self.own_text.toPlainText().strip():
            self.own_reply_saved.emit(self.own_text.toPlainText())

    def _open_strategies(self) -> None:
        menu = QMenu(self)
        for name in (None, *self._strategies):
            action = menu.addAction(name or self.tr("any strategy"))
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name == self._strategy)
        menu.triggered.connect(self._on_strategy_chosen)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.strategy_button.mapToGlobal(self.strategy_button.rect().bottomLeft()))

    def _on_strategy_chosen(self, action: QAction) -> None:
        """A chosen strategy is a wish for new drafts: redraft at once."""
        self._strategy = action.data()
        self.redraft()

    def _on_step_clicked(self) -> None:
        self.version_requested.emit(self._state.version + (1 if self.sender() is self.newer else -1))
