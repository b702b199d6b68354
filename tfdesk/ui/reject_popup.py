"""Why a draft is rejected: six reasons by key, and a note for those who want one."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tfdesk.core.models import RejectReason
from tfdesk.ui.choice_button import ChoiceButton
from tfdesk.ui.controls import label
from tfdesk.ui.text import in_words

MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class RejectPopup(QFrame):
    """Keys 1 to 6 reject at once; in the note they are digits, and Enter leads back to the reasons.

    Signals:
        chosen: RejectReason, note
    """

    chosen = Signal(RejectReason, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(self.tr("Why not?"))
        self.reasons = [self._reason(number, reason) for number, reason in enumerate(RejectReason, start=1)]
        self.note = QLineEdit(placeholderText=self.tr("Note, if you like"))
        self.note.setAccessibleName(self.tr("Note"))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(4)
        column.addWidget(label(self.tr("Why not?"), "strong"))
        for choice in self.reasons:
            column.addWidget(choice)
        column.addSpacing(4)
        column.addWidget(self.note)
        self.setMinimumWidth(240)

    def _reason(self, number: int, reason: RejectReason) -> QPushButton:
        made = ChoiceButton(number, in_words(reason.value))
        made.setProperty("reason", reason.name)
        made.clicked.connect(self._on_clicked)
        return made

    def open_at(self, anchor: QWidget, card: QWidget) -> None:
        """Show the reasons below ``anchor``, or to the left of ``card`` where there is no room below."""
        self.adjustSize()
        window = anchor.window()
        space = QRect(window.mapToGlobal(QPoint(0, 0)), window.size())
        below = anchor.mapToGlobal(anchor.rect().bottomLeft())
        left, top = below.x(), below.y() + 4
        if top + self.height() > space.bottom():  # the draft itself stays in sight
            left = card.mapToGlobal(QPoint(0, 0)).x() - 8 - self.width()
            top = space.bottom() - 12 - self.height()
        left = max(space.left(), min(left, space.right() - 12 - self.width()))
        self.move(left, max(space.top(), top))
        self.show()
        self.reasons[0].setFocus()

    def _on_clicked(self) -> None:
        reason = RejectReason[self.sender().property("reason")]
        note = self.note.text()
        self.close()
        self.chosen.emit(reason, note)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focus = self.focusWidget()
        if event.key() in ENTER and focus is self.note:
            self.reasons[0].setFocus()
        elif event.key() in MOVES and focus in self.reasons:
            place = self.reasons.index(focus) + MOVES[Qt.Key(event.key())]
            (self.reasons[place] if 0 <= place < len(self.reasons) else self.note).setFocus()
        elif event.text() in set("123456"):
            self.reasons[int(event.text()) - 1].click()
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
