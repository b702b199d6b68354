"""Small building blocks: labels that show plain text, buttons that show their key, bars, marked text."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tfdesk.ui.text import PLAIN, key_hint, key_words, qt_ranges
from tfdesk.ui.theme import Theme
from trainer.events import Span

LINE_HEIGHT_PERCENT = 124  # of the font's own line, which is about 1.2 em: 1.5 in all


def label(text: str = "", look: str = "", *, wrap: bool = False) -> QLabel:
    """A label that never interprets its text as HTML."""
    made = QLabel()
    made.setTextFormat(PLAIN)
    made.setText(text)
    made.setWordWrap(wrap)
    if look:
        made.setProperty("look", look)
    return made


def button(text: str, look: str = "", *, hint: str = "") -> QPushButton:
    """A push button named for screen readers; ``hint`` is its description."""
    made = QPushButton(text)
    made.setAccessibleName(text)
    made.setAccessibleDescription(hint)
    made.setAutoDefault(True)  # Enter presses a focused button, as Space does
    if look:
        made.setProperty("look", look)
    return made


def card(look: str = "card") -> tuple[QFrame, QVBoxLayout]:
    """A bordered surface and its column layout."""
    frame = QFrame()
    frame.setProperty("look", look)
    column = QVBoxLayout(frame)
    column.setContentsMargins(12, 8, 12, 10)
    column.setSpacing(6)
    return frame, column


def row(*items: QWidget | QLayout | None, spacing: int = 8) -> QHBoxLayout:
    """A line of widgets and layouts; None is a stretch."""
    made = QHBoxLayout()
    made.setSpacing(spacing)
    for item in items:
        if item is None:
            made.addStretch(1)
        elif isinstance(item, QWidget):
            made.addWidget(item)
        else:
            made.addLayout(item)
    return made


def surface(name: str) -> QWidget:
    """A widget with the background that the style sheet gives to ``#name``."""
    made = QWidget()
    made.setObjectName(name)
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return made


def clear(layout: QBoxLayout) -> None:
    """Take every widget out of a layout and delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


class KeyButton(QPushButton):
    """A button that shows its shortcut beside its name, smaller, where there is room for both."""

    def __init__(self, text: str, key: str, look: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoDefault(True)  # Enter presses a focused button, as Space does
        self.setAccessibleName(text)
        self.setAccessibleDescription(key_words(key))
        if look:
            self.setProperty("look", look)
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(10, 0, 10, 0)
        line.setSpacing(6)
        self._key = label(key_hint(key), "key")
        for part in (label(text), self._key):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            line.addWidget(part, 0, Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def _key_width(self) -> int:
        return self._key.sizeHint().width() + self._line.spacing()

    def sizeHint(self) -> QSize:
        inner = self._line.sizeHint()
        width = inner.width() + 2 + (self._key_width() if self._key.isHidden() else 0)
        return QSize(width, max(super().sizeHint().height(), inner.height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint() - QSize(self._key_width(), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._key.setHidden(self.width() < self.sizeHint().width())


class Bar(QWidget):
    """A share of a whole, from 0 to 1, as a thin horizontal bar."""

    def __init__(self, theme: Theme, value: float, *, emotion: str | None = None) -> None:
        """Coloured as ``emotion``, else in the accent colour."""
        super().__init__()
        self._theme = theme
        self._value = max(0.0, min(1.0, value))
        self._emotion = emotion
        self.setFixedHeight(theme.px(8))
        self.setMinimumWidth(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("{0} %").format(round(self._value * 100)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = self._theme.colours
        colour = colours.emotion(self._emotion) if self._emotion is not None else QColor(colours.accent)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect()).adjusted(0, 0.5, 0, -0.5)
        radius = whole.height() / 2
        painter.setBrush(QColor(colours.track))
        painter.drawRoundedRect(whole, radius, radius)
        if self._value > 0:
            whole.setWidth(max(whole.height(), whole.width() * self._value))
            painter.setBrush(colour)
            painter.drawRoundedRect(whole, radius, radius)


class Mark(Enum):
    """Why words are marked; later ones lie on top."""

    RISK = "risk"
    EVIDENCE = "moved the reward"
    FOUND = "searched for"
    ADDED = "added by an edit"
    REMOVED = "taken out by an edit"


def fill_document(
    document: QTextDocument, text: str, marks: Iterable[tuple[Mark, Span]], theme: Theme
) -> None:
    """Put plain ``text`` with wide lines into ``document``, words marked."""
    document.setUndoRedoEnabled(False)
    document.setDocumentMargin(0)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    document.setDefaultTextOption(option)
    document.clear()
    cursor = QTextCursor(document)
    block = QTextBlockFormat()
    block.setLineHeight(LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    cursor.setBlockFormat(block)
    plain = QTextCharFormat()
    plain.setForeground(QColor(theme.colours.text))
    cursor.insertText(text, plain)
    given = tuple(marks)
    for mark in Mark:
        for start, length in qt_ranges(text, [span for kind, span in given if kind is mark]):
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(_format(theme, mark))


def _format(theme: Theme, mark: Mark) -> QTextCharFormat:
    """How marked words look: a tint and a line, never colour alone."""
    colours, made = theme.colours, QTextCharFormat()
    if mark is Mark.REMOVED:
        made.setFontStrikeOut(True)
        made.setForeground(QColor(colours.muted))
    elif mark is Mark.FOUND:
        made.setBackground(QColor(colours.accent))
        made.setForeground(QColor(colours.on_accent))
    else:
        risk = mark is Mark.RISK
        made.setBackground(QColor(colours.risk_mark if risk else colours.word_mark))
        made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        made.setUnderlineColor(QColor(colours.risk if risk else colours.accent))
    return made


class MarkedText(QWidget):
    """Words of people as plain text, wrapped, some of them marked."""

    def __init__(
        self, theme: Theme, text: str, *, mark: Mark = Mark.EVIDENCE, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.text = text
        self._mark = mark
        self._spans: tuple[Span, ...] = ()
        self.document = QTextDocument(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(text)
        theme.changed.connect(self._fill)
        self._fill()

    def mark(self, spans: Iterable[Span]) -> None:
        """Mark these words instead of the ones marked now."""
        self._spans = tuple(spans)
        self._fill()

    def _fill(self) -> None:
        self.document.setDefaultFont(self._theme.font(15))
        fill_document(self.document, self.text, ((self._mark, span) for span in self._spans), self._theme)
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        self.document.setTextWidth(width)
        return int(self.document.size().height() + 0.999)

    def sizeHint(self) -> QSize:
        width = self.width() if self.testAttribute(Qt.WidgetAttribute.WA_Resized) else 320
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.document.setTextWidth(self.width())
        self.document.drawContents(QPainter(self))
