"""The conversation: one painted row per message, so that thousands of messages cost no more than a few."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QApplication, QListView, QMenu, QWidget

from tfdesk.core.models import TurnRow
from tfdesk.ui.text import tr
from tfdesk.ui.theme import Theme
from tfdesk.ui.transcript_delegate import TranscriptDelegate
from tfdesk.ui.transcript_model import ROW_ROLE, Heading, TranscriptModel

SHORT = 30  # rows; more than that fill any window


class Transcript(QListView):
    """The list of messages. E or the menu key opens the emotion menu of the current message.

    Signals:
        emotion_corrected: turn id, label or None to take the correction back
    """

    emotion_corrected = Signal(int, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Conversation"))
        self._model = TranscriptModel()
        self._delegate = TranscriptDelegate(theme, self)
        self._labels: tuple[str, ...] = ()
        self._delegate.emotion_clicked.connect(self._on_emotion_clicked)
        self._delegate.earlier_clicked.connect(self.show_earlier)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        theme.changed.connect(self._on_theme_changed)

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

    def _on_emotion_clicked(self, turn: TurnRow, corner: QPoint) -> None:
        self.open_emotion_menu(turn, self.viewport().mapToGlobal(corner))

    def open_emotion_menu(self, turn: TurnRow, at: QPoint) -> None:
        """Offer the labels for a client message."""
        menu = emotion_menu(self, self._labels, turn.corrected_emotion)
        chosen = menu.exec(at)
        if chosen is not None:
            self.emotion_corrected.emit(turn.id, chosen.data())

    def _on_theme_changed(self) -> None:
        self._delegate.forget()
        self.doItemsLayout()
        self._sink()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entry = self.currentIndex().data(ROW_ROLE)
        if isinstance(entry, Heading) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if entry.earlier:
                self.show_earlier()
        elif isinstance(entry, TurnRow) and event.key() in (Qt.Key.Key_E, Qt.Key.Key_Menu):
            if entry.speaker == "client":
                corner = self.visualRect(self.currentIndex()).bottomLeft()
                self.open_emotion_menu(entry, self.viewport().mapToGlobal(corner))
        elif isinstance(entry, TurnRow) and event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(entry.text)
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


def emotion_menu(parent: QWidget, labels: Sequence[str], corrected: str | None) -> QMenu:
    """A menu of emotion labels; an action's data is the label, or None for the model's own."""
    menu = QMenu(parent)
    menu.setAccessibleName(tr("Emotion of this message"))
    for name in labels:
        action = menu.addAction(name)
        action.setData(name)
        action.setCheckable(True)
        action.setChecked(name == corrected)
    if corrected is not None:
        menu.addSeparator()
        menu.addAction(tr("Back to the model's reading")).setData(None)
    if not labels:
        menu.addAction(tr("The model is still loading")).setEnabled(False)
    return menu
