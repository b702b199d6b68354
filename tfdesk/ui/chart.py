"""A small curve over the steps of a run."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QVBoxLayout

from tfdesk.ui.controls import label, row
from tfdesk.ui.text import figure
from tfdesk.ui.theme import Theme

LEAST_WIDTH, LEAST_HEIGHT = 120, 64  # pixels, of a plot


class _Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis whose numbers are written as the language writes them."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        point = QLocale().decimalPoint()
        return [str(text).replace(".", point) for text in super().tickStrings(values, scale, spacing)]


class _Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot that asks for little room and takes what there is."""

    def sizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, LEAST_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class Chart(QFrame):
    """A card with a title, the latest value and the curve."""

    def __init__(self, theme: Theme, title: str, colour: str, *, limit: float | None = None) -> None:
        """``colour`` is an emotion's name or "accent"; ``limit`` draws a dashed line at that value."""
        super().__init__()
        self.setProperty("look", "card")
        self._theme, self._title, self._colour = theme, title, colour
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        self._value = label("", "muted")
        head = row()
        head.addWidget(label(title, "strong", wrap=True), 1)
        head.addWidget(self._value)
        column.addLayout(head)
        self._plot = _Plot(axisItems={"left": _Axis("left")})
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.hideAxis("bottom")
        self._axis = self._plot.getAxis("left")
        self._axis.setStyle(maxTickLevel=0)
        self._axis.setWidth(36)
        self._plot.showGrid(y=True, alpha=0.25)
        self._curve = self._plot.plot([], [])
        self._limit = pg.InfiniteLine(limit, angle=0) if limit is not None else None
        if self._limit is not None:
            self._plot.addItem(self._limit)
        column.addWidget(self._plot, 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        """Take the colours of the palette in use."""
        colours = self._theme.colours
        ink = QColor(colours.accent) if self._colour == "accent" else colours.emotion(self._colour)
        self._curve.setPen(pg.mkPen(ink, width=2))
        self._axis.setTextPen(QColor(colours.muted))
        self._axis.setPen(QColor(colours.line))
        self._axis.setStyle(tickFont=self._theme.font(11))
        self._plot.setBackground(QColor(colours.panel))
        if self._limit is not None:
            self._limit.setPen(pg.mkPen(QColor(colours.muted), style=Qt.PenStyle.DashLine))

    def show_curve(self, points: Sequence[tuple[int, float]]) -> None:
        """Draw (step, value) pairs."""
        self._curve.setData([step for step, _ in points], [value for _, value in points])
        latest = figure(points[-1][1]) if points else ""
        self._value.setText(latest)
        self.setAccessibleName(f"{self._title}: {latest}")
