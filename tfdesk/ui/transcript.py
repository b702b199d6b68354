"""The conversation: one painted row per message, so that thousands of messages cost no more than a few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QListView, QMenu

from tfdesk.core.models import DiffPart, TurnRow
from tfdesk.ui.controls import Mark
from tfdesk.ui.message_menu import MessageAction, emotion_menu, message_menu
from tfdesk.ui.theme import Theme
from tfdesk.ui.transcript_delegate import TranscriptDelegate
from tfdesk.ui.transcript_model import ROW_ROLE, Heading, TranscriptModel
from trainer.events import Span

SHORT = 30  # rows; more than that fill any window
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
KEYS = {Qt.Key.Key_F2: MessageAction.EDIT, Qt.Key.Key_D: MessageAction.CHANGES}


class Transcript(QListView):
    """The list of messages. Of the current one: E chooses the emotion, F2 edits, D shows an edit, Menu all.

    Signals:
        asked: MessageAction, turn id, emotion label (CORRECT only) or None
    """

    asked = Signal(MessageAction, int, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Conversation"))
        self._model = TranscriptModel()
        self._delegate = TranscriptDelegate(theme, self)
        self._labels: tuple[str, ...] = ()
        self._delegate.emotion_clicked.connect(self._on_emotion_clicked)
        self._delegate.more_clicked.connect(self._on_more_clicked)
        self._delegate.earlier_clicked.connect(self.show_earlier)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)  # the row under the mouse shows its menu's button
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        theme.changed.connect(self._on_theme_changed)

    # Showing ----------------------------------------------------------------------------

    def show_turns(self, turns: Sequence[TurnRow]) -> None:
        """Show a conversation, scrolled to its end."""
        self._model.show(turns)
        self._sink()
        self.scrollToBottom()

    def _sink(self) -> None:
        """A short conversation stands at the bottom, next to the box where it goes on."""
        rows = self._model.rowCount()
        hints = (self.sizeHintForRow(row) for row in range(min(rows, SHORT)))
        free = self.height() - sum(hints) if rows <= SHORT else 0
        self.setViewportMargins(0, max(0, free - 12), 0, 0)

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """Emotion labels to choose from when correcting."""
        self._labels = labels

    def show_earlier(self) -> None:
        """Show another page of earlier messages."""
        self._model.show_earlier()
        self._sink()
        self.scrollToTop()

    def show_turn(self, turn_id: int) -> None:
        """Make a message current and bring it into view."""
        row = self._model.reveal(turn_id)
        if row >= 0:
            self._sink()
            self.setCurrentIndex(self._model.index(row))
            self.scrollTo(self._model.index(row), QListView.ScrollHint.PositionAtCenter)

    def find_words(self, words: str) -> list[Span]:
        """Mark where ``words`` occur; returns the places, a span's ``where`` counting messages from 0."""
        found = self._model.occurrences(words)
        self._model.mark(Mark.FOUND, found)
        return found

    def show_found(self, span: Span) -> None:
        """Bring one of the places that ``find_words`` gave into view."""
        assert isinstance(span.where, int)
        self.show_turn(self._model.id_at(span.where))

    def mark_taken_up(self, turn_id: int, reply: str, spans: Iterable[Span]) -> None:
        """Mark what a draft takes up of the message it answers; () marks nothing."""
        self._model.mark_taken_up(turn_id, reply, tuple(spans))

    def show_changes(self, turn_id: int, parts: tuple[DiffPart, ...]) -> None:
        """Show how a reply differs from its draft; a second call shows its words again."""
        self._model.show_changes(turn_id, () if self._model.changes_shown(turn_id) else parts)
        self.doItemsLayout()
        self.scrollTo(self._model.index(self._model.reveal(turn_id)))

    def turn(self, turn_id: int) -> TurnRow:
        """A message that is shown, as it was said."""
        return self._model.turn(turn_id)

    # What the person does ------------------------------------------------------------------

    @property
    def current(self) -> TurnRow | None:
        """The message that has the keyboard, as it was said."""
        entry = self.currentIndex().data(ROW_ROLE)
        return self._model.turn(entry.id) if isinstance(entry, TurnRow) else None

    def _on_emotion_clicked(self, turn: TurnRow, corner: QPoint) -> None:
        self._pop_up(emotion_menu(self, self._labels, turn.corrected_emotion), turn.id, corner)

    def _on_more_clicked(self, turn: TurnRow, corner: QPoint) -> None:
        turn, shown = self._model.turn(turn.id), self._model.changes_shown(turn.id)
        self._pop_up(message_menu(self, turn, self._labels, changes_shown=shown), turn.id, corner)

    def _pop_up(self, menu: QMenu, turn_id: int, corner: QPoint) -> None:
        chosen = menu.exec(self.viewport().mapToGlobal(corner))
        if chosen is not None and chosen.data() is not None:
            action, label = chosen.data()
            self.asked.emit(action, turn_id, label)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        entry = index.data(ROW_ROLE)
        if isinstance(entry, TurnRow):
            corner = self.visualRect(index).bottomLeft() if by_key else event.pos()
            self._on_more_clicked(entry, corner)

    def _on_theme_changed(self) -> None:
        self._delegate.forget()
        self.doItemsLayout()
        self._sink()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entry, turn, key = self.currentIndex().data(ROW_ROLE), self.current, Qt.Key(event.key())
        if isinstance(entry, Heading) and entry.earlier and key in ENTER:
            self.show_earlier()
        elif turn is not None and key is Qt.Key.Key_E and turn.speaker == "client" and self._labels:
            self._on_emotion_clicked(turn, self.visualRect(self.currentIndex()).bottomLeft())
        elif turn is not None and key in KEYS:
            self.asked.emit(KEYS[key], turn.id, None)
        elif turn is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.asked.emit(MessageAction.COPY, turn.id, None)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        at_end = self.verticalScrollBar().value() >= self.verticalScrollBar().maximum() - 2
        self._delegate.set_width(self.viewport().width())
        super().resizeEvent(event)
        self.doItemsLayout()
        self._sink()
        if at_end:
            self.scrollToBottom()
