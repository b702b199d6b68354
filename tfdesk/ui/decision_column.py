"""The right column: what the model read, then drafts, progress, a risk or a notice, then the ways on."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from tfdesk.core.models import Disposition, DraftRow, RejectReason
from tfdesk.jobs.desk_state import WAITING, DeskState, Phase
from tfdesk.services.protocols import Protocols
from tfdesk.ui.announce import announce
from tfdesk.ui.context_card import ContextCard
from tfdesk.ui.draft_list import DraftList
from tfdesk.ui.notices import DraftingProgress, Notice, words_of
from tfdesk.ui.own_reply import OwnReply, take_sentence
from tfdesk.ui.risk_panel import RiskPanel
from tfdesk.ui.text import tr
from tfdesk.ui.theme import Theme
from tfdesk.ui.ways_on import WaysOn

STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


def spoken(state: DeskState) -> str:
    """A state in a few words, for those who do not see it appear."""
    if state.phase is Phase.READY:
        return tr("Drafts: {0}").format(len(state.drafts))
    if state.phase is Phase.RISK:
        return tr("This message may mean a risk. Please read it yourself first.")
    if state.phase is Phase.DRAFTING:
        return tr("Writing drafts")
    words = words_of(state)
    return f"{words.title}. {words.sentence}" if words is not None else ""


class DecisionColumn(QWidget):
    """Shows a DeskState and asks for decisions; decides nothing itself.

    Signals:
        approve_requested: DraftRow
        edit_saved: DraftRow, text
        reject_requested: DraftRow, RejectReason, note
        evidence_shown: the selected DraftRow, the spans that are marked in it
        redraft_requested: strategy or None
        stop_requested
        own_reply_saved: text
        disposed: Disposition, note
        emotion_corrected: label or None
        version_requested: number from 1
        next_client_requested
        focus_freed: what had the keyboard focus is gone
    """

    approve_requested = Signal(DraftRow)
    edit_saved = Signal(DraftRow, str)
    reject_requested = Signal(DraftRow, RejectReason, str)
    evidence_shown = Signal(DraftRow, object)
    redraft_requested = Signal(object)
    stop_requested = Signal()
    own_reply_saved = Signal(str)
    disposed = Signal(Disposition, str)
    emotion_corrected = Signal(object)
    version_requested = Signal(int)
    next_client_requested = Signal()
    focus_freed = Signal()

    def __init__(self, theme: Theme, protocols: Protocols) -> None:
        super().__init__()
        self._state = DeskState()
        self._strategies: tuple[str, ...] = ()
        self._write_first = False
        self._unseen = False  # the drafts wait until the therapist has written
        self.setObjectName("decisions")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context = ContextCard(theme)
        self.progress = DraftingProgress()
        self.notice = Notice()
        self.risk = RiskPanel(theme, protocols)
        self.own = OwnReply(theme)
        self.drafts = DraftList(theme)
        self.ways = WaysOn()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        parts = (self.context, self.progress, self.notice, self.risk, self.own, self.drafts, self.ways)
        for widget in parts:
            column.addWidget(widget)
        column.addStretch(1)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)
        self._connect()

    def _connect(self) -> None:
        drafts, own, ways = self.drafts, self.own, self.ways
        self.context.emotion_corrected.connect(self.emotion_corrected)
        self.progress.stop_requested.connect(self.stop_requested)
        self.notice.redraft_requested.connect(self.redraft)
        self.notice.own_reply_requested.connect(self.open_own_reply)
        self.notice.next_client_requested.connect(self.next_client_requested)
        self.risk.disposed.connect(self.disposed)
        drafts.approve_requested.connect(self.approve_requested)
        drafts.edit_saved.connect(self.edit_saved)
        drafts.reject_requested.connect(self.reject_requested)
        drafts.evidence_shown.connect(self.evidence_shown)
        drafts.sentence_taken.connect(self._on_sentence_taken)
        drafts.editing_changed.connect(self._arrange)
        drafts.selection_moved.connect(self._scroll.ensureWidgetVisible)
        drafts.focus_freed.connect(self.focus_freed)
        own.saved.connect(self.own_reply_saved)
        own.cancelled.connect(self.close_own_reply)
        own.drafts_requested.connect(self._show_unseen)
        ways.redraft_requested.connect(self.redraft_requested)
        ways.own_reply_requested.connect(self.open_own_reply)
        ways.version_requested.connect(self.version_requested)

    # Showing a state --------------------------------------------------------------------

    def set_write_first(self, write_first: bool) -> None:
        """Whether the therapist writes before the drafts of a message are shown; from the next message on."""
        self._write_first = write_first

    def show_state(self, state: DeskState, strategies: tuple[str, ...], emotions: tuple[str, ...]) -> None:
        """Show ``state``; labels offered in the menus come from the loaded model."""
        before = self._state.turn.id if self._state.turn is not None else None
        now = state.turn.id if state.turn is not None else None
        if state.phase is not self._state.phase:
            announce(self, spoken(state))
        self._state, self._strategies = state, strategies
        if before != now:
            self.own.hide()
            self.own.text.clear()
            self._unseen = self._write_first and now is not None and state.version == 0
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
            self.risk.show_hit(state.marked, state.given_back)
        if self.drafts.show_drafts(state.drafts if state.phase is Phase.READY else ()) and state.drafts:
            self._scroll.verticalScrollBar().setValue(0)
        self._arrange()
        if freed:
            self.focus_freed.emit()

    def _arrange(self) -> None:
        """Which of drafts, own reply and ways on are seen."""
        phase = self._state.phase
        if self._unseen and phase not in (*WAITING, Phase.READY):
            self._unseen = False  # no drafts will come; what was begun goes on as an own reply, after a risk
            self.own.setVisible(phase is not Phase.RISK and bool(self.own.text.toPlainText()))
        if self._unseen:
            self.own.open_box(first=True, ready=phase is Phase.READY)
        elif self.own.is_open:
            self.own.open_box()
        self.drafts.setVisible(phase is Phase.READY and not self._unseen)
        self.ways.show_state(self._state, self._strategies, writing=self.own.is_open)
        if self._unseen:
            self.ways.hide()
        self.drafts.set_taking(self.own.is_open or self.drafts.editing is not None)

    def _show_unseen(self) -> None:
        """The therapist has written: the drafts appear beside it."""
        self._unseen = False
        self._arrange()

    def first_focus(self) -> QWidget | None:
        """Where the keyboard goes when it comes here: the selected draft, the own reply, else a button."""
        if self.drafts.selected is not None and self.drafts.isVisible():
            return self.drafts.selected
        if self.own.is_open:
            return self.own.text
        reached = (w for w in self.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus)
        return next((w for w in reached if w.isVisible() and w.isEnabled()), None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in STEPS:
            self.drafts.move_selection(STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    # Decisions ----------------------------------------------------------------------------

    def approve(self) -> None:
        """Take what is in front: one's own reply while it is written, else the edit, else the draft."""
        if self.own.is_open and (self.own.text.hasFocus() or not self.drafts.isVisible()):
            self.own.save_text()
        else:
            self.drafts.approve()

    def redraft(self) -> None:
        """Ask for new drafts in the strategy of the present ones."""
        self.ways.ask()

    def escape(self) -> None:
        """Close the editor that is open, else stop drafting."""
        if self.drafts.editing is not None:
            self.drafts.editing.cancel_edit()
        elif self.own.is_open and not self._unseen:
            self.close_own_reply()
        else:
            self.stop_requested.emit()

    def open_own_reply(self) -> None:
        """Open a box for the therapist's own reply, while there is a message to answer."""
        if self._state.turn is not None:
            self.own.show()
            self._arrange()
            self.own.text.setFocus()
            QTimer.singleShot(0, self, self._show_own)  # its place is known when the layout is done

    def _show_own(self) -> None:
        self._scroll.ensureWidgetVisible(self.own)

    def close_own_reply(self) -> None:
        """Close the box; its text stays until another message is answered."""
        focused = self.own.isAncestorOf(self.focusWidget() or self)
        self.own.hide()
        self._arrange()
        if focused:
            self.focus_freed.emit()

    def _on_sentence_taken(self, sentence: str) -> None:
        if self.drafts.editing is not None:
            take_sentence(self.drafts.editing.editor, sentence)
        elif self.own.is_open:
            take_sentence(self.own.text, sentence)
