"""The parts of a draft's reward: names, bars, numbers; pointing at one shows the words that moved it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from tfdesk.ui.controls import Bar, label
from tfdesk.ui.text import figure, in_words
from tfdesk.ui.theme import Theme, set_look
from trainer.events import Component, Span


class Components(QWidget):
    """Every component, the weightiest first, in two columns; in one while text is large.

    Signals:
        pointed: name of the component that is pointed at, "" for none
    """

    pointed = Signal(str)

    def __init__(self, theme: Theme, components: Mapping[str, Component]) -> None:
        super().__init__()
        self._names: list[str] = []
        self._labels: dict[str, QLabel] = {}
        self._name_of: dict[QObject, str] = {}
        self._current = ""
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        ranked = sorted(components.items(), key=lambda item: (-item[1].weight, item[0]))
        for number, (name, part) in enumerate(ranked):
            line, side = (number, 0) if theme.large else divmod(number, 2)
            words = label(in_words(name), "small")
            self._names.append(name)
            self._labels[name] = words
            for place, widget in enumerate(
                (words, Bar(theme, part.value), label(figure(part.value), "small"))
            ):
                weight = self.tr("{0}: weight {1} in the reward").format(in_words(name), figure(part.weight))
                widget.setToolTip(weight)
                widget.installEventFilter(self)
                self._name_of[widget] = name
                grid.addWidget(widget, line, 4 * side + place)
        for side in (0,) if theme.large else (0, 1):
            grid.setColumnStretch(4 * side + 1, 1)
        if not theme.large:
            grid.setColumnMinimumWidth(3, theme.px(4))  # between the two columns
        listed = ", ".join(f"{in_words(name)} {figure(part.value)}" for name, part in ranked)
        self.setAccessibleName(self.tr("Reward: {0}").format(listed))

    def step(self, step: int) -> None:
        """Point at the next component (1) or the one before (-1); after the last at none."""
        places = ["", *self._names]
        self._point(places[(places.index(self._current) + step) % len(places)])

    def _point(self, name: str) -> None:
        if name != self._current:
            for known, words in self._labels.items():
                set_look(words, "look", "pointed" if known == name else "small")
            self._current = name
            self.pointed.emit(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Enter and watched in self._name_of:
            self._point(self._name_of[watched])
        return super().eventFilter(watched, event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point("")


def raising(components: Mapping[str, Component]) -> list[Span]:
    """Words of the reply that raised any component."""
    return [
        span
        for part in components.values()
        for span in part.evidence
        if span.where == "reply" and (span.delta is None or span.delta > 0)
    ]
