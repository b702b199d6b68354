"""What the model read: the likely emotion, how much of the conversation was used, and the exact input."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tfdesk.core.models import TurnRow
from tfdesk.ui.controls import Bar, button, card, clear, label, row
from tfdesk.ui.help_window import help_link
from tfdesk.ui.message_menu import emotion_menu
from tfdesk.ui.text import in_words
from tfdesk.ui.theme import Theme
from trainer.events import ContextUsed, Emotion

NAMED = 2  # emotions with a bar of their own; the rest is "other"


class ContextCard(QWidget):
    """Emotion distribution and context of the message being answered.

    Signals:
        emotion_corrected: label or None
        exact_opened: the exact input is shown
    """

    emotion_corrected = Signal(object)
    exact_opened = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._labels: tuple[str, ...] = ()
        self._corrected: str | None = None
        self._opened = False
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._frame, column = card()
        outer.addWidget(self._frame)
        self._show_exact = button(self.tr("Exact input"), "link")
        self._show_exact.setCheckable(True)
        self._show_exact.toggled.connect(self._on_exact_toggled)
        self._first_line = row(label(self.tr("What the model read"), "strong"), None, self._show_exact)
        column.addLayout(self._first_line)
        self._used = label("", "muted", wrap=True)
        column.addWidget(self._used)
        self._bars = QVBoxLayout()
        column.addLayout(self._bars)
        self._choose = button("", hint=self.tr("Correct the emotion of this message"))
        self._choose.clicked.connect(self._open_menu)
        self._wrong = label("", "muted", wrap=True)
        line = row()
        line.addWidget(self._wrong, 1)
        line.addWidget(self._choose)
        column.addLayout(line)
        self._exact = QPlainTextEdit(readOnly=True)
        self._exact.setProperty("look", "exact")
        self._exact.setAccessibleName(self.tr("Exact input of the model"))
        self._exact.setFixedHeight(160)
        column.addWidget(self._exact)
        self._about = help_link(self.tr("About the emotion"), "emotion")
        column.addWidget(self._about)
        self._about.hide()
        self._exact.hide()

        theme.changed.connect(self._arrange)
        self._arrange()

    def _arrange(self) -> None:
        direction = QBoxLayout.Direction
        self._first_line.setDirection(direction.TopToBottom if self._theme.large else direction.LeftToRight)

    @property
    def correct_button(self) -> QPushButton:
        return self._choose

    def show_reading(
        self,
        turn: TurnRow | None,
        emotion: Emotion | None,
        context: ContextUsed | None,
        labels: tuple[str, ...],
    ) -> None:
        """Show what is known; the card hides when nothing is."""
        self._labels = labels
        self._corrected = turn.corrected_emotion if turn is not None else None
        self.setVisible(emotion is not None or context is not None)
        self._show_context(context)
        self._show_emotion(emotion)

    def _show_context(self, context: ContextUsed | None) -> None:
        self._show_exact.setVisible(context is not None)
        self._used.setVisible(context is not None)
        if context is None:
            self._show_exact.setChecked(False)
            return
        turns = self.tr("{0} of {1} turns").format(context.turns_used, context.turns_total)
        read = self.tr("situation + {0}").format(turns) if context.situation else turns
        words = self.tr("{0} · {1} tokens").format(read, context.tokens)
        if context.turns_used < context.turns_total:
            words = self.tr("{0} · older left out").format(words)
        elif context.truncated:
            words = self.tr("{0} · beginning left out").format(words)
        self._used.setText(words)
        self._exact.setPlainText(context.prompt)

    def _show_emotion(self, emotion: Emotion | None) -> None:
        clear(self._bars)
        for widget in (self._choose, self._wrong):
            widget.setVisible(emotion is not None)
        if emotion is None:
            return
        known = self._corrected or ("" if emotion.abstained else emotion.label)
        shown = in_words(known) or self.tr("unsure")
        self._choose.setText(self.tr("{0} ▾").format(shown))
        self._choose.setAccessibleName(self.tr("Emotion: {0}. Choose another").format(shown))
        if self._corrected:
            words = self.tr("You chose:")
        elif emotion.abstained:
            words = self.tr("Unsure: none stands out. Choose it:")
        else:
            words = self.tr("Not right? Choose the emotion:")
        self._wrong.setText(words)
        self._bars.addWidget(EmotionBars(self._theme, emotion))

    def _on_exact_toggled(self, opened: bool) -> None:
        self._exact.setVisible(opened)
        self._about.setVisible(opened)
        if opened:
            self.exact_opened.emit()

    def _open_menu(self) -> None:
        menu = emotion_menu(self, self._labels, self._corrected)
        chosen = menu.exec(self._choose.mapToGlobal(self._choose.rect().bottomLeft()))
        if chosen is not None and chosen.data() is not None:
            self.emotion_corrected.emit(chosen.data()[1])


class EmotionBars(QFrame):
    """The likeliest emotions with name, bar and number; the rest summed as "other"."""

    def __init__(self, theme: Theme, emotion: Emotion) -> None:
        super().__init__()
        ranked = sorted(emotion.distribution.items(), key=lambda item: -item[1])
        rows: list[tuple[str, float, str]] = [(in_words(name), share, name) for name, share in ranked[:NAMED]]
        if len(ranked) > NAMED:
            rows.append((self.tr("other"), sum(share for _, share in ranked[NAMED:]), "neutral"))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, theme.px(76))
        grid.setColumnMinimumWidth(2, theme.px(36))
        for number, (name, share, colour) in enumerate(rows):
            grid.addWidget(label(name, "small"), number, 0)
            grid.addWidget(Bar(theme, share, emotion=colour), number, 1)
            figure = label(self.tr("{0} %").format(round(share * 100)), "small")
            figure.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(figure, number, 2)
