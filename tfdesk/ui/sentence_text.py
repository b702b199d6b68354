"""A draft's words, of which single sentences can be taken into an editor that is open elsewhere."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent

from tfdesk.ui.controls import MarkedText
from tfdesk.ui.text import code_point
from trainer.events import Span

_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"'”’)]*(?=\s|$)|$)", re.DOTALL)


def sentences(text: str) -> list[Span]:
    """The sentences of a short text, without the space between them."""
    found = _SENTENCE.finditer(text)
    return [Span("reply", m.start(), m.start() + len(m.group().rstrip())) for m in found]


class SentenceText(MarkedText):
    """While ``taking``, the sentence under the mouse is marked and a click takes it.

    Signals:
        taken: the sentence
    """

    taken = Signal(str)
    taking = False

    def set_taking(self, taking: bool) -> None:
        """Whether sentences can be taken now."""
        self.taking = taking
        self.setMouseTracking(taking)
        self.setCursor(Qt.CursorShape.PointingHandCursor if taking else Qt.CursorShape.ArrowCursor)
        self.setToolTip(self.tr("Click a sentence to take it into your reply") if taking else "")

    def take(self, number: int) -> None:
        """Take sentence ``number``, from 1, if there is one."""
        found = sentences(self.text)
        if self.taking and 1 <= number <= len(found):
            self.taken.emit(self.text[found[number - 1].start : found[number - 1].end])

    def _number_at(self, point: QPointF) -> int:
        """The sentence at a place of the widget, from 1; 0 for none."""
        hit = self.document.documentLayout().hitTest(point, Qt.HitTestAccuracy.FuzzyHit)
        at = code_point(self.text, hit) if hit >= 0 else -1
        return next((n for n, span in enumerate(sentences(self.text), 1) if span.start <= at <= span.end), 0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self.taking:
            number = self._number_at(event.position())
            self.mark([sentences(self.text)[number - 1]] if number else [])

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self.taking:
            self.mark(())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._number_at(event.position()) if self.taking else 0
        if number:
            self.take(number)
        else:
            super().mousePressEvent(event)
