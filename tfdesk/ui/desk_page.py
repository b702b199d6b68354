"""The therapist's page: clients, conversation, decisions; widgets to the Desk and back."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.core.models import TurnRow
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.desk_state import DeskState
from tfdesk.ui.client_list import ClientList
from tfdesk.ui.composer import Composer
from tfdesk.ui.controls import KeyButton, button, label, row, surface
from tfdesk.ui.decision_column import DecisionColumn
from tfdesk.ui.emotion_strip import EmotionStrip
from tfdesk.ui.error_dialog import show_error
from tfdesk.ui.text import short_date
from tfdesk.ui.theme import Theme
from tfdesk.ui.transcript import Transcript

MOST_LEFT, MOST_RIGHT = 270, 520  # pixels: at large text the conversation keeps the rest
NOTICE_MS = 12_000  # how long an undo notice stays


class DeskPage(QWidget):
    """Three columns around one Desk.

    Signals:
        widths_changed: left, right column in pixels at 100 %
    """

    widths_changed = Signal(int, int)

    def __init__(self, *, theme: Theme, desk: Desk, left_width: int, right_width: int) -> None:
        super().__init__()
        self.setObjectName("page")
        self._theme, self._desk = theme, desk
        self._client_id: int | None = None
        self.clients = ClientList(theme)
        self.transcript = Transcript(theme)
        self.composer = Composer(theme)
        self.decisions = DecisionColumn(theme)
        self._strip = EmotionStrip(theme)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for column in (self.clients, self._middle(), self.decisions):
            self._splitter.addWidget(column)
        for place, stretch in enumerate((0, 1, 0)):
            self._splitter.setStretchFactor(place, stretch)
        self.clients.setMinimumWidth(160)
        self.decisions.setMinimumWidth(340)
        left, right = min(MOST_LEFT, theme.px(left_width)), min(MOST_RIGHT, theme.px(right_width))
        self._splitter.setSizes([left, max(360, 1280 - left - right), right])
        self._splitter.splitterMoved.connect(self._on_splitter_moved)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._splitter)
        self._connect()
        self._add_shortcuts()
        self.show_clients()
        self._on_state_changed(desk.state)

    def _middle(self) -> QWidget:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._session_header())
        column.addWidget(self.transcript, 1)
        column.addWidget(self._notice_bar())
        column.addWidget(self.composer)
        return middle

    def _session_header(self) -> QWidget:
        self._header = surface("session_header")
        self._name = label("", "title")
        self._situation = label("", "muted", wrap=True)
        self._session = label("", "muted")
        self._new_session = button(self.tr("New session"), "link")
        self._new_session.clicked.connect(self._desk.new_session)
        self._strip_words = label(self.tr("emotion over this session"), "muted")
        column = QVBoxLayout(self._header)
        column.setContentsMargins(20, 10, 20, 8)
        column.setSpacing(4)
        column.addLayout(row(self._name, None, self._session, self._new_session))
        column.addWidget(self._situation)
        column.addLayout(row(self._strip, self._strip_words, None))
        return self._header

    def _notice_bar(self) -> QWidget:
        self._notice = label("", "")
        self.undo_button = KeyButton(self.tr("Undo"), "Ctrl+Alt+Z")
        self.undo_button.clicked.connect(self._desk.undo)
        self._notice_frame = QFrame()
        self._notice_frame.setProperty("look", "notice")
        inner = row(self._notice, None, self.undo_button)
        inner.setContentsMargins(20, 6, 20, 6)
        self._notice_frame.setLayout(inner)
        self._notice_frame.hide()
        self._notice_timer = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._notice_timer.timeout.connect(self._notice_frame.hide)
        return self._notice_frame

    def _add_shortcuts(self) -> None:
        decisions = self.decisions
        for keys, slot in (
            (("Ctrl+Return", "Ctrl+Enter"), decisions.approve_selected),
            (("Ctrl+E",), decisions.edit_selected),
            (("Ctrl+Shift+X",), decisions.reject_selected),
            (("Ctrl+R",), decisions.redraft),
            (("Esc",), decisions.escape),
            (("Ctrl+Alt+Z",), self._desk.undo),
            (("Ctrl+N",), self.clients.ask_new_client),
            (("Ctrl+F",), self.clients.search.setFocus),
        ):
            for key in keys:
                shortcut = QShortcut(QKeySequence(key), self)
                shortcut.activated.connect(slot)

    def _connect(self) -> None:
        desk, decisions = self._desk, self.decisions
        desk.state_changed.connect(self._on_state_changed)
        desk.turns_changed.connect(self._on_turns_changed)
        desk.clients_changed.connect(self.show_clients)
        desk.reply_approved.connect(self._on_reply_approved)
        desk.notice_given.connect(self._on_notice_given)
        desk.refused.connect(self._on_refused)
        self.clients.client_chosen.connect(desk.open_client)
        self.clients.search_changed.connect(self.show_clients)
        self.clients.new_client_requested.connect(self._on_new_client_requested)
        self.composer.message_added.connect(self._on_message_added)
        self.composer.selection_moved.connect(decisions.move_selection)
        self.transcript.emotion_corrected.connect(desk.correct_emotion)
        decisions.approve_requested.connect(desk.approve)
        decisions.edit_saved.connect(desk.approve_edited)
        decisions.reject_requested.connect(desk.reject)
        decisions.redraft_requested.connect(desk.redraft)
        decisions.stop_requested.connect(desk.stop)
        decisions.own_reply_saved.connect(desk.write_own)
        decisions.disposed.connect(desk.dispose)
        decisions.emotion_corrected.connect(self._on_emotion_corrected)
        decisions.version_requested.connect(desk.show_version)
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
        self._header.setVisible(state.client is not None)
        client_id = state.client.id if state.client is not None else None
        if client_id != self._client_id:  # what the notice offers to undo belongs to the other client
            self._client_id = client_id
            self._notice_frame.hide()
        self.composer.setVisible(state.client is not None)
        if state.client is not None and state.session is not None:
            self._name.setText(state.client.name)
            self._situation.setText(state.client.situation)
            self._situation.setVisible(bool(state.client.situation))
            started = short_date(state.session.started_at)
            self._session.setText(self.tr("Session {0} · {1}").format(state.session.number, started))

    def _on_turns_changed(self, turns: list[TurnRow]) -> None:
        self.transcript.show_turns(turns)
        session = self._desk.state.session
        if session is not None:
            self._strip.show_turns([turn for turn in turns if turn.session_id == session.id])
        self._strip_words.setVisible(not self._strip.isHidden())

    def _on_reply_approved(self, _text: str) -> None:
        self.composer.box.setFocus()

    def _on_notice_given(self, sentence: str, undoable: bool) -> None:
        self._notice.setText(sentence)
        self.undo_button.setVisible(undoable)
        self._notice_frame.show()
        self._notice_timer.start()

    def _on_refused(self, error: KnownError) -> None:
        show_error(self, error)

    # What the person does ----------------------------------------------------------------

    def _on_new_client_requested(self, name: str, situation: str) -> None:
        self._desk.add_client(name, situation)
        self.composer.box.setFocus()

    def _on_message_added(self, text: str) -> None:
        if self._desk.add_client_message(text):
            self._notice_frame.hide()  # the reply it offers to undo stays from now on
            self.composer.box.clear()

    def _on_emotion_corrected(self, name: str | None) -> None:
        if self._desk.state.turn is not None:
            self._desk.correct_emotion(self._desk.state.turn.id, name)

    def _on_splitter_moved(self, _position: int, _index: int) -> None:
        left, _, right = self._splitter.sizes()
        share = 100 / self._theme.scale
        self.widths_changed.emit(round(left * share), round(right * share))
