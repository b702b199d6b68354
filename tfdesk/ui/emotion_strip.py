"""The client's emotions over the session, one bar a message."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from tfdesk.core.models import TurnRow
from tfdesk.ui.theme import Theme

MOST_BARS = 14


class EmotionStrip(QWidget):
    """Bars as high as the emotion is sure; the latest is outlined. Names show on hover and to readers."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bars: list[tuple[str, float]] = []

    def show_turns(self, turns: Sequence[TurnRow]) -> None:
        """Show the latest client messages that have a named emotion; hidden when there are not two."""
        self._bars = []
        for turn in turns:
            if turn.corrected_emotion is not None:
                self._bars.append((turn.corrected_emotion, 1.0))
            elif turn.emotion is not None and not turn.emotion.abstained:
                self._bars.append((turn.emotion.label, turn.emotion.confidence))
        self._bars = self._bars[-MOST_BARS:]
        self.setVisible(len(self._bars) > 1)
        names = ", ".join(name for name, _ in self._bars)
        self.setAccessibleName(self.tr("Emotion over this session: {0}").format(names))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(len(self._bars) * self._theme.px(25), self._theme.px(30))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _rect(self, number: int, share: float) -> QRectF:
        step = self._theme.px(25)
        height = max(6.0, (self.height() - 2) * (0.25 + 0.75 * min(1.0, share)))
        return QRectF(number * step + 1, self.height() - height - 1, step - 4, height)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            number = int(QPointF(event.pos()).x() // self._theme.px(25))
            if number < len(self._bars):
                QToolTip.showText(event.globalPos(), self._bars[number][0], self)
                return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, (name, share) in enumerate(self._bars):
            last = number == len(self._bars) - 1
            painter.setPen(QPen(QColor(self._theme.colours.text), 2) if last else Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colours.emotion(name))
            painter.drawRoundedRect(self._rect(number, share), 3, 3)
