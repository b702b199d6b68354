"""How one message of the conversation is laid out and painted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractItemModel, QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPen, QTextDocument
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from tfdesk.core.models import TurnRow
from tfdesk.ui.controls import Mark, fill_document
from tfdesk.ui.text import in_words, time_in_transcript, tr
from tfdesk.ui.theme import Theme
from tfdesk.ui.transcript_model import MARKS_ROLE, ROW_ROLE, Heading, Index, emotion_words, origin_words
from trainer.events import Span

WIDEST = 0.82  # of the column, for a bubble
SIDE, PAD_X, PAD_TOP, PAD_BOTTOM = 20, 14, 10, 6  # column edge; inside a bubble: a line's leading is below it


@dataclass(frozen=True, slots=True)
class ChipPlace:
    """A chip below a bubble: its words, its colour's label, where it lies in the row."""

    text: str
    emotion: str | None
    rect: QRect


class TranscriptDelegate(QStyledItemDelegate):
    """Lays out and paints one row; keeps the sizes it computed for the present width.

    Signals:
        emotion_clicked: TurnRow, lower left corner of the chip in the viewport
        more_clicked: TurnRow, lower left corner of the button beside the bubble
        earlier_clicked
    """

    emotion_clicked = Signal(object, QPoint)
    more_clicked = Signal(object, QPoint)
    earlier_clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._heights: dict[tuple[int, str], tuple[int, int]] = {}
        self._width = 0
        self._document = QTextDocument(self)

    def set_width(self, width: int) -> None:
        """Width of the viewport; heights for another width are forgotten."""
        if width != self._width:
            self._width = width
            self._heights.clear()

    def forget(self) -> None:
        self._heights.clear()

    def _bubble_size(self, turn: TurnRow) -> QSize:
        key = (turn.id, turn.text)
        if key not in self._heights:
            self._fill(turn)
            self._heights[key] = (
                int(self._document.idealWidth() + 1.999),
                int(self._document.size().height() + 0.999),
            )
        width, height = self._heights[key]
        return QSize(width + 2 * PAD_X, height + PAD_TOP + PAD_BOTTOM)

    def _fill(self, turn: TurnRow, marks: Sequence[tuple[Mark, Span]] = ()) -> None:
        self._document.setDefaultFont(self._theme.font(15))
        fill_document(self._document, turn.text, marks, self._theme)
        self._document.setTextWidth(max(80, int((self._width - 2 * SIDE) * WIDEST) - 2 * PAD_X))

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        entry = index.data(ROW_ROLE)
        if isinstance(entry, Heading):
            return QSize(10, self._theme.px(34))
        return QSize(10, self._bubble_size(entry).height() + self._theme.px(24) + self._theme.px(18))

    def _bubble_rect(self, turn: TurnRow, rect: QRect) -> QRect:
        size = self._bubble_size(turn)
        left = rect.left() + SIDE if turn.speaker == "client" else rect.right() - SIDE - size.width() + 1
        return QRect(QPoint(left, rect.top() + 2), size)

    def chips(self, turn: TurnRow, rect: QRect) -> list[ChipPlace]:
        """Emotion chips of a client message, or the strategy chip of a reply, left to right."""
        if turn.speaker == "client":
            words = emotion_words(turn)
        else:
            words = [(in_words(turn.strategy), None)] if turn.strategy else []
        metrics = QFontMetrics(self._theme.font(12))
        bubble = self._bubble_rect(turn, rect)
        height = self._theme.px(22)
        top = bubble.bottom() + 5
        places: list[ChipPlace] = []
        left = bubble.left() + 4
        for text, emotion in words:
            width = metrics.horizontalAdvance(text) + 20 + (self._theme.px(14) if emotion else 0)
            if places and left + width > rect.right() - SIDE:
                break  # the likeliest alone, where there is no room for the second
            places.append(ChipPlace(text, emotion, QRect(left, top, width, height)))
            left += width + 8
        if turn.speaker == "therapist":
            note = self._note(turn)
            whole = left - bubble.left() + metrics.horizontalAdvance(note)
            shift = max(bubble.width() - whole - 4, rect.left() + SIDE - bubble.left())
            places = [ChipPlace(c.text, c.emotion, c.rect.translated(shift, 0)) for c in places]
        return places

    def _note(self, turn: TurnRow, room: int | None = None) -> str:
        """Where it comes from or how it was screened, and the time if that fits into ``room``, in pixels."""
        when = time_in_transcript(turn.at, time.time())
        note = " · ".join(part for part in (self._standing(turn), when) if part)
        metrics = QFontMetrics(self._theme.font(12))
        if room is None or metrics.horizontalAdvance(note) <= room:
            return note
        return metrics.elidedText(self._standing(turn) or when, Qt.TextElideMode.ElideRight, room)

    def _standing(self, turn: TurnRow) -> str:
        if turn.speaker == "therapist":
            return origin_words(turn)
        if turn.risk is None:
            return ""
        words = {"hit": tr("risk"), "screened": tr("screened"), "unscreened": tr("not screened")}
        return words[turn.risk.status]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        state = option.state
        entry = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(entry, Heading):
            painter.setFont(self._theme.font(13, strong=entry.earlier))
            colour = self._theme.colours.accent if entry.earlier else self._theme.colours.muted
            painter.setPen(QColor(colour))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, entry.text)
        else:
            focused = bool(state & QStyle.StateFlag.State_HasFocus)
            self._paint_turn(painter, rect, entry, index.data(MARKS_ROLE), focused)
            if focused or state & QStyle.StateFlag.State_MouseOver:
                self._paint_more(painter, self.more_rect(entry, rect))
        painter.restore()

    def _paint_turn(
        self, painter: QPainter, rect: QRect, turn: TurnRow, marks: Sequence[tuple[Mark, Span]], focused: bool
    ) -> None:
        colours = self._theme.colours
        bubble = self._bubble_rect(turn, rect)
        painter.setPen(QColor(colours.focus) if focused else Qt.PenStyle.NoPen)
        if colours.line_width > 1:  # bubbles as dark as the ground need an outline
            painter.setPen(QPen(QColor(colours.focus if focused else colours.line), colours.line_width))
        fill = colours.client_bubble if turn.speaker == "client" else colours.accent_weak
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(QRectF(bubble).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        self._fill(turn, marks)
        painter.save()
        painter.translate(bubble.left() + PAD_X, bubble.top() + PAD_TOP)
        self._document.drawContents(painter)
        painter.restore()
        places = self.chips(turn, rect)
        for place in places:
            self._paint_chip(painter, place)
        self._paint_note(painter, rect, bubble, places, turn)

    def more_rect(self, turn: TurnRow, rect: QRect) -> QRect:
        """Where the button for the message's menu lies: beside the bubble, at its top."""
        bubble, size = self._bubble_rect(turn, rect), self._theme.px(28)
        left = bubble.right() + 6 if turn.speaker == "client" else bubble.left() - 6 - size
        return QRect(left, bubble.top() + 4, size, size)

    def _paint_more(self, painter: QPainter, rect: QRect) -> None:
        colours = self._theme.colours
        painter.setPen(QColor(colours.line))
        painter.setBrush(QColor(colours.panel))
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.muted))
        dot, step = self._theme.px(3), self._theme.px(6)
        for number in (-1, 0, 1):
            centre = QRectF(rect).center()
            painter.drawEllipse(QRectF(centre.x() + number * step - dot / 2, centre.y() - dot / 2, dot, dot))

    def _paint_chip(self, painter: QPainter, place: ChipPlace) -> None:
        colours = self._theme.colours
        painter.setPen(QColor(colours.line))
        painter.setBrush(QColor(colours.panel))
        radius = place.rect.height() / 2
        painter.drawRoundedRect(QRectF(place.rect).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        left = place.rect.left() + 10
        if place.emotion is not None:
            size = self._theme.px(8)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.emotion(place.emotion))
            painter.drawEllipse(QRectF(left, place.rect.center().y() + 1 - size / 2, size, size))
            left += self._theme.px(14)
        painter.setPen(QColor(colours.text))
        painter.setFont(self._theme.font(12))
        words = QRect(left, place.rect.top(), place.rect.right() - left, place.rect.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, place.text)

    def _paint_note(
        self, painter: QPainter, rect: QRect, bubble: QRect, places: list[ChipPlace], turn: TurnRow
    ) -> None:
        hit = turn.risk is not None and turn.risk.status == "hit" and turn.disposition is None
        painter.setPen(QColor(self._theme.colours.risk if hit else self._theme.colours.muted))
        painter.setFont(self._theme.font(12))
        line = QRect(bubble.left() + 4, bubble.bottom() + 5, 0, self._theme.px(22))
        if places:
            line.setLeft(places[-1].rect.right() + 9)
        line.setRight(rect.right() - SIDE - 4)
        side = Qt.AlignmentFlag.AlignLeft
        if turn.speaker == "therapist" and not places:
            line.setLeft(rect.left() + SIDE)
            side = Qt.AlignmentFlag.AlignRight
        note = self._note(turn, line.width() + 4)
        painter.drawText(line.adjusted(-2, 0, 2, 0), side | Qt.AlignmentFlag.AlignVCenter, note)

    def editorEvent(
        self, event: QEvent, _model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        if not isinstance(event, QMouseEvent) or event.type() != QEvent.Type.MouseButtonRelease:
            return False
        entry = index.data(ROW_ROLE)
        if isinstance(entry, Heading):
            if entry.earlier:
                self.earlier_clicked.emit()
            return entry.earlier
        rect: QRect = option.rect
        more = self.more_rect(entry, rect)
        if more.contains(event.position().toPoint()):
            self.more_clicked.emit(entry, more.bottomLeft())
            return True
        for place in self.chips(entry, rect):
            if entry.speaker == "client" and place.rect.contains(event.position().toPoint()):
                self.emotion_clicked.emit(entry, place.rect.bottomLeft())
                return True
        return False
