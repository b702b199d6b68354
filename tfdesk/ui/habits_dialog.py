"""How the therapist uses the drafts, for their eyes only."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QVBoxLayout, QWidget

from tfdesk.services.reliance import DAYS, QUICK_S, Reliance
from tfdesk.ui.controls import Bar, button, label, row
from tfdesk.ui.text import tr
from tfdesk.ui.theme import Theme


class HabitsDialog(QDialog):
    """The figures, what they may mean, and the switch to write first."""

    def __init__(self, parent: QWidget, theme: Theme, figures: Reliance, *, write_first: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("How you use drafts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(theme.px(460))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(10)
        column.addWidget(label(tr("How you use drafts"), "title"))
        words = tr("Your replies of the last %n days. Only you see this; it is in no report.", "", DAYS)
        column.addWidget(label(words, "muted", wrap=True))
        column.addLayout(_bars(theme, figures))
        self.sentence = label(sentence(figures), wrap=True)
        column.addWidget(self.sentence)
        self.write_first = QCheckBox(tr("Write my reply first, then see the drafts"))
        self.write_first.setAccessibleName(self.write_first.text())
        self.write_first.setChecked(write_first)
        column.addSpacing(6)
        column.addWidget(self.write_first)
        close = button(tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column.addLayout(row(None, close))


def _bars(theme: Theme, figures: Reliance) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(1, 1)
    lines = (
        (tr("approved unchanged"), figures.unchanged),
        (tr("edited"), figures.edited),
        (tr("written by you"), figures.own),
    )
    for number, (name, count) in enumerate(lines):
        grid.addWidget(label(name, "small"), number, 0)
        grid.addWidget(Bar(theme, count / max(1, figures.replies)), number, 1)
        figure = label(str(count), "small")
        figure.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(figure, number, 2)
    return grid


def sentence(figures: Reliance) -> str:
    """What the figures say, without a verdict."""
    if not figures.enough:
        return tr("Too few replies to say anything yet.")
    share = round(100 * figures.unchanged / figures.replies)
    words = [tr("{0} % of your replies were drafts that you approved unchanged.").format(share)]
    if figures.median_s is not None:
        words.append(
            tr("Half of those were approved within {0} s; {1} of them within {2} s.").format(
                round(figures.median_s), figures.quick, round(QUICK_S)
            )
        )
    if figures.rejected:
        words.append(tr("You rejected %n drafts.", "", figures.rejected))
    return " ".join(words)
