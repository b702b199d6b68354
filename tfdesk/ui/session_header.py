"""Above the conversation: whose it is, which session, and the emotions over it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from tfdesk.core.models import TurnRow
from tfdesk.jobs.desk_state import DeskState
from tfdesk.ui.controls import button, label, row
from tfdesk.ui.emotion_strip import EmotionStrip
from tfdesk.ui.text import short_date
from tfdesk.ui.theme import Theme


class SessionHeader(QWidget):
    """Name, situation, session and the strip of emotions; hidden while no client is open.

    Signals:
        new_session_requested
    """

    new_session_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("session_header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._name = label("", "title")
        self._situation = label("", "muted", wrap=True)
        self._session = label("", "muted")
        self._session.setMinimumWidth(1)  # it gives way where the column is narrow, the button does not
        self._new_session = button(self.tr("New session"), "link")
        self._new_session.clicked.connect(self.new_session_requested)
        self.strip = EmotionStrip(theme)
        self._strip_words = label(self.tr("emotion over this session"), "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 10, 20, 8)
        column.setSpacing(4)
        self._first_line = row(self._name, None, row(self._session, self._new_session))
        column.addLayout(self._first_line)
        column.addWidget(self._situation)
        column.addLayout(row(self.strip, self._strip_words, None))

        self._theme = theme
        theme.changed.connect(self._arrange)
        self._arrange()

    def _arrange(self) -> None:
        direction = QBoxLayout.Direction
        self._first_line.setDirection(direction.TopToBottom if self._theme.large else direction.LeftToRight)

    def show_state(self, state: DeskState) -> None:
        """Show the open client and session."""
        self.setVisible(state.client is not None)
        if state.client is not None and state.session is not None:
            self._name.setText(state.client.name)
            self._situation.setText(state.client.situation)
            self._situation.setVisible(bool(state.client.situation))
            started = short_date(state.session.started_at)
            self._session.setText(self.tr("Session {0} · {1}").format(state.session.number, started))

    def show_turns(self, turns: Sequence[TurnRow], session_id: int) -> None:
        """Show the emotions of the messages that belong to the session."""
        self.strip.show_turns([turn for turn in turns if turn.session_id == session_id])
        self._strip_words.setVisible(not self.strip.isHidden())
