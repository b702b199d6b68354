"""The therapist's page: clients, conversation, decisions; widgets to the Desk and back."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QSplitter, QVBoxLayout, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.core.models import DraftRow, TurnRow
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.desk_state import DeskState, Offer
from tfdesk.jobs.messages import Messages
from tfdesk.services.pasted import Chat
from tfdesk.services.protocols import Protocols
from tfdesk.ui.client_list import ClientList
from tfdesk.ui.commands import Command, Shortcuts
from tfdesk.ui.composer import Composer
from tfdesk.ui.decision_column import DecisionColumn
from tfdesk.ui.edit_dialog import EditDialog
from tfdesk.ui.error_dialog import show_error
from tfdesk.ui.find_bar import FindBar
from tfdesk.ui.message_menu import MessageAction
from tfdesk.ui.notice_bar import NoticeBar
from tfdesk.ui.panes import Panes
from tfdesk.ui.paste_dialog import PasteDialog
from tfdesk.ui.session_header import SessionHeader
from tfdesk.ui.theme import Theme
from tfdesk.ui.transcript import Transcript
from trainer.events import Span

MOST_LEFT, MOST_RIGHT = 290, 520  # pixels: at large text the conversation keeps the rest
LEAST_RIGHT = 440  # pixels, at large text
USUAL_WIDTH = 1280  # pixels of the page before it is shown


class DeskPage(QWidget):
    """Three columns around one Desk.

    Signals:
        widths_changed: left, right column in pixels at 100 %
        copy_requested: words of a message
    """

    widths_changed = Signal(int, int)
    copy_requested = Signal(str)

    def __init__(
        self,
        *,
        theme: Theme,
        desk: Desk,
        messages: Messages,
        protocols: Protocols,
        left_width: int,
        right_width: int,
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._theme, self._desk, self._messages = theme, desk, messages
        self._client_id: int | None = None
        self.clients = ClientList(theme)
        self.header = SessionHeader(theme)
        self.transcript = Transcript(theme)
        self.find_bar = FindBar(self.transcript)
        self.notice = NoticeBar()
        self.composer = Composer(theme)
        self.decisions = DecisionColumn(theme, protocols)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for column in (self.clients, self._middle(), self.decisions):
            self._splitter.addWidget(column)
        for place, stretch in enumerate((0, 1, 0)):
            self._splitter.setStretchFactor(place, stretch)
        self.clients.setMinimumWidth(160)
        self._widths = left_width, right_width
        self._fit_columns()
        theme.changed.connect(self._fit_columns)
        self._splitter.splitterMoved.connect(self._on_splitter_moved)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._splitter)
        self._panes = Panes(
            [
                (self.clients, lambda: self.clients.view),
                (self.transcript, lambda: self.transcript),
                (self.composer, lambda: self.composer.box),
                (self.decisions, self.decisions.first_focus),
            ],
            usual=2,
        )
        self.commands = self._commands()
        Shortcuts(self, self.commands)
        self._connect()
        self.show_clients()
        self._on_state_changed(desk.state)

    def _middle(self) -> QWidget:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.header, self.find_bar, self.transcript, self.notice, self.composer):
            column.addWidget(part, 1 if part is self.transcript else 0)
        return middle

    def _commands(self) -> list[Command]:
        desk, decisions, clients = self._desk, self.decisions, self.clients
        reply, talk, move = self.tr("The reply"), self.tr("The conversation"), self.tr("Going around")
        return [
            Command(
                reply,
                self.tr("Approve and copy"),
                ("Ctrl+Return", "Ctrl+Enter"),
                decisions.approve,
            ),
            Command(reply, self.tr("Edit the draft"), ("Ctrl+E",), decisions.drafts.edit, decides=True),
            Command(
                reply, self.tr("Reject the draft"), ("Ctrl+Shift+X",), decisions.drafts.reject, decides=True
            ),
            Command(reply, self.tr("Draft again"), ("Ctrl+R",), decisions.redraft, decides=True),
            Command(
                reply, self.tr("Write your own"), ("Ctrl+Shift+O",), decisions.open_own_reply, decides=True
            ),
            Command(reply, self.tr("Stop, or close what is open"), ("Esc",), self._escape),
            Command(reply, self.tr("Undo the last decision"), ("Ctrl+Alt+Z",), desk.undo, decides=True),
            Command(reply, self.tr("Do it again"), ("Ctrl+Alt+Shift+Z",), desk.redo, decides=True),
            Command(talk, self.tr("Find in this conversation"), ("Ctrl+F",), self._find),
            Command(talk, self.tr("Mark a message as a risk"), ("Ctrl+Shift+F",), self._flag, decides=True),
            Command(talk, self.tr("Begin a new session"), ("Ctrl+Shift+N",), desk.new_session, decides=True),
            Command(move, self.tr("Next client who waits"), ("Alt+Down",), clients.choose_next_waiting),
            Command(move, self.tr("New client"), ("Ctrl+N",), clients.ask_new_client),
            Command(move, self.tr("Next pane"), ("F6",), self._panes.go_on),
            Command(move, self.tr("Pane before"), ("Shift+F6",), self._panes.go_back),
        ]

    def _connect(self) -> None:
        desk, decisions = self._desk, self.decisions
        desk.state_changed.connect(self._on_state_changed)
        desk.turns_changed.connect(self._on_turns_changed)
        desk.clients_changed.connect(self.show_clients)
        desk.reply_approved.connect(self._on_reply_approved)
        desk.notice_given.connect(self.notice.show_notice)
        desk.refused.connect(self._on_refused)
        self.header.new_session_requested.connect(desk.new_session)
        self.notice.accepted.connect(self._on_offer_accepted)
        self.clients.client_chosen.connect(desk.open_client)
        self.clients.search_changed.connect(self.show_clients)
        self.clients.new_client_requested.connect(self._on_new_client_requested)
        self.composer.message_added.connect(self._on_message_added)
        self.composer.chat_pasted.connect(self._on_chat_pasted)
        self.composer.selection_moved.connect(decisions.drafts.move_selection)
        self.transcript.asked.connect(self._on_message_asked)
        self.find_bar.closed.connect(self.composer.box.setFocus)
        decisions.approve_requested.connect(desk.approve)
        decisions.edit_saved.connect(desk.approve_edited)
        decisions.reject_requested.connect(desk.reject)
        decisions.redraft_requested.connect(desk.redraft)
        decisions.stop_requested.connect(desk.stop)
        decisions.own_reply_saved.connect(desk.write_own)
        decisions.disposed.connect(desk.dispose)
        decisions.emotion_corrected.connect(self._on_emotion_corrected)
        decisions.evidence_shown.connect(self._on_evidence_shown)
        decisions.version_requested.connect(desk.show_version)
        decisions.next_client_requested.connect(self.clients.choose_next_waiting)
        decisions.focus_freed.connect(self.composer.box.setFocus)

    # What the desk says ------------------------------------------------------------------

    def show_clients(self) -> None:
        """Read the list again, narrowed by the search field."""
        client = self._desk.state.client
        found = self._desk.clients(self.clients.search.text().strip())
        self.clients.show_clients(found, client.id if client is not None else None)

    def _on_state_changed(self, state: DeskState) -> None:
        self.decisions.show_state(state, self._desk.strategies(), self._desk.emotion_labels())
        self.transcript.set_labels(self._desk.emotion_labels())
        self.header.show_state(state)
        client_id = state.client.id if state.client is not None else None
        if client_id != self._client_id:  # what the notice offers to undo belongs to the other client
            self._client_id = client_id
            self.notice.hide()
            self.find_bar.close_bar()
        self.composer.setVisible(state.client is not None)

    def _on_turns_changed(self, turns: list[TurnRow]) -> None:
        self.transcript.show_turns(turns)
        self.find_bar.find_again()
        if self._desk.state.session is not None:
            self.header.show_turns(turns, self._desk.state.session.id)

    def _on_evidence_shown(self, row: DraftRow, spans: tuple[Span, ...]) -> None:
        """Mark in the conversation what the selected draft takes up of it."""
        self.transcript.mark_taken_up(row.turn_id, row.draft.text, spans)

    def _on_reply_approved(self, _text: str) -> None:
        self.composer.box.setFocus()

    def _on_refused(self, error: KnownError) -> None:
        show_error(self, error)

    # What the person does ----------------------------------------------------------------

    def show_message(self, client_id: int, turn_id: int) -> None:
        """Open a client at one of their messages."""
        self.open_client(client_id)
        self.transcript.show_turn(turn_id)
        self.transcript.setFocus()

    def open_client(self, client_id: int) -> None:
        """Open a client, unless they are open already."""
        if client_id != self._client_id:
            self.clients.search.clear()
            self._desk.open_client(client_id)
            self.show_clients()

    def _on_new_client_requested(self, name: str, situation: str) -> None:
        self._desk.add_client(name, situation)
        self.composer.box.setFocus()

    def _on_message_added(self, text: str) -> None:
        if self._desk.add_client_message(text):
            self.notice.hide()  # the reply it offers to undo stays from now on
            self.composer.box.clear()

    def _on_chat_pasted(self, chat: Chat, text: str) -> None:
        state = self._desk.state
        if state.client is not None and state.session is not None:
            known = [turn for turn in self._desk.all_turns() if turn.session_id == state.session.id]
            dialog = PasteDialog(self, self._theme, chat, state.client.name, known)
            dialog.accepted_messages.connect(self._messages.add_chat)
            dialog.as_one_message.connect(partial(self.composer.box.insertPlainText, text))
            dialog.open()

    def _on_emotion_corrected(self, name: str | None) -> None:
        if self._desk.state.turn is not None:
            self._desk.correct_emotion(self._desk.state.turn.id, name)

    def _on_offer_accepted(self, offer: Offer) -> None:
        if offer is Offer.REDRAFT:
            self.notice.hide()
            self.decisions.redraft()
        elif offer is Offer.UNDO:
            self._desk.undo()
        else:
            self._desk.redo()

    def _on_message_asked(self, action: MessageAction, turn_id: int, label: str | None) -> None:
        turn = self.transcript.turn(turn_id)
        if action is MessageAction.CORRECT:
            self._desk.correct_emotion(turn_id, label)
        elif action is MessageAction.EDIT:
            dialog = EditDialog(self, turn)
            dialog.saved.connect(self._messages.edit)
            dialog.open()
        elif action is MessageAction.CHANGES:
            self.transcript.show_changes(turn_id, self._messages.changes(turn_id))
        elif action is MessageAction.APPROVE:
            self._messages.approve_again(turn)
        elif action is MessageAction.FLAG:
            self._messages.flag(turn_id)
        elif action is MessageAction.COPY:
            self.copy_requested.emit(turn.text)

    def _flag(self) -> None:
        """Mark the message that has the keyboard, else the one that waits for a reply."""
        chosen = self.transcript.current if self.transcript.hasFocus() else self._desk.state.turn
        if chosen is not None:
            self._messages.flag(chosen.id)

    def _find(self) -> None:
        if self._client_id is not None:
            self.find_bar.open_bar()

    def _escape(self) -> None:
        if self.find_bar.isAncestorOf(QApplication.focusWidget() or self):
            self.find_bar.close_bar()
        else:
            self.decisions.escape()

    # Columns -------------------------------------------------------------------------------

    def _fit_columns(self) -> None:
        """Columns as wide as they were left, at the present size of text."""
        whole = self._splitter.width() if self.isVisible() else USUAL_WIDTH
        left, right = (self._theme.px(width) for width in self._widths)
        left, right = min(MOST_LEFT, left), min(MOST_RIGHT, right)
        self.decisions.setMinimumWidth(min(LEAST_RIGHT, self._theme.px(340)))
        self._splitter.setSizes([left, max(360, whole - left - right), right])

    def _on_splitter_moved(self, _position: int, _index: int) -> None:
        left, _, right = self._splitter.sizes()
        share = 100 / self._theme.scale
        self._widths = round(left * share), round(right * share)
        self.widths_changed.emit(*self._widths)
