"""The client's emotions over the session, one bar a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from tfdesk.core.models import TurnRow
from tfdesk.ui.text import in_words, tr
from tfdesk.ui.theme import Theme

MOST_BARS = 14
STEP, HEIGHT = 25, 30  # pixels of a bar with its gap, of the strip


@dataclass(frozen=True, slots=True)
class EmotionBar:
    """An emotion and how sure it is, from 0 to 1; ``name`` is None for "unsure"."""

    name: str | None
    share: float
    corrected: bool = False

    @property
    def words(self) -> str:
        if self.name is None:
            return tr("unsure")
        if self.corrected:
            return tr("{0}, your correction").format(in_words(self.name))
        return tr("{0} {1} %").format(in_words(self.name), round(self.share * 100))


def bar_of(turn: TurnRow) -> EmotionBar | None:
    """The bar of a client message; None while nothing is known of its emotion."""
    if turn.corrected_emotion is not None:
        return EmotionBar(turn.corrected_emotion, 1.0, corrected=True)
    if turn.emotion is None:
        return None
    if turn.emotion.abstained:
        return EmotionBar(None, turn.emotion.confidence)
    return EmotionBar(turn.emotion.label, turn.emotion.confidence)


class EmotionStrip(QWidget):
    """Bars as high as the emotion is sure: hollow if unsure, underlined if corrected, the latest outlined.

    The same stands in words in the description for screen readers, and on hover.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bars: list[EmotionBar] = []
        self.setAccessibleName(self.tr("Emotion over this session"))

    def show_turns(self, turns: Sequence[TurnRow]) -> None:
        """Show the latest client messages whose emotion was read; hidden when there are not two."""
        self._bars = [bar for turn in turns if (bar := bar_of(turn)) is not None][-MOST_BARS:]
        self.setVisible(len(self._bars) > 1)
        lines = (f"{number}: {bar.words}" for number, bar in enumerate(self._bars, start=1))
        self.setAccessibleDescription("; ".join(lines))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(len(self._bars) * self._theme.px(STEP), self._theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _rect(self, number: int, share: float) -> QRectF:
        step, room = self._theme.px(STEP), self.height() - 6  # the last pixels are for underlines
        height = max(6.0, room * (0.25 + 0.75 * min(1.0, share)))
        return QRectF(number * step + 1, room - height + 1, step - 4, height)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            number = int(QPointF(event.pos()).x() // self._theme.px(STEP))
            if number < len(self._bars):
                QToolTip.showText(event.globalPos(), self._bars[number].words, self)
                return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = self._theme.colours
        # Where bars are as light as words, only the colour of the focus stands out from both.
        outline = QColor(colours.focus if colours.line_width > 1 else colours.text)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, bar in enumerate(self._bars):
            rect = self._rect(number, bar.share)
            last = number == len(self._bars) - 1
            pen = QPen(outline, 2) if last else QPen(Qt.PenStyle.NoPen)
            if bar.name is None and not last:
                pen = QPen(QColor(colours.muted), 1)
            painter.setPen(pen)
            painter.setBrush(colours.emotion(bar.name) if bar.name else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 3, 3)
            if bar.corrected:
                painter.fillRect(
                    QRectF(rect.left(), self.height() - 2, rect.width(), 2), QColor(colours.text)
                )
